"""The E-meter as master of P2, in the order of time (P2 4.0.7, 6.1; DSMR-M 4.5.6).

Wired devices are read within the first ten minutes of each hour, more than once where they do
not answer; those on the radio send by themselves. What has not come by eleven minutes past is
missed. What the central system or the meter itself wants of a wired device is done at once.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from meters.behaviour.task import NEVER
from meters.mbus import binding, errands, installation, readings, wired
from meters.mbus.channels import Channel, Channels, Pending

if TYPE_CHECKING:
    from meters.meter import Meter

HOUR_S = 3600
READ_AT_S = (120, 300, 480)
MISSED_AT_S = 660
RETRY_S = 300
"""After so long a wired device that did not answer is tried again with what waits."""


def due(meter: Meter, after_s: int) -> int:
    """When something is to be done on P2 next."""
    channels = meter.state.mbus
    if channels is None:
        return NEVER
    soonest_s = installation.due(meter, after_s)
    for channel in channels.values():
        if channel.pending and channel.wired and errands.ready(channel):
            soonest_s = min(soonest_s, max(channel.retry_s, after_s + 1))
    return min(soonest_s, _hourly_due(meter, channels, after_s))


def run(meter: Meter) -> None:
    """Does what is due."""
    at_s = meter.state.at_s
    if installation.due(meter, at_s - 1) == at_s:
        installation.run(meter)
    channels, second = meter.state.mbus, meter.clock_s % HOUR_S
    since_s = at_s - second
    for number, channel in channels.items() if channels is not None else ():
        if second in READ_AT_S and _to_read(channel, since_s):
            channel.pending |= Pending.READ
            visit(meter, number, channel)
        elif channel.wired and errands.ready(channel) and channel.retry_s <= at_s:
            visit(meter, number, channel)
        if second == MISSED_AT_S and _missed(channel, since_s):
            readings.missed(meter, number)


def visit(meter: Meter, number: int, channel: Channel) -> None:
    """Does what waits for a wired device, one thing after the other, until one fails."""
    for errand in Pending:
        if not errands.ready(channel) & errand:
            continue
        if errand is Pending.BIND:
            succeeded = binding.bind(meter, number)
        elif errand is Pending.READ:
            succeeded = wired.read(meter, number)
            channel.pending &= ~Pending.READ
        else:
            succeeded = wired.run(meter, number, errand)
        if not succeeded:
            channel.retry_s = meter.state.at_s + RETRY_S
            break
    meter.changed()


def _hourly_due(meter: Meter, channels: Channels, after_s: int) -> int:
    """When the next reading is to be made, or to be missed."""
    second = (after_s + meter.state.clock_offset_s) % HOUR_S
    hour_s = after_s - second
    soonest_s = NEVER
    for channel in channels.values():
        if channel.wired and channel.named:
            soonest_s = min(soonest_s, hour_s + HOUR_S + READ_AT_S[0])
            if channel.read_s < hour_s and second < READ_AT_S[-1]:
                next_second = READ_AT_S[bisect_right(READ_AT_S, second)]
                return hour_s + next_second
        if errands.settled(channel):
            this = channel.read_s < hour_s and second < MISSED_AT_S
            missed_s = hour_s + MISSED_AT_S + (0 if this else HOUR_S)
            soonest_s = min(soonest_s, missed_s)
    return soonest_s


def _to_read(channel: Channel, since_s: int) -> bool:
    """Whether a wired device has not been read since the hour."""
    return channel.wired and channel.named and channel.read_s < since_s


def _missed(channel: Channel, since_s: int) -> bool:
    """Whether a reading that could have come did not."""
    return errands.settled(channel) and channel.read_s < since_s
