"""A meter that answers what it is told to, however odd."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from headend.operations import perform
from scenarios.transport.clock import HeapClock
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.instants import encode_date_time

STANDARD = Standard.DSMR_4_2_2


class Odd:
    """A client whose meter answers what it was given, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    async def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Data:
        self.asked.append((attribute, selection))
        answer = self.answers.pop(0)
        assert isinstance(answer, Data)
        return answer

    async def get_list(
        self, references: Sequence[tuple[AttributeDescriptor, Selection | None]]
    ) -> tuple[Data | DataAccessResult, ...]:
        self.asked.append(list(references))
        answer = self.answers.pop(0)
        assert isinstance(answer, tuple)
        return answer

    async def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> None:
        self.asked.append((attribute, value))

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        raise AssertionError(items)

    async def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Data | None:
        self.asked.append((method, parameters))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Data) else None


def ask(meter: Odd, operation: str, **arguments: Any) -> Any:
    return HeapClock().play(perform(meter, operation, STANDARD, arguments))


def captured(class_id: int, code: bytes, attribute: int = 2) -> Data:
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(code),
        axdr.integer(attribute),
        axdr.long_unsigned(0),
    )


CLOCK = captured(8, bytes((0, 0, 1, 0, 0, 255)))


ENERGY = captured(3, bytes((1, 0, 1, 8, 1, 255)))


GAS = captured(4, bytes((0, 1, 24, 2, 1, 255)))


GAS_TIME = captured(4, bytes((0, 1, 24, 2, 1, 255)), 5)


PERIOD = axdr.double_long_unsigned(900)


UNIT = axdr.structure(axdr.integer(-3), axdr.enum(13))


def at(hour: int) -> Data:
    return axdr.octet_string(encode_date_time(datetime(2024, 1, 9, hour, tzinfo=UTC)))


LATER = axdr.array(
    [axdr.structure(at(1), PERIOD), *[axdr.structure(axdr.null_data(), PERIOD)] * 60]
)
