"""ACTION, as the meter answers it (Green Book 9.3.9): normal, with a list, in blocks."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Link
from meters.p3.limits import (
    MAX_LONG_REQUEST,
    MAX_REFERENCES,
    NORMAL_HEAD,
    TOO_MANY_REFERENCES,
)
from meters.p3.session import Session
from wire.dlms import apdu
from wire.dlms.action import ActionOutcome, encode_outcome, encode_outcomes
from wire.dlms.apdu import (
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
    Apdu,
)
from wire.dlms.blocks import BlockError, Joiner, Slicer, block_size
from wire.dlms.descriptors import ActionResult, MethodDescriptor
from wire.errors import WireError

Methods = tuple[MethodDescriptor, ...]


class Acting:
    """What one association invokes; blocks of parameters and of answers are kept.

    `room` is how many octets an answer may have.
    """

    __slots__ = ("_meter", "_link", "_session", "_long", "_slicer", "_aborted")

    def __init__(self, meter: Meter, link: Link, session: Session) -> None:
        self._meter = meter
        self._link = link
        self._session = session
        self._long: tuple[Methods, bool, Joiner] | None = None
        self._slicer: Slicer | None = None
        self._aborted = False

    def abort(self) -> None:
        """Gives up long parameters or answers: the client asked for something else."""
        if self._long is not None or self._slicer is not None:
            self._long, self._slicer, self._aborted = None, None, True

    def normal(self, request: ActionRequestNormal, room: int) -> Apdu:
        """One method."""
        outcome = self._invoke(request.descriptor, request.parameters)
        return self._answer(request.invoke_id_and_priority, (outcome,), False, room)

    def listed(self, request: ActionRequestWithList, room: int) -> Apdu:
        """Up to 16 methods, each with its own result."""
        if len(request.methods) > MAX_REFERENCES:
            return TOO_MANY_REFERENCES
        pairs = zip(request.methods, request.parameters, strict=True)
        outcomes = tuple(self._invoke(method, octets) for method, octets in pairs)
        return self._answer(request.invoke_id_and_priority, outcomes, True, room)

    def first(self, request: ActionRequestFirstPblock, room: int) -> Apdu:
        """The first block of long parameters."""
        self._long = (request.descriptor,), False, Joiner(MAX_LONG_REQUEST)
        return self._take(request, room)

    def first_listed(
        self, request: ActionRequestWithListAndFirstPblock, room: int
    ) -> Apdu:
        """The first block of a list of parameters."""
        if len(request.methods) > MAX_REFERENCES:
            return TOO_MANY_REFERENCES
        self._long = request.methods, True, Joiner(MAX_LONG_REQUEST)
        return self._take(request, room)

    def block(self, request: ActionRequestWithPblock, room: int) -> Apdu:
        """Another block."""
        return self._take(request, room)

    def _take(
        self,
        request: (
            ActionRequestFirstPblock
            | ActionRequestWithListAndFirstPblock
            | ActionRequestWithPblock
        ),
        room: int,
    ) -> Apdu:
        invoke_id = request.invoke_id_and_priority
        if self._long is None:
            return self._not_in_progress(invoke_id)
        methods, listed, joiner = self._long
        try:
            octets = joiner.add(
                request.block_number, request.last_block, request.raw_data
            )
            if octets is None:
                return ActionResponseNextPblock(invoke_id, request.block_number)
            values = apdu.decode_values(octets) if listed else (octets,)
        except BlockError:
            self._long = None
            return ActionResponseNormal(invoke_id, ActionResult.LONG_ACTION_ABORTED)
        except WireError:
            values = ()
        self._long = None
        if len(values) != len(methods):
            return ActionResponseNormal(invoke_id, ActionResult.TYPE_UNMATCHED)
        pairs = zip(methods, values, strict=True)
        outcomes = tuple(self._invoke(method, value) for method, value in pairs)
        return self._answer(invoke_id, outcomes, listed, room)

    def _answer(
        self,
        invoke_id: int,
        outcomes: tuple[ActionOutcome, ...],
        listed: bool,
        room: int,
    ) -> Apdu:
        octets = encode_outcomes(outcomes) if listed else encode_outcome(outcomes[0])
        if len(octets) + NORMAL_HEAD > room:
            self._slicer = Slicer(octets, block_size(room))
            return self._outcome_block(invoke_id, 0)
        if listed:
            return ActionResponseWithList(invoke_id, outcomes)
        return ActionResponseNormal(invoke_id, outcomes[0].result, outcomes[0].returned)

    def next(self, request: ActionRequestNextPblock, room: int) -> Apdu:
        """The next block of a long answer."""
        invoke_id = request.invoke_id_and_priority
        if self._slicer is None:
            return self._not_in_progress(invoke_id)
        return self._outcome_block(invoke_id, request.block_number)

    def _outcome_block(self, invoke_id: int, after: int) -> Apdu:
        assert self._slicer is not None
        try:
            number, last, octets = self._slicer.after(after)
        except BlockError:
            self._slicer = None
            return ActionResponseNormal(invoke_id, ActionResult.LONG_ACTION_ABORTED)
        if last:
            self._slicer = None
        return ActionResponseWithPblock(invoke_id, last, number, octets)

    def _not_in_progress(self, invoke_id: int) -> Apdu:
        fault = ActionResult.NO_LONG_ACTION_IN_PROGRESS
        if self._aborted:
            self._aborted, fault = False, ActionResult.LONG_ACTION_ABORTED
        return ActionResponseNormal(invoke_id, fault)

    def _invoke(self, method: MethodDescriptor, octets: bytes | None) -> ActionOutcome:
        meter, key = self._meter, method.encode()
        outcome = meter.model.act(meter, self._link, key, octets)
        self._session.did(key, outcome)
        return outcome
