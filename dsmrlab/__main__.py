"""The `dsmrlab` command."""

import sys

from dsmrlab.interrupts import INTERRUPTED, Interrupted, take_interrupts


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    take_interrupts()
    try:
        from dsmrlab.cli import cli
        from dsmrlab.edge import run
    except Interrupted:
        sys.exit(INTERRUPTED)
    sys.exit(run(cli))


if __name__ == "__main__":
    main()
