"""GET, SET and ACTION against a meter that breaks the rules: each ends, none goes on for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headend.dlms import services
from headend.dlms.session import Session
from tests.headend.dlms.exchanges import LONG, METHOD, kinds, opened
from tests.headend.dlms.fake_meter import MESSAGE, PROFILE, FakeMeter, play
from wire.dlms import axdr
from wire.dlms.action import ActionResponseNextPblock, ActionResponseWithPblock
from wire.dlms.association import State
from wire.dlms.descriptors import DataAccessResult
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseNormal,
    SetResponseWithList,
)
from wire.errors import PeerRefused, WireError


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
