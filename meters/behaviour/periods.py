"""Capture periods: the instants at which a profile gets its rows, by the clock and its zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from wire.zones import Zone

HOUR_S, DAY_S = 3600, 86_400


class Period(NamedTuple):
    """`next_s` is the first instant of it later than another, in UTC epoch seconds of the clock.

    Two of them are `longest_s` apart at most.
    """

    next_s: Callable[[Zone, int], int]
    longest_s: int

    def passed(self, zone: Zone, after_s: int, until_s: int, most: int) -> list[int]:
        """Its instants later than the one and not later than the other, the newest `most`."""
        at_s = max(after_s, until_s - (most + 1) * self.longest_s)
        found = []
        while (at_s := self.next_s(zone, at_s)) <= until_s:
            found.append(at_s)
        return found[-most:]


@lru_cache(maxsize=64)
def every(period_s: int) -> Period:
    """So many seconds: counted from the full hour, or from midnight if it does not divide one."""
    if HOUR_S % period_s == 0:
        return Period(
            lambda zone, after_s: (after_s // period_s + 1) * period_s, period_s
        )
    return Period(partial(_wall, period_s), period_s + HOUR_S)


def can_be(period_s: int) -> bool:
    """Whether rows can be captured so often: a day is a whole number of such periods."""
    return 60 <= period_s <= DAY_S and DAY_S % period_s == 0


def soonest(periods: tuple[Period, ...], zone: Zone, after_s: int) -> int:
    """The first instant of any of these periods later than another; one must be an hour or less."""
    within = _within_hour(periods, zone, after_s // HOUR_S)
    return within[bisect_right(within, after_s)]


# Few: all meters of a zone come to the same hours at the same time.
@lru_cache(maxsize=64)
def _within_hour(periods: tuple[Period, ...], zone: Zone, hour: int) -> tuple[int, ...]:
    """The instants of these periods in one hour (hours since 1970), its end included."""
    begin_s = hour * HOUR_S
    found = set()
    for period in periods:
        at_s = begin_s
        while (at_s := period.next_s(zone, at_s)) <= begin_s + HOUR_S:
            found.add(at_s)
    return tuple(sorted(found))


def _wall(period_s: int, zone: Zone, after_s: int) -> int:
    deviation_min = zone.deviation_min(after_s)
    local_s = after_s - 60 * deviation_min
    return _instant(zone, (local_s // period_s + 1) * period_s, deviation_min)


def _next_month(zone: Zone, after_s: int) -> int:
    deviation_min = zone.deviation_min(after_s)
    local_s = after_s - 60 * deviation_min
    return _instant(zone, _month_after_s(local_s // DAY_S), deviation_min)


# Midnight when a month begins: the end of the billing period (P3, 5.5).
MONTH = Period(_next_month, 32 * DAY_S)


@lru_cache(maxsize=16)
def _month_after_s(day: int) -> int:
    """When the month after a day begins; days are counted from 1970, in local time."""
    first = datetime.fromtimestamp(day * DAY_S, UTC).replace(day=1)
    return int((first + timedelta(days=31)).replace(day=1).timestamp())


# Few: all meters of a zone come to the same ones at the same time.
@lru_cache(maxsize=16)
def _instant(zone: Zone, local_s: int, deviation_min: int) -> int:
    """The instant of a local time, which is in seconds since 1970 as if it were UTC.

    `deviation_min` holds before it, at most one switch away. A time that the switch leaves out
    comes as late as it would have without.
    """
    at_s = local_s + 60 * deviation_min
    after_switch_s = local_s + 60 * zone.deviation_min(at_s)
    left_out = local_s + 60 * zone.deviation_min(after_switch_s) != after_switch_s
    return at_s if left_out else after_switch_s
