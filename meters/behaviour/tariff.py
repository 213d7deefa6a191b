"""The tariff: its calendar decides which script runs when, and a script which mask is active.

A mask that was set by hand holds until the next entry of the calendar, as one of a script does:
the calendar executes at the instants of its entries, and catches up with the last of them where
it missed any (Blue Book ed. 10, 4.5.5). What moves no entry past the clock leaves the mask alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from meters.behaviour import activation, events
from meters.behaviour.calendar import Plan, calendar_of, special_days_of
from wire.cosem.dsmr import tariff as table
from wire.cosem.events import Event
from wire.cosem.rows import Standard
from wire.cosem.table import find
from wire.cosem.types import type_of
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import WireError
from wire.instants import NEVER, DateTime
from wire.zones import DUTCH, Zone

if TYPE_CHECKING:
    from meters.meter import Meter

CALENDAR, SPECIAL_DAYS, SCRIPTS = (
    "activity_calendar",
    "special_days",
    "tariff_script_table",
)
# The parts of a calendar, each with an active and a passive attribute.
PROFILES = ("season_profile", "week_profile_table", "day_profile_table")
PARTS = ("calendar_name", *PROFILES)
_PLAN = (
    *((CALENDAR, f"{part}_active") for part in PROFILES),
    (SPECIAL_DAYS, "entries"),
)
# As far as a meter's clock runs.
_YEARS = range(2001, 2099)
_PLAN_SETTINGS = frozenset(_PLAN)


def _factory(name: str, attribute: str) -> Data:
    """A value that the table gives; these are the same in all its standards."""
    row = find(name, Standard.DSMR_4_2_2).attribute(attribute)
    return type_of(row.type).data(row.given)


@lru_cache(maxsize=256)
def _plan(zone: Zone, seasons: Data, weeks: Data, days: Data, special: Data) -> Plan:
    """The plan of these attributes; one for all meters that have the same."""
    return Plan(calendar_of(seasons, weeks, days), special_days_of(special), zone)


FACTORY = _plan(DUTCH, *(_factory(*name) for name in _PLAN))
FACTORY_COUNTING = {
    mask: activation.counting(_factory(activation.NAME, "register_assignment"), indices)
    for mask, indices in activation.masks_of(
        _factory(activation.NAME, "mask_list")
    ).items()
}


def factory_mask(clock_s: int) -> bytes:
    """The mask that the factory's calendar has active at an instant (epoch seconds)."""
    return table.NORMAL if FACTORY.script_at(clock_s) == 2 else table.LOW


def plan_of(meter: Meter) -> Plan:
    """The plan that a meter follows."""
    settings = meter.state.settings
    zone = meter.zone
    if zone is DUTCH and (settings is None or _PLAN_SETTINGS.isdisjoint(settings)):
        return FACTORY
    return _plan(zone, *(meter.setting(*name) for name in _PLAN))


def due(meter: Meter, after_s: int) -> int:
    """When a script of the calendar starts next, in true time."""
    offset_s = meter.state.clock_offset_s
    return plan_of(meter).next_s(after_s + offset_s) - offset_s


def switch(meter: Meter) -> None:
    """Runs the script that holds now, of the passive calendar if its time has come."""
    if activation_s(meter) <= meter.clock_s:
        activate(meter)
    script = plan_of(meter).script_at(meter.clock_s)
    if script is not None:
        run_script(meter, script)


def follow(meter: Meter, before_s: int) -> None:
    """Catches up when the clock did not come here from `before_s` (its time) by itself."""
    earlier_s, later_s = sorted((before_s, meter.clock_s))
    _catch_up(meter, plan_of(meter).next_s(earlier_s) <= later_s)


def keep(meter: Meter, name: tuple[str, str], data: Data) -> DataAccessResult:
    """Gives a setting that the plan follows from a value; then another script may hold."""
    held = plan_of(meter).script_at(meter.clock_s)
    result = meter.model.keep(meter, name, data)
    _catch_up(meter, plan_of(meter).script_at(meter.clock_s) != held)
    return result


def _catch_up(meter: Meter, missed: bool) -> None:
    if missed or activation_s(meter) <= meter.clock_s:
        switch(meter)


def scripts_of(data: Data) -> dict[int, bytes]:
    """The mask that each script of the table makes active; raises `WireError` for another."""
    scripts = {}
    used = [item for item in data.value if item.value is not None]
    for item in used:
        number, actions = item.value
        if len(actions.value) != 1:
            raise WireError("a tariff script sets the active mask, and that is all")
        *what, mask = (part.value for part in actions.value[0].value)
        class_id, attribute = table.ACTIVE_MASK
        if what != [table.WRITE_ATTRIBUTE, class_id, table.ACTIVATION, attribute]:
            raise WireError("a tariff script sets the active mask, and that is all")
        if not table.names_mask(mask):
            raise WireError(f"{mask.hex()} cannot be a mask")
        scripts[number.value] = mask
    if len(scripts) != len(used) or 0 in scripts:
        raise WireError("a script is there twice, or has the number 0")
    return scripts


def run_script(meter: Meter, script: int) -> bool:
    """Makes the mask of a script active; False when there is no such script, or mask."""
    mask = scripts_of(meter.setting(SCRIPTS, "scripts")).get(script)
    return mask is not None and activation.use(meter, mask)


def whole(meter: Meter, kind: str, scripts: Data | None = None) -> bool:
    """Whether the `active` or the `passive` calendar hangs together, with the scripts too."""
    parts = (meter.setting(CALENDAR, f"{part}_{kind}") for part in PROFILES)
    try:
        known = scripts_of(scripts or meter.setting(SCRIPTS, "scripts"))
        return calendar_of(*parts).whole(known)
    except WireError:
        return False


def time_of(octets: bytes, zone: Zone) -> int:
    """When a passive calendar is to be activated, by the clock (epoch seconds).

    A date without a time is its midnight; no date at all is `NEVER`. Raises `WireError` for
    what is neither.
    """
    if octets[:9] == table.NEVER[:9] and len(octets) == len(table.NEVER):
        return NEVER
    if octets[5:9] == table.NEVER[5:9]:
        octets = octets[:5] + bytes(4) + octets[9:]
    moment = DateTime.decode(octets)
    # Of the fields alone, so that another zone makes it no other time.
    if not moment.weekday_fits or moment.year not in _YEARS:
        raise WireError(f"no clock of a meter comes to {octets.hex()}")
    return int(zone.instant(moment).timestamp())


def activation_s(meter: Meter) -> int:
    """When the passive calendar that waits becomes active, by the clock; or `NEVER`."""
    if not meter.state.activation_pending:
        return NEVER
    octets = meter.setting(CALENDAR, "activate_passive_calendar_time").value
    return time_of(octets, meter.zone)


def activation_due(meter: Meter, after_s: int) -> int:
    """The same in true time, if it is still to come."""
    at_s = activation_s(meter) - meter.state.clock_offset_s
    return at_s if at_s > after_s else NEVER


def activate(meter: Meter) -> None:
    """Makes the passive calendar the active one, now; the old one stays if it is half."""
    state = meter.state
    state.activation_pending = False
    meter.changed()
    if not whole(meter, "passive"):
        return
    taken = {
        (CALENDAR, f"{part}_active"): meter.setting(CALENDAR, f"{part}_passive")
        for part in PARTS
    }
    state.settings = {**(state.settings or {}), **taken}
    events.record(meter, Event.TARIFF_ACTIVATED)
    switch(meter)
