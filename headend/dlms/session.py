"""A client's association with one meter, sans-IO: APDUs out, APDUs in.

Each operation is a dialogue: a generator that yields the octets of a request, is sent those
of the answer, and returns its result. Whoever has a wire drives it. Associating and releasing
are here, with the one exchange that `headend.dlms.services` makes the services of.

A refusal (`PeerRefused`) leaves the association as it was. Octets that break a rule
(`WireError`) end it: nothing more is asked of a peer that cannot be trusted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from headend.dlms.credentials import Credentials
from headend.dlms.refusals import Rejected, Unproven, refusal
from wire.dlms import acse, apdu, axdr
from wire.dlms.acse import Aare, Aarq, ApplicationContext, Rlre, Rlrq
from wire.dlms.action import ActionRequestNormal, ActionResponseNormal
from wire.dlms.apdu import Apdu, Request
from wire.dlms.association import Input, Side, State, input_of, move
from wire.dlms.descriptors import REPLY_TO_HLS, ActionResult, words
from wire.dlms.faults import (
    CONFIRMED_SERVICE_ERROR,
    EXCEPTION_RESPONSE,
    ConfirmedServiceError,
    ExceptionResponse,
)
from wire.dlms.hls import Hls
from wire.dlms.initiate import (
    DLMS_VERSION,
    VAA_NAME_LN,
    Conformance,
    InitiateRequest,
    InitiateResponse,
)
from wire.dlms.security import (
    CHALLENGE_LENGTHS,
    OVERHEAD,
    TITLE_OCTETS,
    Cipher,
    CounterRule,
    is_protected,
    protect,
    unprotect,
)
from wire.errors import LocalError, SecurityError, WireError

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Own = TypeVar("Own", bound="Session")
Dialogue = Generator[bytes, bytes, Result]
AcseAnswer = TypeVar("AcseAnswer", Aare, Rlre)

MAX_PDU = 1024
CHALLENGE_OCTETS = 16
_LEAST_SERVER_PDU = 64
_CONFIRMED = 0x40


def ended_by_wire_errors(
    operation: Callable[Concatenate[Own, Arguments], Dialogue[Result]],
) -> Callable[Concatenate[Own, Arguments], Dialogue[Result]]:
    """A dialogue that gives the association up when the peer breaks a rule."""

    @wraps(operation)
    def guarded(
        session: Own, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Dialogue[Result]:
        try:
            return (yield from operation(session, *args, **kwargs))
        except WireError:
            session.abort()
            raise

    return guarded


class Session:
    """One association at a time with one meter, as the credentials say.

    `next_counter` gives an invocation counter that was never used under the encryption key.
    `meter_counter` is the last counter known of the meter's, which its next must exceed;
    `max_pdu` the longest answer that we take in one piece, in octets.
    """

    def __init__(
        self,
        credentials: Credentials,
        next_counter: Callable[[], int],
        *,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        meter_counter: int | None = None,
        max_pdu: int = MAX_PDU,
    ) -> None:
        self.credentials = credentials
        self.state = State.IDLE
        self.conformance = Conformance(0)
        self.meter_title = credentials.meter_title or b""
        self.meter_counter = meter_counter
        self._server_max_pdu = 0
        self._max_pdu = max_pdu
        self._next_counter = next_counter
        self._random_bytes = random_bytes
        self._invoke_id = 0
        self._encryption_key = credentials.encryption_key
        self._authentication_key = credentials.authentication_key
        self._cipher = self._make_cipher()

    def __repr__(self) -> str:
        return f"Session({self.state.value})"

    @property
    def request_room(self) -> int:
        """How long a plain request may be for the meter to take it, in octets."""
        room = self._server_max_pdu or 0xFFFF
        if self._cipher is None:
            return room
        return room - OVERHEAD[self.credentials.kind]

    @ended_by_wire_errors
    def open(self) -> Dialogue[None]:
        """Associates, with proofs both ways when there are keys.

        Raises `PeerRefused` when the meter rejects us, `SecurityError` when it cannot prove
        that it knows the keys.
        """
        self._after(Input.AARQ)
        if self._cipher is None:
            aarq = Aarq(ApplicationContext.LN)
            yield from self._associate(aarq)
            return
        hls = self._hls(self._cipher)
        proof_counter = self._proof_counter(hls)
        challenge = self._random_bytes(CHALLENGE_OCTETS)
        aarq = Aarq(
            ApplicationContext.LN_CIPHERED,
            hls.mechanism,
            self.credentials.system_title,
            challenge,
        )
        aare = yield from self._associate(aarq)
        yield from self._prove(hls, aare, challenge, proof_counter)

    @ended_by_wire_errors
    def release(self) -> Dialogue[None]:
        """Ends the association in good order."""
        releasing = self._after(Input.RLRQ)
        octets = acse.encode(Rlrq(user_information=self._initiate_request()))
        self.state = releasing
        reply = yield octets
        answer = self._acse_answer(reply, Rlre)
        self._move(Input.RLRE)
        if self._cipher is not None and answer.user_information:
            self._decipher(self._cipher, answer.user_information)

    def ask(self, request: Request) -> Dialogue[Apdu]:
        """One request and its answer, deciphered and in turn.

        Raises `PeerRefused` for an exception-response or a confirmed-service-error. The caller
        is `ended_by_wire_errors`.
        """
        busy = self._after(Input.REQUEST)
        octets = self._encipher(apdu.encode(request))
        self.state = busy
        reply = yield octets
        return self._judge(reply, request.invoke_id_and_priority)

    def abort(self) -> None:
        """Gives the association up: the wire is lost, or was left in mid-answer."""
        self._move(Input.ABORT)

    def replace_keys(
        self,
        *,
        next_counter: Callable[[], int] | None = None,
        encryption_key: bytes | None = None,
        authentication_key: bytes | None = None,
    ) -> None:
        """Uses new keys from the next request on: the answer to the transfer had the old ones.

        A new encryption key comes with counters of its own; the meter's start again too (P3,
        keys).
        """
        if (encryption_key is None) is not (next_counter is None):
            raise LocalError("a new encryption key and new counters go together")
        if next_counter is not None:
            self._next_counter = next_counter
            self._encryption_key = encryption_key
            self.meter_counter = None
        self._authentication_key = authentication_key or self._authentication_key
        self._cipher = self._make_cipher()

    def next_invoke_id(self) -> int:
        """The invoke-id-and-priority of a new request: confirmed, of normal priority."""
        self._invoke_id = (self._invoke_id + 1) & 0x0F
        return _CONFIRMED | self._invoke_id

    def _make_cipher(self) -> Cipher | None:
        if self._encryption_key is None or self._authentication_key is None:
            return None
        return Cipher(self._encryption_key, self._authentication_key)

    def _move(self, what: Input) -> None:
        self.state = self._after(what)

    def _after(self, what: Input) -> State:
        """The state after an input; asked before a counter is spent on what is out of turn."""
        return move(Side.CLIENT, self.state, what)

    def _associate(self, aarq: Aarq) -> Dialogue[Aare]:
        octets = acse.encode(replace(aarq, user_information=self._initiate_request()))
        self._move(Input.AARQ)
        return self._judge_aare((yield octets))

    def _judge_aare(self, reply: bytes) -> Aare:
        """The AARE, which accepts us; its parameters are then in force."""
        aare = self._acse_answer(reply, Aare)
        self._move(input_of(aare))
        if self.state is State.IDLE:
            raise Rejected(aare)
        self._take_initiate_response(aare)
        return aare

    def _hls(self, cipher: Cipher) -> Hls:
        return Hls(self.credentials.mechanism, cipher, self.credentials.hls_secret)

    def _proof_counter(self, hls: Hls) -> int:
        """The counter of our proof, if it takes one: a nonce of its own.

        It is taken before the AARQ's, so that the frames count on by exactly one, as DSMR 4
        wants.
        """
        return self._next_counter() if hls.counts else 0

    def _prove(
        self, hls: Hls, aare: Aare, challenge: bytes, counter: int
    ) -> Dialogue[None]:
        """Passes 3 and 4 of HLS: our proof, and the meter's in the answer."""
        theirs = self._challenge_in(aare, challenge)
        proof = hls.prove(self.credentials.system_title, counter, theirs)
        parameters = axdr.encode(axdr.octet_string(proof))
        request = ActionRequestNormal(self.next_invoke_id(), REPLY_TO_HLS, parameters)
        octets = self._encipher(apdu.encode(request))
        self._move(Input.PROOF)
        reply = yield octets
        self._judge_proof(hls, challenge, reply, request.invoke_id_and_priority)

    def _judge_proof(
        self, hls: Hls, challenge: bytes, reply: bytes, invoke_id: int
    ) -> None:
        """Takes the answer to our proof: success, with the meter's own over our challenge."""
        answer = self._read(reply)
        if not isinstance(answer, ActionResponseNormal):
            raise WireError("the proof is not answered as an action is")
        _check_invoke_id(invoke_id, answer)
        if answer.result is not ActionResult.SUCCESS:
            self._move(Input.PROOF_REFUSED)
            # Over a challenge that came in clear.
            raise Unproven(
                f"the meter refuses our proof: {words(answer.result)}", answer.result
            )
        hls.check(self.meter_title, challenge, _proof_in(answer))
        self._move(Input.PROOF_ACCEPTED)

    def _judge(self, reply: bytes, invoke_id: int) -> Apdu:
        """The answer to a request, in turn and to this one."""
        answer = self._read(reply)
        self._move(input_of(answer))
        _check_invoke_id(invoke_id, answer)
        return answer

    def _initiate_request(self) -> bytes:
        return self._encipher(
            apdu.encode(InitiateRequest(self.credentials.conformance, self._max_pdu))
        )

    def _encipher(self, octets: bytes) -> bytes:
        if self._cipher is None:
            return octets
        return protect(
            octets,
            cipher=self._cipher,
            title=self.credentials.system_title,
            counter=self._next_counter(),
            control=self.credentials.control,
            kind=self.credentials.kind,
        )

    def _decipher(self, cipher: Cipher, octets: bytes) -> bytes:
        """The plain APDU of a protected one, its protection and its counter being good."""
        opened = unprotect(octets, cipher, self.meter_title)
        control = self.credentials.control
        if opened.control & control != control:
            raise SecurityError("the meter's answer is protected less than the request")
        if not CounterRule.SMR5.accepts(self.meter_counter, opened.counter):
            raise SecurityError(
                f"the meter's frame counter {opened.counter} is not above"
                f" {self.meter_counter}: an old answer, or another meter"
            )
        self.meter_counter = opened.counter
        return opened.apdu

    def _read(self, reply: bytes) -> Apdu:
        """The plain answer; raises `PeerRefused` for one that refuses the request as such."""
        ciphered = self._cipher is not None and is_protected(reply)
        if self._cipher is not None and ciphered:
            answer = apdu.decode(self._decipher(self._cipher, reply))
        else:
            answer = apdu.decode(reply)
        if isinstance(answer, ExceptionResponse | ConfirmedServiceError):
            # Also in clear: an exception-response has no glo- form.
            self._move(Input.REFUSAL)
            raise refusal(answer, proven=self._cipher is None or ciphered)
        if self._cipher is not None and not ciphered:
            raise SecurityError("the meter answers in clear in a ciphered association")
        return answer

    def _acse_answer(self, reply: bytes, expected: type[AcseAnswer]) -> AcseAnswer:
        if reply and reply[0] in (EXCEPTION_RESPONSE, CONFIRMED_SERVICE_ERROR):
            self._read(reply)
        answer = acse.decode(reply)
        if not isinstance(answer, expected):
            raise WireError(f"{type(answer).__name__} where {expected.__name__} is due")
        return answer

    def _take_initiate_response(self, aare: Aare) -> None:
        octets = aare.user_information or b""
        if self._cipher is not None:
            self._take_meter_title(aare.responding_ap_title or b"")
            if not is_protected(octets):
                raise SecurityError("the meter's initiate-response is not ciphered")
            octets = self._decipher(self._cipher, octets)
        response = apdu.decode(octets)
        if not isinstance(response, InitiateResponse):
            raise WireError("the AARE carries no initiate-response")
        if response.dlms_version != DLMS_VERSION or response.vaa_name != VAA_NAME_LN:
            raise WireError("the meter's DLMS is not version 6, or goes by short names")
        self.conformance = response.conformance & self.credentials.conformance
        self._server_max_pdu = response.server_max_receive_pdu_size
        if 0 < self._server_max_pdu < _LEAST_SERVER_PDU:
            raise WireError(f"PDUs of {self._server_max_pdu} octets hold no request")

    def _take_meter_title(self, title: bytes) -> None:
        if len(title) != TITLE_OCTETS:
            raise WireError("the AARE carries no system title of 8 octets")
        if self.credentials.meter_title not in (None, title):
            raise SecurityError(
                "another meter answers: its system title is not as known"
            )
        if title == self.credentials.system_title:
            raise SecurityError("the meter shows our own system title")
        self.meter_title = title

    def _challenge_in(self, aare: Aare, ours: bytes) -> bytes:
        theirs = aare.authentication_value or b""
        if self.state is not State.AWAITING_HLS:
            raise SecurityError("the meter associates without asking for our proof")
        if aare.mechanism is not self.credentials.mechanism:
            raise SecurityError("the meter wants another mechanism than ours")
        if len(theirs) not in CHALLENGE_LENGTHS or theirs == ours:
            raise SecurityError(
                "the meter's challenge has a wrong length, or is our own"
            )
        return theirs


def _check_invoke_id(ours: int, answer: object) -> None:
    """Raises `WireError` when the answer is to another request."""
    theirs = getattr(answer, "invoke_id_and_priority", None)
    if theirs is None or (theirs ^ ours) & 0x0F:
        raise WireError("the invoke-id is not the request's: an answer to another one")


def _proof_in(answer: ActionResponseNormal) -> bytes:
    if isinstance(answer.returned, bytes):
        value = axdr.decode(answer.returned).value
        if isinstance(value, bytes):
            return value
    raise SecurityError("the meter gives no proof")
