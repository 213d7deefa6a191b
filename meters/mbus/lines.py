"""What P1 shows of the devices behind an E-meter (P1 4.0.4 and 4.2.2, 5.12; 5.0.2, 6.12).

There are lines for devices that are installed only, n being the channel. The reading is the last
that came, enciphered or not, with the time that the device gave it, in local time. The valve is
on P1 as long as E-meters know of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus.channels import Channel
from meters.mbus.kept import EARLIEST_READING_S
from wire.instants import from_epoch
from wire.mbus.values import MeterConfiguration
from wire.p1 import MBusReading, P1Version
from wire.quantities import Unit
from wire.zones import DUTCH

if TYPE_CHECKING:
    from meters.meter import Meter

# By the scaler and unit that a device has (P2 4.0.7, 6.4.4 to 6.4.8): the unit of P1, how many
# thousandths of that one is, and the decimals that are printed.
_PRINTED: dict[tuple[int, int], tuple[str, int, int]] = {
    (-3, Unit.CUBIC_METRE): ("m3", 1, 3),
    (-2, Unit.CUBIC_METRE): ("m3", 10, 2),
    (7, Unit.JOULE): ("GJ", 10, 2),
    (0, Unit.WATT_HOUR): ("kWh", 1, 3),
}


def lines(meter: Meter) -> dict[str, object]:
    """The lines of all channels, by reduced OBIS code."""
    channels = meter.state.mbus
    made: dict[str, object] = {}
    if channels is None:
        return made
    for number, channel in channels.items():
        if channel.free or not channel.detected:
            continue
        made[f"0-{number}:24.1.0"] = channel.device_type
        made[f"0-{number}:96.1.0"] = channel.equipment_id
        if channel.captured_s >= EARLIEST_READING_S:
            made[f"0-{number}:24.2.1"] = _reading(meter, channel)
        if meter.p1_version is P1Version.DSMR_4_0 and _has_valve(channel):
            made[f"0-{number}:24.4.0"] = channel.valve
    return made


def _has_valve(channel: Channel) -> bool:
    told = max(channel.meter_configuration, 0)
    return channel.valve >= 0 and bool(told & MeterConfiguration.VALVE)


def _reading(meter: Meter, channel: Channel) -> MBusReading | None:
    """None for what P1 has no line for."""
    printed = _PRINTED.get((channel.scaler, channel.unit))
    if printed is None:
        return None
    unit, thousandths, decimals = printed
    captured_s, zone = channel.captured_s, meter.zone
    captured = from_epoch(captured_s) if zone is DUTCH else zone.local(captured_s)
    return MBusReading(captured, channel.value * thousandths, unit, decimals)
