"""Local time as a meter's clock object sets it (Blue Book ed. 10, 4.5.1, attributes 3 to 8)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone
from functools import lru_cache

from wire.dates import DATE_OCTETS, NOT_SPECIFIED, YEAR_NOT_SPECIFIED, DatePattern
from wire.errors import WireError
from wire.instants import (
    DEVIATION_NOT_SPECIFIED,
    NEVER,
    STATUS_DST,
    DateTime,
    encode_civil,
)

# Local time to UTC in minutes (Blue Book ed. 10, 4.1.6.1).
DEVIATIONS_MIN = (-720, 720)
DAYLIGHT_SAVING_MIN = 60
_YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A local date and time that comes each year, or once: when a season begins.

    `deviation_min` is None when it was not specified, or does not matter.
    """

    day: DatePattern
    second_of_day: int
    deviation_min: int | None = None

    @classmethod
    def decode(cls, octets: bytes) -> LocalMoment:
        """Reads a date-time whose date may have open parts, and seconds and less may be open.

        Raises `WireError` when it does not say one day and minute of a year.
        """
        moment = DateTime.decode(octets)
        day = DatePattern.decode(octets[:DATE_OCTETS])
        second_of_day = time_of_day_s(octets[DATE_OCTETS:9])
        deviation_min = moment.deviation_min
        given = deviation_min != DEVIATION_NOT_SPECIFIED
        low, high = DEVIATIONS_MIN
        if not day.yearly or given and not low <= deviation_min <= high:
            raise WireError(f"{octets.hex()} is no moment of a year")
        return cls(day, second_of_day, deviation_min if given else None)

    @property
    def once(self) -> bool:
        """Whether its year is given, so that it does not return."""
        return self.day.year != YEAR_NOT_SPECIFIED

    def in_year(self, year: int) -> datetime | None:
        """Local date and time (naive) in this year, if it comes in it."""
        day = self.day.in_year(year)
        if day is None:
            return None
        midnight = datetime(day.year, day.month, day.day)
        return midnight + timedelta(seconds=self.second_of_day)


def time_of_day_s(octets: bytes) -> int:
    """Seconds since midnight of a COSEM time; open seconds are 0; raises `WireError`."""
    if len(octets) != 4:
        raise WireError(f"a time has 4 octets, not {len(octets)}")
    hour, minute, second, hundredths = octets
    second = 0 if second == NOT_SPECIFIED else second
    if (
        not (hour < 24 and minute < 60 and second < 60)
        or 100 <= hundredths < NOT_SPECIFIED
    ):
        raise WireError(f"{octets.hex()} is no time of a day")
    return hour * 3600 + minute * 60 + second


