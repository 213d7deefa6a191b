"""Attributes read, or written, in one request: with-list, at most 16 of them (P3, 2.1.3)."""

from __future__ import annotations

from collections.abc import Sequence

from headend.dlms.engine import Engine
from headend.dlms.refusals import refused
from headend.dlms.services import MAX_REFERENCES
from wire.cosem.rows import Standard
from wire.cosem.table import find, standard_of
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from wire.errors import ConfigError

Item = tuple[AttributeDescriptor, Data]


def attribute(code: str, number: int, standard: Standard | str) -> AttributeDescriptor:
    """An attribute of an object; raises `ConfigError` when the standard lacks the object."""
    row = find(code, standard)
    return AttributeDescriptor(row.class_id, row.obis, number)


def method(code: str, number: int, standard: Standard | str) -> MethodDescriptor:
    """A method of an object; as `attribute`."""
    row = find(code, standard)
    return MethodDescriptor(row.class_id, row.obis, number)


def has(code: str, standard: Standard | str) -> bool:
    """Whether the standard has the object; raises `ConfigError` for no standard."""
    standard_of(standard)
    try:
        find(code, standard)
    except ConfigError:
        return False
    return True


async def read(meter: Engine, wanted: Sequence[AttributeDescriptor]) -> list[Data]:
    """The values, in order; raises `PeerRefused` for the first that is refused."""
    answers = await meter.get_list([(each, None) for each in wanted])
    values = []
    for each, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, DataAccessResult):
            raise refused(f"to read {each}", answer)
        values.append(answer)
    return values


async def write(meter: Engine, items: Sequence[Item]) -> None:
    """Writes them in order; raises `PeerRefused` for the first that is refused.

    A meter writes what it can of a list, so those beside it may have been written.
    """
    if len(items) == 1:
        await meter.set(*items[0])
        return
    for start in range(0, len(items), MAX_REFERENCES):
        some = items[start : start + MAX_REFERENCES]
        results = await meter.set_list(some)
        for (each, _), result in zip(some, results, strict=True):
            if result is not DataAccessResult.SUCCESS:
                raise refused(f"to write {each}", result)
