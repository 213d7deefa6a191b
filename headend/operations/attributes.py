"""Any attribute read or written, any method called; a profile by range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import profiles, references, rendering
from headend.dlms.engine import Engine
from headend.dlms.refusals import refused
from headend.operations.plan import (
    Operation,
    OutcomeUnknown,
    Plan,
    instant,
    only,
    text,
)
from headend.references import AttributeReference
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult
from wire.errors import ConfigError, TransportError

_PROFILE_CLASS = 7
_REGISTERS = (3, 4)


def prepare_get(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT[:ATTR]); for a profile `from` and `to`, ISO 8601, both included.

    A time without an offset is Dutch civil time.
    """
    given = only(arguments, {"object"}, {"from", "to"})
    reference = references.attribute(text(given, "object"), standard)
    begin, end = instant(given, "from"), instant(given, "to")
    is_buffer = (
        reference.descriptor.class_id == _PROFILE_CLASS
        and reference.descriptor.attribute == 2
    )
    if not is_buffer and (begin or end):
        raise ConfigError(f"{given['object']} is no profile: it is not read by range")
    profiles.by_range(begin, end)

    async def run(meter: Visit) -> Any:
        named = described(reference)
        if is_buffer:
            table = await profiles.read(
                meter, standard, reference.descriptor, begin, end
            )
            await meter.keep(table.measured())
            return named | table.to_json()
        return named | await _read_value(meter, reference)

    return run


def prepare_set(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT:ATTR), `value` (JSON), and `type` if no table knows it."""
    given = only(arguments, {"object", "value"}, {"type"})
    reference = references.attribute(text(given, "object"), standard)
    type_name = reference.known.type if reference.known is not None else None
    if given.get("type") is not None:
        type_name = references.named_type(text(given, "type"))
    value = references.value_of(given["value"], type_name)
    axdr.encode(value)

    async def run(meter: Engine) -> Any:
        await meter.set(reference.descriptor, value)
        return described(reference) | {"result": "success"}

    return run


def prepare_action(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`object` (OBJECT:METHOD), `value` (JSON) if the method wants one, `type` as for set.

    Without a value a method that takes an integer is given 0, as the Blue Book writes it.
    Raises `OutcomeUnknown` when the answer is lost: an action is not tried again.
    """
    given = only(arguments, {"object"}, {"value", "type"})
    reference = references.method(text(given, "object"), standard)
    type_name = reference.known.type if reference.known is not None else None
    if given.get("type") is not None:
        type_name = references.named_type(text(given, "type"))
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


def described(reference: AttributeReference) -> dict[str, Any]:
    """The attribute, as each result names it."""
    known = reference.known
    return {
        "object": str(reference.descriptor.obis),
        "class_id": reference.descriptor.class_id,
        "attribute": reference.descriptor.attribute,
        "name": f"{reference.row.name}.{known.name}" if known is not None else None,
    }


ROWS = {
    "get": Operation(prepare_get, "read an attribute", "2.1.3"),
    "set": Operation(prepare_set, "write an attribute", "2.1.3"),
    "action": Operation(prepare_action, "call a method", "2.1.3", once=True),
}
