"""Associating, proving, counting and releasing: who gets in, who is told what, who is not."""

from __future__ import annotations

from typing import Any

import pytest

from meters.p3.association import P3Association
from tests.meters.builders import CLIENT_TITLE, KEYS, METER_TITLE, NOW_S, make_meter
from tests.meters.p3.driver import CHALLENGE, FULL, INVOKE, REPLY_TO_HLS, Driver
from wire.cosem.rows import Client, Standard
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import (
    Aare,
    ApplicationContext,
    AssociateResult,
    Mechanism,
    ProviderDiagnostic,
    Rlre,
    Rlrq,
    UserDiagnostic,
)
from wire.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ConfirmedServiceError,
    ExceptionResponse,
    GetRequestNormal,
    InitiateRequest,
    InitiateResponse,
    SetRequestNormal,
)
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
)
from wire.dlms.faults import InitiateError, ServiceFault, StateError
from wire.dlms.initiate import Conformance
from wire.dlms.security import Cipher, Kind, SecurityControl, hls5_proof, wrap_key
from wire.obis import Obis

CLOCK = AttributeDescriptor(8, Obis.parse("0-0:1.0.0"), 2)
GET_CLOCK = apdu.encode(GetRequestNormal(INVOKE, CLOCK))
KEY_TRANSFER = (64, "0-0:43.0.0", 2)


def refusal(
    fault: ServiceFault, state: StateError = StateError.SERVICE_NOT_ALLOWED
) -> bytes:
    """The octets of an exception-response."""
    return apdu.encode(ExceptionResponse(state, fault))


def associated(driver: Driver) -> bool:
    """Whether the meter takes it for associated, or about to be."""
    return driver.connection.associated


NOT_NOW = refusal(ServiceFault.OPERATION_NOT_POSSIBLE)
UNDECIPHERABLE = refusal(ServiceFault.DECIPHERING_ERROR)
UNKNOWN = refusal(ServiceFault.SERVICE_NOT_SUPPORTED, StateError.SERVICE_UNKNOWN)


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("kind", list(Kind))
def test_management_gets_in_reads_and_releases(standard: Standard, kind: Kind) -> None:
    driver = Driver(make_meter(standard))
    driver.kind = kind
    driver.associate()
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    assert associated(driver)
    released = acse.decode(driver.release() or b"")
    assert isinstance(released, Rlre) and released.user_information is None
    assert not associated(driver)
    assert driver.raw(driver.seal(GET_CLOCK)) == NOT_NOW


def test_what_is_granted_is_what_was_asked_and_may_be() -> None:
    driver = Driver(make_meter())
    aare = driver.request(conformance=Conformance(0xFFFFFF & ~(1 << 23)))
    granted = apdu.decode(driver.open(aare.user_information or b""))
    assert granted == InitiateResponse(FULL, 1024)
    assert aare.responding_ap_title == METER_TITLE
    assert aare.diagnostic is UserDiagnostic.AUTHENTICATION_REQUIRED
    assert len(aare.authentication_value or b"") == 16
    public = Driver(make_meter(), Client.PUBLIC)
    granted = apdu.decode(public.request().user_information or b"")
    assert granted == InitiateResponse(Conformance(0x001014), 1024)


