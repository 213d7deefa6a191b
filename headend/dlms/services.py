"""GET, SET and ACTION as dialogues with a meter, in blocks where they are long.

Green Book 9.3.7 to 9.3.9. Values are `axdr.Data`. An answer is bounded in octets and in
blocks, so that no meter can keep us reading for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from headend.dlms.refusals import refused, unexpected
from headend.dlms.session import Dialogue, Session, ended_by_wire_errors
from wire.dlms import apdu, axdr
from wire.dlms.action import (
    ActionOutcome,
    ActionRequestFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithPblock,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithPblock,
    decode_outcomes,
)
from wire.dlms.apdu import Apdu, Request
from wire.dlms.axdr import Data
from wire.dlms.blocks import Joiner, Slicer
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_results,
)
from wire.dlms.initiate import Conformance
from wire.dlms.set import (
    SetRequestFirstBlock,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from wire.errors import LocalError, WireError

Reference = tuple[AttributeDescriptor, Selection | None]

MAX_ANSWER = 1 << 20
MAX_BLOCKS = 4096
MAX_REFERENCES = 16  # P3, 2.1.3: the most that a request with a list may name

# In octets: a normal SET or ACTION request around its value, and what a block adds to that.
AROUND_VALUE = 3 + 9 + 1
_BLOCK_HEADER = 1 + 4 + 3


@ended_by_wire_errors
def get_value(
    session: Session, attribute: AttributeDescriptor, selection: Selection | None = None
) -> Dialogue[Data]:
    """One attribute's value; raises `PeerRefused` with the meter's DataAccessResult."""
    result = yield from _get(session, attribute, selection)
    if isinstance(result, DataAccessResult):
        raise refused(f"to read {attribute}", result)
    return axdr.decode(result)


@ended_by_wire_errors
def get_values(
    session: Session, references: Sequence[Reference]
) -> Dialogue[tuple[Data | DataAccessResult, ...]]:
    """A value, or why there is none, for each reference, in their order.

    In lists where the meter takes them, else one by one.
    """
    results: list[GetResult] = []
    if session.conformance & Conformance.MULTIPLE_REFERENCES:
        for some in _lists(session, references):
            results += yield from _get_list(session, some)
    else:
        for attribute, selection in references:
            results.append((yield from _get(session, attribute, selection)))
    return tuple(
        result if isinstance(result, DataAccessResult) else axdr.decode(result)
        for result in results
    )


@ended_by_wire_errors
def set_value(
    session: Session,
    attribute: AttributeDescriptor,
    value: Data,
    selection: Selection | None = None,
) -> Dialogue[None]:
    """Writes one attribute; raises `PeerRefused` with the meter's DataAccessResult."""
    octets = axdr.encode(value)
    around = AROUND_VALUE
    if selection is not None:
        around += 1 + len(axdr.encode(selection.parameters))
    invoke_id = session.next_invoke_id()
    if around + len(octets) <= session.request_room:
        answer = yield from session.ask(
            SetRequestNormal(invoke_id, attribute, octets, selection)
        )
    else:
        slicer = _slicer(session, octets, around, Conformance.BLOCK_TRANSFER_WITH_SET)
        block = slicer.first()
        first = SetRequestFirstBlock(
            invoke_id, attribute, block.last, block.number, block.octets, selection
        )
        answer = yield from _send_blocks(session, first, slicer)
    if not isinstance(answer, SetResponseNormal | SetResponseLastDatablock):
        raise unexpected(answer)
    if answer.result is not DataAccessResult.SUCCESS:
        raise refused(f"to write {attribute}", answer.result)


@ended_by_wire_errors
def set_values(
    session: Session, items: Sequence[tuple[AttributeDescriptor, Data]]
) -> Dialogue[tuple[DataAccessResult, ...]]:
    """Writes attributes with one request; what became of each, in their order."""
    attributes = tuple((attribute, None) for attribute, _ in items)
    values = tuple(axdr.encode(value) for _, value in items)
    if not 0 < len(items) <= MAX_REFERENCES:
        raise LocalError(f"a list names 1 to {MAX_REFERENCES} attributes")
    invoke_id = session.next_invoke_id()
    request: Request = SetRequestWithList(invoke_id, attributes, values)
    if len(apdu.encode(request)) <= session.request_room:
        answer = yield from session.ask(request)
    else:
        octets = apdu.encode_values(values)
        empty = SetRequestWithListFirstBlock(invoke_id, attributes, True, 1, b"")
        around = len(apdu.encode(empty)) - _BLOCK_HEADER + 2
        slicer = _slicer(session, octets, around, Conformance.BLOCK_TRANSFER_WITH_SET)
        block = slicer.first()
        request = SetRequestWithListFirstBlock(
            invoke_id, attributes, block.last, block.number, block.octets
        )
        answer = yield from _send_blocks(session, request, slicer)
    if not isinstance(answer, SetResponseWithList | SetResponseLastDatablockWithList):
        raise unexpected(answer)
    if len(answer.results) != len(items):
        raise WireError(f"{len(answer.results)} results for {len(items)} attributes")
    return answer.results


