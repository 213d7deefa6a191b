"""The valve behind an M-Bus channel (70), its scripts (9) and scheduler (22); P3 4.0.6, 7.6."""

from __future__ import annotations

from meters.behaviour.disconnect import Cause, ControlState
from meters.behaviour.schedule import instant_of
from meters.mbus import valve
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Doer, Link, Number, Reader
from wire.cosem.events import CHANNELS
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

_SCHEDULER = "mbus_disconnect_control_scheduler"
_SCRIPT_TABLE = Obis.parse("0-1:10.0.106").octets


def _outcome(done: bool) -> ActionOutcome:
    """Without a valve that can obey: other-reason (P3 4.0.6, 7.6, note 5)."""
    return ActionOutcome(ActionResult.SUCCESS if done else ActionResult(LOGICAL_ERROR))


def _doer(number: int, cause: Cause) -> Doer:
    return lambda meter, link, data: _outcome(valve.command(meter, number, cause))


def _open(number: int) -> Reader:
    return lambda meter, link: axdr.encode(
        axdr.boolean(valve.control_state(meter, number) is ControlState.CONNECTED)
    )


def _control_state(number: int) -> Number:
    return lambda meter: valve.control_state(meter, number)


def _execute(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    return _outcome(valve.execute(meter, data.value))


def _is_script(meter: Meter, data: Data) -> bool:
    table, selector = data.value
    return table.value == _SCRIPT_TABLE and selector.value in valve.SCRIPTS


def _is_time(meter: Meter, data: Data) -> bool:
    return not data.value or instant_of(data, meter.zone) is not None


def _schedule(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    if not valve.schedule(meter, data):
        return LOGICAL_ERROR
    meter.set_setting(_SCHEDULER, "execution_time", data)
    return DataAccessResult.SUCCESS


for _n in CHANNELS:
    _control = f"mbus_disconnect_control_{_n}"
    BEHAVIOUR.readers[_control, "output_state"] = _open(_n)
    BEHAVIOUR.numbers[_control, "control_state"] = _control_state(_n)
    BEHAVIOUR.doers[_control, "remote_disconnect"] = _doer(_n, Cause.REMOTE_DISCONNECT)
    BEHAVIOUR.doers[_control, "remote_connect"] = _doer(_n, Cause.REMOTE_CONNECT)
BEHAVIOUR.doers["mbus_disconnector_script_table", "execute"] = _execute
BEHAVIOUR.writers[_SCHEDULER, "execution_time"] = _schedule
BEHAVIOUR.checks.update(
    {
        (_SCHEDULER, "executed_script"): _is_script,
        (_SCHEDULER, "execution_time"): _is_time,
    }
)