class Zone:
    """Local time: normal time, and daylight saving between its begin and its end.

    `time_zone_min` is local normal time to UTC in minutes (UTC = local + deviation); without
    `begin` and `end`, as the clock's attributes 5 and 6 have them, it holds all year. Raises
    `WireError` when they are no moments of a year. Alike by identity: see `zone_of`.
    """

    __slots__ = ("_deviations_min", "_zones", "_switches_s")

    def __init__(
        self, time_zone_min: int, begin: bytes | None = None, end: bytes | None = None
    ) -> None:
        self._deviations_min = time_zone_min, time_zone_min - DAYLIGHT_SAVING_MIN
        normal, summer = self._deviations_min
        self._zones = (
            timezone(timedelta(minutes=-normal), "W"),
            timezone(timedelta(minutes=-summer), "S"),
        )
        # Begins and ends by turns, in epoch seconds.
        self._switches_s: list[int] = []
        if begin is None or end is None:
            return
        found = sorted(
            [(at_s, True) for at_s in _instants(LocalMoment.decode(begin), normal)]
            + [(at_s, False) for at_s in _instants(LocalMoment.decode(end), summer)],
            key=lambda switch: (switch[0], not switch[1]),
        )
        for at_s, begins in found:
            if begins is not (len(self._switches_s) % 2 == 0):
                continue
            if not begins and self._switches_s[-1] == at_s:
                self._switches_s.pop()
            else:
                self._switches_s.append(at_s)

    def is_summer(self, clock_s: int) -> bool:
        """Whether daylight saving is active at this instant (epoch seconds)."""
        return bisect_right(self._switches_s, clock_s) % 2 == 1

    def deviation_min(self, clock_s: int) -> int:
        """Minutes from local time to UTC at this instant (epoch seconds)."""
        return self._deviations_min[bisect_right(self._switches_s, clock_s) % 2]

    def switches_s(self, from_s: int, until_s: int = NEVER) -> list[int]:
        """When daylight saving is switched: from the one instant until before the other."""
        return [at_s for at_s in self._switches_s if from_s <= at_s < until_s]

    def next_switch_s(self, after_s: int) -> int:
        """The first switch of daylight saving after an instant, or `NEVER`."""
        place = bisect_right(self._switches_s, after_s)
        return self._switches_s[place] if place < len(self._switches_s) else NEVER

    def local(self, clock_s: int) -> datetime:
        """Local date and time at a fixed offset that is named S or W, as P1 prints it."""
        return datetime.fromtimestamp(clock_s, self._zones[self.is_summer(clock_s)])

    def encode(self, clock_s: int, status: int = 0) -> bytes:
        """The 12 octets of an instant (epoch seconds); the DST bit is set as due."""
        summer = self.is_summer(clock_s)
        civil = datetime.fromtimestamp(clock_s, self._zones[summer])
        if summer:
            status |= STATUS_DST
        return encode_civil(civil, self._deviations_min[summer], status)

    def instant(self, moment: DateTime) -> datetime:
        """The UTC instant of a date and time; without deviation it is local time here.

        The DST bit of the status tells the doubled hour apart. Raises `WireError` if it names
        no instant, or has a deviation that no zone has; what does not is one in every zone.
        """
        if not MINYEAR < moment.year < MAXYEAR:
            raise WireError(f"{moment.encode().hex()} is no time of a meter")
        if moment.deviation_min != DEVIATION_NOT_SPECIFIED:
            low, high = DEVIATIONS_MIN
            if not low <= moment.deviation_min <= high:
                raise WireError(f"no zone is {moment.deviation_min} minutes from UTC")
            return moment.instant()
        normal, summer = (
            moment.at_deviation(deviation) for deviation in self._deviations_min
        )
        doubled = not self.is_summer(int(normal.timestamp()))
        if self.is_summer(int(summer.timestamp())) and (
            not doubled or moment.status & STATUS_DST
        ):
            return summer
        return normal


def _instants(moment: LocalMoment, deviation_min: int) -> list[int]:
    """The moment in each year, in epoch seconds; `deviation_min` is what holds before it."""
    if moment.deviation_min is not None:
        deviation_min = moment.deviation_min
    made = (moment.in_year(year) for year in _YEARS)
    return [
        int(civil.replace(tzinfo=UTC).timestamp()) + 60 * deviation_min
        for civil in made
        if civil is not None
    ]


@lru_cache(maxsize=256)
def zone_of(time_zone_min: int, begin: bytes, end: bytes, enabled: bool) -> Zone:
    """The zone of a clock with these attributes (3, 5, 6 and 8); one for all that are alike."""
    return Zone(time_zone_min, begin, end) if enabled else Zone(time_zone_min)


# Last Sunday of March 02:00 and of October 03:00, every year (P3, 5.3, attributes 5 and 6).
TIME_ZONE_MIN = -60
SUMMER_BEGINS = bytes.fromhex("ffff03fe0702000000ffc400")
SUMMER_ENDS = bytes.fromhex("ffff0afe0703000000ff8880")
DUTCH = zone_of(TIME_ZONE_MIN, SUMMER_BEGINS, SUMMER_ENDS, True)
"""Dutch civil time: what every meter leaves the factory with."""