@pytest.mark.parametrize(
    ("client", "changed", "diagnostic"),
    [
        (
            1,
            {"context": ApplicationContext.LN},
            "APPLICATION_CONTEXT_NAME_NOT_SUPPORTED",
        ),
        (
            1,
            {"context": ApplicationContext.SN},
            "APPLICATION_CONTEXT_NAME_NOT_SUPPORTED",
        ),
        (1, {"mechanism": Mechanism.LOWEST}, "AUTHENTICATION_REQUIRED"),
        (
            1,
            {"mechanism": Mechanism.LOW},
            "AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED",
        ),
        (
            1,
            {"mechanism": Mechanism.HIGH_SHA256},
            "AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED",
        ),
        (1, {"calling_ap_title": None}, "CALLING_AP_TITLE_NOT_RECOGNIZED"),
        (1, {"calling_ap_title": b"short"}, "CALLING_AP_TITLE_NOT_RECOGNIZED"),
        (1, {"calling_ap_title": METER_TITLE}, "CALLING_AP_TITLE_NOT_RECOGNIZED"),
        (1, {"calling_ap_title": b"stranger"}, "AUTHENTICATION_FAILURE"),
        (1, {"authentication_value": b"short"}, "AUTHENTICATION_FAILURE"),
        (1, {"authentication_value": bytes(65)}, "AUTHENTICATION_FAILURE"),
        (1, {"authentication_value": None}, "AUTHENTICATION_FAILURE"),
        (1, {"user_information": None}, "AUTHENTICATION_FAILURE"),
        (1, {"user_information": b"\x01\x00\x00\x00\x06"}, "AUTHENTICATION_FAILURE"),
        (
            16,
            {"context": ApplicationContext.LN_CIPHERED},
            "APPLICATION_CONTEXT_NAME_NOT_SUPPORTED",
        ),
        (
            16,
            {"mechanism": Mechanism.LOW, "authentication_value": b"00000000"},
            "AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED",
        ),
        (16, {"user_information": None}, "NO_REASON_GIVEN"),
        (16, {"user_information": GET_CLOCK}, "NO_REASON_GIVEN"),
        (102, {}, "NO_REASON_GIVEN"),
    ],
)
def test_who_is_rejected_is_told_why(
    client: int, changed: dict[str, Any], diagnostic: str
) -> None:
    driver = Driver(make_meter(), client)
    aare = driver.request(**changed)
    assert aare.result is AssociateResult.REJECTED_PERMANENT
    assert aare.diagnostic is UserDiagnostic[diagnostic]
    assert not associated(driver)


@pytest.mark.parametrize("client", [Client.MANAGEMENT, Client.PUBLIC])
def test_who_allows_no_answer_gets_none_and_no_association(client: Client) -> None:
    driver = Driver(make_meter(), client)
    initiate = apdu.encode(InitiateRequest(FULL, 1024, response_allowed=False))
    information = driver.seal(initiate) if driver.ciphered else initiate
    aarq = driver.aarq(user_information=information)
    assert driver.raw(acse.encode(aarq)) is None
    assert not associated(driver)


@pytest.mark.parametrize("client", [Client.MANAGEMENT, Client.PUBLIC])
def test_another_version_of_acse_is_not_spoken(client: Client) -> None:
    driver = Driver(make_meter(), client)
    octets = acse.encode(driver.aarq())
    body = bytes.fromhex("80020640") + octets[2:]
    answer = driver.raw(bytes((acse.AARQ, len(body))) + body)
    assert acse.decode(answer or b"") == Aare(
        driver.aarq().context,
        AssociateResult.REJECTED_PERMANENT,
        ProviderDiagnostic.NO_COMMON_ACSE_VERSION,
    )
    assert not associated(driver)


@pytest.mark.parametrize(
    ("initiate", "error"),
    [
        (
            InitiateRequest(FULL, 1024, dlms_version=5),
            InitiateError.DLMS_VERSION_TOO_LOW,
        ),
        (
            InitiateRequest(Conformance.READ, 1024),
            InitiateError.INCOMPATIBLE_CONFORMANCE,
        ),
        (InitiateRequest(FULL, 63), InitiateError.PDU_SIZE_TOO_SHORT),
        (InitiateRequest(FULL, 1024, dedicated_key=bytes(16)), InitiateError.OTHER),
    ],
)
def test_terms_that_cannot_be_are_named(initiate: InitiateRequest, error: int) -> None:
    driver = Driver(make_meter())
    aare = driver.request(user_information=driver.seal(apdu.encode(initiate)))
    assert aare.result is AssociateResult.REJECTED_PERMANENT
    fault = apdu.decode(aare.user_information or b"")
    assert isinstance(fault, ConfirmedServiceError)
    assert fault.value == error


