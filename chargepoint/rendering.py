"""What the readable registers show of a station: its state, its meter, its clock."""

from __future__ import annotations

from struct import Struct

from chargepoint.registers import NO_LIMIT, NO_PERIOD, Fault, register
from chargepoint.station import Station
from wire.quantities import PerPhase

STATE_FROM = register("iec61851_state").address
METERING_FROM = register("voltage_l1").address
_DIRECT = register("direct_limit").address
_CLOCK = register("clock").address

_STATE_WORDS = Struct(">HHIHHHHHHIHH")
_METERING_WORDS = Struct(">HHHHHHiiiiIQ")
_U32 = Struct(">I")
_U16_MAX, _U32_MAX = 0xFFFF, 0xFFFF_FFFF


def render_state(octets: bytearray, station: Station, last_reject: int) -> None:
    """Registers 100 to 113."""
    profile = station.profile
    watchdog_s = station.watchdog.remaining_s(station.now_s)
    profile_s = 0
    if profile is not None:
        profile_s = profile.valid_to_s - station.clock.at(station.now_s)
    faults = station.faults
    if station.watchdog.tripped:
        faults |= Fault.COMMUNICATION
    if last_reject:
        faults |= Fault.PROFILE_REJECTED
    _STATE_WORDS.pack_into(
        octets,
        2 * STATE_FROM,
        ord(station.iec61851_state),
        station.limit.source,
        station.limit.limit_w,
        station.offered_da,
        station.phases_in_use,
        min(profile_s, _U16_MAX),
        _U16_MAX if watchdog_s is None else watchdog_s,
        station.status,
        faults,
        0 if profile is None else profile.sequence,
        NO_PERIOD if station.period is None else station.period,
        last_reject,
    )


def render_metering(octets: bytearray, station: Station, voltage_dv: PerPhase) -> None:
    """Registers 200 to 219."""
    _METERING_WORDS.pack_into(
        octets,
        2 * METERING_FROM,
        *voltage_dv,
        *map(_current_ca, station.power_w, voltage_dv),
        *station.power_w,
        station.total_w,
        station.session_ws // 3600 & _U32_MAX,
        station.lifetime_ws // 3600,
    )


def render_direct(octets: bytearray, station: Station) -> None:
    """Registers 305 and 306, which go back to none when the validity ends."""
    direct_w = NO_LIMIT if station.direct_w is None else station.direct_w
    _U32.pack_into(octets, 2 * _DIRECT, direct_w)


def render_clock(octets: bytearray, station: Station) -> None:
    """Registers 600 and 601."""
    clock_s = station.clock.at(station.now_s)
    _U32.pack_into(octets, 2 * _CLOCK, clock_s & _U32_MAX)


def _current_ca(power_w: int, voltage_dv: int) -> int:
    """The current in 0.01 A, to the nearest."""
    if not voltage_dv:
        return 0
    return min((power_w * 1000 + voltage_dv // 2) // voltage_dv, _U16_MAX)
