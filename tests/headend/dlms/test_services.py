"""GET, SET and ACTION against a meter that keeps the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.dlms import services
from headend.dlms.credentials import Credentials
from tests.headend.dlms.exchanges import (
    LONG,
    METHOD,
    REGISTERS,
    SELECTION,
    kinds,
    opened,
)
from tests.headend.dlms.fake_meter import (
    ABSENT,
    MANAGEMENT,
    MESSAGE,
    PROFILE,
    FakeMeter,
    play,
)
from wire.dlms import axdr
from wire.dlms.action import (
    ActionRequestFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNormal,
)
from wire.dlms.association import State
from wire.dlms.axdr import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult, Selection
from wire.dlms.get import GetRequestNext, GetRequestNormal, GetRequestWithList
from wire.dlms.initiate import Conformance
from wire.dlms.security import Kind
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
)
from wire.errors import LocalError, PeerRefused


def test_a_value_is_read_with_its_selection() -> None:
    session, meter = opened()
    value = play(services.get_value(session, MESSAGE, SELECTION), meter)
    assert value == axdr.octet_string(b"hello")
    (request,) = meter.requests
    assert request == GetRequestNormal(
        request.invoke_id_and_priority, MESSAGE, SELECTION
    )


def test_a_refused_read_keeps_the_result() -> None:
    session, meter = opened()
    with pytest.raises(PeerRefused, match="1-0:9.9.9.255.*object-undefined") as raised:
        play(services.get_value(session, ABSENT), meter)
    assert raised.value.result == DataAccessResult.OBJECT_UNDEFINED
    assert session.state is State.ASSOCIATED


@pytest.mark.parametrize("block_size", [1, 7, 900, 2050, 2051, 2052, 5000])
def test_a_long_value_is_read_by_blocks(block_size: int) -> None:
    session, meter = opened()
    meter.block_size = block_size
    assert play(services.get_value(session, PROFILE), meter) == LONG
    blocks = -(-len(axdr.encode(LONG)) // block_size)
    assert kinds(meter) == [GetRequestNormal] + [GetRequestNext] * (blocks - 1)
    assert [request.block_number for request in meter.requests[1:]] == [
        *range(1, blocks)
    ]
    assert len({request.invoke_id_and_priority for request in meter.requests}) == 1


def test_invoke_ids_differ_from_one_request_to_the_next() -> None:
    session, meter = opened()
    for _ in range(20):
        play(services.get_value(session, MESSAGE), meter)
    ids = [request.invoke_id_and_priority for request in meter.requests]
    assert all(one != next_one for one, next_one in zip(ids, ids[1:]))
    assert {number & 0xF0 for number in ids} == {0x40}


def test_lists_are_read_in_requests_that_the_meter_takes() -> None:
    session, meter = opened()
    references: list[services.Reference] = [(item, None) for item in REGISTERS]
    values = play(services.get_values(session, [*references, (ABSENT, None)]), meter)
    expected: list[Any] = [axdr.double_long_unsigned(number) for number in range(40)]
    assert list(values) == [*expected, DataAccessResult.OBJECT_UNDEFINED]
    assert set(kinds(meter)) == {GetRequestWithList}
    sizes = [len(request.attributes) for request in meter.requests]
    assert sum(sizes) == 41 and max(sizes) <= 16


def test_lists_with_long_selections_are_cut_to_the_meters_pdu() -> None:
    meter = FakeMeter()
    meter.max_pdu = 200
    session, meter = opened(meter)
    long = Selection(1, axdr.octet_string(bytes(60)))
    references: list[services.Reference] = [(item, long) for item in REGISTERS[:8]]
    assert len(play(services.get_values(session, references), meter)) == 8
    assert [len(request.attributes) for request in meter.requests] == [2, 2, 2, 2]


def test_a_long_answer_to_a_list_comes_by_blocks() -> None:
    session, meter = opened()
    meter.block_size = 100
    values = play(
        services.get_values(session, [(PROFILE, None), (MESSAGE, None)]), meter
    )
    assert values == (LONG, axdr.octet_string(b"hello"))


def test_without_lists_attributes_are_read_one_by_one() -> None:
    meter = FakeMeter(Credentials.public())
    session, meter = opened(meter, Credentials.public())
    values = play(
        services.get_values(session, [(MESSAGE, None), (ABSENT, None)]), meter
    )
    assert values == (axdr.octet_string(b"hello"), DataAccessResult.OBJECT_UNDEFINED)
    assert kinds(meter) == [GetRequestNormal] * 2


def test_an_empty_list_asks_nothing() -> None:
    session, meter = opened()
    assert play(services.get_values(session, []), meter) == ()
    assert meter.requests == []


def test_a_value_is_written() -> None:
    session, meter = opened()
    play(services.set_value(session, MESSAGE, axdr.octet_string(b"new")), meter)
    assert meter.values[MESSAGE] == axdr.encode(axdr.octet_string(b"new"))
    assert kinds(meter) == [SetRequestNormal]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("selection", [None, SELECTION])
@pytest.mark.parametrize("max_pdu", [96, 128, 1024])
def test_no_request_is_longer_than_the_meter_takes(
    kind: Kind, selection: Selection | None, max_pdu: int
) -> None:
    meter = FakeMeter()
    meter.max_pdu = max_pdu
    session, meter = opened(meter, replace(MANAGEMENT, kind=kind))
    for size in range(max_pdu - 90, max_pdu + 20):
        value = axdr.octet_string(bytes(size))
        dialogue = services.set_value(session, MESSAGE, value, selection)
        request = next(dialogue)
        try:
            while True:
                assert len(request) <= max_pdu
                reply = meter.receive(request)
                assert reply is not None
                request = dialogue.send(reply)
        except StopIteration:
            assert meter.values[MESSAGE] == axdr.encode(value)
    assert (
        set(kinds(meter))
        == {
            SetRequestNormal,
            SetRequestFirstBlock,
            SetRequestWithBlock,
        }
        or max_pdu == 1024
    )


@given(st.binary(max_size=4000), st.integers(96, 1024), st.integers(1, 1100))
@settings(max_examples=40)
def test_what_is_written_is_what_is_read(octets: bytes, pdu: int, block: int) -> None:
    meter = FakeMeter()
    meter.max_pdu, meter.block_size = pdu, block
    session, meter = opened(meter)
    value = axdr.octet_string(octets)
    play(services.set_value(session, MESSAGE, value), meter)
    assert play(services.get_value(session, MESSAGE), meter) == value


def test_a_refused_write_keeps_the_result() -> None:
    session, meter = opened()
    for value in (axdr.octet_string(b"x"), LONG):
        with pytest.raises(PeerRefused, match="read-write-denied") as raised:
            play(services.set_value(session, ABSENT, value), meter)
        assert raised.value.result == DataAccessResult.READ_WRITE_DENIED


def test_attributes_are_written_together() -> None:
    session, meter = opened()
    short = axdr.octet_string(b"x")
    results = play(
        services.set_values(session, [(MESSAGE, short), (ABSENT, short)]), meter
    )
    assert results == (DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED)
    assert kinds(meter) == [SetRequestWithList]
    meter.requests.clear()
    results = play(
        services.set_values(session, [(MESSAGE, LONG), (ABSENT, LONG)]), meter
    )
    assert results == (DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED)
    assert meter.values[MESSAGE] == axdr.encode(LONG)
    assert kinds(meter)[0] is SetRequestWithListFirstBlock
    for count in (0, 17):
        with pytest.raises(LocalError):
            play(services.set_values(session, [(MESSAGE, short)] * count), meter)


def test_a_meter_without_blocks_gets_no_long_value() -> None:
    meter = FakeMeter()
    meter.conformance &= ~Conformance.BLOCK_TRANSFER_WITH_SET
    session, meter = opened(meter)
    with pytest.raises(LocalError, match="blocks"):
        play(services.set_value(session, MESSAGE, LONG), meter)
    with pytest.raises(LocalError, match="blocks"):
        play(services.invoke(session, METHOD, LONG), meter)
    assert meter.requests == []
    assert play(services.get_value(session, MESSAGE), meter).value == b"hello"


def test_a_method_is_invoked() -> None:
    session, meter = opened()
    assert play(services.invoke(session, METHOD), meter) is None
    assert play(services.invoke(session, METHOD, axdr.integer(3)), meter) == Data(
        axdr.Tag.INTEGER, 3
    )


def test_long_parameters_and_long_answers_of_a_method() -> None:
    everything = Conformance(0x001E1D)
    session, meter = opened(credentials=replace(MANAGEMENT, conformance=everything))
    assert play(services.invoke(session, METHOD, LONG), meter) == LONG
    assert kinds(meter)[:3] == [
        ActionRequestFirstPblock,
        ActionRequestWithPblock,
        ActionRequestWithPblock,
    ]
    meter.returned = axdr.encode(LONG)
    assert play(services.invoke(session, METHOD), meter) == LONG


@pytest.mark.parametrize(
    "answer, result",
    [
        (ActionResponseNormal(0, ActionResult.TEMPORARY_FAILURE), 2),
        (
            ActionResponseNormal(
                0, ActionResult.SUCCESS, DataAccessResult.OTHER_REASON
            ),
            250,
        ),
    ],
)
def test_a_refused_method(answer: Any, result: int) -> None:
    session, meter = opened()
    meter.change_apdu = lambda good: replace(
        answer, invoke_id_and_priority=good.invoke_id_and_priority
    )
    with pytest.raises(PeerRefused) as raised:
        play(services.invoke(session, METHOD), meter)
    assert raised.value.result == result