@pytest.mark.parametrize(
    "control", [SecurityControl.AUTHENTICATED, SecurityControl.ENCRYPTED]
)
def test_half_a_protection_is_not_enough(control: SecurityControl) -> None:
    driver = Driver(make_meter())
    driver.control = control
    assert driver.request().diagnostic is UserDiagnostic.AUTHENTICATION_FAILURE
    driver = Driver(make_meter()).associate()
    driver.control = control
    assert driver.raw(driver.seal(GET_CLOCK)) == UNDECIPHERABLE
    driver.control = SecurityControl.AUTHENTICATED_ENCRYPTED
    driver.counter -= 1
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


@pytest.mark.parametrize("standard", list(Standard))
def test_a_lower_policy_takes_less_and_can_only_be_raised(standard: Standard) -> None:
    meter = make_meter(standard)
    meter.state.security_policy = 1
    driver = Driver(meter)
    driver.control = SecurityControl.AUTHENTICATED
    driver.associate()
    activate = 64, "0-0:43.0.0", 1
    refused = driver.act(*activate, b"\x16\x00")
    assert refused.result is ActionResult.OTHER_REASON
    assert driver.act(*activate, b"\x16\x04").result is ActionResult.OTHER_REASON
    assert driver.act(*activate, b"\x16\x03").result is ActionResult.SUCCESS
    assert driver.raw(driver.seal(GET_CLOCK)) == UNDECIPHERABLE


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


@pytest.mark.parametrize("client", [Client.MANAGEMENT, Client.PUBLIC])
def test_a_release_may_carry_an_initiate(client: Client) -> None:
    driver = Driver(make_meter(), client).associate()
    initiate = apdu.encode(InitiateRequest(FULL, 1024))
    carried = driver.seal(initiate) if driver.ciphered else initiate
    released = acse.decode(
        driver.raw(acse.encode(Rlrq(user_information=carried))) or b""
    )
    assert isinstance(released, Rlre)
    information = released.user_information or b""
    plain = driver.open(information) if driver.ciphered else information
    assert isinstance(apdu.decode(plain), InitiateResponse)


def test_a_release_with_a_false_initiate_does_not_release() -> None:
    driver = Driver(make_meter()).associate()
    good = driver.seal(apdu.encode(InitiateRequest(FULL, 1024)))
    bent = good[:-1] + bytes((good[-1] ^ 1,))
    assert driver.raw(acse.encode(Rlrq(user_information=bent))) == UNDECIPHERABLE
    assert associated(driver)
    driver.counter += 5
    skipped = driver.seal(apdu.encode(InitiateRequest(FULL, 1024)))
    assert driver.raw(acse.encode(Rlrq(user_information=skipped))) is None
    assert not associated(driver)


def test_a_release_of_nothing_is_refused() -> None:
    assert Driver(make_meter()).release() == NOT_NOW


def transfer(*keys: tuple[int, bytes], kek: bytes = KEYS.master_key) -> bytes:
    """The parameter of global_key_transfer."""
    return axdr.encode(
        axdr.array(
            axdr.structure(axdr.enum(key_id), axdr.octet_string(wrap_key(kek, key)))
            for key_id, key in keys
        )
    )


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_new_keys_hold_from_the_next_request_on(standard: Standard) -> None:
    meter = make_meter(standard)
    driver = Driver(meter).associate()
    encryption, authentication = bytes([1]) * 16, bytes([2]) * 16
    parameter = transfer((2, authentication), (0, encryption))
    assert driver.act(*KEY_TRANSFER, parameter).result is ActionResult.SUCCESS
    assert meter.state.unsaved
    old = driver.cipher
    driver.cipher = Cipher(encryption, authentication)
    driver.counter = 0
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)
    driver.cipher = old
    assert driver.raw(driver.seal(GET_CLOCK)) == UNDECIPHERABLE


@pytest.mark.parametrize(
    "parameter",
    [
        transfer((0, bytes(16)), kek=bytes(16)),
        transfer((1, bytes(16))),
        transfer((0, bytes(16)), (0, bytes(16))),
        transfer((0, bytes(24))),
        transfer((0, bytes(16)), (7, bytes(16))),
        transfer(),
    ],
)
def test_keys_change_all_together_or_not_at_all(parameter: bytes) -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    refused = driver.act(*KEY_TRANSFER, parameter)
    assert refused.result is ActionResult.OTHER_REASON
    assert meter.state.keys == KEYS
    assert isinstance(driver.get(8, "0-0:1.0.0"), bytes)


