"""ACTION over P3: methods alone, in lists and in blocks, and what is refused."""

from __future__ import annotations

import pytest

from tests.meters.p3.driver import INVOKE
from tests.meters.p3.test_services import RESET, driver_with_rows
from wire.dlms.action import (
    ActionOutcome,
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
    decode_outcomes,
)
from wire.dlms.apdu import encode_values
from wire.dlms.descriptors import ActionResult, MethodDescriptor
from wire.dlms.security import Kind
from wire.obis import Obis

ACTIVATE = MethodDescriptor(64, Obis.parse("0-0:43.0.0"), 1)


def test_reset_empties_the_profile() -> None:
    driver = driver_with_rows(10)
    assert driver.get(7, "1-0:99.1.0", 7) == b"\x06\x00\x00\x00\x0a"
    assert driver.act(7, "1-0:99.1.0", 1, b"\x0f\x00").result is ActionResult.SUCCESS
    assert driver.get(7, "1-0:99.1.0") == b"\x01\x00"


@pytest.mark.parametrize(
    ("class_id", "code", "number", "parameters", "result"),
    [
        (7, "1-0:99.1.0", 2, b"\x0f\x00", ActionResult.READ_WRITE_DENIED),
        (7, "1-0:99.1.0", 9, b"\x0f\x00", ActionResult.READ_WRITE_DENIED),
        (3, "1-0:1.8.1", 1, b"\x0f\x00", ActionResult.READ_WRITE_DENIED),
        (3, "1-0:9.9.9", 1, b"\x0f\x00", ActionResult.OBJECT_UNDEFINED),
        (4, "1-0:1.8.1", 1, b"\x0f\x00", ActionResult.OBJECT_CLASS_INCONSISTENT),
        (7, "1-0:99.1.0", 1, b"\x11\x00", ActionResult.TYPE_UNMATCHED),
        (7, "1-0:99.1.0", 1, None, ActionResult.TYPE_UNMATCHED),
    ],
)
def test_methods_refused(
    class_id: int,
    code: str,
    number: int,
    parameters: bytes | None,
    result: ActionResult,
) -> None:
    driver = driver_with_rows(0)
    answer = driver.act(class_id, code, number, parameters)
    assert answer == ActionResponseNormal(INVOKE, result)


def test_methods_in_a_list_and_in_blocks() -> None:
    driver = driver_with_rows(5)
    methods, values = (RESET, ACTIVATE), (b"\x0f\x00", b"\x16\x00")
    outcomes = (
        ActionOutcome(ActionResult.SUCCESS),
        ActionOutcome(ActionResult.OTHER_REASON),
    )
    answer = driver.ask(ActionRequestWithList(INVOKE, methods, values))
    assert answer == ActionResponseWithList(INVOKE, outcomes)
    octets = encode_values(values)
    first = ActionRequestWithListAndFirstPblock(INVOKE, methods, False, 1, octets[:2])
    assert driver.ask(first) == ActionResponseNextPblock(INVOKE, 1)
    answer = driver.ask(ActionRequestWithPblock(INVOKE, True, 2, octets[2:]))
    assert answer == ActionResponseWithList(INVOKE, outcomes)


def test_one_method_in_blocks() -> None:
    driver = driver_with_rows(5)
    first = ActionRequestFirstPblock(INVOKE, RESET, False, 1, b"\x0f")
    assert driver.ask(first) == ActionResponseNextPblock(INVOKE, 1)
    answer = driver.ask(ActionRequestWithPblock(INVOKE, True, 2, b"\x00"))
    assert answer == ActionResponseNormal(INVOKE, ActionResult.SUCCESS)
    after = driver.ask(ActionRequestWithPblock(INVOKE, True, 3, b"\x00"))
    none = ActionResult.NO_LONG_ACTION_IN_PROGRESS
    assert after == ActionResponseNormal(INVOKE, none)


def test_blocks_of_a_method_out_of_order() -> None:
    driver = driver_with_rows(5)
    aborted = ActionResponseNormal(INVOKE, ActionResult.LONG_ACTION_ABORTED)
    driver.ask(ActionRequestFirstPblock(INVOKE, RESET, False, 1, b"\x0f"))
    assert driver.ask(ActionRequestWithPblock(INVOKE, True, 3, b"\x00")) == aborted
    driver.ask(ActionRequestFirstPblock(INVOKE, RESET, False, 1, b"\x0f"))
    driver.get(1, "0-0:96.13.0")
    assert driver.ask(ActionRequestWithPblock(INVOKE, True, 2, b"\x00")) == aborted
    short = ActionRequestWithListAndFirstPblock(INVOKE, (RESET,), True, 1, b"\x00")
    unmatched = ActionResponseNormal(INVOKE, ActionResult.TYPE_UNMATCHED)
    assert driver.ask(short) == unmatched


def test_many_results_come_in_blocks_when_the_pdu_is_small() -> None:
    driver = driver_with_rows(5, pdu_size=64)
    request = ActionRequestWithList(INVOKE, (RESET,) * 16, (b"\x0f\x00",) * 16)
    driver.kind = Kind.GENERAL_GLO
    answer = driver.ask(request)
    joined = b""
    while isinstance(answer, ActionResponseWithPblock) and not answer.last_block:
        joined += answer.raw_data
        answer = driver.ask(ActionRequestNextPblock(INVOKE, answer.block_number))
    assert isinstance(answer, ActionResponseWithPblock)
    outcomes = decode_outcomes(joined + answer.raw_data)
    assert [item.result for item in outcomes] == [ActionResult.SUCCESS] * 16
    after = driver.ask(ActionRequestNextPblock(INVOKE, answer.block_number))
    none = ActionResult.NO_LONG_ACTION_IN_PROGRESS
    assert after == ActionResponseNormal(INVOKE, none)
