"""The operations of the head-end by name, as a job stores them: JSON in, JSON out.

`prepare` checks the arguments without a meter, so that a job that can never work is refused
before it is stored; what it returns is then run with an associated client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred

from headend import profiles, references, rendering
from headend.actual import prepare_actual
from headend.dlms.engine import Engine
from headend.dlms.refusals import refused
from headend.references import AttributeReference
from wire import charging_profile
from wire.charging_profile import MAX_CHARACTERS, ProfileRejected
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult
from wire.errors import ConfigError, SimError, TransportError
from wire.instants import DEVIATION_NOT_SPECIFIED, DateTime

Plan = Callable[[Engine], Coroutine[Deferred[Any], Any, Any]]
Preparing = Callable[[Standard | str, Mapping[str, Any]], Plan]

MESSAGE = "consumer_message"
_ANY_POWER_W = 0xFFFF_FFFF
_PROFILE_CLASS = 7
_REGISTERS = (3, 4)
_YEARS = range(2000, 2100)
# What must not be done twice: where it was broken off, nobody does it again.
ONCE = frozenset({"action"})


class OutcomeUnknown(SimError):
    """The answer to an action was lost; another attempt might do it twice."""


def prepare(
    operation: str, standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """What an operation will do with a client; raises `ConfigError` for bad arguments."""
    try:
        preparing = OPERATIONS[operation]
    except KeyError:
        known = ", ".join(OPERATIONS)
        raise ConfigError(
            f"{operation!r} is not an operation; there are {known}"
        ) from None
    return preparing(standard, arguments)


async def perform(
    meter: Engine,
    operation: str,
    standard: Standard | str,
    arguments: Mapping[str, Any],
) -> Any:
    """Does an operation with an associated client; the result is JSON."""
    return await prepare(operation, standard, arguments)(meter)


def prepare_get(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT[:ATTR]); for a profile `from` and `to`, ISO 8601, both included.

    A time without an offset is Dutch civil time.
    """
    given = _only(arguments, {"object"}, {"from", "to"})
    reference = references.attribute(_text(given, "object"), standard)
    begin, end = _instant(given, "from"), _instant(given, "to")
    is_buffer = (
        reference.descriptor.class_id == _PROFILE_CLASS
        and reference.descriptor.attribute == 2
    )
    if not is_buffer and (begin or end):
        raise ConfigError(f"{given['object']} is no profile: it is not read by range")
    profiles.by_range(begin, end)

    async def run(meter: Engine) -> Any:
        described = _described(reference)
        if is_buffer:
            read = await profiles.read(
                meter, standard, reference.descriptor, begin, end
            )
            return described | read
        return described | await _read_value(meter, reference)

    return run


def prepare_set(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT:ATTR), `value` (JSON), and `type` if no table knows it."""
    given = _only(arguments, {"object", "value"}, {"type"})
    reference = references.attribute(_text(given, "object"), standard)
    type_name = reference.known.type if reference.known is not None else None
    if given.get("type") is not None:
        type_name = references.named_type(_text(given, "type"))
    value = references.value_of(given["value"], type_name)
    axdr.encode(value)

    async def run(meter: Engine) -> Any:
        await meter.set(reference.descriptor, value)
        return _described(reference) | {"result": "success"}

    return run


def prepare_action(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT:METHOD), `value` (JSON) if the method wants one, `type` as for set.

    Without a value a method that takes an integer is given 0, as the Blue Book writes it.
    Raises `OutcomeUnknown` when the answer is lost: an action is not tried again.
    """
    given = _only(arguments, {"object"}, {"value", "type"})
    reference = references.method(_text(given, "object"), standard)
    type_name = reference.known.type if reference.known is not None else None
    if given.get("type") is not None:
        type_name = references.named_type(_text(given, "type"))
    if given.get("value") is not None:
        parameters = references.value_of(given["value"], type_name)
    elif type_name in (None, "integer"):
        parameters = axdr.integer(0)
    else:
        raise ConfigError(f"{given['object']} wants a value of type {type_name}")
    axdr.encode(parameters)

    async def run(meter: Engine) -> Any:
        try:
            returned = await meter.action(reference.descriptor, parameters)
        except TransportError as error:
            raise OutcomeUnknown(
                f"{error}; the meter may have done it: look before asking again"
            ) from None
        return {
            "object": str(reference.descriptor.obis),
            "class_id": reference.descriptor.class_id,
            "method": reference.descriptor.method,
            "name": reference.known.name if reference.known is not None else None,
            "returned": None if returned is None else axdr.to_json(returned),
        }

    return run


