"""The activity calendar (Blue Book ed. 10, 4.5.5): which script holds at a local time.

A season has a week, a week has a day for each weekday, a day has a schedule of scripts; a
special day takes the place of the weekday's. What an entry starts holds until the next one,
over midnight too. What holds follows from the local time alone: in the doubled hour of autumn
it is twice the same, and an entry in the hour that spring leaves out holds from its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from wire.cosem.dsmr.tariff import SCRIPTS
from wire.dates import DATE_OCTETS, DatePattern
from wire.dlms.data import Data
from wire.errors import WireError
from wire.zones import LocalMoment, Zone, time_of_day_s

DAY_S = 86_400
# How many entries a day may have; the standard asks for four at least.
ENTRIES_PER_DAY = 16
# A year without a 29th of February.
_COMMON_YEAR = 2001

# Seconds since midnight, and the script that holds from then on.
Entry = tuple[int, int]


class Season(NamedTuple):
    """A season: when it starts, None for the one that holds until another did; its week."""

    start: LocalMoment | None
    week: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Seasons by name, weeks by name (Monday's day first), days by their number."""

    seasons: dict[bytes, Season]
    weeks: dict[bytes, tuple[int, ...]]
    days: dict[int | None, tuple[Entry, ...]]

    def whole(self, scripts: Iterable[int]) -> bool:
        """Whether all that it names is there, and every day of every year has a script."""
        known = set(scripts)
        return (
            bool(self.seasons)
            and all(season.week in self.weeks for season in self.seasons.values())
            and all(day in self.days for week in self.weeks.values() for day in week)
            and all(script in known for day in self.days.values() for _, script in day)
            and any(
                season.start is None or not season.start.once
                for season in self.seasons.values()
            )
        )


def calendar_of(seasons: Data, weeks: Data, days: Data) -> Calendar:
    """The calendar of three attributes; raises `WireError` for one that is wrong by itself."""
    return Calendar(seasons_of(seasons), weeks_of(weeks), days_of(days))


def seasons_of(data: Data) -> dict[bytes, Season]:
    """Seasons by name; raises `WireError` for a name or start twice, or no start."""
    seasons = {}
    for item in data.value:
        name, start, week = (part.value for part in item.value)
        seasons[name] = Season(_start(start), week)
    starts = {season.start for season in seasons.values()}
    if len(seasons) != len(data.value) or len(starts) != len(seasons):
        raise WireError("a season is there twice")
    return seasons


def _start(octets: bytes) -> LocalMoment | None:
    day = DatePattern.decode(octets[:DATE_OCTETS])
    if day.open and len(octets) == 12:
        return None
    hour = octets[DATE_OCTETS:9]
    # A start without a time is midnight.
    if hour == b"\xff" * 4:
        octets = octets[:DATE_OCTETS] + bytes(4) + octets[9:]
    start = LocalMoment.decode(octets)
    if not start.once and start.in_year(_COMMON_YEAR) is None:
        raise WireError(f"{octets.hex()} does not come each year")
    return start


def weeks_of(data: Data) -> dict[bytes, tuple[int, ...]]:
    """Weeks by name; raises `WireError` for a name twice."""
    weeks = {}
    for item in data.value:
        name, *days = (part.value for part in item.value)
        weeks[name] = tuple(days)
    if len(weeks) != len(data.value):
        raise WireError("a week is there twice")
    return weeks


def days_of(data: Data) -> dict[int | None, tuple[Entry, ...]]:
    """Days by number; raises `WireError` for a number twice, or a schedule that is none."""
    days: dict[int | None, tuple[Entry, ...]] = {}
    for item in data.value:
        number, schedule = item.value
        days[number.value] = tuple(_schedule(schedule))
    if len(days) != len(data.value):
        raise WireError("a day is there twice")
    return days


def _schedule(data: Data) -> list[Entry]:
    """The entries of a day, in the order of their times; there is one, and one at a time."""
    entries = []
    for item in data.value:
        start, table, script = (part.value for part in item.value)
        if table != SCRIPTS:
            raise WireError(f"{table.hex()} is not the table of tariff scripts")
        entries.append((time_of_day_s(start), script))
    if not 0 < len({at for at, _ in entries}) == len(entries) <= ENTRIES_PER_DAY:
        raise WireError("a day has entries, each at a time of its own")
    return sorted(entries)


class SpecialDay(NamedTuple):
    """A day, or days, with a schedule of their own; `number` is the standard's index."""

    number: int
    date: DatePattern
    day: int


def special_days_of(data: Data) -> tuple[SpecialDay, ...]:
    """The special days; raises `WireError` for a date that is none, an index or a date twice."""
    days = tuple(special_day_of(item) for item in data.value)
    numbers, dates = {day.number for day in days}, {day.date for day in days}
    if not len(numbers) == len(dates) == len(days):
        raise WireError("a special day is there twice")
    return days


