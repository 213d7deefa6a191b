"""The tariff: which rate holds.

It is a fixed one: rate 1 (low) from 23:00 to 07:00 and in the weekend, local time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import intervals
from wire.instants import from_epoch, local

if TYPE_CHECKING:
    from meters.meter import Meter

LOW, NORMAL = 0, 1


def rate_at(clock_s: int) -> int:
    """The rate that holds at this time of the meter's clock (epoch seconds)."""
    civil = local(from_epoch(clock_s))
    return NORMAL if civil.isoweekday() <= 5 and 7 <= civil.hour < 23 else LOW


def due(meter: Meter, after_s: int) -> int:
    """When the rate may change next: its switches fall on quarter-hours of the clock."""
    return intervals.due(meter, after_s)


def switch(meter: Meter) -> None:
    """Takes the rate of this moment into use."""
    meter.state.rate = rate_at(meter.clock_s)
