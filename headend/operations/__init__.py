"""The operations of the head-end by name, as a job stores them: JSON in, JSON out.

`prepare` checks the arguments without a meter, so that a job that can never work is refused
before it is stored; what it returns is then run with an associated client. A new operation
is a row in the module of its theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend.dlms.engine import Engine
from headend.operations import (
    actual,
    alarms,
    attributes,
    bundle,
    clock,
    configuration,
    firmware,
    keys,
    mbus,
    mbus_keys,
    mbus_reading,
    mbus_valve,
    message,
    objects,
    reading,
    switching,
    tariff,
    together,
)
from headend.operations.plan import Operation, OutcomeUnknown, Plan
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.errors import ConfigError
from wire.spelling import meant

__all__ = [
    "ONCE",
    "OPERATIONS",
    "OutcomeUnknown",
    "Plan",
    "named",
    "perform",
    "prepare",
]

_THEMES = (
    attributes,
    message,
    actual,
    reading,
    objects,
    clock,
    tariff,
    alarms,
    configuration,
    firmware,
    switching,
    keys,
    mbus,
    mbus_keys,
    mbus_reading,
    mbus_valve,
)


def named(operation: str) -> Operation:
    """The operation of that name; raises `ConfigError` that lists the names."""
    try:
        return OPERATIONS[operation]
    except KeyError:
        known = ", ".join(OPERATIONS)
        raise ConfigError(
            f"{operation!r} is not an operation{meant(operation, OPERATIONS)};"
            f" there are {known}"
        ) from None


def prepare(
    operation: str, standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """What an operation will do with a client.

    Raises `ConfigError` for bad arguments, and when the standard has not the objects.
    """
    row = named(operation)
    for needed in row.objects:
        if not together.has(needed, standard):
            raise ConfigError(
                f"{operation} is not for this meter: {standard} has no object {needed}"
                f" ({row.summary})"
            )
    return row.prepare(standard, arguments)


async def perform(
    meter: Engine,
    operation: str,
    standard: Standard | str,
    arguments: Mapping[str, Any],
) -> Any:
    """Does an operation with an associated client, without a job; the result is JSON."""
    return await prepare(operation, standard, arguments)(Visit(meter))


OPERATIONS: Mapping[str, Operation] = {
    name: operation for theme in _THEMES for name, operation in theme.ROWS.items()
} | {
    "bundle": Operation(
        bundle.preparing(prepare, named),
        "several operations in one association",
        "3.3",
        alone=True,
    )
}
ONCE = frozenset(name for name, operation in OPERATIONS.items() if operation.once)
"""What must not be done twice: where it was broken off, nobody does it again."""
