"""Scales and ticks of the report's charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10

from wire.instants import local

_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps `low..high` of the data onto `first..last` of the picture."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return self.first + (value - self.low) / span * (self.last - self.first)


def nice_step(span: float, about: int) -> float:
    """1, 2 or 5 times a power of ten: about that many steps in the span."""
    if span <= 0:
        return 1.0
    raw = span / about
    power = 10.0 ** floor(log10(raw))
    return next(power * f for f in (1, 2, 5, 10) if power * f >= raw * 0.999)


def value_ticks(highest: float, about: int = 5) -> list[float]:
    """Ticks from zero to the first one at or above the highest value."""
    step = nice_step(highest, about)
    return [n * step for n in range(max(1, ceil(highest / step - 1e-9)) + 1)]


def time_ticks(
    start: datetime, end: datetime, most: int
) -> Iterator[tuple[datetime, str, bool]]:
    """About `most` instants at whole hours of Dutch civil time, each with its label.

    True marks a midnight, whose label is the date.
    """
    hours = (end - start) / timedelta(hours=1)
    if hours <= 1.5:
        yield from _minute_ticks(start, end, most)
        return
    every = next((n for n in _HOURS if hours / n <= most), 168)
    moment = start.replace(minute=0, second=0, microsecond=0)
    midnights = 0
    while moment <= end:
        civil = local(moment)
        if civil.hour == 0:
            midnights += 1
        due = civil.hour % min(every, 24) == 0 and (
            every <= 24 or midnights % (every // 24) == 0
        )
        if moment >= start and due:
            midnight = civil.hour == 0
            label = (
                f"{civil:%a} {civil.day} {civil:%b}" if midnight else f"{civil:%H:%M}"
            )
            yield moment, label, midnight
        moment += timedelta(hours=1)


def _minute_ticks(
    start: datetime, end: datetime, most: int
) -> Iterator[tuple[datetime, str, bool]]:
    minutes = max((end - start) / timedelta(minutes=1), 1e-3)
    every = next((n for n in (1, 2, 5, 10, 15) if minutes / n <= most), 15)
    moment = start.replace(second=0, microsecond=0)
    while moment <= end:
        if moment >= start and moment.minute % every == 0:
            yield moment, f"{local(moment):%H:%M}", False
        moment += timedelta(minutes=1)