def prepare_message(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """One of `text`, `profile` (the JSON of a charging profile) and `clear` (true).

    A text is 1 to 1024 printable ASCII characters; it goes to the meter as it is.
    """
    given = _only(arguments, set(), {"text", "profile", "clear"})
    if len(given) != 1:
        raise ConfigError("a message is one of text, profile and clear")
    if "profile" in given:
        text = _profile_text(given["profile"])
    elif "text" in given:
        text = _message_text(_text(given, "text"))
    elif given["clear"] is True:
        text = ""
    else:
        raise ConfigError("clear is true, or is left out")
    reference = references.attribute(MESSAGE, standard)

    async def run(meter: Engine) -> Any:
        await meter.set(reference.descriptor, axdr.octet_string(text.encode("ascii")))
        return _described(reference) | {"result": "success", "characters": len(text)}

    return run


OPERATIONS: Mapping[str, Preparing] = {
    "get": prepare_get,
    "set": prepare_set,
    "action": prepare_action,
    "message": prepare_message,
    "actual": prepare_actual,
}


async def _read_value(meter: Engine, reference: AttributeReference) -> dict[str, Any]:
    """One value; a register's with the scaler and unit that the meter itself gives."""
    descriptor = reference.descriptor
    if descriptor.class_id not in _REGISTERS or descriptor.attribute != 2:
        return rendering.value(await meter.get(descriptor), reference.known, None)
    scaler_unit = AttributeDescriptor(descriptor.class_id, descriptor.obis, 3)
    value, quantity = await meter.get_list([(descriptor, None), (scaler_unit, None)])
    if isinstance(value, DataAccessResult):
        raise refused(f"to read {descriptor}", value)
    return rendering.value(value, reference.known, rendering.scaler_unit_of(quantity))


def _described(reference: AttributeReference) -> dict[str, Any]:
    known = reference.known
    return {
        "object": str(reference.descriptor.obis),
        "class_id": reference.descriptor.class_id,
        "attribute": reference.descriptor.attribute,
        "name": f"{reference.row.name}.{known.name}" if known is not None else None,
    }


def _profile_text(profile: Any) -> str:
    """The canonical text of a charging profile, given as JSON or as the text of a file."""
    if not isinstance(profile, str):
        profile = json.dumps(profile)
    # A file may be laid out in lines; within a string JSON has no line breaks.
    text = " ".join(profile.split("\n")).replace("\r", " ").replace("\t", " ").strip()
    try:
        decoded = charging_profile.decode(
            _without_spaces(text), hardware_max_w=_ANY_POWER_W
        )
        if decoded.profile is not None:
            return charging_profile.encode(decoded.profile)
    except ProfileRejected as error:
        raise ConfigError(f"the profile is not one: {error}") from None
    return _message_text(_without_spaces(text))


def _without_spaces(text: str) -> str:
    """The same JSON without white space around its tokens; other text as it is."""
    out: list[str] = []
    quoted = escaped = False
    for character in text:
        if quoted or character != " ":
            out.append(character)
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = quoted
        elif character == '"':
            quoted = not quoted
    return "".join(out)


def _message_text(text: str) -> str:
    if not text:
        raise ConfigError("the message is empty; to remove the one there is, clear it")
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(
            f"the message has {len(text)} characters; at most {MAX_CHARACTERS} go"
        )
    for place, character in enumerate(text, 1):
        if not " " <= character <= "~":
            raise ConfigError(
                f"character {place} of the message, {character!r}, is not printable ASCII"
            )
    return text


def _only(
    arguments: Mapping[str, Any], needed: set[str], optional: set[str]
) -> Mapping[str, Any]:
    """The arguments, none missing and none unknown; those that are null are left out."""
    given = {
        name: value
        for name, value in arguments.items()
        if value is not None or name == "value"
    }
    if unknown := given.keys() - needed - optional:
        raise ConfigError(f"unknown argument {', '.join(sorted(unknown))}")
    if missing := needed - given.keys():
        raise ConfigError(f"missing argument {', '.join(sorted(missing))}")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    text = given[name]
    if not isinstance(text, str):
        raise ConfigError(f"{name} is a text, not {text!r}")
    return text


def _instant(given: Mapping[str, Any], name: str) -> datetime | None:
    if name not in given:
        return None
    text = _text(given, name)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{name} is {text!r}, not a time such as 2019-01-07T10:00:00Z"
        ) from None
    if instant.year not in _YEARS:
        raise ConfigError(f"{name} is {text}, which no meter has lived to see")
    if instant.tzinfo is not None:
        return instant
    civil = DateTime(
        instant.year,
        instant.month,
        instant.day,
        instant.isoweekday(),
        instant.hour,
        instant.minute,
        instant.second,
        0,
        DEVIATION_NOT_SPECIFIED,
        0,
    )
    return civil.instant()
