"""SET over P3: long values in blocks, lists item by item, and blocks that go nowhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.meters.p3.driver import INVOKE, Driver
from tests.meters.p3.test_services import CODE, MESSAGE, OK, TITLE, driver_with_rows
from wire.dlms import axdr
from wire.dlms.apdu import Apdu, encode_values
from wire.dlms.descriptors import DataAccessResult
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
