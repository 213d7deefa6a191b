"""What ends an association: answers in clear, replayed, forged or of something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.dlms.session import Session
from tests.headend.dlms.fake_meter import (
    MANAGEMENT,
    MESSAGE,
    Counters,
    FakeMeter,
    play,
    with_invoke_id,
)
from tests.headend.dlms.test_session import fails_to_open, opened, read
from wire.dlms import acse, apdu
from wire.dlms.acse import Aarq
from wire.dlms.action import ActionResponseNormal
from wire.dlms.association import State
from wire.dlms.descriptors import ActionResult
from wire.dlms.initiate import Conformance, InitiateRequest, InitiateResponse
from wire.dlms.security import SecurityControl
from wire.errors import LocalError, PeerRefused, SecurityError, WireError


def ends(session: Session, meter: FakeMeter, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        read(session, meter)
    assert session.state is State.CLOSED
    with pytest.raises(LocalError):
        read(session, meter)


def test_an_answer_in_clear_ends_it() -> None:
    session, meter = opened()
    meter.change_octets = lambda _: bytes.fromhex("C401410009026869")
    ends(session, meter, SecurityError, "in clear")


def test_an_initiate_response_in_clear_is_not_trusted() -> None:
    meter = FakeMeter()
    clear = apdu.encode(InitiateResponse(Conformance.GET, 1024))

    def uncover(octets: bytes) -> bytes:
        aare = acse.decode(octets)
        assert isinstance(aare, acse.Aare)
        return acse.encode(replace(aare, user_information=clear))

    meter.change_octets = uncover
    fails_to_open(meter, SecurityError, "not ciphered")


def test_a_lesser_protected_answer_ends_it() -> None:
    for control in (SecurityControl.ENCRYPTED, SecurityControl.AUTHENTICATED):
        session, meter = opened()
        meter.control = control
        ends(session, meter, SecurityError, "protected less")


def test_a_replayed_answer_ends_it() -> None:
    session, meter = opened()
    seen: list[bytes] = []

    def keep(octets: bytes) -> bytes:
        seen.append(octets)
        return octets

    meter.change_octets = keep
    read(session, meter)
    meter.change_octets = lambda _: seen[0]
    ends(session, meter, SecurityError, "frame counter")


def test_a_meter_whose_counter_fell_behind_is_not_trusted() -> None:
    session = Session(MANAGEMENT, Counters(), meter_counter=5_000)
    with pytest.raises(SecurityError, match="frame counter"):
        play(session.open(), FakeMeter())


def test_a_wrong_tag_ends_it() -> None:
    session, meter = opened()
    meter.change_octets = lambda octets: octets[:-1] + bytes((octets[-1] ^ 1,))
    ends(session, meter, SecurityError, "tag")


def test_an_answer_to_another_request_ends_it() -> None:
    session, meter = opened()
    meter.change_apdu = lambda answer: with_invoke_id(answer, 0x4F)
    ends(session, meter, WireError, "invoke-id")


def test_another_service_answering_ends_it() -> None:
    session, meter = opened()
    meter.change_apdu = lambda answer: ActionResponseNormal(
        answer.invoke_id_and_priority, ActionResult.SUCCESS
    )
    ends(session, meter, WireError, "ActionResponseNormal")


def test_a_request_for_an_answer_ends_it() -> None:
    session, meter = opened()
    meter.change_apdu = lambda answer: InitiateRequest(Conformance(0), 1)
    ends(session, meter, WireError, "InitiateRequest")


def test_a_value_that_is_none_ends_it() -> None:
    session, meter = opened()
    meter.values[MESSAGE] = b"\x09\x05he"
    ends(session, meter, WireError, "octet")


def test_another_acse_answer_ends_it() -> None:
    session, meter = opened()
    meter.change_octets = lambda _: acse.encode(Aarq(acse.ApplicationContext.LN))
    with pytest.raises(WireError, match="Aarq where Rlre is due"):
        play(session.release(), meter)
    assert session.state is State.CLOSED


@given(st.binary(max_size=80), st.integers(0, 3))
def test_no_octets_do_more_than_end_it(octets: bytes, step: int) -> None:
    meter = FakeMeter()
    session = Session(MANAGEMENT, Counters())
    count = 0

    def change(good: bytes) -> bytes:
        nonlocal count
        count += 1
        return octets if count > step else good

    meter.change_octets = change
    with pytest.raises((WireError, PeerRefused)):
        play(session.open(), meter)
        read(session, meter)
        play(session.release(), meter)
    assert session.state in (State.CLOSED, State.IDLE, State.ASSOCIATED)
