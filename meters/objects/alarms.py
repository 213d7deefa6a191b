"""The error register, the alarm register with its filter, and its monitor (P3, 5.6 and 9.1.2)."""

from __future__ import annotations

from meters.behaviour import alarms, events
from meters.meter import Meter
from meters.model import Behaviour, Link, Number, Writer
from wire.cosem.dsmr.alarms import NO_SCRIPT, PUSH_SCRIPTS
from wire.cosem.events import Event
from wire.cosem.types import Fit, type_of
from wire.dlms.data import Data, Tag
from wire.dlms.descriptors import DataAccessResult

BEHAVIOUR = Behaviour.empty()

_ACTION_ITEM = type_of("script")
_SCRIPTS = (alarms.PUSH_ON_SCHEDULE, alarms.PUSH_ON_ALARM, alarms.PUSH_ON_CALL)


def _write_errors(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    alarms.write_errors(meter, data.value)
    events.record(meter, Event.ERROR_REGISTER_CLEARED)
    return DataAccessResult.SUCCESS


def _write_alarms(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    alarms.write_alarms(meter, data.value)
    events.record(meter, Event.ALARM_REGISTER_CLEARED)
    return DataAccessResult.SUCCESS


def _later(register: int, cleared: Event | None) -> tuple[Number, Writer]:
    """A register that came later; the third has no event for its clearing."""

    def write(meter: Meter, link: Link, data: Data) -> DataAccessResult:
        alarms.write_later(meter, register, data.value)
        if cleared is not None:
            events.record(meter, cleared)
        meter.changed()
        return DataAccessResult.SUCCESS

    return lambda meter: alarms.later(meter, register), write


def _actions(meter: Meter, data: Data) -> bool:
    """One threshold, so one action set, or none for a monitor that is not used."""
    return len(data.value) < 2 and all(
        pair.tag is Tag.STRUCTURE
        and len(pair.value) == 2
        and all(map(_can, pair.value))
        for pair in data.value
    )


def _can(action: Data) -> bool:
    """An action is a script that pushes, or nothing: no script, or null."""
    if action.tag is Tag.NULL_DATA:
        return True
    if _ACTION_ITEM.fit(action) is not Fit.GOOD:
        return False
    script, selector = action.value
    return script.value == NO_SCRIPT or (
        script.value == PUSH_SCRIPTS and selector.value in _SCRIPTS
    )


BEHAVIOUR.numbers["error_register", "value"] = lambda meter: meter.state.errors
BEHAVIOUR.writers["error_register", "value"] = _write_errors
BEHAVIOUR.numbers["alarm_register", "value"] = lambda meter: meter.state.alarms
BEHAVIOUR.writers["alarm_register", "value"] = _write_alarms
for _register, _cleared in ((2, Event.ALARM_REGISTER_2_CLEARED), (3, None)):
    _name = f"alarm_register_{_register}", "value"
    BEHAVIOUR.numbers[_name], BEHAVIOUR.writers[_name] = _later(_register, _cleared)
BEHAVIOUR.checks["alarm_monitor", "actions"] = _actions
