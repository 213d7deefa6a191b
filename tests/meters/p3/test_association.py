"""Associating, proving, counting and releasing: who gets in, who is told what, who is not."""

from __future__ import annotations

from typing import Any

import pytest

from meters.p3.association import P3Association
from tests.meters.builders import CLIENT_TITLE, METER_TITLE, make_meter
from tests.meters.p3.driver import FULL, INVOKE, Driver
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
from wire.dlms.security import Kind, SecurityControl
from wire.obis import Obis

CLOCK = AttributeDescriptor(8, Obis.parse("0-0:1.0.0"), 2)
GET_CLOCK = apdu.encode(GetRequestNormal(INVOKE, CLOCK))


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
