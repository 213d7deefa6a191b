"""`--trace FILE.pcapng`: what passes on P3, in a file that Wireshark reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsmrlab.edge import complain
from wire.errors import SurroundingsError

if TYPE_CHECKING:
    from wire.capture import Capture

trace_option = click.option(
    "--trace",
    metavar="FILE.pcapng",
    type=click.Path(path_type=Path),
    help="Write what passes on P3, as sent and deciphered; Wireshark reads it.",
)


def open_capture(path: Path | None, clock_s: Callable[[], float]) -> Capture | None:
    """A capture into a new file for its owner alone, in place of one that is there.

    Raises `SurroundingsError` when the file cannot be made.
    """
    if path is None:
        return None
    from wire.capture import Capture

    return Capture(_CaptureFile(path).write, clock_s)


class _CaptureFile:
    """Takes whole blocks, each with one write, so that it is whole whenever we end.

    Once it cannot be written it is left as it is, with a line to say so: a full disk is no
    reason not to serve.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._length = 0
        try:
            self._file: int | None = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SurroundingsError(f"{path}: cannot be written: {why}") from None

    def write(self, block: bytes) -> None:
        """Appends a block; one that does not go in whole is taken out again."""
        if self._file is None:
            return
        try:
            if os.write(self._file, block) == len(block):
                self._length += len(block)
                return
            os.ftruncate(self._file, self._length)
            why: object = "the disk is full"
        except OSError as error:
            why = error.strerror
        complain(f"{self._path}: {why}; the trace ends here")
        os.close(self._file)
        self._file = None
