"""A CSV, or a folder of them, that a box or a back office adds to while it is followed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from headend.dali import (
    INTERVAL_S,
    Consequence,
    Fault,
    FeederRows,
    FeederSample,
    Sheet,
    read_header,
)
from headend.dali_layout import NATIVE, Layout
from wire.errors import ConfigError

_LONGEST_LINE = 65_536
MOST_TOLD = 1000
"""So many faults of a file are remembered, not to be told again when it is read again."""

Found = FeederSample | Fault


@dataclass(slots=True)
class _Reading:
    """How far a file has been read, in bytes and lines.

    `after` is the time before its first row, `told` the last faults that were told of it, `last`
    the line that was read last; `useless` is a file whose header is wrong, `too_long` the rest of
    a line that is.
    """

    after: datetime | None
    inode: int = 0
    offset: int = 0
    line: int = 0
    last: bytes = b""
    sheet: Sheet | None = None
    useless: bool = False
    too_long: bool = False
    told: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_TOLD))

    def begin(self, inode: int) -> None:
        """From the first byte on."""
        self.inode, self.offset, self.line, self.last = inode, 0, 0, b""
        self.sheet, self.useless, self.too_long = None, False, False


class FeederTail:
    """What is new since the look before: samples, and faults with what is done about them.

    Of a folder every `.csv` is read, in the order of their names. A row counts once its line
    has an end, and with `now` only when it is not of the future. A file that is replaced,
    shorter or mended in its last line is read again, for rows later than the last.
    """

    def __init__(
        self,
        path: Path,
        layout: Layout = NATIVE,
        interval_s: int = INTERVAL_S,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._path = path
        self._layout = layout
        self._rows = FeederRows(layout, interval_s, now)
        self._files: dict[Path, _Reading] = {}
        self._latest: datetime | None = None

    def look(self) -> Iterator[Found]:
        """What was added, in order; nothing while nothing can be read."""
        for path in self._paths():
            yield from self._look_at(path)

    def _paths(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            inside = sorted(self._path.iterdir())
        except OSError:
            return [self._path]  # Reading it says why not.
        return [path for path in inside if path.suffix.lower() == ".csv"]

    def _look_at(self, path: Path) -> Iterator[Found]:
        before = self._rows.previous
        reading = self._files.setdefault(path, _Reading(before))
        for found in self._read(path, reading):
            if isinstance(found, FeederSample):
                if self._latest is not None and found.time <= self._latest:
                    continue
                self._latest = found.time
            elif (text := str(found)) in reading.told:
                continue
            else:
                reading.told.append(text)
            yield found
        if before is not None:
            self._rows.previous = max(before, self._rows.previous or before)

    def _read(self, path: Path, reading: _Reading) -> Iterator[Found]:
        try:
            with open(path, "rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                file.seek(reading.offset - len(reading.last))
                if (
                    inode != reading.inode
                    or file.read(len(reading.last)) != reading.last
                ):
                    reading.begin(inode)
                    self._rows.previous = reading.after
                    file.seek(0)
                while not reading.useless and (line := file.readline(_LONGEST_LINE)):
                    ended = line.endswith(b"\n")
                    if not ended and len(line) < _LONGEST_LINE:
                        break  # It is being written.
                    reading.offset += len(line)
                    reading.last = line
                    yield from self._line(str(path), reading, line, ended)
        except OSError as error:
            why = f"cannot be read: {error.strerror}"
            yield Fault(ConfigError(why, str(path)), Consequence.FILE)

    def _line(
        self, name: str, reading: _Reading, line: bytes, ended: bool
    ) -> Iterator[Found]:
        rest, reading.too_long = reading.too_long, not ended
        if rest:
            return
        reading.line += 1
        place = name, reading.line
        try:
            if not ended:
                raise ConfigError("is too long for a line", *place)
            if reading.sheet is None:
                text = line.decode("utf-8-sig", "replace")
                reading.sheet = read_header(text, name, self._layout)
                return
            text = line.decode(errors="replace")
            yield from self._rows.read(reading.sheet, reading.line, text)
        except ConfigError as error:
            reading.useless = reading.sheet is None
            done = Consequence.FILE if reading.useless else Consequence.UNMEASURED
            yield Fault(error, done)
