"""Push setups (class 40) and what sets them off (classes 9, 22, 28 and 60)."""

from __future__ import annotations

from meters.behaviour import push, wakeup
from meters.behaviour.recurrence import Windows
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Check, Doer, Link
from wire.cosem.dsmr.push import (
    EQUIPMENT_ID,
    EXECUTE,
    MESSAGES,
    PUSH_CLASS,
    PUSH_METHOD,
    SCRIPT_TABLE,
    SCRIPTS,
    SETUP_NAMES,
    SETUPS,
    TCP,
    UDP,
    UDP_SETUP,
)
from wire.cosem.rows import SMR5
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, AttributeDescriptor
from wire.errors import WireError
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

_DONE = ActionOutcome(ActionResult.SUCCESS)
_REFUSED = ActionOutcome(ActionResult(LOGICAL_ERROR))
_IDENTIFIER = 1, EQUIPMENT_ID.octets, 2
_MOST_DIGITS = 20


def _objects(meter: Meter, data: Data) -> bool:
    """Nothing; or the identifier first and, in DSMR 4, one thing more beside it."""
    listed = [tuple(part.value for part in item.value) for item in data.value]
    if not listed:
        return True
    return (
        listed[0] == (*_IDENTIFIER, 0)
        and all(item[:3] in push.PUSHABLE and item[3] == 0 for item in listed)
        and all(_has(meter, *item[:3]) for item in listed)
        and _IDENTIFIER not in (item[:3] for item in listed[1:])
        and (len(listed) == 2 or meter.identity.standard in SMR5 and len(listed) > 2)
    )


def _has(meter: Meter, class_id: int, code: bytes, attribute: int) -> bool:
    key = AttributeDescriptor(class_id, Obis(code), attribute).encode()
    return key in meter.model.cells


def _destination(wanted: int) -> Check:
    """By the transport that the setup is for, to `host:port` or, without one, to nowhere."""

    def check(meter: Meter, data: Data) -> bool:
        service, place, message = (part.value for part in data.value)
        return (
            service == wanted
            and message == MESSAGES[meter.identity.standard]
            and (not place or push.place_of(place) is not None)
        )

    return check


def _windows(meter: Meter, data: Data) -> bool:
    try:
        Windows(data, meter.zone)
    except WireError:
        return False
    return True


def times(meter: Meter, data: Data) -> bool:
    """Instants, each with an hour."""
    try:
        return len(wakeup.patterns(data, meter.zone)) == len(data.value)
    except WireError:
        return False


def _is_script(data: Data) -> bool:
    table, selector = data.value
    known = range(1, SCRIPTS + 1)
    return table.value == SCRIPT_TABLE.octets and selector.value in known


def _scripts(meter: Meter, data: Data) -> bool:
    """Scripts of different numbers, whose actions invoke `push` of a push setup."""
    numbers = [script.value[0].value for script in data.value]
    actions = [action for script in data.value for action in script.value[1].value]
    return (
        len(set(numbers)) == len(numbers)
        and set(numbers) <= set(range(1, SCRIPTS + 1))
        and all(_pushes(meter, action) for action in actions)
        and len(actions) <= SCRIPTS**2
    )


def _pushes(meter: Meter, action: Data) -> bool:
    service, class_id, name, index, parameter = (part.value for part in action.value)
    return (service, class_id, index, parameter) == (
        EXECUTE,
        PUSH_CLASS,
        PUSH_METHOD,
        0,
    ) and name in [
        code.octets for code in SETUPS if _has(meter, PUSH_CLASS, code.octets, 1)
    ]


def _callers(meter: Meter, data: Data) -> bool:
    """Numbers of callers, each once, and what they want executed."""
    numbers = [item.value[0].value for item in data.value]
    return (
        len(set(numbers)) == len(numbers)
        and all(_is_number(number) for number in numbers)
        and all(_is_script(item.value[1]) for item in data.value)
    )


def _is_number(octets: bytes) -> bool:
    digits = octets.removeprefix(b"+")
    return digits.isdigit() and len(digits) <= _MOST_DIGITS


def _pusher(setup: int) -> Doer:
    def do(meter: Meter, link: Link, data: Data) -> ActionOutcome:
        push.trigger(meter, setup)
        return _DONE

    return do


def _execute(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    return _DONE if push.execute(meter, data.value) else _REFUSED


for _setup, _name in enumerate(SETUP_NAMES):
    BEHAVIOUR.checks[_name, "push_object_list"] = _objects
    BEHAVIOUR.checks[_name, "send_destination_and_method"] = _destination(
        UDP if _setup == UDP_SETUP else TCP
    )
    BEHAVIOUR.checks[_name, "communication_window"] = _windows
    BEHAVIOUR.doers[_name, "push"] = _pusher(_setup)
BEHAVIOUR.checks.update(
    {
        ("push_script_table", "scripts"): _scripts,
        ("push_scheduler", "executed_script"): lambda meter, data: _is_script(data),
        ("push_scheduler", "execution_time"): times,
        ("auto_answer", "listening_window"): _windows,
        ("auto_answer", "list_of_callers_and_actions"): _callers,
        ("message_handler", "listening_window"): _windows,
        ("message_handler", "list_of_senders_and_actions"): _callers,
    }
)
BEHAVIOUR.numbers["auto_answer", "status"] = lambda meter: int(wakeup.listening(meter))
BEHAVIOUR.doers["push_script_table", "execute"] = _execute