def test_a_key_that_comes_again_does_not_make_old_counters_new() -> None:
    meter = make_meter(Standard.SMR_5_0)
    driver = Driver(meter).associate()
    again = driver.act(*KEY_TRANSFER, transfer((0, KEYS.encryption_key)))
    assert again.result is ActionResult.SUCCESS
    assert meter.state.received_counter == driver.counter
    driver.release()
    replayed = Driver(meter)
    assert replayed.request().diagnostic is UserDiagnostic.AUTHENTICATION_FAILURE


def test_the_hls_secret_changes_and_is_never_shown() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    secret = bytes([9]) * 16
    wrapped = axdr.encode(axdr.octet_string(wrap_key(KEYS.master_key, secret)))
    changed = driver.act(15, "0-0:40.0.0", 2, wrapped)
    assert changed.result is ActionResult.SUCCESS
    assert meter.state.keys.hls_secret == secret
    assert driver.get(15, "0-0:40.0.0", 7) == b"\x09\x00"
    public = Driver(meter, Client.PUBLIC).associate()
    assert public.get(15, "0-0:40.0.0", 7) is DataAccessResult.READ_WRITE_DENIED


def test_the_association_shows_its_own_client() -> None:
    management = Driver(make_meter()).associate()
    partners = axdr.plain(axdr.decode(management.get(15, "0-0:40.0.0", 3)))  # type: ignore
    assert partners == [1, 1]
    title = management.get(64, "0-0:43.0.0", 4)
    assert title == b"\x09\x08" + CLIENT_TITLE
    mechanism = axdr.plain(axdr.decode(management.get(15, "0-0:40.0.0", 6)))  # type: ignore
    assert mechanism == [2, 16, 756, 5, 8, 2, 5]
    public = Driver(make_meter(), Client.PUBLIC).associate()
    context = axdr.plain(axdr.decode(public.get(15, "0-0:40.0.0", 4)))  # type: ignore
    assert context == [2, 16, 756, 5, 8, 1, 1]
    listed = axdr.plain(axdr.decode(public.get(15, "0-0:40.0.0", 2)))  # type: ignore
    rows = make_meter().model.rows
    assert len(listed) == sum(row.visible(Client.PUBLIC) for row in rows)


def test_the_object_list_tells_what_can_be_selected_from() -> None:
    meter = make_meter()
    link = P3Association(meter, Client.MANAGEMENT)
    object_list = AttributeDescriptor(15, Obis.parse("0-0:40.0.0"), 2).encode()
    octets = meter.model.get(meter, link, object_list, None)
    assert isinstance(octets, bytes)
    selectors = {
        (class_id, Obis(code).short, number): by
        for class_id, _, code, (attributes, _) in axdr.plain(axdr.decode(octets))
        for number, _, by in attributes
        if by is not None
    }
    assert selectors == {
        (7, row.obis.short, 2): [1, 2] for row in meter.model.rows if row.class_id == 7
    }


def test_the_public_client_has_no_service_but_get() -> None:
    public = Driver(make_meter(), Client.PUBLIC).associate()
    message = AttributeDescriptor(1, Obis.parse("0-0:96.13.0"), 2)
    answer = public.ask(SetRequestNormal(INVOKE, message, b"\x09\x00"))
    assert answer == ExceptionResponse(
        StateError.SERVICE_NOT_ALLOWED, ServiceFault.SERVICE_NOT_SUPPORTED
    )
    assert public.get(1, "0-0:96.13.0") is DataAccessResult.READ_WRITE_DENIED


def test_both_clients_on_one_connection_do_not_mix() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    public = Driver(meter, Client.PUBLIC)
    public.connection = driver.connection
    public.associate()
    assert public.get(3, "1-0:1.8.1") is DataAccessResult.READ_WRITE_DENIED
    assert isinstance(driver.get(3, "1-0:1.8.1"), bytes)
    public.release()
    assert isinstance(driver.get(3, "1-0:1.8.1"), bytes)
