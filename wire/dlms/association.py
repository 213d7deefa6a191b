"""The life of an association, as a table for each end (Green Book 9.3.2 to 9.3.5, 9.4.1).

DLMS is strict question and answer, so both ends walk through the same states; they differ in
what each may still do when something goes wrong. An input is an APDU, named by its role; who
may send it tells whose fault an input out of turn is.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import get_args

from wire.dlms.acse import Aare, Aarq, AssociateResult, Rlre, Rlrq, UserDiagnostic
from wire.dlms.apdu import Request, Response
from wire.dlms.faults import ConfirmedServiceError, ExceptionResponse
from wire.errors import LocalError, WireError


class _Singleton(Enum):
    """An Enum to look up by: Enum's own hash, of the name, costs as much as the look-up."""

    __hash__ = object.__hash__


class Side(_Singleton):
    """Which end we are."""

    CLIENT = auto()
    SERVER = auto()


class State(_Singleton):
    """Where an association is."""

    IDLE = "not associated"
    ASSOCIATING = "asked to associate"
    AWAITING_HLS = "challenged, the client's proof is due"
    PROVING = "the client's proof is being judged"
    ASSOCIATED = "associated"
    BUSY = "a request is being answered"
    RELEASING = "asked to release"
    CLOSED = "disconnected"


class Input(_Singleton):
    """What moves an association on."""

    AARQ = "AARQ"
    ACCEPTED = "AARE: accepted"
    CHALLENGED = "AARE: accepted, authentication required"
    REJECTED = "AARE: rejected"
    PROOF = "reply_to_HLS_authentication"
    PROOF_ACCEPTED = "answer to the proof: success"
    PROOF_REFUSED = "answer to the proof: refused"
    REQUEST = "request"
    RESPONSE = "response"
    REFUSAL = "exception-response or confirmed-service-error"
    RLRQ = "RLRQ"
    RLRE = "RLRE"
    ABORT = "the association is dropped"
    CLOSE = "the connection is gone"


Moves = dict[tuple[State, Input], State]

_LOCKSTEP: Moves = {
    (State.IDLE, Input.AARQ): State.ASSOCIATING,
    (State.ASSOCIATING, Input.ACCEPTED): State.ASSOCIATED,
    (State.ASSOCIATING, Input.CHALLENGED): State.AWAITING_HLS,
    (State.ASSOCIATING, Input.REJECTED): State.IDLE,
    (State.ASSOCIATING, Input.REFUSAL): State.IDLE,
    (State.AWAITING_HLS, Input.PROOF): State.PROVING,
    (State.AWAITING_HLS, Input.RLRQ): State.RELEASING,
    (State.PROVING, Input.PROOF_ACCEPTED): State.ASSOCIATED,
    (State.PROVING, Input.PROOF_REFUSED): State.IDLE,
    (State.PROVING, Input.REFUSAL): State.IDLE,
    (State.ASSOCIATED, Input.REQUEST): State.BUSY,
    (State.ASSOCIATED, Input.RLRQ): State.RELEASING,
    (State.BUSY, Input.RESPONSE): State.ASSOCIATED,
    (State.BUSY, Input.REFUSAL): State.ASSOCIATED,
    (State.RELEASING, Input.RLRE): State.IDLE,
    **{(state, Input.CLOSE): State.CLOSED for state in State},
}

# A client that cannot trust its peer any more has only the connection to drop. It takes a
# refusal to release for the end: there is nothing more to say.
CLIENT_MOVES: Moves = {
    **_LOCKSTEP,
    (State.RELEASING, Input.REFUSAL): State.IDLE,
    **{(state, Input.ABORT): State.CLOSED for state in State},
}

# A meter that sees a wrong counter drops the association and says nothing (P3, 3.2.3); the
# connection stays. For nothing else does P3 release it: a request in clear where cipher is due,
# or one before the proof, is refused with exception-response, service-not-allowed (Green Book
# 9.4.6.2), and all stays as it was.
SERVER_MOVES: Moves = {
    **_LOCKSTEP,
    (State.IDLE, Input.REFUSAL): State.IDLE,
    (State.AWAITING_HLS, Input.REFUSAL): State.AWAITING_HLS,
    **{(state, Input.ABORT): State.IDLE for state in State},
    (State.CLOSED, Input.ABORT): State.CLOSED,
}

_MOVES = {Side.CLIENT: CLIENT_MOVES, Side.SERVER: SERVER_MOVES}

_SENT_BY_CLIENT = {Input.AARQ, Input.PROOF, Input.REQUEST, Input.RLRQ}

_INPUTS: dict[type, Input] = {
    Aarq: Input.AARQ,
    Rlrq: Input.RLRQ,
    Rlre: Input.RLRE,
    ExceptionResponse: Input.REFUSAL,
    ConfirmedServiceError: Input.REFUSAL,
    **{apdu: Input.REQUEST for apdu in get_args(Request)},
    **{apdu: Input.RESPONSE for apdu in get_args(Response)},
}


def input_of(apdu: object) -> Input:
    """The role of an APDU; the proof and its answer look as other actions: their ends know.

    Raises `WireError` for one that plays none in an association.
    """
    if isinstance(apdu, Aare):
        if apdu.result is not AssociateResult.ACCEPTED:
            return Input.REJECTED
        challenged = apdu.diagnostic is UserDiagnostic.AUTHENTICATION_REQUIRED
        return Input.CHALLENGED if challenged else Input.ACCEPTED
    try:
        return _INPUTS[type(apdu)]
    except KeyError:
        raise WireError(f"{type(apdu).__name__} is no part of an association") from None


def move(side: Side, state: State, what: Input) -> State:
    """The state after an input.

    Raises `LocalError` when our own end sends out of turn, `WireError` when the peer does.
    """
    after = _MOVES[side].get((state, what))
    if after is not None:
        return after
    ours = (what in _SENT_BY_CLIENT) is (side is Side.CLIENT)
    error = LocalError if ours else WireError
    raise error(f"{what.value} is out of turn: {state.value}")
