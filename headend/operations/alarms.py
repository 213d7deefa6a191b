"""The error register, the alarm registers and their filters (P3, 5.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import Operation, Plan, number, only
from wire.cosem.alarm_bits import REGISTERS
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.errors import ConfigError, WireError

ERRORS = "0-0:97.97.0"


class _Register(NamedTuple):
    code: str
    filter: str
    bits: Mapping[int, str]


_REGISTERS = {
    number: _Register(register.short, f"0-0:97.98.{9 + number}", bits)
    for number, (register, bits) in enumerate(REGISTERS.items(), 1)
}


def prepare_alarms(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. What is set in each register that the standard has, and let through."""
    only(arguments, set(), set())
    present = {
        register: row
        for register, row in _REGISTERS.items()
        if together.has(row.code, standard)
    }
    wanted = [
        together.attribute(code, 2, standard)
        for row in present.values()
        for code in (row.code, row.filter)
    ]
    wanted.append(together.attribute(ERRORS, 2, standard))

    async def run(meter: Engine) -> Any:
        *found, errors = await together.read(meter, wanted)
        told = [
            {
                "register": register,
                "alarms": _names(alarms, row.bits),
                "filter": _names(filtered, row.bits),
            }
            for (register, row), alarms, filtered in zip(
                present.items(), found[::2], found[1::2], strict=True
            )
        ]
        return {"registers": told, "errors": _names(errors, _REGISTERS[1].bits)}

    return run


def prepare_clear_alarms(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`register`, 1 unless told otherwise; `error` clears the error register instead."""
    given = only(arguments, set(), {"register"})
    if given.get("register") == "error":
        cleared = together.attribute(ERRORS, 2, standard)
    else:
        cleared = together.attribute(_register(given).code, 2, standard)

    async def run(meter: Engine) -> Any:
        await meter.set(cleared, axdr.double_long_unsigned(0))
        return {"result": "success"}

    return run


def prepare_filter_alarms(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`alarms`, a list of the names that are let through, all others are not; `register`."""
    given = only(arguments, {"alarms"}, {"register"})
    row = _register(given)
    numbers = {name: bit for bit, name in row.bits.items()}
    names = given["alarms"]
    if not isinstance(names, list):
        raise ConfigError("alarms is a list of names")
    for name in names:
        if not isinstance(name, str) or name not in numbers:
            raise ConfigError(
                f"{name!r} is not an alarm; there are {', '.join(numbers)}"
            )
    bits = sum(1 << numbers[name] for name in set(names))
    filtered = together.attribute(row.filter, 2, standard)

    async def run(meter: Engine) -> Any:
        await meter.set(filtered, axdr.double_long_unsigned(bits))
        return {"result": "success", "filter": sorted(set(names))}

    return run


def _register(given: Mapping[str, Any]) -> _Register:
    which = number(given, "register", 1, len(_REGISTERS)) if "register" in given else 1
    return _REGISTERS[which]


def _names(data: Data, bits: Mapping[int, str]) -> list[str]:
    """The bits that are set, by name; those without one by their number."""
    if type(data.value) is not int:
        raise WireError("a register of bits is a number")
    return [bits.get(bit, f"bit_{bit}") for bit in range(32) if data.value >> bit & 1]


_OBJECTS = (_REGISTERS[1].code, _REGISTERS[1].filter)
ROWS = {
    "alarms": Operation(
        prepare_alarms, "what the alarm registers tell", "5.6", (*_OBJECTS, ERRORS)
    ),
    "clear_alarms": Operation(
        prepare_clear_alarms, "clear an alarm register", "5.6", _OBJECTS
    ),
    "filter_alarms": Operation(
        prepare_filter_alarms, "say which alarms are raised", "5.6", _OBJECTS
    ),
}
