"""Disconnect control (class 70), its scripts (9) and scheduler (22), and the limiter (71)."""

from __future__ import annotations

from meters.behaviour import breaker, limiter, schedule
from meters.behaviour.disconnect import ALWAYS_CONNECTED, Cause
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Doer, Link
from wire.cosem.dsmr.switching import NO_SCRIPT
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

_BREAKER, _LIMITER = "disconnect_control", "limiter"
_SCHEDULER, _SCRIPT_TABLE = "disconnect_control_scheduler", "disconnector_script_table"
_SCRIPT_TABLE_NAME = Obis.parse("0-0:10.0.106").octets


def _obey(meter: Meter, cause: Cause | None) -> ActionOutcome:
    """The command executed at once, and whether the breaker is then as it asks (P3 4.0.6, 5.10)."""
    done = cause is not None and breaker.command(meter, cause)
    return ActionOutcome(ActionResult.SUCCESS if done else ActionResult(LOGICAL_ERROR))


def _doer(cause: Cause) -> Doer:
    return lambda meter, link, data: _obey(meter, cause)


def _execute(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """One of the two scripts; a number that none has is a logical error."""
    return _obey(meter, schedule.SCRIPTS.get(data.value))


def _can_be_mode(meter: Meter, data: Data) -> bool:
    """A breaker that is always connected cannot be open."""
    return data.value != ALWAYS_CONNECTED or meter.connected


def _is_script(data: Data) -> bool:
    table, selector = data.value
    return table.value == _SCRIPT_TABLE_NAME and selector.value in schedule.SCRIPTS


def _are_actions(meter: Meter, data: Data) -> bool:
    """Each a script of the table, or none."""
    return all(
        _is_script(item) or axdr.plain(item) == [*NO_SCRIPT] for item in data.value
    )


def _is_profile(meter: Meter, data: Data) -> bool:
    """A profile that has a duration has a date and time to begin at."""
    _, begin, duration = data.value
    if not duration.value:
        return len(begin.value) == 12
    return limiter.begin_of(begin.value, meter.zone) is not None


def _schedule(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    if not schedule.schedule(meter, data):
        return LOGICAL_ERROR
    meter.set_setting(_SCHEDULER, "execution_time", data)
    return DataAccessResult.SUCCESS


def _boolean(value: bool) -> bytes:
    return axdr.encode(axdr.boolean(value))


BEHAVIOUR.readers.update(
    {
        (_BREAKER, "output_state"): lambda meter, link: _boolean(meter.connected),
        (_LIMITER, "emergency_profile_active"): lambda meter, link: _boolean(
            meter.state.breaker is not None and meter.state.breaker.emergency
        ),
    }
)
BEHAVIOUR.numbers.update(
    {
        (_BREAKER, "control_state"): breaker.control_state,
        (_LIMITER, "threshold_active"): breaker.threshold_active_w,
    }
)
BEHAVIOUR.doers.update(
    {
        (_BREAKER, "remote_disconnect"): _doer(Cause.REMOTE_DISCONNECT),
        (_BREAKER, "remote_connect"): _doer(Cause.REMOTE_CONNECT),
        (_SCRIPT_TABLE, "execute"): _execute,
    }
)
BEHAVIOUR.writers[_SCHEDULER, "execution_time"] = _schedule
BEHAVIOUR.checks.update(
    {
        (_BREAKER, "control_mode"): _can_be_mode,
        (_SCHEDULER, "executed_script"): lambda meter, data: _is_script(data),
        (_SCHEDULER, "execution_time"): lambda meter, data: (
            not data.value or schedule.instant_of(data, meter.zone) is not None
        ),
        (_LIMITER, "actions"): _are_actions,
        (_LIMITER, "emergency_profile"): _is_profile,
    }
)
BEHAVIOUR.effects.update(
    {
        (_LIMITER, "threshold_normal"): limiter.refresh,
        (_LIMITER, "threshold_emergency"): limiter.refresh,
        (_LIMITER, "emergency_profile_group_id_list"): limiter.refresh,
        (_LIMITER, "emergency_profile"): limiter.arm,
    }
)
