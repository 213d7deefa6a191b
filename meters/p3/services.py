"""GET, SET and ACTION of the meter's objects, in clear: APDU in, APDU out (Green Book 9.3).

Whoever speaks must be allowed to: the association has seen to that. Here the conformance
block is kept to, and a long transfer given up when the client asks for something else.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from meters.meter import Meter
from meters.model import Link
from meters.p3.acting import Acting
from meters.p3.reading import Reading
from meters.p3.session import Session
from meters.p3.writing import Writing
from wire.dlms.apdu import (
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    Apdu,
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    Request,
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
)
from wire.dlms.faults import ServiceFault, StateError
from wire.dlms.initiate import Conformance

_NOT_SUPPORTED = ExceptionResponse(
    StateError.SERVICE_NOT_ALLOWED, ServiceFault.SERVICE_NOT_SUPPORTED
)


class Services:
    """What one association asks of one meter."""

    __slots__ = ("reading", "writing", "acting", "_link", "_last")

    def __init__(self, meter: Meter, link: Link, session: Session) -> None:
        self.reading = Reading(meter, link, session)
        self.writing = Writing(meter, link, session)
        self.acting = Acting(meter, link, session)
        self._link = link
        self._last: type | None = None

    def answer(self, request: Request, room: int) -> Apdu:
        """The answer to a request, in at most `room` octets where blocks can see to that."""
        kind = type(request)
        needed, handler = _HANDLERS[kind]
        if needed & ~self._link.conformance:
            return _NOT_SUPPORTED
        if self._last is not GetRequestNormal or kind is not GetRequestNormal:
            self._abort_others(kind)
        self._last = kind
        answer: Apdu = handler(self)(request, room)
        return answer

    def _abort_others(self, kind: type) -> None:
        """Gives up the long transfers that a request of this kind does not go on with."""
        kept = _CONTINUED.get(kind)
        for name in ("reading", "writing", "acting"):
            if name != kept:
                getattr(self, name).abort()


_GET, _SET, _ACT = Conformance.GET, Conformance.SET, Conformance.ACTION
_LIST = Conformance.MULTIPLE_REFERENCES
_SET_BLOCKS = _SET | Conformance.BLOCK_TRANSFER_WITH_SET
_ACT_BLOCKS = _ACT | Conformance.BLOCK_TRANSFER_WITH_ACTION

# What each request needs of the conformance block, and who answers it.
_TABLE: tuple[tuple[type, Conformance, str], ...] = (
    (GetRequestNormal, _GET, "reading.normal"),
    (GetRequestNext, _GET, "reading.next"),
    (GetRequestWithList, _GET | _LIST, "reading.listed"),
    (SetRequestNormal, _SET, "writing.normal"),
    (SetRequestWithList, _SET | _LIST, "writing.listed"),
    (SetRequestFirstBlock, _SET_BLOCKS, "writing.first"),
    (SetRequestWithListFirstBlock, _SET_BLOCKS | _LIST, "writing.first_listed"),
    (SetRequestWithBlock, _SET_BLOCKS, "writing.block"),
    (ActionRequestNormal, _ACT, "acting.normal"),
    (ActionRequestWithList, _ACT | _LIST, "acting.listed"),
    (ActionRequestFirstPblock, _ACT_BLOCKS, "acting.first"),
    (ActionRequestWithListAndFirstPblock, _ACT_BLOCKS | _LIST, "acting.first_listed"),
    (ActionRequestWithPblock, _ACT_BLOCKS, "acting.block"),
    (ActionRequestNextPblock, _ACT_BLOCKS, "acting.next"),
)
# Flags as plain numbers: an IntFlag costs a microsecond at each use.
_HANDLERS: dict[type, tuple[int, Any]] = {
    kind: (int(needed), attrgetter(name)) for kind, needed, name in _TABLE
}

# The long transfer that a request goes on with; any other is given up.
_CONTINUED = {
    GetRequestNext: "reading",
    SetRequestWithBlock: "writing",
    ActionRequestWithPblock: "acting",
    ActionRequestNextPblock: "acting",
}
