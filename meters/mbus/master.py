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
from meters.mbus.channels import Channel, Pending
from wire.cosem.rows import SMR5
from wire.mbus.headers import DsmrVersion

if TYPE_CHECKING:
    from meters.meter import Meter

SMR_5_0 = DsmrVersion.SMR_5_0
HOUR_S = 3600
READ_AT_S = {HOUR_S: (120, 300, 480), 300: (75, 135, 195)}
"""When in each period a wired device is asked, until it was read: SMR 5 has five minutes."""

MISSED_AT_S = 660
RETRY_S = 3600
"""A device that did not answer gets what waits with its next reading, or after so long."""

_ANSWERED_BY_ALL = Pending.BIND | Pending.READ


def due(meter: Meter, after_s: int) -> int:
    """When something is to be done on P2 next."""
    channels = meter.state.mbus
    if channels is None:
        return NEVER
    soonest_s = installation.due(meter, after_s)
    for channel in channels.values():
        if channel.pending and channel.wired and errands.ready(channel):
            soonest_s = min(soonest_s, max(channel.retry_s, after_s + 1))
        if channel.wired and channel.named:
            soonest_s = min(soonest_s, _read_due(meter, channel, after_s))
        if errands.settled(channel):
            soonest_s = min(soonest_s, _missed_due(meter, channel, after_s))
    return soonest_s


def run(meter: Meter) -> None:
    """Does what is due; the scan of the bus gives way to all else (P2, 8.3.1)."""
    at_s, channels = meter.state.at_s, meter.state.mbus
    for number, channel in channels.items() if channels is not None else ():
        if channel.wired and channel.named:
            if _read_due(meter, channel, at_s - 1) == at_s:
                channel.pending |= Pending.READ
                channel.retry_s = 0
        if channel.wired and errands.ready(channel) and channel.retry_s <= at_s:
            visit(meter, number, channel)
        if errands.settled(channel) and _missed_due(meter, channel, at_s - 1) == at_s:
            readings.missed(meter, number)
    if installation.due(meter, at_s - 1) == at_s:
        installation.run(meter)


def visit(meter: Meter, number: int, channel: Channel) -> None:
    """Does what waits for a wired device, one thing after the other, until it is silent.

    What it refuses, a key that is not wrapped for it say, keeps nothing else from being done.
    """
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
            if errand in _ANSWERED_BY_ALL:
                break
    meter.changed()


def _read_due(meter: Meter, channel: Channel, after_s: int) -> int:
    """When a wired device is asked next for the reading of a period that it was not read in."""
    five_minutes = meter.identity.standard in SMR5 and channel.version == SMR_5_0
    period_s = 300 if five_minutes else HOUR_S
    seconds = READ_AT_S[period_s]
    second = (after_s + meter.state.clock_offset_s) % period_s
    since_s = after_s - second
    if channel.read_s < since_s and second < seconds[-1]:
        return since_s + seconds[bisect_right(seconds, second)]
    return since_s + period_s + seconds[0]


def _missed_due(meter: Meter, channel: Channel, after_s: int) -> int:
    """When the reading of an hour has not come in time; a device found since need not send it."""
    second = (after_s + meter.state.clock_offset_s) % HOUR_S
    hour_s = after_s - second
    heard_s = max(channel.read_s, channel.detected_s)
    if heard_s < hour_s and second < MISSED_AT_S:
        return hour_s + MISSED_AT_S
    return hour_s + HOUR_S + MISSED_AT_S
