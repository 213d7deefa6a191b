"""Associating and releasing, and what ends an association."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headend.dlms import services
from headend.dlms.credentials import PUBLIC_CONFORMANCE, Credentials
from headend.dlms.session import Session
from tests.headend.dlms.fake_meter import (
    AUTHENTICATION_KEY,
    CLIENT_TITLE,
    ENCRYPTION_KEY,
    MANAGEMENT,
    MESSAGE,
    METER_TITLE,
    Counters,
    FakeMeter,
    play,
)
from wire.dlms import apdu, axdr
from wire.dlms.acse import Aarq, AssociateResult, Mechanism, Rlrq, UserDiagnostic
from wire.dlms.action import ActionResponseNormal
from wire.dlms.association import State
from wire.dlms.descriptors import ActionResult
from wire.dlms.faults import (
    ConfirmedService,
    ConfirmedServiceError,
    ExceptionResponse,
    ServiceErrorKind,
    ServiceFault,
    StateError,
)
from wire.dlms.initiate import Conformance, InitiateRequest
from wire.dlms.security import CounterRule, Kind, SecurityControl
from wire.errors import LocalError, PeerRefused, SecurityError, WireError

BOTH_KINDS = pytest.mark.parametrize("kind", Kind)
HELLO = axdr.octet_string(b"hello")


def opened(
    credentials: Credentials = MANAGEMENT, meter: FakeMeter | None = None
) -> tuple[Session, FakeMeter]:
    meter = meter or FakeMeter(credentials)
    session = Session(credentials, Counters())
    play(session.open(), meter)
    return session, meter


def read(session: Session, meter: FakeMeter) -> axdr.Data:
    return play(services.get_value(session, MESSAGE), meter)


@BOTH_KINDS
def test_a_management_client_associates_reads_and_releases(kind: Kind) -> None:
    session, meter = opened(replace(MANAGEMENT, kind=kind))
    states = [session.state]
    assert session.meter_title == METER_TITLE
    assert read(session, meter) == HELLO
    play(session.release(), meter)
    assert [*states, session.state] == [State.ASSOCIATED, State.IDLE]
    aarq, initiate = meter.requests[:2]
    assert isinstance(aarq, Aarq) and aarq.mechanism is Mechanism.HIGH_GMAC
    assert aarq.calling_ap_title == CLIENT_TITLE
    assert initiate == InitiateRequest(Conformance(0x001A1D), 1024)
    assert isinstance(meter.requests[-1], Rlrq)


@pytest.mark.parametrize("control", SecurityControl)
def test_every_protection_works(control: SecurityControl) -> None:
    session, meter = opened(replace(MANAGEMENT, control=control))
    assert read(session, meter) == HELLO


def test_a_public_client_ciphers_nothing() -> None:
    session, meter = opened(Credentials.public())
    assert read(session, meter) == HELLO
    assert meter.requests[0].mechanism is Mechanism.LOWEST
    assert meter.requests[1].conformance == PUBLIC_CONFORMANCE
    play(session.release(), meter)
    assert session.state is State.IDLE


@pytest.mark.parametrize("rule", CounterRule)
def test_counters_follow_both_rules_and_the_proof_has_its_own(
    rule: CounterRule,
) -> None:
    meter = FakeMeter()
    meter.rule = rule
    counters = Counters(first=40)
    session = Session(MANAGEMENT, counters)
    play(session.open(), meter)
    for _ in range(3):
        read(session, meter)
    play(session.release(), meter)
    assert meter.proof_counters == [40]
    assert meter.client_counters == [41, 42, 43, 44, 45, 46]
    assert len(set(counters.given)) == len(counters.given)


def test_an_association_can_follow_another() -> None:
    session, meter = opened()
    play(session.release(), meter)
    play(session.open(), meter)
    assert read(session, meter) == HELLO


def test_negotiated_conformance_is_what_both_have() -> None:
    meter = FakeMeter()
    meter.conformance = Conformance.GET | Conformance.ACCESS
    session, _ = opened(meter=meter)
    assert session.conformance == Conformance.GET


def test_the_first_title_shown_is_taken_when_none_is_known() -> None:
    session, meter = opened(replace(MANAGEMENT, meter_title=None))
    assert session.meter_title == METER_TITLE


def test_keys_are_replaced_between_two_requests() -> None:
    session, meter = opened()
    new = bytes(range(32, 48))
    counters = Counters(first=0)
    meter.use_keys(new, AUTHENTICATION_KEY)
    meter.counter = 0
    meter.client_counters.clear()
    session.replace_keys(encryption_key=new, next_counter=counters)
    assert read(session, meter) == HELLO
    assert counters.given == [0]
    meter.use_keys(new, new)
    session.replace_keys(authentication_key=new)
    assert read(session, meter) == HELLO
    assert meter.client_counters == [0, 1]


def test_a_new_encryption_key_needs_its_own_counters() -> None:
    session, _ = opened()
    with pytest.raises(LocalError):
        session.replace_keys(encryption_key=bytes(16))
    with pytest.raises(LocalError):
        session.replace_keys(next_counter=Counters())


def test_out_of_turn_is_our_own_fault_and_asks_for_no_counter() -> None:
    counters = Counters()
    session, meter = Session(MANAGEMENT, counters), FakeMeter()
    for early in (services.get_value(session, MESSAGE), session.release()):
        with pytest.raises(LocalError):
            next(early)
    assert counters.given == []
    play(session.open(), meter)
    next(services.get_value(session, MESSAGE))
    given = list(counters.given)
    for late in (
        services.get_value(session, MESSAGE),
        session.release(),
        session.open(),
    ):
        with pytest.raises(LocalError):
            next(late)
    assert counters.given == given


def test_incomplete_credentials_are_refused() -> None:
    with pytest.raises(LocalError):
        Credentials(system_title=CLIENT_TITLE, encryption_key=bytes(16))
    with pytest.raises(LocalError):
        replace(MANAGEMENT, system_title=b"short")
    assert bytes(range(16)).hex() not in repr(MANAGEMENT)
    assert repr(ENCRYPTION_KEY) not in repr(MANAGEMENT)


def fails_to_open(meter: FakeMeter, error: type[Exception], says: str) -> Session:
    session = Session(MANAGEMENT, Counters())
    with pytest.raises(error, match=says):
        play(session.open(), meter)
    assert session.state is (State.IDLE if error is PeerRefused else State.CLOSED)
    return session


def test_a_rejected_association() -> None:
    meter = FakeMeter()
    meter.aare_result = AssociateResult.REJECTED_PERMANENT
    meter.diagnostic = UserDiagnostic.AUTHENTICATION_FAILURE
    session = fails_to_open(meter, PeerRefused, "authentication-failure")
    with pytest.raises(PeerRefused) as raised:
        play(session.open(), meter)
    assert raised.value.result == 13


def test_a_meter_that_wants_no_proof_is_not_trusted() -> None:
    meter = FakeMeter()
    meter.diagnostic = UserDiagnostic.NULL
    fails_to_open(meter, SecurityError, "without asking")


def test_a_meter_that_wants_another_mechanism_is_not_trusted() -> None:
    meter = FakeMeter()
    meter.mechanism = Mechanism.HIGH_MD5
    fails_to_open(meter, SecurityError, "another mechanism")


@pytest.mark.parametrize("challenge", [b"", b"1234567", bytes(65)])
def test_a_challenge_of_the_wrong_length(challenge: bytes) -> None:
    meter = FakeMeter()
    meter.challenge = challenge
    fails_to_open(meter, SecurityError, "challenge")


def test_our_own_challenge_sent_back_is_not_answered() -> None:
    meter = FakeMeter()
    meter.challenge = bytes(16)
    session = Session(MANAGEMENT, Counters(), random_bytes=bytes)
    with pytest.raises(SecurityError, match="our own"):
        play(session.open(), meter)


def test_another_meter_is_not_trusted() -> None:
    meter = FakeMeter()
    meter.title = b"MTR\x00\x00\x00\x00\x08"
    fails_to_open(meter, SecurityError, "another meter")


def test_a_meter_that_shows_our_title_is_not_trusted() -> None:
    meter = FakeMeter()
    meter.title = CLIENT_TITLE
    session = Session(replace(MANAGEMENT, meter_title=None), Counters())
    with pytest.raises(SecurityError, match="our own system title"):
        play(session.open(), meter)


def test_other_keys_at_the_meter() -> None:
    meter = FakeMeter(replace(MANAGEMENT, encryption_key=bytes(16)))
    session = Session(MANAGEMENT, Counters())
    request = next(session.open())
    with pytest.raises(SecurityError):
        meter.receive(request)


@pytest.mark.parametrize(
    "returned", [None, b"\x00", b"\x09\x00", b"\x09\x11" + b"\x10" * 17]
)
def test_a_meter_without_proof_is_not_trusted(returned: bytes | None) -> None:
    meter = FakeMeter()
    meter.change_apdu = lambda answer: replace(answer, returned=returned)
    fails_to_open(meter, SecurityError, "proof|tag")


def test_a_refused_proof() -> None:
    meter = FakeMeter()
    meter.change_apdu = lambda answer: ActionResponseNormal(
        answer.invoke_id_and_priority, ActionResult.OTHER_REASON
    )
    fails_to_open(meter, PeerRefused, "refuses our proof: other-reason")


@pytest.mark.parametrize("max_pdu", [1, 63])
def test_a_meter_that_takes_nothing(max_pdu: int) -> None:
    meter = FakeMeter()
    meter.max_pdu = max_pdu
    fails_to_open(meter, WireError, "hold no request")


EXCEPTION = ExceptionResponse(
    StateError.SERVICE_NOT_ALLOWED, ServiceFault.OPERATION_NOT_POSSIBLE
)
SERVICE_ERROR = ConfirmedServiceError(
    ConfirmedService.READ, ServiceErrorKind.SERVICE, 2
)


@pytest.mark.parametrize("refusal", [EXCEPTION, SERVICE_ERROR])
def test_a_refusal_in_clear_is_told_at_every_step(refusal: Any) -> None:
    octets = apdu.encode(refusal)
    for step in range(4):
        meter = FakeMeter()
        replies = [lambda octets: octets] * step + [lambda _: octets]
        meter.change_octets = lambda octets: replies.pop(0)(octets)
        session = Session(MANAGEMENT, Counters())
        with pytest.raises(PeerRefused, match="exception|service error"):
            play(session.open(), meter)
            play(services.get_value(session, MESSAGE), meter)
            play(session.release(), meter)
        assert session.state is (State.ASSOCIATED if step == 2 else State.IDLE)


def test_an_association_outlives_a_refused_request() -> None:
    session, meter = opened()
    meter.change_octets = lambda _: apdu.encode(EXCEPTION)
    with pytest.raises(PeerRefused) as raised:
        read(session, meter)
    assert raised.value.result == ServiceFault.OPERATION_NOT_POSSIBLE
    meter.change_octets = lambda octets: octets
    assert read(session, meter) == HELLO