def special_day_of(data: Data) -> SpecialDay:
    """One special day; raises `WireError` for a date that is none."""
    number, octets, day = (part.value for part in data.value)
    return SpecialDay(number, DatePattern.decode(octets), day)


class Plan:
    """A calendar with its special days, in a zone; alike by identity, so that days are kept."""

    __slots__ = ("_calendar", "_special_days", "_zone")

    def __init__(
        self, calendar: Calendar, special_days: tuple[SpecialDay, ...], zone: Zone
    ) -> None:
        self._calendar = calendar
        self._special_days = special_days
        self._zone = zone

    def script_at(self, clock_s: int) -> int | None:
        """The script that holds at an instant (epoch seconds); None before there is any."""
        day, second = divmod(clock_s - 60 * self._zone.deviation_min(clock_s), DAY_S)
        entries = _schedule_of(self, day)
        place = bisect_right(entries, second, key=lambda entry: entry[0])
        if not place:
            entries = _schedule_of(self, day - 1)
        return entries[place - 1][1] if entries else None

    def next_s(self, after_s: int) -> int:
        """The first instant after this one when a script starts; at most two days later."""
        day = after_s // DAY_S
        for number in (day, day + 1):
            starts = _starts(self, number)
            place = bisect_right(starts, after_s)
            if place < len(starts):
                return starts[place]
        return (day + 2) * DAY_S

    def entries(self, local_day: int) -> tuple[Entry, ...]:
        """The schedule of a local day, in days since 1970."""
        civil = date(1970, 1, 1) + timedelta(local_day)
        midnight = datetime(civil.year, civil.month, civil.day)
        special = next(
            (item.day for item in self._special_days if item.date.matches(civil)), None
        )
        days, made = self._calendar.days, list[Entry]()
        for from_s in (0, *self._season_starts(midnight)):
            week = self._week_at(midnight + timedelta(seconds=from_s))
            number = week[civil.weekday()] if week else None
            entries = days.get(special) or days.get(number, ())
            held = [(from_s, script) for at, script in entries if at <= from_s]
            made = [entry for entry in made if entry[0] < from_s]
            made += held[-1:] + [entry for entry in entries if entry[0] > from_s]
        return tuple(made)

    def starts(self, day: int) -> tuple[int, ...]:
        """The instants within a UTC day (since 1970) when a script starts, or one returns."""
        zone, begin_s, end_s = self._zone, day * DAY_S, (day + 1) * DAY_S
        switches_s = zone.switches_s(begin_s, end_s)
        found = {
            at_s
            for at_s in switches_s
            if self.script_at(at_s) != self.script_at(at_s - 1)
        }
        bounds = (begin_s, *switches_s, end_s)
        for from_s, until_s in zip(bounds, bounds[1:], strict=False):
            to_utc_s = 60 * zone.deviation_min(from_s)
            first = (from_s - to_utc_s) // DAY_S
            for local_day in range(first, (until_s - 1 - to_utc_s) // DAY_S + 1):
                midnight_s = local_day * DAY_S + to_utc_s
                instants = (midnight_s + at for at, _ in _schedule_of(self, local_day))
                found.update(at_s for at_s in instants if from_s <= at_s < until_s)
        return tuple(sorted(found))

    def _season_starts(self, midnight: datetime) -> list[int]:
        """Seconds after this local midnight when a season starts within the day."""
        end = midnight + timedelta(1)
        return sorted(
            int((at - midnight).total_seconds())
            for season in self._calendar.seasons.values()
            for at in _before(season.start, end)
            if midnight < at < end
        )

    def _week_at(self, local: datetime) -> tuple[int, ...] | None:
        """The week of the season that started last, at a local time."""
        best, found = datetime.min, None
        for season in self._calendar.seasons.values():
            for at in _before(season.start, local):
                if at >= best:
                    best, found = at, season
        return None if found is None else self._calendar.weeks.get(found.week)


def _before(start: LocalMoment | None, local: datetime) -> Iterable[datetime]:
    """When a season started, this year and in the one before, up to a local time."""
    if start is None:
        return (datetime.min,)
    years = (start.day.year,) if start.once else (local.year - 1, local.year)
    found = (start.in_year(year) for year in years)
    return [at for at in found if at is not None and at <= local]


@lru_cache(maxsize=4096)
def _schedule_of(plan: Plan, local_day: int) -> tuple[Entry, ...]:
    return plan.entries(local_day)


@lru_cache(maxsize=4096)
def _starts(plan: Plan, day: int) -> tuple[int, ...]:
    return plan.starts(day)
