"""GET, SET and ACTION: lists, blocks both ways, and every way to break them."""

from __future__ import annotations

import pytest

from tests.meters.builders import EQUIPMENT_ID, NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from wire.cosem.rows import Client
from wire.dlms import apdu, axdr
from wire.dlms.action import (
    ActionRequestNextPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
)
from wire.dlms.apdu import Apdu, ExceptionResponse
from wire.dlms.descriptors import (
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
    SetRequestWithList,
    SetRequestWithListFirstBlock,
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
