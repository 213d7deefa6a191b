"""The rows of a load profile: a ring of columns, oldest row first, stamped by the meter's clock.

A row is an instant and the values captured then, each in as many octets as its type has. Rows
become octets on demand, column by column: every octet column of the answer is one slice
assignment.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from wire.dlms import axdr
from wire.dlms.data import INTEGER_BOUNDS, Tag
from wire.dlms.scalars import FORMATS
from wire.zones import DUTCH, Zone

# The place of the clock among the sources of a row; the values follow, counted from 1.
STAMP = 0
# The longest profile that there is: ten days of ten minutes each (SMR 5.0, 1-0:99.1.2).
MOST_ROWS = 1440
_QUARTER_HOUR_S, _DAY_S = 900, 86_400
NO_TIME = bytes.fromhex("ffffffffffffffffff8000ff")
"""A date-time that is not specified."""


class Column(NamedTuple):
    """A column of values that stand at this place in rows, of these or of others beside them.

    A number that is an `instant` (epoch seconds) is shown as a date-time. Where no row of the
    same time stands beside, the number is 0; the instant 0 is a time not specified.
    """

    place: int
    instant: bool = False
    beside: LoadProfile | None = None


Source = int | bytes | Column


class LoadProfile:
    """A ring of at most `capacity` rows, whose values have the types of `tags`.

    Stamps (UTC epoch seconds of the clock) rise from row to row. `flags` is what the AMR profile
    status of the running period has so far, before the quarter-hour that runs now.
    """

    __slots__ = ("capacity", "tags", "flags", "_next", "_stamps", "_values")

    def __init__(self, capacity: int, tags: tuple[Tag, ...]) -> None:
        self.capacity = capacity
        self.tags = tags
        self.flags = 0
        self._next = 0
        self._stamps = array("I")
        self._values = tuple(array(FORMATS[tag]) for tag in self.tags)

    def __len__(self) -> int:
        return len(self._stamps)

    @property
    def ends_s(self) -> tuple[int, ...]:
        """The stamps of the oldest and the newest row; none when there is no row."""
        stamps, at = self._stamps, self._next
        return (stamps[at], stamps[at - 1]) if stamps else ()

    def append(self, stamp_s: int, values: Sequence[int]) -> None:
        """Captures a row, in place of those at or after it and, when full, of the oldest.

        A number that its type cannot show is held at the nearest one.
        """
        if self._stamps and stamp_s <= self._stamps[self._next - 1]:
            self.drop_from(stamp_s)
        at = self._next
        full = len(self) == self.capacity
        if full:
            self._stamps[at] = stamp_s
            self._next = (at + 1) % self.capacity
        else:
            self._stamps.append(stamp_s)
        for tag, column, value in zip(self.tags, self._values, values, strict=True):
            low, high = INTEGER_BOUNDS[tag]
            value = max(low, min(high, value))
            if full:
                column[at] = value
            else:
                column.append(value)

    def drop_from(self, stamp_s: int) -> None:
        """Forgets the rows at and after an instant: the clock was set back before them."""
        self._unroll()
        self._cut(0, bisect_left(self._stamps, stamp_s))

    def resize(self, capacity: int) -> None:
        """Keeps so many rows from now on, the newest."""
        self._unroll()
        self._cut(max(0, len(self) - capacity), len(self))
        self.capacity = capacity

    def between(self, from_s: float, to_s: float) -> range:
        """The places of the rows stamped from one instant to the other, both included."""
        stamps = _in_order(self._stamps, self._next)
        start = bisect_left(stamps, from_s)
        return range(start, max(start, bisect_right(stamps, to_s)))

    def encode(
        self, places: range, sources: Sequence[Source], zone: Zone = DUTCH
    ) -> bytes:
        """The A-XDR array of the rows at these places.

        Each of the sources makes a column: `STAMP`, the number of a value, the octets that
        stand there in every row, or what a `Column` says.
        """
        count = len(places)
        header = b"\x01" + axdr.encode_length(count)
        if not count:
            return header
        prefix = b"\x02" + axdr.encode_length(len(sources))
        made = [self._column(source, places, zone) for source in sources]
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
        self, source: Source, places: range, zone: Zone
    ) -> tuple[bytes, int, bytes]:
        """The tag (and length) of a column's values, their width, and all of them joined."""
        if isinstance(source, bytes):
            return source, 0, b""
        if isinstance(source, Column):
            return self._apart(source, places, zone)
        column = self._values[source - 1] if source else self._stamps
        part = _in_order(column, self._next)[places.start : places.stop]
        if source == STAMP:
            return b"\x09\x0c", 12, _date_times(zone, part)
        tag = self.tags[source - 1]
        return bytes((tag,)), part.itemsize, _octets(part)

    def _apart(
        self, column: Column, places: range, zone: Zone
    ) -> tuple[bytes, int, bytes]:
        """The same of a column that is not made of whole numbers of these rows."""
        rows = self if column.beside is None else column.beside
        values = rows._values[column.place - 1]
        known = dict(zip(rows._stamps, values, strict=True))
        stamps = _in_order(self._stamps, self._next)[places.start : places.stop]
        numbers = array(values.typecode, [known.get(stamp, 0) for stamp in stamps])
        if not column.instant:
            return (
                bytes((rows.tags[column.place - 1],)),
                numbers.itemsize,
                _octets(numbers),
            )
        times = [_date_time(zone, at_s) if at_s else NO_TIME for at_s in numbers]
        return b"\x09\x0c", 12, b"".join(times)

    def _unroll(self) -> None:
        """Lets the oldest row stand first."""
        self._stamps = _in_order(self._stamps, self._next)
        self._values = tuple(_in_order(item, self._next) for item in self._values)
        self._next = 0

    def _cut(self, start: int, stop: int) -> None:
        self._stamps = self._stamps[start:stop]
        self._values = tuple(item[start:stop] for item in self._values)

    def to_json(self) -> dict[str, Any]:
        """The rows as text that JSON can hold, oldest first."""
        return {
            "capacity": self.capacity,
            "tags": [int(tag) for tag in self.tags],
            "flags": self.flags,
            "stamps": _octets(_in_order(self._stamps, self._next)).hex(),
            "values": [
                _octets(_in_order(item, self._next)).hex() for item in self._values
            ],
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> LoadProfile:
        """The rows that were kept; raises what Python does for content that is not them."""
        capacity, flags = saved["capacity"], saved["flags"]
        if not (
            type(capacity) is type(flags) is int
            and type(saved["tags"]) is type(saved["values"]) is list
        ):
            raise ValueError("the parts of a load profile have other types")
        profile = cls(capacity, tuple(Tag(tag) for tag in saved["tags"]))
        profile.flags = flags
        columns = profile._stamps, *profile._values
        texts = [saved["stamps"], *saved["values"]]
        for column, text in zip(columns, texts, strict=True):
            column.frombytes(bytes.fromhex(text))
            _turn(column)
        stamps = profile._stamps
        if (
            not 1 <= capacity <= MOST_ROWS
            or not 0 <= flags <= 0xFF
            or {len(column) for column in columns} != {len(stamps)}
            or len(stamps) > capacity
            or not all(a < b for a, b in pairwise(stamps))
        ):
            raise ValueError("the rows of a load profile cannot be")
        return profile


class Profiles(dict[str, LoadProfile]):
    """The rows of a meter's profiles, by name: of those that captured something."""

    def to_json(self) -> dict[str, Any]:
        """The rows as text that JSON can hold."""
        return {name: rows.to_json() for name, rows in self.items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Profiles:
        """The rows that were kept; raises what Python does for content that is not them."""
        return cls((name, LoadProfile.from_json(rows)) for name, rows in saved.items())


def _in_order(column: array[int], oldest: int) -> array[int]:
    return column[oldest:] + column[:oldest] if oldest else column


def _octets(column: array[int]) -> bytes:
    """All values, the most significant octet of each first."""
    turned = column[:]
    _turn(turned)
    return turned.tobytes()


def _turn(column: array[int]) -> None:
    """Swaps between the machine's order of octets and the wire's."""
    if sys.byteorder == "little":
        column.byteswap()


def _date_times(zone: Zone, stamps: array[int]) -> bytes:
    """The date-times of the stamps, 12 octets each.

    A run of quarter-hours without a gap, as most profiles are, is put together from days.
    """
    first_s = stamps[0]
    if first_s % _QUARTER_HOUR_S or stamps != _quarter_hours(first_s, len(stamps)):
        return b"".join([_date_time(zone, stamp_s) for stamp_s in stamps])
    first_day, skip_s = divmod(first_s, _DAY_S)
    last_day = stamps[-1] // _DAY_S
    joined = b"".join([_day(zone, day) for day in range(first_day, last_day + 1)])
    start = 12 * (skip_s // _QUARTER_HOUR_S)
    return joined[start : start + 12 * len(stamps)]


@lru_cache(maxsize=32)
def _quarter_hours(first_s: int, count: int) -> array[int]:
    """So many quarter-hours in a row: what whole profiles, read alike, have in common."""
    return array(
        "I", range(first_s, first_s + count * _QUARTER_HOUR_S, _QUARTER_HOUR_S)
    )


@lru_cache(maxsize=64)
def _day(zone: Zone, day: int) -> bytes:
    """The date-times of all quarters of one UTC day: all meters of a zone show the same."""
    begin_s = day * _DAY_S
    return b"".join(
        zone.encode(stamp_s)
        for stamp_s in range(begin_s, begin_s + _DAY_S, _QUARTER_HOUR_S)
    )


@lru_cache(maxsize=2048)
def _date_time(zone: Zone, stamp_s: int) -> bytes:
    return zone.encode(stamp_s)
