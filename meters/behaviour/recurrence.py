"""Instants that a pattern names: a date that may be open, and a time of the day.

Date (5 octets) and time (4) are the Blue Book's (ed. 10, 4.1.6.1): 0xFF, for the year 0xFFFF,
stands for every one; a day of 0xFE is the last of the month, 0xFD the one before. Instants are
the meter's own clock, in epoch seconds; what it shows is Dutch civil time.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from wire.dlms.data import Data
from wire.errors import WireError
from wire.instants import DEVIATION_NOT_SPECIFIED, DateTime, from_epoch, local

_ANY, _ANY_YEAR = 0xFF, 0xFFFF
_FROM_THE_END = {0xFE: -1, 0xFD: -2}
_YEARS = range(2000, 2100)
# A day of a month, the weekday left open, comes within a year, and 29 February within eight.
_DAYS = 8 * 366


class Pattern(NamedTuple):
    """A date, open where it is None, and the second of the day; days below 0 count back."""

    year: int | None
    month: int | None
    day: int | None
    day_of_week: int | None
    second_of_day: int

    def matches(self, day: date) -> bool:
        """Whether it comes on this day."""
        wanted = self.day
        if wanted is not None and wanted < 0:
            wanted += monthrange(day.year, day.month)[1] + 1
        return (
            self.year in (None, day.year)
            and self.month in (None, day.month)
            and wanted in (None, day.day)
            and self.day_of_week in (None, day.isoweekday())
        )

    def after(self, clock_s: int) -> int | None:
        """When it comes next, later than this; None when it does not come for years."""
        for at_s in self._on_days(clock_s, range(_DAYS)):
            if at_s > clock_s:
                return at_s
        return None

    def until(self, clock_s: int) -> int | None:
        """When it came last, this instant included; None when it did not come for years."""
        for at_s in self._on_days(clock_s, range(0, -_DAYS, -1)):
            if at_s <= clock_s:
                return at_s
        return None

    def _on_days(self, clock_s: int, days: Iterable[int]) -> Iterator[int]:
        today = local(from_epoch(clock_s)).date()
        if self.year and self.month and self.day and self.day > 0:
            # It comes once, so there is no looking for it.
            days = ((date(self.year, self.month, self.day) - today).days,)
        for offset in days:
            day = today + timedelta(days=offset)
            if self.matches(day):
                yield self._on(day)

    def _on(self, day: date) -> int:
        hour, rest = divmod(self.second_of_day, 3600)
        moment = DateTime(
            *(day.year, day.month, day.day, _ANY),
            *(hour, rest // 60, rest % 60, 0),
            deviation_min=DEVIATION_NOT_SPECIFIED,
            status=0,
        )
        return int(moment.instant().timestamp())


def pattern(octets_of_date: bytes, octets_of_time: bytes) -> Pattern | None:
    """The pattern of 5 and 4 octets; None when the hour is open, so that it never comes.

    Raises `WireError` for what names no date or time.
    """
    if (len(octets_of_date), len(octets_of_time)) != (5, 4):
        raise WireError("a date has 5 octets and a time 4")
    year = int.from_bytes(octets_of_date[:2], "big")
    month, day, day_of_week = octets_of_date[2:]
    hour, minute, second, _ = octets_of_time
    if hour == _ANY:
        return None
    second = 0 if second == _ANY else second
    named = (
        (year == _ANY_YEAR or year in _YEARS)
        and (month == _ANY or 1 <= month <= 12)
        and (day == _ANY or day in _FROM_THE_END or 1 <= day <= _longest(year, month))
        and (day_of_week == _ANY or 1 <= day_of_week <= 7)
        and (hour < 24 and minute < 60 and second < 60)
    )
    if not named:
        raise WireError(
            f"{octets_of_date.hex()} {octets_of_time.hex()} names no instant"
        )
    return Pattern(
        None if year == _ANY_YEAR else year,
        None if month == _ANY else month,
        None if day == _ANY else _FROM_THE_END.get(day, day),
        None if day_of_week == _ANY else day_of_week,
        3600 * hour + 60 * minute + second,
    )


def _longest(year: int, month: int) -> int:
    """How many days such a month has at most."""
    return (
        31
        if month == _ANY
        else monthrange(2000 if year == _ANY_YEAR else year, month)[1]
    )


class Windows:
    """The windows of an array of begins and ends (Blue Book 4.3.8, communication_window).

    No windows at all mean always; a window whose begin has no time never opens (P3).
    """

    def __init__(self, array: Data) -> None:
        """Raises `WireError` for what names no instants."""
        self.always = not array.value
        pairs = (_bounds(item) for item in array.value)
        self._windows = [(begin, end) for begin, end in pairs if begin and end]

    def open_until(self, clock_s: int) -> int | None:
        """When the window of this instant closes; None while all are closed."""
        closes = []
        for begin, end in self._windows:
            opened = begin.until(clock_s)
            close = None if opened is None else end.after(opened)
            if close is not None and close > clock_s:
                closes.append(close)
        return max(closes, default=None)

    def is_open(self, clock_s: int) -> bool:
        """Whether a window is open."""
        return self.always or self.open_until(clock_s) is not None

    def next_open(self, clock_s: int) -> int | None:
        """When a window opens next, later than this."""
        opens = [begin.after(clock_s) for begin, _ in self._windows]
        return min((at_s for at_s in opens if at_s is not None), default=None)

    def within(self, clock_s: int, delay_s: int) -> int | None:
        """The instant that lies `delay_s` of open windows after this one; None for never.

        The delay counts from when a window opens, if none is open; what is left of it when
        that window closes counts in the next (P3, randomisation).
        """
        if self.always:
            return clock_s + delay_s
        at_s: int | None = clock_s
        for _ in range(_MOST_WINDOWS):
            assert at_s is not None
            close = self.open_until(at_s)
            if close is None:
                at_s = self.next_open(at_s)
                if at_s is None:
                    return None
                close = self.open_until(at_s)
            if close is None:
                return None
            if at_s + delay_s < close:
                return at_s + delay_s
            delay_s -= close - at_s
            at_s = close
        return None


# A delay of 65535 s fits a day's worth of windows of a minute each many times over.
_MOST_WINDOWS = 2000


def _bounds(item: Data) -> tuple[Pattern | None, Pattern | None]:
    begin, end = (part.value for part in item.value)
    if (len(begin), len(end)) != (12, 12):
        raise WireError("a window begins and ends with 12 octets")
    return pattern(begin[:5], begin[5:9]), pattern(end[:5], end[5:9])
