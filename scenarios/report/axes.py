"""Scales and ticks of the report's charts; chart.js makes the same ticks in a zoomed span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, log10

from wire.instants import from_epoch, local, summer_time

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# 1 January 1970 was a Thursday: with three days more, whole weeks begin on Mondays.
_MONDAY = 3 * _DAY
TICK_STEPS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 4, 7, 14, 28, 84, 364)),
)


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


def value_ticks(highest: float, lowest: float = 0, about: int = 5) -> list[float]:
    """Ticks at even steps, zero among them, that take in the highest and the lowest value."""
    highest, lowest = max(highest, 0), min(lowest, 0)
    step = nice_step(highest - lowest, about)
    below, above = ceil(-lowest / step - 1e-9), ceil(highest / step - 1e-9)
    return [n * step for n in range(-below, max(above, 1 - below) + 1)]


def time_ticks(
    start: datetime, end: datetime, most: int
) -> Iterator[tuple[datetime, str, bool]]:
    """At most about `most` instants, whole in Dutch civil time, each with its label.

    True marks a midnight, whose label is the date.
    """
    first, last = start.timestamp(), end.timestamp()
    fitting = (step for step in TICK_STEPS_S if (last - first) / step <= most)
    step = next(fitting, TICK_STEPS_S[-1])
    # Within an hour civil time and UTC run alike; beyond it, summer time may come between.
    stride = min(step, _HOUR)
    for when in range(ceil(first / stride) * stride, floor(last) + 1, stride):
        instant = from_epoch(when)
        civil = local(instant)
        shift = civil.utcoffset()
        assert shift is not None
        if (when + shift.seconds + _MONDAY) % step == 0:
            midnight = (civil.hour, civil.minute, civil.second) == (0, 0, 0)
            time = f"{civil:%H:%M}" if step >= _MINUTE else f"{civil:%H:%M:%S}"
            date = f"{civil:%a} {civil.day} {civil:%b}"
            yield instant, date if midnight else time, midnight


def civil_shifts(start: datetime, end: datetime) -> list[tuple[int, int]]:
    """From when civil time is how many seconds ahead of UTC: at the start, and at each change."""
    first, last = start.timestamp(), end.timestamp()
    changes = (
        change
        for year in range(start.year, end.year + 1)
        for change in summer_time(year)
        if first < change < last
    )
    moments = [floor(first), *changes]
    shifts = [local(from_epoch(moment)).utcoffset() for moment in moments]
    return [
        (moment, 0 if shift is None else shift.seconds)
        for moment, shift in zip(moments, shifts, strict=True)
    ]
