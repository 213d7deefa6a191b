"""Instants that a pattern names: a date that may be open, and a time of the day.

Date (5 octets) and time (4) are the Blue Book's (ed. 10, 4.1.6.1), in the local time of the
meter's clock; instants are the clock's, in epoch seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from wire.dates import YEAR_NOT_SPECIFIED, DatePattern
from wire.dlms.data import Data
from wire.errors import WireError
from wire.instants import DEVIATION_NOT_SPECIFIED, DateTime
from wire.zones import Zone, time_of_day_s

_ANY_HOUR = 0xFF
_YEARS = range(2000, 2100)
# A day of a month comes within a year, and 29 February within eight.
_DAYS = 8 * 366
# A delay of 65535 s fits a day's worth of windows of a minute each many times over.
_MOST_WINDOWS = 2000


class Pattern(NamedTuple):
    """The days that it comes on, and when on each of them, in a zone."""

    day: DatePattern
    second_of_day: int
    zone: Zone

    def after(self, clock_s: int) -> int | None:
        """When it comes next, later than this; None when it does not come for years."""
        day = _nearest(self.day, self.zone.local(clock_s).date(), 1)
        while day is not None:
            if (at_s := self._on(day)) > clock_s:
                return at_s
            day = _nearest(self.day, day + timedelta(1), 1)
        return None

    def until(self, clock_s: int) -> int | None:
        """When it came last, this instant included; None when it did not come for years."""
        day = _nearest(self.day, self.zone.local(clock_s).date(), -1)
        while day is not None:
            if (at_s := self._on(day)) <= clock_s:
                return at_s
            day = _nearest(self.day, day - timedelta(1), -1)
        return None

    def _on(self, day: date) -> int:
        hour, rest = divmod(self.second_of_day, 3600)
        moment = DateTime(
            *(day.year, day.month, day.day, day.isoweekday()),
            *(hour, rest // 60, rest % 60, 0),
            deviation_min=DEVIATION_NOT_SPECIFIED,
            status=0,
        )
        return int(self.zone.instant(moment).timestamp())


# A meter asks after each event when its schedule comes next: the days are looked through once.
@lru_cache(maxsize=1024)
def _nearest(pattern: DatePattern, first: date, step: int) -> date | None:
    """The first day of a pattern from this one on, by steps of 1 or, back, of -1."""
    if pattern.yearly and pattern.year != YEAR_NOT_SPECIFIED:
        # It comes once, so there is no looking for it.
        once = pattern.in_year(pattern.year)
        return once if once is not None and step * (once - first).days >= 0 else None
    days = (first + timedelta(step * number) for number in range(_DAYS))
    return next(filter(pattern.matches, days), None)


def pattern(date_octets: bytes, time_octets: bytes, zone: Zone) -> Pattern | None:
    """The pattern of 5 and 4 octets; None when the hour is open, so that it never comes.

    Raises `WireError` for what names no date or time.
    """
    day = DatePattern.decode(date_octets)
    if day.year not in (YEAR_NOT_SPECIFIED, *_YEARS):
        raise WireError(f"{day.year} is no year of a meter")
    if time_octets[:1] == bytes((_ANY_HOUR,)) and len(time_octets) == 4:
        return None
    return Pattern(day, time_of_day_s(time_octets), zone)


class Windows:
    """The windows of an array of begins and ends (P3, 9.3 and annex C, communication_window).

    No windows at all mean always; a window whose begin has no time never opens.
    """

    def __init__(self, array: Data, zone: Zone) -> None:
        """Raises `WireError` for what names no instants."""
        self.always = not array.value
        pairs = (_bounds(item, zone) for item in array.value)
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
        that window closes counts in the next (P3, 9.3).
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


def _bounds(item: Data, zone: Zone) -> tuple[Pattern | None, Pattern | None]:
    begin, end = (part.value for part in item.value)
    if (len(begin), len(end)) != (12, 12):
        raise WireError("a window begins and ends with 12 octets")
    return (
        pattern(begin[:5], begin[5:9], zone),
        pattern(end[:5], end[5:9], zone),
    )
