"""The meter's end of an association with one client, sans-IO: an APDU in, an APDU out.

The public client associates without authentication and in clear; the management client with
HLS mechanism 3, 4 or 5 and every APDU ciphered (P3, 3.2). What is wrong is
answered as the Green Book has it, or not at all:

- a counter out of order releases the association without an answer (P3, 3.2.3);
- a frame that does not verify gets exception-response, deciphering-error (9.4.6.2);
- a request in clear where cipher is due, or before the association stands, gets
  exception-response, service-not-allowed; the association stays as it was, for anybody on
  the path could have sent it.
"""

from __future__ import annotations

from collections.abc import Mapping

from meters.behaviour import events
from meters.meter import Meter
from meters.p3.limits import MAX_RECEIVE_PDU_SIZE
from meters.p3.opening import Accepted, Rejection, judge, negotiate
from meters.p3.security import CounterError, Protection
from meters.p3.services import Services
from meters.p3.session import Session
from wire.cosem.events import Event
from wire.cosem.rows import Client
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociateResult,
    Mechanism,
    ProviderDiagnostic,
    Rlre,
    Rlrq,
    UserDiagnostic,
)
from wire.dlms.action import ActionRequestNormal, ActionResponseNormal
from wire.dlms.apdu import Apdu, ExceptionResponse, InitiateResponse
from wire.dlms.association import Input, Side, State, input_of, move
from wire.dlms.descriptors import REPLY_TO_HLS, ActionResult
from wire.dlms.faults import EXCEPTION_RESPONSE, ServiceFault, StateError
from wire.dlms.initiate import Conformance
from wire.dlms.security import is_protected
from wire.errors import SecurityError, WireError

CHALLENGE_OCTETS = 16
LOCK_S = 10


def _refusal(state_error: StateError, fault: ServiceFault) -> bytes:
    return apdu.encode(ExceptionResponse(state_error, fault))


_NOT_NOW = _refusal(StateError.SERVICE_NOT_ALLOWED, ServiceFault.OPERATION_NOT_POSSIBLE)
_TOO_LONG = _refusal(StateError.SERVICE_NOT_ALLOWED, ServiceFault.PDU_TOO_LONG)
_UNDECIPHERABLE = _refusal(
    StateError.SERVICE_NOT_ALLOWED, ServiceFault.DECIPHERING_ERROR
)
_UNKNOWN = _refusal(StateError.SERVICE_UNKNOWN, ServiceFault.SERVICE_NOT_SUPPORTED)


