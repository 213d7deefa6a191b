"""The installation mode of an E-meter (P2 4.0.7, 8.1 and 8.3.1; DSMR-M 4.3.22a).

Opening the cover or the supply's return begins it, as the configuration object says. The bus is
scanned once a minute then, and the display offers the devices that ask for installation by
radio. It ends when the cover is closed, when there are four devices, or after an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour.task import NEVER
from meters.mbus import binding
from meters.mbus.channels import Pending, channels_of
from wire.cosem.configuration import Flag, any_set, bits_in

if TYPE_CHECKING:
    from meters.meter import Meter

LASTS_S, SCAN_EVERY_S = 3600, 60


def cover_opened(meter: Meter) -> None:
    """The cover over the terminals of P2 is off."""
    _begin(meter, Flag.DISCOVER_ON_OPEN_COVER)


def power_up(meter: Meter) -> None:
    """The supply is back: devices are read and get the time, and others are looked for."""
    if meter.state.mbus is not None:
        meter.state.mbus.ask_all(Pending.CLOCK | Pending.READ)
    _begin(meter, Flag.DISCOVER_ON_POWER_ON)


def installing(meter: Meter) -> bool:
    """Whether the meter is in installation mode."""
    channels = meter.state.mbus
    return channels is not None and channels.installing_until_s > meter.state.at_s


def end(meter: Meter) -> None:
    """Leaves installation mode: the cover is closed, or the reason for it is over."""
    channels = meter.state.mbus
    if channels is None:
        return
    channels.installing_until_s = channels.next_scan_s = channels.shown = 0
    channels.found = ()
    if not channels.in_use:
        meter.state.mbus = None
    meter.changed()


def due(meter: Meter, after_s: int) -> int:
    """When the bus is scanned next, or the mode ends."""
    channels = meter.state.mbus
    if channels is None:
        return NEVER
    if channels.asked or channels.releasing:
        return after_s + 1
    if not channels.installing_until_s:
        return NEVER
    return max(min(channels.next_scan_s, channels.installing_until_s), after_s + 1)


def run(meter: Meter) -> None:
    """Does what is due."""
    channels, at_s = channels_of(meter), meter.state.at_s
    if channels.releasing:
        binding.release(meter)
    scanning = bool(channels.installing_until_s) and channels.next_scan_s <= at_s
    if channels.asked or scanning:
        binding.scan(meter)
    if scanning:
        channels.next_scan_s = at_s + SCAN_EVERY_S
    over = channels.installing_until_s <= at_s or channels.first_free() is None
    if channels.installing_until_s and over:
        end(meter)
    meter.changed()


def _begin(meter: Meter, flag: Flag) -> None:
    if not any_set(bits_in(meter.setting("configuration_object", "value")), (flag,)):
        return
    channels = channels_of(meter)
    if channels.first_free() is None:
        return
    channels.installing_until_s = meter.state.at_s + LASTS_S
    channels.next_scan_s = meter.state.at_s + 1
    meter.changed()
