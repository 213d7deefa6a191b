"""The second engine against answers that are forged, in clear, endless or of something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.dlms.gurux import GuruxAssociation
from tests.headend.dlms.fake_meter import (
    MANAGEMENT,
    MESSAGE,
    PROFILE,
    Counters,
    FakeMeter,
    play,
    with_invoke_id,
)
from tests.headend.dlms.test_gurux import LONG, opened
from wire.dlms import axdr
from wire.dlms.association import State
from wire.dlms.descriptors import DataAccessResult
from wire.dlms.get import GetResponseNormal, GetResponseWithDatablock
from wire.dlms.security import SecurityControl
from wire.dlms.set import SetResponseDatablock, SetResponseNormal
from wire.errors import PeerRefused, SecurityError, WireError

BOMB = bytes.fromhex("01847fffffff03b22687c101")


def in_clear(meter: FakeMeter) -> None:
    meter.change_octets = lambda _: bytes.fromhex("C401410009026869")


def forged(meter: FakeMeter) -> None:
    meter.change_octets = lambda octets: octets[:-1] + bytes((octets[-1] ^ 1,))


def changed_text(meter: FakeMeter) -> None:
    meter.change_octets = lambda octets: (
        octets[:8] + bytes((octets[8] ^ 1,)) + octets[9:]
    )


def replayed(meter: FakeMeter) -> None:
    meter.counter = 99


def less_protected(meter: FakeMeter) -> None:
    meter.control = SecurityControl.ENCRYPTED


def to_another(meter: FakeMeter) -> None:
    meter.change_apdu = lambda good: with_invoke_id(good, 0x4F)


def of_another_service(meter: FakeMeter) -> None:
    meter.change_apdu = lambda good: SetResponseNormal(
        good.invoke_id_and_priority, DataAccessResult.SUCCESS
    )


def a_bomb(meter: FakeMeter) -> None:
    meter.values[MESSAGE] = BOMB


def a_bomb_in_blocks(meter: FakeMeter) -> None:
    meter.values[MESSAGE] = BOMB
    meter.block_size = 5


def nothing(meter: FakeMeter) -> None:
    meter.change_octets = lambda _: b""


def a_bare_bomb(meter: FakeMeter) -> None:
    meter.change_octets = lambda _: b"\xe7" + BOMB


def blocks_out_of_order(meter: FakeMeter) -> None:
    meter.change_apdu = lambda good: GetResponseWithDatablock(
        good.invoke_id_and_priority, False, 2, b"x"
    )


def trailing(meter: FakeMeter) -> None:
    meter.values[MESSAGE] = b"\x09\x01a\x00"


@pytest.mark.parametrize(
    "harm, error",
    [
        (in_clear, SecurityError),
        (forged, SecurityError),
        (changed_text, SecurityError),
        (replayed, SecurityError),
        (less_protected, SecurityError),
        (to_another, WireError),
        (of_another_service, WireError),
        (a_bomb, WireError),
        (a_bomb_in_blocks, WireError),
        (a_bare_bomb, WireError),
        (nothing, WireError),
        (blocks_out_of_order, WireError),
        (trailing, WireError),
    ],
)
def test_a_hostile_answer_ends_it_at_once(
    harm: Callable[[FakeMeter], None], error: type[WireError]
) -> None:
    association, meter = opened()
    harm(meter)
    with pytest.raises(error) as raised:
        play(association.get(MESSAGE), meter)
    assert "gurux" not in str(raised.value)
    assert association.state is State.CLOSED


def test_a_value_in_the_middle_of_blocks_ends_it() -> None:
    association, meter = opened()
    answers: list[Any] = [
        lambda good: good,
        lambda good: GetResponseNormal(good.invoke_id_and_priority, b"\x0f\x00"),
    ]
    meter.change_apdu = lambda good: answers.pop(0)(good)
    with pytest.raises(WireError):
        play(association.get(PROFILE), meter)
    assert association.state is State.CLOSED


def test_a_wrong_acknowledgement_ends_it() -> None:
    association, meter = opened()
    meter.change_apdu = lambda good: SetResponseDatablock(
        good.invoke_id_and_priority, 7
    )
    with pytest.raises(WireError, match="acknowledged"):
        play(association.set(MESSAGE, LONG), meter)


@given(st.binary(max_size=60), st.integers(0, 2))
@settings(max_examples=60)
def test_no_octets_do_more_than_end_it(octets: bytes, step: int) -> None:
    meter = FakeMeter()
    association = GuruxAssociation(MANAGEMENT, Counters())
    count = 0

    def change(good: bytes) -> bytes:
        nonlocal count
        count += 1
        return octets if count > step else good

    meter.change_octets = change
    with pytest.raises((WireError, PeerRefused)):
        play(association.open(), meter)
        play(association.get(MESSAGE), meter)


@given(st.binary(max_size=60))
@settings(max_examples=60)
def test_no_value_does_more_than_end_it(octets: bytes) -> None:
    association, meter = opened()
    meter.values[MESSAGE] = octets
    try:
        value = play(association.get(MESSAGE), meter)
    except WireError:
        assert association.state is State.CLOSED
    else:
        assert axdr.encode(value) == octets or octets[:1] in b"\x03\x17\x18"
