"""Frames of an association: clear where cipher is due, counters, replays, what was changed."""

from __future__ import annotations

import pytest

from tests.meters.builders import KEYS, NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from tests.meters.p3.test_association import (
    GET_CLOCK,
    NOT_NOW,
    UNDECIPHERABLE,
    associated,
    refusal,
)
from wire.cosem.rows import Client, Standard
from wire.dlms import apdu
from wire.dlms.acse import UserDiagnostic
from wire.dlms.apdu import SetRequestNormal
from wire.dlms.descriptors import ActionResult, AttributeDescriptor
from wire.dlms.faults import ServiceFault, StateError
from wire.dlms.security import Cipher
from wire.obis import Obis

UNKNOWN = refusal(ServiceFault.SERVICE_NOT_SUPPORTED, StateError.SERVICE_UNKNOWN)


@pytest.mark.parametrize("apdu_type", ["request", "set"])
def test_plaintext_is_refused_and_the_association_stays(apdu_type: str) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    message = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
    octets = GET_CLOCK
    if apdu_type == "set":
        octets = apdu.encode(SetRequestNormal(INVOKE, message, b"\x09\x02hi"))
    assert driver.raw(octets) == NOT_NOW
    assert meter.state.message == b""
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


@pytest.mark.parametrize("standard", [Standard.DSMR_4_0_6, Standard.DSMR_4_2_2])
@pytest.mark.parametrize("step", [0, 2, -1, 1000])
def test_dsmr4_wants_the_next_counter_or_ends_without_a_word(
    standard: Standard, step: int
) -> None:
    driver = Driver(make_meter(standard)).associate()
    driver.counter += step - 1
    assert driver.raw(driver.seal(GET_CLOCK)) is None
    assert not associated(driver)
    assert driver.raw(driver.seal(GET_CLOCK)) == NOT_NOW
    driver.counter = 5
    driver.associate()


@pytest.mark.parametrize(
    ("proof", "frame"),
    [(-5, 0), (0, 0), (1, 1), (1, 0), (2, 1)],
)
def test_a_proof_may_have_a_counter_between_two_frames(proof: int, frame: int) -> None:
    driver = Driver(make_meter())
    aare = driver.request()
    base = driver.counter
    driver.counter += frame
    if proof == 2:
        # The frame left a gap that the proof does not fill.
        with pytest.raises(AssertionError, match="did not answer"):
            driver.prove(aare.authentication_value, base + proof)
        assert not associated(driver)
        return
    answer = driver.prove(aare.authentication_value, base + proof)
    assert answer.result is ActionResult.SUCCESS
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


def test_smr5_wants_a_higher_counter_from_the_first_frame_on() -> None:
    meter = make_meter(Standard.SMR_5_0)
    driver = Driver(meter).associate()
    driver.counter += 500
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    last = driver.counter
    assert meter.state.received_counter == last
    driver.counter -= 1
    assert driver.raw(driver.seal(GET_CLOCK)) is None
    assert not associated(driver)
    again = Driver(meter)
    again.counter = last - 1
    assert again.request().diagnostic is UserDiagnostic.AUTHENTICATION_FAILURE
    public = Driver(meter, Client.PUBLIC)
    public.now_s = NOW_S + 20
    shown = public.associate().get(1, "0-0:43.1.0")
    assert shown == b"\x06" + last.to_bytes(4, "big")
    later = Driver(meter)
    later.now_s = NOW_S + 20
    later.counter = last
    later.associate()


def test_a_replayed_frame_has_no_effect() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    message = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
    frame = driver.seal(apdu.encode(SetRequestNormal(INVOKE, message, b"\x09\x01a")))
    assert driver.raw(frame) is not None
    meter.state.message = b"changed since"
    assert driver.raw(frame) is None
    assert meter.state.message == b"changed since"


def test_a_frame_of_an_earlier_association_does_not_verify_the_next() -> None:
    meter = make_meter()
    driver = Driver(meter)
    aare = driver.request()
    start = driver.counter
    driver.prove(aare.authentication_value)
    driver.release()
    # The same client, recorded: its AARQ is taken, its proof is over another challenge.
    driver.counter = start - 1
    second = driver.request()
    assert second.authentication_value != aare.authentication_value
    assert driver.prove(aare.authentication_value).result is ActionResult.OTHER_REASON


def test_a_changed_bit_anywhere_is_noticed() -> None:
    driver = Driver(make_meter()).associate()
    good = driver.seal(GET_CLOCK)
    for bit in range(8 * 7, 8 * len(good), 5):
        bent = bytearray(good)
        bent[bit // 8] ^= 1 << bit % 8
        assert driver.raw(bytes(bent)) == UNDECIPHERABLE
    assert driver.raw(good) is not None


@pytest.mark.parametrize("kept", [*range(0, 7), 8, 20])
def test_a_cut_frame_is_refused(kept: int) -> None:
    driver = Driver(make_meter()).associate()
    good = driver.seal(GET_CLOCK)
    assert driver.raw(good[:kept]) in (UNKNOWN, UNDECIPHERABLE)
    shorter = good[:1] + bytes((good[1] - 4,)) + good[2:-4]
    assert driver.raw(shorter) == UNDECIPHERABLE
    assert driver.raw(good) is not None


def test_another_key_does_not_open_it() -> None:
    driver = Driver(make_meter()).associate()
    for keys in (
        (bytes(16), KEYS.authentication_key),
        (KEYS.encryption_key, bytes(16)),
    ):
        honest, driver.cipher = driver.cipher, Cipher(*keys)
        assert driver.raw(driver.seal(GET_CLOCK)) == UNDECIPHERABLE
        driver.cipher = honest
        driver.counter -= 1
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
