"""The `dsmrlab` command."""

import sys

from dsmrlab.interrupts import (
    INTERRUPTED,
    Interrupted,
    ignore_interrupts,
    take_interrupts,
)


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    take_interrupts()
    try:
        from dsmrlab.cli import cli
        from dsmrlab.edge import run

        code = run(cli)
    except Interrupted:
        code = INTERRUPTED
    # The interpreter lets go of its handlers as it ends: a second Ctrl-C would kill it.
    ignore_interrupts()
    sys.exit(code)


if __name__ == "__main__":
    main()
