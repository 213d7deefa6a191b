"""The `dsmrlab` command."""

import signal
import sys

from dsmrlab.cli import cli
from dsmrlab.edge import run


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    # SIGTERM interrupts like Ctrl-C, so that what was begun is ended; services know better.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(cli))


if __name__ == "__main__":
    main()
