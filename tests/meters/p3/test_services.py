"""GET, SET and ACTION: lists, blocks both ways, and every way to break them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.meters.builders import EQUIPMENT_ID, NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from wire.cosem.rows import Client
from wire.dlms import apdu, axdr
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
from wire.dlms.apdu import Apdu, ExceptionResponse, encode_values
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
)
from wire.dlms.faults import ServiceFault, StateError
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_results,
)
from wire.dlms.initiate import Conformance
from wire.dlms.security import Kind
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseWithList,
)
from wire.obis import Obis

OK = DataAccessResult.SUCCESS


def attribute(class_id: int, code: str, number: int = 2) -> AttributeDescriptor:
    """A descriptor."""
    return AttributeDescriptor(class_id, Obis.parse(code), number)


MESSAGE, CODE = attribute(1, "0-0:96.13.0"), attribute(1, "0-0:96.13.1")
PROFILE, TITLE = attribute(7, "1-0:99.1.0"), attribute(1, "0-0:96.1.1")
REGISTER = attribute(3, "1-0:1.8.1")
RESET = MethodDescriptor(7, Obis.parse("1-0:99.1.0"), 1)
ACTIVATE = MethodDescriptor(64, Obis.parse("0-0:43.0.0"), 1)


def driver_with_rows(rows: int, **changed: object) -> Driver:
    """Associated with a meter whose profile has that many rows."""
    meter = make_meter()
    meter.set_load((3600, 0, 0), (2300, 2300, 2300))
    driver = Driver(meter).associate(**changed)
    driver.now_s = NOW_S + 900 * rows
    return driver


def fetch(driver: Driver, request: Apdu) -> tuple[bytes, list[int]]:
    """The joined blocks of a long answer, and how long each was."""
    answer = driver.ask(request)
    joined = b""
    sizes: list[int] = []
    while True:
        assert isinstance(answer, GetResponseWithDatablock), answer
        assert isinstance(answer.result, bytes), answer
        assert answer.block_number == len(sizes) + 1
        joined += answer.result
        sizes.append(len(answer.result))
        if answer.last_block:
            return joined, sizes
        answer = driver.ask(GetRequestNext(INVOKE, answer.block_number))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("size", [0, 64, 128, 500, 1024, 65535])
def test_a_long_answer_comes_in_blocks_that_fit_the_pdu(kind: Kind, size: int) -> None:
    driver = Driver(make_meter())
    driver.kind = kind
    driver.associate(pdu_size=size)
    driver.now_s = NOW_S + 900 * 40
    joined, sizes = fetch(driver, GetRequestNormal(INVOKE, PROFILE))
    assert len(axdr.decode(joined).value) == 40
    request = driver.seal(apdu.encode(GetRequestNormal(INVOKE, PROFILE)))
    whole = driver.raw(request)
    assert whole is not None and len(whole) <= (min(size, 1024) or 1024)
    assert len(whole) >= min(size or 1024, 1024) - 10
    assert len(set(sizes[:-1])) == 1


def test_960_rows_arrive_as_they_are() -> None:
    driver = driver_with_rows(1000)
    joined, sizes = fetch(driver, GetRequestNormal(INVOKE, PROFILE))
    rows = axdr.plain(axdr.decode(joined))
    assert len(rows) == 960
    assert [row[2] for row in rows] == [900 * step for step in range(41, 1001)]
    assert len(sizes) == 28


def test_without_blocks_a_long_answer_is_unavailable() -> None:
    driver = driver_with_rows(100, conformance=Conformance.GET)
    result = driver.get(7, "1-0:99.1.0")
    assert result is DataAccessResult.DATA_BLOCK_UNAVAILABLE


def test_a_wrong_block_number_ends_the_answer() -> None:
    driver = driver_with_rows(100)
    driver.ask(GetRequestNormal(INVOKE, PROFILE))
    wrong = driver.ask(GetRequestNext(INVOKE, 2))
    invalid = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
    assert wrong == GetResponseWithDatablock(INVOKE, True, 2, invalid)
    after = driver.ask(GetRequestNext(INVOKE, 1))
    none = DataAccessResult.NO_LONG_GET_IN_PROGRESS
    assert after == GetResponseWithDatablock(INVOKE, True, 1, none)


def test_a_block_cannot_be_asked_for_twice() -> None:
    driver = driver_with_rows(100)
    driver.ask(GetRequestNormal(INVOKE, PROFILE))
    driver.ask(GetRequestNext(INVOKE, 1))
    again = driver.ask(GetRequestNext(INVOKE, 1))
    assert isinstance(again, GetResponseWithDatablock)
    assert again.result is DataAccessResult.DATA_BLOCK_NUMBER_INVALID


@pytest.mark.parametrize(
    "between",
    [
        GetRequestNormal(INVOKE, TITLE),
        GetRequestWithList(INVOKE, ((TITLE, None),)),
        SetRequestWithList(INVOKE, ((CODE, None),), (b"\x09\x00",)),
        ActionRequestNextPblock(INVOKE, 1),
    ],
)
def test_another_request_aborts_a_long_answer(between: Apdu) -> None:
    driver = driver_with_rows(100)
    driver.ask(GetRequestNormal(INVOKE, PROFILE))
    driver.ask(between)
    after = driver.ask(GetRequestNext(INVOKE, 1))
    aborted = DataAccessResult.LONG_GET_ABORTED
    assert after == GetResponseWithDatablock(INVOKE, True, 1, aborted)
    once_more = driver.ask(GetRequestNext(INVOKE, 1))
    assert isinstance(once_more, GetResponseWithDatablock)
    assert once_more.result is DataAccessResult.NO_LONG_GET_IN_PROGRESS


def test_a_list_has_a_result_for_each() -> None:
    driver = driver_with_rows(0)
    items = (TITLE, attribute(1, "9-9:9.9.9"), attribute(3, "0-0:96.1.1"), REGISTER)
    answer = driver.ask(
        GetRequestWithList(INVOKE, tuple((item, None) for item in items))
    )
    assert answer == GetResponseWithList(
        INVOKE,
        (
            b"\x09\x11" + EQUIPMENT_ID.encode(),
            DataAccessResult.OBJECT_UNDEFINED,
            DataAccessResult.OBJECT_CLASS_INCONSISTENT,
            b"\x06\x00\x00\x00\x00",
        ),
    )


def test_a_long_list_comes_in_blocks() -> None:
    driver = driver_with_rows(60)
    request = GetRequestWithList(
        INVOKE, ((PROFILE, None), (TITLE, None), (PROFILE, None))
    )
    joined, _ = fetch(driver, request)
    first, title, second = decode_results(joined)
    assert isinstance(first, bytes) and first == second
    assert title == b"\x09\x11" + EQUIPMENT_ID.encode()


@pytest.mark.parametrize(
    "request_",
    [
        GetRequestWithList(INVOKE, ((TITLE, None),) * 17),
        SetRequestWithList(INVOKE, ((CODE, None),) * 17, (b"\x09\x00",) * 17),
        SetRequestWithListFirstBlock(INVOKE, ((CODE, None),) * 17, True, 1, b"\x00"),
        ActionRequestWithList(INVOKE, (RESET,) * 17, (b"\x0f\x00",) * 17),
        ActionRequestWithListAndFirstPblock(INVOKE, (RESET,) * 17, True, 1, b"\x00"),
    ],
)
def test_seventeen_references_are_too_many(request_: Apdu) -> None:
    driver = driver_with_rows(0)
    assert driver.ask(request_) == ExceptionResponse(
        StateError.SERVICE_NOT_ALLOWED, ServiceFault.OPERATION_NOT_POSSIBLE
    )
    full = GetRequestWithList(INVOKE, ((REGISTER, None),) * 16)
    answer = driver.ask(full)
    assert isinstance(answer, GetResponseWithList) and len(answer.results) == 16


def test_a_service_that_was_not_negotiated_is_refused() -> None:
    granted = Conformance.GET | Conformance.SET
    driver = driver_with_rows(0, conformance=granted)
    refused = ExceptionResponse(
        StateError.SERVICE_NOT_ALLOWED, ServiceFault.SERVICE_NOT_SUPPORTED
    )
    assert driver.ask(GetRequestWithList(INVOKE, ((TITLE, None),))) == refused
    first = SetRequestFirstBlock(INVOKE, MESSAGE, True, 1, b"\x09\x00")
    assert driver.ask(first) == refused
    act = ActionRequestWithList(INVOKE, (RESET,), (b"\x0f\x00",))
    assert driver.ask(act) == refused
    assert driver.set(1, "0-0:96.13.0", 2, b"\x09\x01a") is OK


def send(driver: Driver, first: Apdu, rest: Sequence[bytes]) -> Apdu:
    """Sends the first block and the rest; the answer to the last."""
    answer = driver.ask(first)
    for index, octets in enumerate(rest):
        assert answer == SetResponseDatablock(INVOKE, index + 1)
        last = index == len(rest) - 1
        answer = driver.ask(SetRequestWithBlock(INVOKE, last, index + 2, octets))
    return answer


@pytest.mark.parametrize("length", [1, 1000, 1024])
def test_a_message_in_blocks(length: int) -> None:
    driver = driver_with_rows(0)
    text = bytes(32 + index % 90 for index in range(length))
    octets = axdr.encode(axdr.octet_string(text))
    pieces = [octets[at : at + 300] for at in range(0, len(octets), 300)]
    first = SetRequestFirstBlock(INVOKE, MESSAGE, len(pieces) == 1, 1, pieces[0])
    answer = send(driver, first, pieces[1:])
    assert answer == SetResponseLastDatablock(INVOKE, OK, len(pieces))
    assert driver.meter.state.message == text


def test_a_message_too_long_in_blocks_is_a_logical_error() -> None:
    driver = driver_with_rows(0)
    octets = axdr.encode(axdr.octet_string(bytes(1025)))
    first = SetRequestFirstBlock(INVOKE, MESSAGE, False, 1, octets[:500])
    answer = send(driver, first, [octets[500:1000], octets[1000:]])
    assert answer == SetResponseLastDatablock(INVOKE, DataAccessResult.OTHER_REASON, 3)


def test_blocks_that_end_in_no_value_are_of_no_type() -> None:
    driver = driver_with_rows(0)
    first = SetRequestFirstBlock(INVOKE, MESSAGE, True, 1, b"\x09\x05ab")
    answer = driver.ask(first)
    unmatched = DataAccessResult.TYPE_UNMATCHED
    assert answer == SetResponseLastDatablock(INVOKE, unmatched, 1)


@pytest.mark.parametrize("number", [0, 1, 3, 0xFFFFFFFF])
def test_a_wrong_number_ends_a_long_set(number: int) -> None:
    driver = driver_with_rows(0)
    driver.ask(SetRequestFirstBlock(INVOKE, MESSAGE, False, 1, b"\x09\x04a"))
    answer = driver.ask(SetRequestWithBlock(INVOKE, True, number, b"bcd"))
    invalid = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
    assert answer == SetResponseLastDatablock(INVOKE, invalid, number)
    after = driver.ask(SetRequestWithBlock(INVOKE, True, 2, b"bcd"))
    none = DataAccessResult.NO_LONG_SET_IN_PROGRESS
    assert after == SetResponseLastDatablock(INVOKE, none, 2)
    assert driver.get(1, "0-0:96.13.0") == b"\x09\x00"


def test_another_request_aborts_a_long_set() -> None:
    driver = driver_with_rows(0)
    driver.ask(SetRequestFirstBlock(INVOKE, MESSAGE, False, 1, b"\x09\x04a"))
    driver.get(1, "0-0:96.13.0")
    answer = driver.ask(SetRequestWithBlock(INVOKE, True, 2, b"bcd"))
    aborted = DataAccessResult.LONG_SET_ABORTED
    assert answer == SetResponseLastDatablock(INVOKE, aborted, 2)


def test_blocks_do_not_grow_without_end() -> None:
    driver = driver_with_rows(0)
    answer = driver.ask(SetRequestFirstBlock(INVOKE, MESSAGE, False, 1, bytes(900)))
    number = 1
    while isinstance(answer, SetResponseDatablock):
        number += 1
        assert number < 30
        answer = driver.ask(SetRequestWithBlock(INVOKE, False, number, bytes(900)))
    other = DataAccessResult.OTHER_REASON
    assert answer == SetResponseLastDatablock(INVOKE, other, number)


def test_an_empty_block_goes_nowhere() -> None:
    driver = driver_with_rows(0)
    driver.ask(SetRequestFirstBlock(INVOKE, MESSAGE, False, 1, b"\x09"))
    answer = driver.ask(SetRequestWithBlock(INVOKE, False, 2, b""))
    aborted = DataAccessResult.LONG_SET_ABORTED
    assert answer == SetResponseLastDatablock(INVOKE, aborted, 2)


def test_a_list_is_written_item_by_item() -> None:
    driver = driver_with_rows(0)
    items = ((MESSAGE, None), (TITLE, None), (CODE, None), (MESSAGE, None))
    values = (b"\x09\x02hi", b"\x09\x00", b"\x09\x021x", b"\x12\x00\x00")
    results = (
        OK,
        DataAccessResult.READ_WRITE_DENIED,
        DataAccessResult.OTHER_REASON,
        DataAccessResult.TYPE_UNMATCHED,
    )
    answer = driver.ask(SetRequestWithList(INVOKE, items, values))
    assert answer == SetResponseWithList(INVOKE, results)
    first = SetRequestWithListFirstBlock(
        INVOKE, items, False, 1, encode_values(values)[:5]
    )
    answer = send(driver, first, [encode_values(values)[5:]])
    assert answer == SetResponseLastDatablockWithList(INVOKE, results, 2)


def test_a_list_with_a_value_missing_writes_nothing() -> None:
    driver = driver_with_rows(0)
    items = ((MESSAGE, None), (CODE, None))
    octets = encode_values([b"\x09\x02hi"])
    answer = driver.ask(SetRequestWithListFirstBlock(INVOKE, items, True, 1, octets))
    unmatched = DataAccessResult.TYPE_UNMATCHED
    assert answer == SetResponseLastDatablock(INVOKE, unmatched, 1)
    assert driver.get(1, "0-0:96.13.0") == b"\x09\x00"


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


def test_the_invoke_id_comes_back() -> None:
    driver = Driver(make_meter(), Client.PUBLIC).associate()
    for invoke_id in (0x00, 0x41, 0x8F, 0xFF):
        answer = driver.ask(GetRequestNormal(invoke_id, TITLE))
        assert isinstance(answer, GetResponseNormal)
        assert answer.invoke_id_and_priority == invoke_id


def test_a_request_longer_than_granted_is_too_long() -> None:
    driver = driver_with_rows(0)
    text = axdr.encode(axdr.octet_string(bytes(1024)))
    plain = apdu.encode(apdu.SetRequestNormal(INVOKE, MESSAGE, text))
    assert driver.ask(plain) == ExceptionResponse(
        StateError.SERVICE_NOT_ALLOWED, ServiceFault.PDU_TOO_LONG
    )
