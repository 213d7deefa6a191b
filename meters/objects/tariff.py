"""The tariff: activity calendar, special days, scripts, and what is active (P3, 5.4)."""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour import events, tariff
from meters.behaviour.calendar import (
    days_of,
    seasons_of,
    special_day_of,
    special_days_of,
    weeks_of,
)
from meters.behaviour.tariff import CALENDAR, PARTS, PROFILES, SCRIPTS, SPECIAL_DAYS
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, encoded
from wire.cosem.events import Event
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data, array
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import WireError
from wire.instants import NEVER

BEHAVIOUR = Behaviour.empty()

# The standard does not say how long a calendar's name may be; so much is kept of it.
_NAME_OCTETS = 48
_MAX_SPECIAL_DAYS = 30
_TIME = "activate_passive_calendar_time"
_ENTRIES = SPECIAL_DAYS, "entries"
_DONE = ActionOutcome(ActionResult.SUCCESS)
_REFUSED = ActionOutcome(ActionResult(LOGICAL_ERROR))


def _readable(parse: Callable[[Data], object]) -> Callable[[Meter, Data], bool]:
    """A check of a value by what reads it."""

    def check(meter: Meter, data: Data) -> bool:
        try:
            parse(data)
        except WireError:
            return False
        return True

    return check


def _passive_changed(meter: Meter) -> None:
    events.record(meter, Event.PASSIVE_TARIFF_CHANGED)


def _name(meter: Meter, data: Data) -> bool:
    return len(data.value) <= _NAME_OCTETS


def _active(meter: Meter, data: Data) -> bool:
    """Active parts are never written, only read back: all of them must hang together."""
    return tariff.whole(meter, "active")


def _scripts(meter: Meter, data: Data) -> bool:
    """Scripts that set the active mask, and all that the active calendar runs."""
    return tariff.whole(meter, "active", data)


def _activation_time(meter: Meter, data: Data) -> bool:
    return _readable(lambda data: tariff.time_of(data.value, meter.zone))(meter, data)


def _write_activation_time(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    """Today's date activates at once, a later one then; no date takes the order back."""
    if not _activation_time(meter, data):
        return LOGICAL_ERROR
    state, zone = meter.state, meter.zone
    at_s = tariff.time_of(data.value, zone)
    waits = at_s != NEVER
    if waits and (
        zone.local(at_s).date() < zone.local(meter.clock_s).date()
        or not tariff.whole(meter, "passive")
    ):
        return LOGICAL_ERROR
    state.settings = {**(state.settings or {}), (CALENDAR, _TIME): data}
    state.activation_pending = waits
    if at_s <= meter.clock_s:
        tariff.activate(meter)
    meter.changed()
    return DataAccessResult.SUCCESS


def _activate(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    if not tariff.whole(meter, "passive"):
        return _REFUSED
    tariff.activate(meter)
    return _DONE


def _keep_special_days(meter: Meter, days: list[Data]) -> ActionOutcome:
    """Takes these special days into use, at once."""
    return ActionOutcome(ActionResult(tariff.keep(meter, _ENTRIES, array(days))))


def _write_special_days(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    return tariff.keep(meter, _ENTRIES, data)


def _insert(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """One more special day, in place of the one with its index or its date."""
    try:
        special_day_of(data)
    except WireError:
        return _REFUSED
    index, date, _ = data.value
    kept = [
        item
        for item in meter.setting(*_ENTRIES).value
        if item.value[0] != index and item.value[1] != date
    ]
    if len(kept) >= _MAX_SPECIAL_DAYS:
        return _REFUSED
    return _keep_special_days(meter, [*kept, data])


def _delete(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    days = meter.setting(*_ENTRIES).value
    kept = [item for item in days if item.value[0] != data]
    if len(kept) == len(days):
        return _REFUSED
    return _keep_special_days(meter, kept)


def _execute(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    if not tariff.run_script(meter, data.value):
        return _REFUSED
    meter.changed()
    return _DONE


_PARSERS = dict(zip(PROFILES, (seasons_of, weeks_of, days_of), strict=True))
for _part in PARTS:
    BEHAVIOUR.effects[CALENDAR, f"{_part}_passive"] = _passive_changed
for _part, _parse in _PARSERS.items():
    BEHAVIOUR.checks[CALENDAR, f"{_part}_passive"] = _readable(_parse)
    BEHAVIOUR.checks[CALENDAR, f"{_part}_active"] = _active
for _kind in ("active", "passive"):
    BEHAVIOUR.checks[CALENDAR, f"calendar_name_{_kind}"] = _name
BEHAVIOUR.checks[CALENDAR, _TIME] = _activation_time
BEHAVIOUR.writers[CALENDAR, _TIME] = _write_activation_time
BEHAVIOUR.doers[CALENDAR, "activate_passive_calendar"] = _activate
BEHAVIOUR.checks[_ENTRIES] = _readable(special_days_of)
BEHAVIOUR.writers[_ENTRIES] = _write_special_days
BEHAVIOUR.doers[SPECIAL_DAYS, "insert"] = _insert
BEHAVIOUR.doers[SPECIAL_DAYS, "delete"] = _delete
BEHAVIOUR.checks[SCRIPTS, "scripts"] = _scripts
BEHAVIOUR.effects[SCRIPTS, "scripts"] = tariff.switch
BEHAVIOUR.doers[SCRIPTS, "execute"] = _execute
BEHAVIOUR.readers["tariff", "value"] = lambda meter, link: encoded(
    meter.state.active_mask
)
