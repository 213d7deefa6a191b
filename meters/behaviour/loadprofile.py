"""The load profile 1-0:99.1.0: one row per quarter-hour, 960 rows, oldest first.

There is exactly one row per capture period (P3, 6.3), so the time of a row follows from
its place and is not kept: a row is two counters and a status. Rows become octets on demand,
column by column: every octet column of the answer is one slice assignment.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from meters.behaviour import amr
from wire.dlms import axdr
from wire.zones import DUTCH, Zone

PERIOD_S = 900
CAPACITY = 960
_QUARTERS_PER_DAY = 96


class LoadProfile:
    """A ring of captured rows; a quarter is the clock's time (UTC) divided by 900 s."""

    __slots__ = ("capacity", "last_quarter", "_next", "_import", "_export", "_status")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.clear()

    def clear(self) -> None:
        """Forgets all rows (method 1, reset)."""
        self.last_quarter = 0
        self._next = 0
        self._import = array("I")
        self._export = array("I")
        self._status = array("B")

    def __len__(self) -> int:
        return len(self._status)

    def append(
        self,
        quarter: int,
        import_wh: int,
        export_wh: int,
        status: int,
        zone: Zone = DUTCH,
    ) -> None:
        """Captures the row of a quarter, in place of those at or after it.

        Quarters that were missed get a row too: the counters of the row before, and the
        status of a period without measurement.
        """
        if len(self) and quarter <= self.last_quarter:
            self.drop_from(quarter)
        if len(self):
            self.fill(quarter - 1, amr.POWER_DOWN, zone)
        self._put(import_wh, export_wh, status)
        self.last_quarter = quarter

    def fill(self, last_quarter: int, cause: int, zone: Zone = DUTCH) -> None:
        """Adds rows up to `last_quarter` that repeat the last one, flagged as not valid."""
        missing = last_quarter - self.last_quarter
        if not len(self) or missing <= 0:
            return
        at = self._next - 1
        values = self._import[at], self._export[at]
        first = max(0, missing - self.capacity)
        for step in range(first, missing):
            end_s = (self.last_quarter + step + 1) * PERIOD_S
            status = amr.DATA_NOT_VALID | cause | amr.summer_bit(zone, end_s)
            self._put(*values, status)
        self.last_quarter = last_quarter

    def drop_from(self, quarter: int) -> None:
        """Forgets the rows at and after a quarter: the clock was set back before them."""
        keep = max(0, len(self) - max(0, self.last_quarter - quarter + 1))
        imports, exports, status = self._chronological()
        self._import, self._export, self._status = (
            imports[:keep],
            exports[:keep],
            status[:keep],
        )
        self._next = 0
        self.last_quarter = min(self.last_quarter, quarter - 1)

    def between(self, first_quarter: int, last_quarter: int) -> range:
        """The places of the rows of these quarters, both included."""
        oldest = self.last_quarter - len(self) + 1
        start = max(0, first_quarter - oldest)
        stop = min(len(self), last_quarter - oldest + 1)
        return range(start, max(start, stop))

    def encode(
        self,
        places: range,
        columns: Sequence[int] = (0, 1, 2, 3),
        zone: Zone = DUTCH,
    ) -> bytes:
        """The A-XDR array of the rows at these places, with the columns asked for.

        Columns: 0 clock, 1 AMR profile status, 2 energy import, 3 energy export (Wh).
        """
        count = len(places)
        header = b"\x01" + axdr.encode_length(count)
        if not count:
            return header
        prefix = bytes((2, len(columns)))
        made = [self._column(column, places, zone) for column in columns]
        row = prefix + b"".join(lead + bytes(width) for lead, width, _ in made)
        octets = bytearray(row * count)
        at, step = len(prefix), len(row)
        for lead, width, values in made:
            at += len(lead)
            for index in range(width):
                octets[at + index :: step] = values[index::width]
            at += width
        return header + bytes(octets)

    def _column(
        self, column: int, places: range, zone: Zone
    ) -> tuple[bytes, int, bytes]:
        """The tag (and length) of a column's values, their width, and all of them joined."""
        if column == 0:
            oldest = self.last_quarter - len(self) + 1
            stamps = _stamps(zone, oldest + places.start, oldest + places.stop)
            return b"\x09\x0c", 12, stamps
        whole = self._chronological()[(2, 0, 1)[column - 1]]
        part = whole[places.start : places.stop]
        if column == 1:
            return b"\x11", 1, part.tobytes()
        if sys.byteorder == "little":
            part.byteswap()
        return b"\x06", 4, part.tobytes()

    def _put(self, import_wh: int, export_wh: int, status: int) -> None:
        if len(self) < self.capacity:
            self._import.append(import_wh)
            self._export.append(export_wh)
            self._status.append(status)
            return
        at = self._next
        self._import[at] = import_wh
        self._export[at] = export_wh
        self._status[at] = status
        self._next = (at + 1) % self.capacity

    def _chronological(self) -> tuple[array[int], array[int], array[int]]:
        at = self._next
        if not at:
            return self._import, self._export, self._status
        return (
            self._import[at:] + self._import[:at],
            self._export[at:] + self._export[:at],
            self._status[at:] + self._status[:at],
        )

    def to_json(self) -> dict[str, object]:
        """The rows as text that JSON can hold, oldest first."""
        imports, exports, status = self._chronological()
        return {
            "last_quarter": self.last_quarter,
            "import_wh": imports.tolist(),
            "export_wh": exports.tolist(),
            "status": status.tobytes().hex(),
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any], capacity: int = CAPACITY) -> LoadProfile:
        """The rows that were kept; raises what Python does for content that is not them."""
        profile = cls(capacity)
        profile._import = array("I", saved["import_wh"])
        profile._export = array("I", saved["export_wh"])
        profile._status = array("B", bytes.fromhex(saved["status"]))
        sizes = {len(profile._import), len(profile._export), len(profile._status)}
        if len(sizes) != 1 or max(sizes) > capacity:
            raise ValueError("the columns of a load profile have one length")
        profile.last_quarter = int(saved["last_quarter"])
        return profile


def _stamps(zone: Zone, first_quarter: int, last_quarter: int) -> bytes:
    """The date-times of the quarters from the first up to, not including, the last."""
    first_day, skip = divmod(first_quarter, _QUARTERS_PER_DAY)
    last_day = (last_quarter - 1) // _QUARTERS_PER_DAY
    joined = b"".join(_day(zone, day) for day in range(first_day, last_day + 1))
    return joined[12 * skip : 12 * (skip + last_quarter - first_quarter)]


@lru_cache(maxsize=64)
def _day(zone: Zone, day: int) -> bytes:
    """The date-times of all quarters of one UTC day: all meters of a zone show the same."""
    begin = day * _QUARTERS_PER_DAY
    return b"".join(
        zone.encode((begin + quarter) * PERIOD_S)
        for quarter in range(_QUARTERS_PER_DAY)
    )
