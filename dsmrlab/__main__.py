"""The `dsmrlab` command."""

import sys

from dsmrlab.cli import cli
from dsmrlab.edge import run


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    sys.exit(run(cli))


if __name__ == "__main__":
    main()
