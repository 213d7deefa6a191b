"""What a meter's refusals and odd answers say to a person."""

from __future__ import annotations

from wire.dlms.acse import Aare, AssociateResult, UserDiagnostic
from wire.dlms.apdu import Apdu
from wire.dlms.descriptors import ActionResult, DataAccessResult, words
from wire.dlms.faults import ConfirmedServiceError, ExceptionResponse
from wire.errors import PeerRefused, WireError


class Unproven(PeerRefused):
    """A refusal in clear, where the meter would cipher an answer.

    It may be that the request was damaged on its way, or that it is not the meter's at all.
    `worth` is how many attempts it takes to believe it; None when it says itself that the
    same may be accepted later.
    """

    worth: int | None = 2


# A meter that says so has been configured so: flipped bits would seldom come to just that.
_OF_OUR_PROPOSAL = (
    UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED,
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED,
)


class Rejected(Unproven):
    """The meter rejects the association; `transient` when it may accept it later."""

    def __init__(self, aare: Aare) -> None:
        super().__init__(
            f"the meter rejects the association: {words(aare.diagnostic)}",
            aare.diagnostic.value,
        )
        self.transient = aare.result is AssociateResult.REJECTED_TRANSIENT
        if self.transient:
            self.worth = None
        elif aare.diagnostic in _OF_OUR_PROPOSAL:
            self.worth = 1


def refused(what: str, result: DataAccessResult | ActionResult) -> PeerRefused:
    """A refusal to do something, with its code."""
    return PeerRefused(f"the meter refuses {what}: {words(result)}", int(result))


def refusal(
    answer: ExceptionResponse | ConfirmedServiceError, *, proven: bool
) -> PeerRefused:
    """A refusal of the request as such; `proven` when it was as safe as an answer would be."""
    kind = PeerRefused if proven else Unproven
    if isinstance(answer, ExceptionResponse):
        return kind(
            f"the meter answers with an exception: {words(answer.state_error)},"
            f" {words(answer.service_error)}",
            answer.service_error,
        )
    return kind(
        f"the meter answers with a service error: {words(answer.service)},"
        f" {words(answer.kind)} {answer.value}",
        answer.value,
    )


def unexpected(answer: Apdu) -> WireError:
    """An answer that is of another service, or comes at the wrong moment."""
    return WireError(f"{type(answer).__name__} does not answer the request")
