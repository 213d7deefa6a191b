"""Every state with every input, at both ends."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from wire.dlms.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociateResult,
    Rlre,
    Rlrq,
    UserDiagnostic,
)
from wire.dlms.apdu import Request, Response
from wire.dlms.association import Input, Side, State, input_of, move
from wire.dlms.faults import (
    ConfirmedService,
    ConfirmedServiceError,
    ExceptionResponse,
    ServiceErrorKind,
    ServiceFault,
    StateError,
)
from wire.dlms.notification import DataNotification
from wire.errors import LocalError, WireError

# Rows are inputs in the Enum's order; columns are the states it is read in, in theirs.
CLIENT = """
AARQ            A X X X X X X X
ACCEPTED        X S X X X X X X
CHALLENGED      X H X X X X X X
REJECTED        X I X X X X X X
PROOF           X X P X X X X X
PROOF_ACCEPTED  X X X S X X X X
PROOF_REFUSED   X X X I X X X X
REQUEST         X X X X B X X X
RESPONSE        X X X X X S X X
REFUSAL         X I X I X S I X
RLRQ            X X R X R X X X
RLRE            X X X X X X I X
ABORT           C C C C C C C C
CLOSE           C C C C C C C C
"""
SERVER = """
AARQ            A X X X X X X X
ACCEPTED        X S X X X X X X
CHALLENGED      X H X X X X X X
REJECTED        X I X X X X X X
PROOF           X X P X X X X X
PROOF_ACCEPTED  X X X S X X X X
PROOF_REFUSED   X X X I X X X X
REQUEST         X X X X B X X X
RESPONSE        X X X X X S X X
REFUSAL         I I H I X S X X
RLRQ            X X R X R X X X
RLRE            X X X X X X I X
ABORT           I I I I I I I C
CLOSE           C C C C C C C C
"""
NAMES = dict(zip("IAHPSBRC", State)) | {"X": None}
SENT_BY_CLIENT = {"AARQ", "PROOF", "REQUEST", "RLRQ"}


def cells() -> list[tuple[Side, State, Input, State | None]]:
    found = []
    for side, table in ((Side.CLIENT, CLIENT), (Side.SERVER, SERVER)):
        rows = [line.split() for line in table.split("\n") if line]
        assert [row[0] for row in rows] == [what.name for what in Input]
        for row in rows:
            for state, after in zip(State, row[1:], strict=True):
                found.append((side, state, Input[row[0]], NAMES[after]))
    return found


def test_every_pair_is_here() -> None:
    assert {cell[:3] for cell in cells()} == set(product(Side, State, Input))


@pytest.mark.parametrize("side, state, what, after", cells())
def test_each_pair(side: Side, state: State, what: Input, after: State | None) -> None:
    if after is not None:
        assert move(side, state, what) is after
        return
    ours = (what.name in SENT_BY_CLIENT) == (side is Side.CLIENT)
    with pytest.raises(LocalError if ours else WireError) as raised:
        move(side, state, what)
    assert type(raised.value) is (LocalError if ours else WireError)
    assert state.value in str(raised.value)


def test_apdus_are_told_by_their_role() -> None:
    def aare(result: AssociateResult, diagnostic: UserDiagnostic) -> Aare:
        return Aare(ApplicationContext.LN_CIPHERED, result, diagnostic)

    roles: list[tuple[Any, Input]] = [
        (Aarq(ApplicationContext.LN), Input.AARQ),
        (aare(AssociateResult.ACCEPTED, UserDiagnostic.NULL), Input.ACCEPTED),
        (
            aare(AssociateResult.ACCEPTED, UserDiagnostic.AUTHENTICATION_REQUIRED),
            Input.CHALLENGED,
        ),
        (
            aare(AssociateResult.REJECTED_PERMANENT, UserDiagnostic.NO_REASON_GIVEN),
            Input.REJECTED,
        ),
        (
            aare(
                AssociateResult.REJECTED_TRANSIENT,
                UserDiagnostic.AUTHENTICATION_REQUIRED,
            ),
            Input.REJECTED,
        ),
        (Rlrq(), Input.RLRQ),
        (Rlre(), Input.RLRE),
        (
            ExceptionResponse(StateError.SERVICE_UNKNOWN, ServiceFault.OTHER_REASON),
            Input.REFUSAL,
        ),
        (
            ConfirmedServiceError(ConfirmedService.READ, ServiceErrorKind.ACCESS, 1),
            Input.REFUSAL,
        ),
    ]
    for apdu, role in roles:
        assert input_of(apdu) is role


def test_every_request_and_response_has_its_role() -> None:
    for classes, role in ((Request, Input.REQUEST), (Response, Input.RESPONSE)):
        for apdu in get_args(classes):
            assert input_of(object.__new__(apdu)) is role


def test_what_is_no_part_of_an_association_is_refused() -> None:
    with pytest.raises(WireError, match="DataNotification"):
        input_of(DataNotification(1, b"", b"\x00"))