@ended_by_wire_errors
def invoke(
    session: Session, method: MethodDescriptor, parameters: Data | None = None
) -> Dialogue[Data | None]:
    """Invokes a method; what it returned, None if nothing.

    Raises `PeerRefused` with the meter's ActionResult.
    """
    octets = None if parameters is None else axdr.encode(parameters)
    invoke_id = session.next_invoke_id()
    if octets is None or AROUND_VALUE + len(octets) <= session.request_room:
        answer = yield from session.ask(ActionRequestNormal(invoke_id, method, octets))
    else:
        slicer = _slicer(
            session, octets, AROUND_VALUE, Conformance.BLOCK_TRANSFER_WITH_ACTION
        )
        block = slicer.first()
        first = ActionRequestFirstPblock(
            invoke_id, method, block.last, block.number, block.octets
        )
        answer = yield from _send_blocks(session, first, slicer)
    if isinstance(answer, ActionResponseWithPblock):
        outcome = yield from _join_outcome(session, invoke_id, answer)
    elif isinstance(answer, ActionResponseNormal):
        outcome = ActionOutcome(answer.result, answer.returned)
    else:
        raise unexpected(answer)
    if outcome.result is not ActionResult.SUCCESS:
        raise refused(f"to act: {method}", outcome.result)
    if isinstance(outcome.returned, DataAccessResult):
        raise refused(f"to tell what it did: {method}", outcome.returned)
    return None if outcome.returned is None else axdr.decode(outcome.returned)


def _get(
    session: Session, attribute: AttributeDescriptor, selection: Selection | None
) -> Dialogue[GetResult]:
    invoke_id = session.next_invoke_id()
    answer = yield from session.ask(GetRequestNormal(invoke_id, attribute, selection))
    if isinstance(answer, GetResponseNormal):
        return answer.result
    if isinstance(answer, GetResponseWithDatablock):
        return (yield from _join_blocks(session, invoke_id, answer))
    raise unexpected(answer)


def _get_list(
    session: Session, references: Sequence[Reference]
) -> Dialogue[tuple[GetResult, ...]]:
    invoke_id = session.next_invoke_id()
    answer = yield from session.ask(GetRequestWithList(invoke_id, tuple(references)))
    if isinstance(answer, GetResponseWithList):
        results = answer.results
    elif isinstance(answer, GetResponseWithDatablock):
        joined = yield from _join_blocks(session, invoke_id, answer)
        if isinstance(joined, DataAccessResult):
            raise refused("to go on with a long answer", joined)
        results = decode_results(joined)
    else:
        raise unexpected(answer)
    if len(results) != len(references):
        raise WireError(f"{len(results)} results for {len(references)} attributes")
    return results


def _lists(
    session: Session, references: Sequence[Reference]
) -> Sequence[Sequence[Reference]]:
    """The references in lists that are short enough for a request."""
    if len(references) <= MAX_REFERENCES:
        request = GetRequestWithList(0, tuple(references))
        if len(references) <= 1 or len(apdu.encode(request)) <= session.request_room:
            return [references] if references else []
    half = min(MAX_REFERENCES, (len(references) + 1) // 2)
    return [
        *_lists(session, references[:half]),
        *_lists(session, references[half:]),
    ]


def _join_blocks(
    session: Session, invoke_id: int, answer: GetResponseWithDatablock
) -> Dialogue[GetResult]:
    """The whole of a long answer, or why the meter does not go on with it."""
    joiner = Joiner(MAX_ANSWER)
    while not isinstance(answer.result, DataAccessResult):
        joined = join(joiner, answer.block_number, answer.last_block, answer.result)
        if joined is not None:
            return joined
        after = yield from session.ask(GetRequestNext(invoke_id, joiner.number))
        if isinstance(after, GetResponseNormal):
            if isinstance(after.result, DataAccessResult):
                return after.result
        if not isinstance(after, GetResponseWithDatablock):
            raise unexpected(after)
        answer = after
    return answer.result


def _join_outcome(
    session: Session, invoke_id: int, answer: ActionResponseWithPblock
) -> Dialogue[ActionOutcome]:
    joiner = Joiner(MAX_ANSWER)
    while True:
        joined = join(joiner, answer.block_number, answer.last_block, answer.raw_data)
        if joined is not None:
            break
        after = yield from session.ask(
            ActionRequestNextPblock(invoke_id, joiner.number)
        )
        if isinstance(after, ActionResponseNormal):
            return ActionOutcome(after.result, after.returned)
        if not isinstance(after, ActionResponseWithPblock):
            raise unexpected(after)
        answer = after
    outcomes = decode_outcomes(joined)
    if len(outcomes) != 1:
        raise WireError(f"{len(outcomes)} outcomes of one action")
    return outcomes[0]


def _slicer(
    session: Session, octets: bytes, around: int, needed: Conformance
) -> Slicer:
    block_size = session.request_room - around - _BLOCK_HEADER
    if not session.conformance & needed or block_size < 1:
        raise LocalError(
            f"{len(octets)} octets are too many for one request to this meter,"
            " and it does not take them in blocks"
        )
    return Slicer(octets, block_size)


def _send_blocks(
    session: Session,
    first: (
        SetRequestFirstBlock | SetRequestWithListFirstBlock | ActionRequestFirstPblock
    ),
    slicer: Slicer,
) -> Dialogue[Apdu]:
    """Sends blocks as the meter acknowledges them; its last answer, of whatever kind."""
    invoke_id = first.invoke_id_and_priority
    answer = yield from session.ask(first)
    while isinstance(answer, SetResponseDatablock | ActionResponseNextPblock):
        block = slicer.after(answer.block_number)
        next_request = (
            ActionRequestWithPblock
            if isinstance(first, ActionRequestFirstPblock)
            else SetRequestWithBlock
        )
        answer = yield from session.ask(
            next_request(invoke_id, block.last, block.number, block.octets)
        )
    return answer


def join(joiner: Joiner, number: int, last: bool, octets: bytes) -> bytes | None:
    """The whole answer after its last block; raises `WireError` for too many blocks."""
    joined = joiner.add(number, last, octets)
    if joined is None and joiner.number >= MAX_BLOCKS:
        raise WireError("the meter sends blocks without end")
    return joined


class Association(Session):
    """A session with the services as its methods."""

    get = get_value
    get_list = get_values
    set = set_value
    set_list = set_values
    action = invoke
