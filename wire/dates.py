"""Dates of which parts may be left open (Blue Book ed. 10, 4.1.6.1): once, yearly, monthly.

Codes: year 0xFFFF, month, day and weekday 0xFF are not specified; day 0xFE is the month's last
and 0xFD the one before. A weekday beside a day means the first such day on or after it, the last
one of the month beside 0xFE; in a given year it must be the weekday of that date.
"""

from __future__ import annotations

import struct
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from wire.errors import WireError

NOT_SPECIFIED, YEAR_NOT_SPECIFIED = 0xFF, 0xFFFF
LAST_DAY, SECOND_LAST_DAY = 0xFE, 0xFD
DATE_OCTETS = 5

_DATE = struct.Struct(">HBBB")
_DAYS = {*range(1, 32), LAST_DAY, SECOND_LAST_DAY, NOT_SPECIFIED}


@dataclass(frozen=True, slots=True)
class DatePattern:
    """The days that a date with open parts stands for."""

    year: int
    month: int
    day_of_month: int
    day_of_week: int

    @classmethod
    def decode(cls, octets: bytes) -> DatePattern:
        """Reads 5 octets; raises `WireError` for what is no day of any year.

        The codes that tie a month to daylight saving (0xFD, 0xFE) are not known here.
        """
        if len(octets) != DATE_OCTETS:
            raise WireError(f"a date has {DATE_OCTETS} octets, not {len(octets)}")
        made = cls(*_DATE.unpack(octets))
        if not made._possible():
            raise WireError(f"{octets.hex()} is no date")
        return made

    @property
    def open(self) -> bool:
        """Whether nothing at all is specified."""
        return (self.year, self.month, self.day_of_month, self.day_of_week) == (
            YEAR_NOT_SPECIFIED,
            *(NOT_SPECIFIED,) * 3,
        )

    @property
    def yearly(self) -> bool:
        """Whether it stands for one day, of each year or of one."""
        return NOT_SPECIFIED not in (self.month, self.day_of_month)

    def in_year(self, year: int) -> date | None:
        """The one day of a year that a `yearly` pattern stands for, if there is one."""
        if self.year not in (YEAR_NOT_SPECIFIED, year):
            return None
        return self._in_month(year, self.month)

    def matches(self, day: date) -> bool:
        """Whether it stands for this day."""
        if self.year not in (YEAR_NOT_SPECIFIED, day.year):
            return False
        if self.month not in (NOT_SPECIFIED, day.month):
            return False
        if self.day_of_month == NOT_SPECIFIED:
            return self.day_of_week in (NOT_SPECIFIED, day.isoweekday())
        return self._in_month(day.year, day.month) == day

    def _in_month(self, year: int, month: int) -> date | None:
        days = monthrange(year, month)[1]
        from_end = {LAST_DAY: days, SECOND_LAST_DAY: days - 1}
        number = from_end.get(self.day_of_month, self.day_of_month)
        if number > days:
            return None
        day = date(year, month, number)
        if self.day_of_week == NOT_SPECIFIED:
            return day
        if self.day_of_month == LAST_DAY:
            return day - timedelta((day.isoweekday() - self.day_of_week) % 7)
        if self.year != YEAR_NOT_SPECIFIED and day.isoweekday() != self.day_of_week:
            return None
        return day + timedelta((self.day_of_week - day.isoweekday()) % 7)

    def _possible(self) -> bool:
        if not (
            (1 <= self.year <= 9999 or self.year == YEAR_NOT_SPECIFIED)
            and (1 <= self.month <= 12 or self.month == NOT_SPECIFIED)
            and self.day_of_month in _DAYS
            and (1 <= self.day_of_week <= 7 or self.day_of_week == NOT_SPECIFIED)
        ):
            return False
        if self.day_of_month == SECOND_LAST_DAY and self.day_of_week != NOT_SPECIFIED:
            return False
        if not self.yearly:
            return True
        # Of the years without a number the leap years have all days that there are.
        year = 2000 if self.year == YEAR_NOT_SPECIFIED else self.year
        return self.in_year(year) is not None
