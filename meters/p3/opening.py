"""Judging an AARQ: who may associate, how, and on which terms (P3, 2.1 and 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from meters.meter import Meter
from meters.objects.configuration import enabled_on_p3
from meters.p3.limits import MAX_RECEIVE_PDU_SIZE
from meters.p3.security import Protection
from wire.cosem.rows import Client
from wire.dlms import acse, apdu
from wire.dlms.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociateResult,
    Mechanism,
    ProviderDiagnostic,
    UserDiagnostic,
)
from wire.dlms.apdu import ConfirmedServiceError, InitiateRequest, InitiateResponse
from wire.dlms.faults import ConfirmedService, InitiateError, ServiceErrorKind
from wire.dlms.initiate import DLMS_VERSION, Conformance
from wire.dlms.security import CHALLENGE_LENGTHS, TITLE_OCTETS
from wire.errors import WireError

# A PDU must hold a ciphered answer, or a block with some data in it.
LEAST_PDU_SIZE = 64

_SELECTIVE_READ = (
    Conformance.GET | Conformance.BLOCK_TRANSFER_WITH_GET | Conformance.SELECTIVE_ACCESS
)
# P3, 2.1; long parameters of methods are more than it asks.
CONFORMANCE = {
    Client.PUBLIC: _SELECTIVE_READ,
    Client.MANAGEMENT: (
        _SELECTIVE_READ
        | Conformance.SET
        | Conformance.ACTION
        | Conformance.BLOCK_TRANSFER_WITH_SET
        | Conformance.BLOCK_TRANSFER_WITH_ACTION
        | Conformance.MULTIPLE_REFERENCES
    ),
}
_CONTEXTS = {
    Client.PUBLIC: ApplicationContext.LN,
    Client.MANAGEMENT: ApplicationContext.LN_CIPHERED,
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an association is not accepted; `error` tells of the xDLMS context, if it is that.

    `locks` is set for a failed authentication: a wrong key, not merely a wrong proposal.
    `silent` is set for a client that wants no answer.
    """

    diagnostic: UserDiagnostic | ProviderDiagnostic
    result: AssociateResult = AssociateResult.REJECTED_PERMANENT
    error: InitiateError | None = None
    locks: bool = False
    silent: bool = False

    def encode(self, context: ApplicationContext) -> bytes:
        """The AARE; the context is the one that was asked for, or else the plain one."""
        information = None
        if self.error is not None:
            information = apdu.encode(
                ConfirmedServiceError(
                    ConfirmedService.INITIATE, ServiceErrorKind.INITIATE, self.error
                )
            )
        answered = (
            context
            if context is not ApplicationContext.UNKNOWN
            else ApplicationContext.LN
        )
        return acse.encode(
            Aare(answered, self.result, self.diagnostic, user_information=information)
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """The terms of an association; no `protection` for a client that speaks in clear."""

    initiate: InitiateResponse
    client_max_receive_pdu_size: int
    protection: Protection | None


_FAILED = Rejection(UserDiagnostic.AUTHENTICATION_FAILURE, locks=True)


def judge(meter: Meter, client: Client, request: Aarq) -> Accepted | Rejection:
    """Accepts or rejects an AARQ, by the client's SAP that it came from."""
    if client not in CONFORMANCE:
        # The pre-established client has no object at all (P3, 2.1.2).
        return Rejection(UserDiagnostic.NO_REASON_GIVEN)
    if not request.version_1:
        return Rejection(ProviderDiagnostic.NO_COMMON_ACSE_VERSION)
    if request.context is not _CONTEXTS[client]:
        return Rejection(UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED)
    if not _may_authenticate(meter, client, request.mechanism):
        missing = request.mechanism is Mechanism.LOWEST
        return Rejection(
            UserDiagnostic.AUTHENTICATION_REQUIRED
            if missing
            else UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED
        )
    if client is Client.PUBLIC:
        return _terms(client, request.user_information, None)
    return _judge_management(meter, request)


def _may_authenticate(meter: Meter, client: Client, mechanism: Mechanism) -> bool:
    """Whether the client may do so: the public one not at all, management as configured."""
    if client is Client.PUBLIC:
        return mechanism is Mechanism.LOWEST
    return enabled_on_p3(meter, mechanism)


def _judge_management(meter: Meter, request: Aarq) -> Accepted | Rejection:
    title, challenge = request.calling_ap_title, request.authentication_value
    # A client with our own title could hand our frames back to us.
    if (
        title is None
        or len(title) != TITLE_OCTETS
        or title == meter.identity.system_title
    ):
        return Rejection(UserDiagnostic.CALLING_AP_TITLE_NOT_RECOGNIZED)
    if challenge is None or len(challenge) not in CHALLENGE_LENGTHS:
        return Rejection(UserDiagnostic.AUTHENTICATION_FAILURE)
    protection = Protection(meter, title, request.mechanism)
    try:
        plain = protection.open(request.user_information or b"")
    except WireError:
        return _FAILED
    return _terms(Client.MANAGEMENT, plain, protection)


def _terms(
    client: Client, information: bytes | None, protection: Protection | None
) -> Accepted | Rejection:
    """What the initiate-request asks, against what the client may have."""
    try:
        request = apdu.decode(information or b"")
    except WireError:
        return Rejection(UserDiagnostic.NO_REASON_GIVEN, error=InitiateError.OTHER)
    if not isinstance(request, InitiateRequest) or request.dedicated_key is not None:
        return Rejection(UserDiagnostic.NO_REASON_GIVEN, error=InitiateError.OTHER)
    if not request.response_allowed:
        # An unconfirmed association, which P3 does not have.
        return Rejection(UserDiagnostic.NO_REASON_GIVEN, silent=True)
    granted = request.conformance & CONFORMANCE[client]
    size = request.client_max_receive_pdu_size
    error = None
    if request.dlms_version < DLMS_VERSION:
        error = InitiateError.DLMS_VERSION_TOO_LOW
    elif not granted & Conformance.GET:
        error = InitiateError.INCOMPATIBLE_CONFORMANCE
    elif 0 < size < LEAST_PDU_SIZE:
        error = InitiateError.PDU_SIZE_TOO_SHORT
    if error is not None:
        return Rejection(UserDiagnostic.NO_REASON_GIVEN, error=error)
    return Accepted(negotiate(granted), size, protection)


def negotiate(granted: Conformance) -> InitiateResponse:
    """The initiate-response for what was granted."""
    return InitiateResponse(granted, MAX_RECEIVE_PDU_SIZE)
