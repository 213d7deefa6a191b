"""The meter's clock: its local time, its daylight saving, and what setting it does to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import alarms, amr, events, profiles, tariff
from meters.mbus.channels import Pending
from wire.cosem.events import Event
from wire.zones import DUTCH, Zone, zone_of

if TYPE_CHECKING:
    from meters.meter import Meter

# The attributes of the clock that local time follows from.
_ZONE = (
    ("clock", "time_zone"),
    ("clock", "daylight_savings_begin"),
    ("clock", "daylight_savings_end"),
    ("clock", "daylight_savings_enabled"),
)
_ZONE_SETTINGS = frozenset(_ZONE)
# A time stamp of P1 reaches from 2001 to 2098; the clock must have years to run until then.
YEARS = range(2001, 2090)
_STEPPED = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID


def zone(meter: Meter) -> Zone:
    """The zone that the clock's attributes make, Dutch civil time unless they were written."""
    settings = meter.state.settings
    if settings is None or _ZONE_SETTINGS.isdisjoint(settings):
        return DUTCH
    return zone_of(*(meter.setting(*name).value for name in _ZONE))


def due(meter: Meter, after_s: int) -> int:
    """The last second before daylight saving is switched: the event is stamped before it."""
    offset_s = meter.state.clock_offset_s
    return meter.zone.next_switch_s(after_s + offset_s + 1) - 1 - offset_s


def announce(meter: Meter) -> None:
    """Records that daylight saving is about to be switched (P3, 4.2.1, event 3)."""
    events.record(meter, Event.DST_SWITCHED)
    _tell_devices(meter)


def set_clock(meter: Meter, clock_s: int) -> None:
    """Sets the meter's clock (UTC epoch seconds), now.

    Within the limit that is silent. A step beyond it records the old and the new time, and
    flags the interval that it falls in. What becomes of the rows,
    `meters.behaviour.profiles` says.
    """
    state = meter.state
    old_s = meter.clock_s
    step_s = clock_s - old_s
    beyond = abs(step_s) > meter.setting("clock_time_shift_limit", "value").value
    if beyond:
        events.record(meter, Event.CLOCK_ADJUSTED_OLD_TIME)
        state.interval_flags |= _STEPPED
    state.clock_offset_s += step_s
    if beyond:
        events.record(meter, Event.CLOCK_ADJUSTED_NEW_TIME)
    profiles.clock_moved(meter, old_s, _STEPPED if beyond else 0)
    alarms.mend(meter, alarms.Fault.CLOCK_INVALID)
    tariff.follow(meter, old_s)
    _tell_devices(meter)
    meter.changed()


def _tell_devices(meter: Meter) -> None:
    """M-Bus devices get the time whenever it changes (DSMR-M 4.5.89)."""
    if meter.state.mbus is not None:
        meter.state.mbus.ask_all(Pending.CLOCK)
