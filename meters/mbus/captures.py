"""What the profiles of M-Bus devices capture: the hour's, the day's and the month's reading.

The E-meter stores the reading it captured last at eleven minutes past the hour, so that there is
time for the device to send it (DSMR-M 4.5.6); the row is stamped with the full hour. The reading
at midnight is the day's too, and that of the first of the month the month's (DSMR-M 4.5.4, 4.5.8).
Profiles keep 240 hours, 40 days and 13 months (P3 4.2.2, 7.4, 6.3 and 5.5).

A row always has the last reading, with the time that the device gave it. When that is not of the
row's hour, none came: the row says so, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from meters.behaviour import amr
from meters.behaviour.periods import DAY_S, HOUR_S, MONTH, Period, every, soonest
from meters.mbus.channels import NUMBERS, channel_of
from wire.cosem.rows import SMR5
from wire.dlms.data import Tag
from wire.mbus.values import MeterConfiguration, Status
from wire.zones import Zone

if TYPE_CHECKING:
    from meters.meter import Meter

DELAY_S = 660
# How much the device's clock may deviate before that is an error (P2 4.0.7, 6.4.1).
_DEVIATION_S = 60


@dataclass(frozen=True, slots=True)
class Readings:
    """A profile of one channel: AMR profile status, the reading, and its time (epoch seconds)."""

    number: int
    kind: str
    fixed: Period
    rows: int

    delay_s: ClassVar[int] = DELAY_S

    @property
    def name(self) -> str:
        """As the object of SMR 5 is named; in DSMR 4 the daily one has none of its own."""
        return f"mbus_{self.kind}_profile_{self.number}"

    def period(self, meter: Meter) -> Period | None:
        return self.fixed

    def capacity(self, meter: Meter) -> int:
        return self.rows

    def tags(self, meter: Meter) -> tuple[Tag, ...]:
        return _TAGS

    def row(self, meter: Meter, end_s: int, status: int) -> Sequence[int]:
        value, captured_s = reading(meter, self.number)
        return status | _doubts(meter, self.number, end_s), value, captured_s


PERIODS = every(HOUR_S), every(DAY_S), MONTH
_TAGS = Tag.UNSIGNED, Tag.DOUBLE_LONG_UNSIGNED, Tag.DOUBLE_LONG_UNSIGNED
_KINDS = ("hourly", 240), ("daily", 40), ("monthly", 13)
_OF_CHANNEL = {
    number: tuple(
        Readings(number, kind, period, rows)
        for (kind, rows), period in zip(_KINDS, PERIODS, strict=True)
    )
    for number in NUMBERS
}
ALL = tuple(profile for profiles in _OF_CHANNEL.values() for profile in profiles)
"""The profiles of all channels."""


def find(number: int, kind: str) -> Readings:
    """The hourly, daily or monthly profile of a channel."""
    return next(profile for profile in _OF_CHANNEL[number] if profile.kind == kind)


def in_use(meter: Meter) -> tuple[Readings, ...]:
    """The profiles of the channels that a device is bound to."""
    channels = meter.state.mbus
    if channels is None:
        return ()
    return _of(tuple([n for n, channel in channels.items() if not channel.free]))


def next_s(zone: Zone, clock_s: int) -> int:
    """When the next row of any channel in use is captured, by the clock."""
    return soonest(PERIODS, zone, clock_s - DELAY_S) + DELAY_S


@lru_cache(maxsize=128)
def _of(numbers: tuple[int, ...]) -> tuple[Readings, ...]:
    return tuple(profile for number in numbers for profile in _OF_CHANNEL[number])


def reading(meter: Meter, number: int) -> tuple[int, int]:
    """The value that profiles capture and its time; in SMR 5 that of the hour, not the last."""
    channel = channel_of(meter, number)
    if meter.model.standard in SMR5:
        return channel.hourly_value, channel.hourly_s
    return channel.value, channel.captured_s


def _doubts(meter: Meter, number: int, end_s: int) -> int:
    """What the AMR profile status says of a reading as the one of the hour that ended then.

    The reading of a device without a clock has the time at which it came.
    """
    channel = channel_of(meter, number)
    _, captured_s = reading(meter, number)
    read = channel.read_s + meter.state.clock_offset_s >= end_s
    has_clock = channel.meter_configuration & MeterConfiguration.CLOCK
    late_s = _DEVIATION_S if has_clock else DELAY_S
    of_the_hour = -_DEVIATION_S <= captured_s - end_s <= late_s
    flags = 0 if read and of_the_hour else amr.DATA_NOT_VALID
    if channel.status & Status.PERMANENT_ERROR:
        flags |= amr.CRITICAL_ERROR | amr.DATA_NOT_VALID
    return flags
