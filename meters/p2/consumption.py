"""What a household takes of gas, water, heat, cold and electricity, when nothing else decides.

Not measured: a winter's day, scaled per household, with taps that open and shut by the minute.
It follows from the device and the minute alone, as `meters.behaviour.premises` does.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from meters.p2.identity import DeviceIdentity
from meters.p2.media import Medium
from wire.instants import from_epoch, local


class Habit(NamedTuple):
    """Per cent of the greatest flow: what runs by the hour, local time, and now and then.

    The one is drawn by the boiler or the house, the other by a tap that is open in so many of
    16 minutes of the day.
    """

    base: tuple[int, ...]
    tap: int
    minutes: int


_HEATING = (
    *(4, 3, 3, 3, 4, 8, 18, 20, 14, 9, 7, 6),
    *(6, 6, 6, 7, 9, 14, 16, 15, 13, 11, 8, 5),
)
_AROUND_THE_CLOCK = (2,) * 24
HABITS = {
    Medium.GAS: Habit(_HEATING, 30, 1),
    Medium.HEAT: Habit(_HEATING, 25, 1),
    Medium.WATER: Habit((0,) * 24, 25, 1),
    Medium.COLD: Habit((0,) * 10 + (5,) * 9 + (2,) * 5, 0, 0),
    Medium.ELECTRICITY: Habit(_AROUND_THE_CLOCK, 35, 1),
}
_NIGHT = range(0, 6)


def household_rate(identity: DeviceIdentity, clock_s: int) -> int:
    """What flows in the minute of this instant (epoch seconds), in the unit of its kind."""
    habit = HABITS[identity.medium]
    house = _octets(identity.equipment_id)
    minute = _octets(f"{identity.equipment_id}/{clock_s // 60}")
    hour = local(from_epoch(clock_s)).hour
    share = habit.base[hour] * (60 + house[0] // 2)
    if hour not in _NIGHT and minute[0] < 16 * habit.minutes:
        share += habit.tap * (50 + minute[1] // 4)
    return min(share * identity.kind.max_rate // 10_000, identity.kind.max_rate)


def _octets(text: str) -> bytes:
    return blake2b(text.encode("ascii"), digest_size=4).digest()