class P3Association:
    """One client's association; the meter must be advanced to now before each call.

    It is also the `Link` through which the meter's objects see their client.
    """

    __slots__ = (
        "client",
        "client_title",
        "context",
        "mechanism",
        "conformance",
        "client_max_receive_pdu_size",
        "state",
        "_meter",
        "_protection",
        "_services",
        "_session",
        "_client_challenge",
        "_challenge",
    )

    def __init__(self, meter: Meter, client: Client) -> None:
        self.client = client
        self.state = State.IDLE
        self._meter = meter
        self._services: Services | None = None
        self._reset()

    def _reset(self) -> None:
        self.client_title = b""
        self.context = int(ApplicationContext.LN)
        self.mechanism = int(Mechanism.LOWEST)
        self.conformance = 0
        self.client_max_receive_pdu_size = 0
        self._protection: Protection | None = None
        if self._services is not None:
            self._services = None
            self._meter.association_ended()
        self._session = Session(self._meter, self.client)
        self._client_challenge = self._challenge = b""

    def receive(self, octets: bytes) -> bytes | None:
        """The answer to the payload of one WPDU; None when there is to be none."""
        if not octets:
            return _UNKNOWN
        protection = self._protection
        if protection is not None and is_protected(octets):
            return self._receive_ciphered(protection, octets)
        if octets[0] == acse.AARQ or octets[0] == acse.RLRQ:
            return self._receive_acse(octets)
        if self.state is State.ASSOCIATED and protection is None:
            return self._answer(octets, self._room(0))
        return self._refuse_clear(octets)

    def drop(self) -> None:
        """Releases the association without a word."""
        self.state = move(Side.SERVER, self.state, Input.ABORT)
        self._session.end()
        self._reset()

    @property
    def readings(self) -> Mapping[Event, int]:
        """What was read so far, by the codes of the session log."""
        return self._session.readings

    # Requests

    def _room(self, overhead: int) -> int:
        limit = self.client_max_receive_pdu_size or MAX_RECEIVE_PDU_SIZE
        return min(limit, MAX_RECEIVE_PDU_SIZE) - overhead

    def _receive_ciphered(self, protection: Protection, octets: bytes) -> bytes | None:
        try:
            plain = protection.open(octets)
        except CounterError:
            self.drop()
            return None
        except SecurityError:
            return _UNDECIPHERABLE
        except WireError:
            return _UNKNOWN
        answer: bytes | None
        if self.state is State.ASSOCIATED:
            answer = self._answer(plain, self._room(protection.overhead))
        else:
            answer = self._receive_proof(protection, plain)
        if answer is None or answer[0] == EXCEPTION_RESPONSE:
            # It has no ciphered form, so it goes out in clear.
            return answer
        return protection.seal(answer)

    def _answer(self, plain: bytes, room: int) -> bytes:
        assert self._services is not None
        if len(plain) > MAX_RECEIVE_PDU_SIZE:
            return _TOO_LONG
        try:
            request = apdu.decode(plain)
            what = input_of(request)
        except WireError:
            return _UNKNOWN
        if what is not Input.REQUEST:
            return _UNKNOWN
        self._move(what)
        answer: Apdu = self._services.answer(request, room)  # type: ignore[arg-type]
        self._move(input_of(answer))
        return apdu.encode(answer)

    def _refuse_clear(self, octets: bytes) -> bytes:
        """For what comes in clear where it may not, or is no request at all."""
        try:
            request = apdu.decode(octets) if not is_protected(octets) else None
            known = request is None or input_of(request) is Input.REQUEST
        except WireError:
            known = False
        return _NOT_NOW if known else _UNKNOWN

    def _move(self, what: Input) -> None:
        self.state = move(Side.SERVER, self.state, what)

    # Associating

    def _receive_acse(self, octets: bytes) -> bytes | None:
        try:
            request = acse.decode(octets)
        except WireError:
            return _UNKNOWN
        if isinstance(request, Aarq) and self.state is State.IDLE:
            return self._associate(request)
        if isinstance(request, Rlrq) and self.state in (
            State.ASSOCIATED,
            State.AWAITING_HLS,
        ):
            return self._release(request)
        return _NOT_NOW

    def _associate(self, request: Aarq) -> bytes | None:
        self._move(Input.AARQ)
        judged = self._judge(request)
        if isinstance(judged, Rejection):
            self._reset()
            self._move(Input.REJECTED)
            if judged.locks:
                self._lock()
            return None if judged.silent else judged.encode(request.context)
        return self._accept(request, judged)

    def _judge(self, request: Aarq) -> Accepted | Rejection:
        if self._meter.state.at_s < self._meter.p3_locked_until_s:
            return Rejection(
                ProviderDiagnostic.NO_REASON_GIVEN, AssociateResult.REJECTED_TRANSIENT
            )
        return judge(self._meter, self.client, request)

    def _accept(self, request: Aarq, accepted: Accepted) -> bytes:
        meter = self._meter
        self.context, self.mechanism = int(request.context), int(request.mechanism)
        self.conformance = int(accepted.initiate.conformance)
        self.client_max_receive_pdu_size = accepted.client_max_receive_pdu_size
        self._services = Services(meter, self, self._session)
        meter.associations += 1
        initiate = apdu.encode(accepted.initiate)
        protection = self._protection = accepted.protection
        if protection is None:
            self._move(Input.ACCEPTED)
            return acse.encode(
                Aare(
                    request.context,
                    AssociateResult.ACCEPTED,
                    UserDiagnostic.NULL,
                    user_information=initiate,
                )
            )
        self.client_title = protection.client_title
        self._client_challenge = request.authentication_value or b""
        self._challenge = meter.random_bytes(CHALLENGE_OCTETS)
        protection.expect_proof()
        self._move(Input.CHALLENGED)
        return acse.encode(
            Aare(
                request.context,
                AssociateResult.ACCEPTED,
                UserDiagnostic.AUTHENTICATION_REQUIRED,
                request.mechanism,
                meter.identity.system_title,
                self._challenge,
                protection.seal(initiate),
            )
        )

    def _receive_proof(self, protection: Protection, plain: bytes) -> bytes | None:
        """HLS pass 3 and 4 (Green Book 9.2.2.2.2.3); anything else is refused."""
        try:
            request = apdu.decode(plain)
        except WireError:
            return _UNKNOWN
        if (
            not isinstance(request, ActionRequestNormal)
            or request.descriptor != REPLY_TO_HLS
            or self.state is not State.AWAITING_HLS
        ):
            return _NOT_NOW
        self._move(Input.PROOF)
        invoke_id = request.invoke_id_and_priority
        try:
            data = axdr.decode(request.parameters or b"")
            if data.tag is not axdr.Tag.OCTET_STRING:
                raise SecurityError("the proof is not an octet-string")
            protection.check_proof(self._challenge, data.value)
        except CounterError:
            self.drop()
            return None
        except WireError:
            self._reset()
            self._move(Input.PROOF_REFUSED)
            self._lock()
            refused = ActionResponseNormal(invoke_id, ActionResult.OTHER_REASON)
            return apdu.encode(refused)
        self._move(Input.PROOF_ACCEPTED)
        proof = axdr.encode(axdr.octet_string(protection.prove(self._client_challenge)))
        return apdu.encode(ActionResponseNormal(invoke_id, ActionResult.SUCCESS, proof))

    def _lock(self) -> None:
        """A failed authentication is an event, and locks the port (main document, 4.4.16)."""
        events.record(self._meter, Event.FAILED_LOGIN)
        self._meter.p3_locked_until_s = self._meter.state.at_s + LOCK_S

    # Releasing

    def _release(self, request: Rlrq) -> bytes | None:
        """RLRE; what the RLRQ carries must be as well protected as any request."""
        protection, information = self._protection, request.user_information
        answer_information: bytes | None = None
        if protection is not None and information is not None:
            try:
                protection.open(information)
            except CounterError:
                self.drop()
                return None
            except WireError:
                return _UNDECIPHERABLE
        self._move(Input.RLRQ)
        self._session.end()
        if information is not None:
            answer_information = apdu.encode(self._granted())
            if protection is not None:
                answer_information = protection.seal(answer_information)
        self._reset()
        self._move(Input.RLRE)
        return acse.encode(Rlre(user_information=answer_information))

    def _granted(self) -> InitiateResponse:
        return negotiate(Conformance(self.conformance))
