"""GET, SET and ACTION against a meter that keeps the rules, and one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.dlms import services
from headend.dlms.credentials import Credentials
from headend.dlms.session import Session
from tests.headend.dlms.fake_meter import (
    ABSENT,
    MANAGEMENT,
    MESSAGE,
    PROFILE,
    Counters,
    FakeMeter,
    play,
)
from wire.dlms import axdr
from wire.dlms.action import (
    ActionRequestFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithPblock,
)
from wire.dlms.association import State
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from wire.dlms.initiate import Conformance
from wire.dlms.security import Kind
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseNormal,
    SetResponseWithList,
)
from wire.errors import LocalError, PeerRefused, WireError
from wire.obis import Obis

METHOD = MethodDescriptor(7, Obis.parse("1-0:99.1.0"), 1)
LONG = axdr.octet_string(bytes(range(256)) * 8)
SELECTION = Selection(2, axdr.structure(axdr.double_long_unsigned(1)))
REGISTERS = [
    AttributeDescriptor(3, Obis.parse(f"1-0:{c}.8.{e}"), 2)
    for c in (1, 2)
    for e in range(20)
]


def opened(
    meter: FakeMeter | None = None, credentials: Credentials = MANAGEMENT
) -> tuple[Session, FakeMeter]:
    meter = meter or FakeMeter(credentials)
    for number, register in enumerate(REGISTERS):
        meter.values[register] = axdr.encode(axdr.double_long_unsigned(number))
    meter.values[PROFILE] = axdr.encode(LONG)
    session = Session(credentials, Counters())
    play(session.open(), meter)
    meter.requests.clear()
    return session, meter


def kinds(meter: FakeMeter) -> list[type]:
    return [type(request) for request in meter.requests]


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


def ends(session: Session, meter: FakeMeter, dialogue: Any, says: str) -> None:
    with pytest.raises(WireError, match=says):
        play(dialogue, meter)
    assert session.state is State.CLOSED


def block(number: int, octets: bytes = b"x", last: bool = False) -> Any:
    return lambda good: GetResponseWithDatablock(
        good.invoke_id_and_priority, last, number, octets
    )


@pytest.mark.parametrize("number", [0, 2, 0xFFFFFFFF])
def test_a_wrong_block_number_ends_it(number: int) -> None:
    session, meter = opened()
    meter.change_apdu = block(number)
    ends(session, meter, services.get_value(session, PROFILE), "block")


def test_a_block_sent_twice_ends_it() -> None:
    session, meter = opened()
    meter.values[PROFILE] = axdr.encode(axdr.octet_string(bytes(5000)))
    sent: list[Any] = []

    def twice(good: Any) -> Any:
        sent.append(good)
        return sent[0]

    meter.change_apdu = twice
    ends(session, meter, services.get_value(session, PROFILE), "block 1")


class Endless(FakeMeter):
    """Sends blocks of this size for ever."""

    size = 1

    def _answer(self, request: Any) -> Any:
        if isinstance(request, GetRequestNormal | GetRequestNext):
            number = getattr(request, "block_number", 0) + 1
            return GetResponseWithDatablock(
                request.invoke_id_and_priority, False, number, bytes(self.size)
            )
        return super()._answer(request)


@pytest.mark.parametrize("size", [0, 1, 60_000])
def test_endless_blocks_are_not_taken_for_ever(size: int) -> None:
    meter = Endless()
    meter.size = size
    session, meter_ = opened(meter)
    ends(session, meter_, services.get_value(session, PROFILE), "block|end")
    assert len(meter.requests) <= services.MAX_BLOCKS


def test_a_meter_that_gives_up_in_the_middle() -> None:
    for broken in (
        lambda good: GetResponseNormal(
            good.invoke_id_and_priority, DataAccessResult.LONG_GET_ABORTED
        ),
        lambda good: replace(good, result=DataAccessResult.LONG_GET_ABORTED),
    ):
        session, meter = opened()
        answers = [lambda good: good, broken]
        meter.change_apdu = lambda good: answers.pop(0)(good)
        with pytest.raises(PeerRefused, match="long-get-aborted") as raised:
            play(services.get_value(session, PROFILE), meter)
        assert raised.value.result == 15
        assert session.state is State.ASSOCIATED


def test_a_value_in_the_middle_of_blocks_ends_it() -> None:
    session, meter = opened()
    answers: list[Any] = [
        lambda good: good,
        lambda good: GetResponseNormal(good.invoke_id_and_priority, b"\x00"),
    ]
    meter.change_apdu = lambda good: answers.pop(0)(good)
    ends(session, meter, services.get_value(session, PROFILE), "GetResponseNormal")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_of_another_length_ends_it(count: int) -> None:
    session, meter = opened()
    references: list[services.Reference] = [(MESSAGE, None)] * 2
    meter.change_apdu = lambda good: GetResponseWithList(
        good.invoke_id_and_priority, (b"\x00",) * count
    )
    ends(session, meter, services.get_values(session, references), "for 2 attributes")
    session, meter = opened()
    meter.change_apdu = lambda good: SetResponseWithList(
        good.invoke_id_and_priority, (DataAccessResult.SUCCESS,) * count
    )
    items = [(MESSAGE, axdr.null_data())] * 2
    ends(session, meter, services.set_values(session, items), "for 2 attributes")


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_wrong_acknowledgement_ends_it(number: int) -> None:
    session, meter = opened()
    meter.change_apdu = lambda good: SetResponseDatablock(
        good.invoke_id_and_priority, number
    )
    ends(session, meter, services.set_value(session, MESSAGE, LONG), "acknowledged")


def test_a_meter_that_wants_more_than_there_is() -> None:
    session, meter = opened()
    meter.change_apdu = lambda good: (
        SetResponseDatablock(good.invoke_id_and_priority, good.block_number)
        if isinstance(good, SetResponseLastDatablock)
        else good
    )
    ends(session, meter, services.set_value(session, MESSAGE, LONG), "no block follows")


def test_a_write_refused_at_its_first_block() -> None:
    session, meter = opened()
    meter.change_apdu = lambda good: SetResponseNormal(
        good.invoke_id_and_priority, DataAccessResult.LONG_SET_ABORTED
    )
    with pytest.raises(PeerRefused, match="long-set-aborted"):
        play(services.set_value(session, MESSAGE, LONG), meter)
    assert kinds(meter) == [SetRequestFirstBlock]


@pytest.mark.parametrize(
    "answer",
    [
        SetResponseNormal(0, DataAccessResult.SUCCESS),
        ActionResponseNextPblock(0, 1),
        SetResponseDatablock(0, 1),
        GetResponseWithList(0, ()),
    ],
)
def test_an_answer_of_another_service_ends_it(answer: Any) -> None:
    for dialogue in (services.get_value, services.invoke):
        session, meter = opened()
        meter.change_apdu = lambda good: replace(
            answer, invoke_id_and_priority=good.invoke_id_and_priority
        )
        descriptor: Any = METHOD if dialogue is services.invoke else MESSAGE
        ends(session, meter, dialogue(session, descriptor), "does not answer")


def test_blocks_of_a_method_that_hold_no_outcome() -> None:
    session, meter = opened()
    for octets in (b"\x00", b"\x02\x00\x00\x00\x00", b"\x01"):
        session, meter = opened()
        meter.change_apdu = lambda good: ActionResponseWithPblock(
            good.invoke_id_and_priority, True, 1, octets
        )
        ends(session, meter, services.invoke(session, METHOD), ".")
