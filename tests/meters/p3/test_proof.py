"""The proof of HLS: what is none, that it comes once, and what a wrong one costs."""

from __future__ import annotations

import pytest

from tests.meters.builders import CLIENT_TITLE, METER_TITLE, NOW_S, make_meter
from tests.meters.p3.driver import CHALLENGE, INVOKE, REPLY_TO_HLS, Driver
from tests.meters.p3.test_association import GET_CLOCK, NOT_NOW, associated
from wire.cosem.rows import Client
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import AssociateResult, ProviderDiagnostic
from wire.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ExceptionResponse,
    SetRequestNormal,
)
from wire.dlms.descriptors import ActionResult, AttributeDescriptor
from wire.dlms.security import hls5_proof
from wire.obis import Obis


def test_a_wrong_proof_is_refused_and_locks_the_port_for_ten_seconds() -> None:
    meter = make_meter()
    driver = Driver(meter)
    driver.request()
    answer = driver.prove(b"not the challenge")
    assert (answer.result, answer.returned) == (ActionResult.OTHER_REASON, None)
    assert not associated(driver)
    for client in (Client.MANAGEMENT, Client.PUBLIC):
        other = Driver(meter, client)
        other.now_s = NOW_S + 9
        aare = other.request()
        assert aare.result is AssociateResult.REJECTED_TRANSIENT
        assert aare.diagnostic is ProviderDiagnostic.NO_REASON_GIVEN
    late = Driver(meter)
    late.now_s = NOW_S + 10
    late.associate()


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        b"",
        b"\x00",
        b"\x09\x00",
        b"\x09\x11" + bytes(17),
        b"\x0a\x11" + bytes(17),
        b"\x09\x7f",
        b"\x09\x12" + bytes(18),
    ],
)
def test_what_is_no_proof_is_no_proof(parameters: bytes | None) -> None:
    driver = Driver(make_meter())
    driver.request()
    request = ActionRequestNormal(INVOKE, REPLY_TO_HLS, parameters)
    answer = driver.ask(request)
    assert isinstance(answer, ActionResponseNormal | ExceptionResponse)
    assert not isinstance(answer, ActionResponseNormal) or answer.result != 0
    assert driver.raw(driver.seal(GET_CLOCK)) == NOT_NOW


def test_our_own_proof_is_not_taken_for_the_clients() -> None:
    driver = Driver(make_meter())
    aare = driver.request()
    reflected = hls5_proof(
        driver.cipher, METER_TITLE, 5, aare.authentication_value or b""
    )
    octets = axdr.encode(axdr.octet_string(reflected))
    answer = driver.ask(ActionRequestNormal(INVOKE, REPLY_TO_HLS, octets))
    assert isinstance(answer, ActionResponseNormal)
    assert answer.result is ActionResult.OTHER_REASON


def test_nothing_is_read_before_the_proof() -> None:
    driver = Driver(make_meter())
    assert driver.raw(GET_CLOCK) == NOT_NOW
    aare = driver.request()
    assert driver.raw(GET_CLOCK) == NOT_NOW
    assert driver.raw(driver.seal(GET_CLOCK)) == NOT_NOW
    set_message = SetRequestNormal(
        INVOKE, AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2), b"\x09\x01x"
    )
    assert driver.raw(driver.seal(apdu.encode(set_message))) == NOT_NOW
    assert driver.prove(aare.authentication_value).result is ActionResult.SUCCESS


def test_the_proof_comes_once() -> None:
    driver = Driver(make_meter()).associate()
    proof = hls5_proof(driver.cipher, CLIENT_TITLE, driver.counter + 1, CHALLENGE)
    answer = driver.act(15, "0-0:40.0.0", 1, axdr.encode(axdr.octet_string(proof)))
    assert (answer.result, answer.returned) == (ActionResult.OTHER_REASON, None)
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


def test_a_second_aarq_changes_nothing() -> None:
    driver = Driver(make_meter()).associate()
    assert driver.raw(acse.encode(driver.aarq())) == NOT_NOW
    driver.counter -= 1
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
