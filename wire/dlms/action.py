"""ACTION (Green Book 9.3.9, 9.5): invoking methods. Parameters stay A-XDR octets here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wire.dlms import parts
from wire.dlms.axdr import encode_length
from wire.dlms.descriptors import ActionResult, GetResult, MethodDescriptor
from wire.errors import LocalError, WireError

REQUEST, RESPONSE = 0xC3, 0xC7


@dataclass(frozen=True, slots=True)
class ActionRequestNormal:
    """`parameters`: the A-XDR octets of one value (not examined yet), None when left out."""

    invoke_id_and_priority: int
    descriptor: MethodDescriptor
    parameters: bytes | None = None


@dataclass(frozen=True, slots=True)
class ActionRequestNextPblock:
    """Asks for the block after `block_number` of a long answer."""

    invoke_id_and_priority: int
    block_number: int


@dataclass(frozen=True, slots=True)
class ActionRequestWithList:
    """One of `parameters` (A-XDR octets each, checked to be one value) per method."""

    invoke_id_and_priority: int
    methods: tuple[MethodDescriptor, ...]
    parameters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ActionRequestFirstPblock:
    """The first block of long parameters; the joined blocks are one value's octets."""

    invoke_id_and_priority: int
    descriptor: MethodDescriptor
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class ActionRequestWithListAndFirstPblock:
    """The joined blocks are a list for `apdu.decode_values`."""

    invoke_id_and_priority: int
    methods: tuple[MethodDescriptor, ...]
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class ActionRequestWithPblock:
    invoke_id_and_priority: int
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """Action-Response-With-Optional-Data: the result, and what the method returned if anything."""

    result: ActionResult
    returned: GetResult | None = None


@dataclass(frozen=True, slots=True)
class ActionResponseNormal:
    """`returned`: A-XDR octets (not examined yet), why there are none, or None when left out."""

    invoke_id_and_priority: int
    result: ActionResult
    returned: GetResult | None = None


@dataclass(frozen=True, slots=True)
class ActionResponseWithPblock:
    """One block of a long answer; the joined blocks are for `decode_outcome` (after a normal
    request) or `decode_outcomes` (after a request with a list)."""

    invoke_id_and_priority: int
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class ActionResponseWithList:
    invoke_id_and_priority: int
    outcomes: tuple[ActionOutcome, ...]


@dataclass(frozen=True, slots=True)
class ActionResponseNextPblock:
    """Acknowledges a block of the request that is not the last."""

    invoke_id_and_priority: int
    block_number: int


def encode_outcome(outcome: ActionOutcome) -> bytes:
    """Action-Response-With-Optional-Data: what the blocks of a long answer carry."""
    return _write_outcome(outcome.result, outcome.returned)


def decode_outcome(octets: bytes) -> ActionOutcome:
    """The reverse of `encode_outcome`; raises `WireError`."""
    try:
        outcome, end = _read_outcome(octets, 0)
        parts.expect_end(octets, end)
    except IndexError:
        raise WireError("the action response is cut short", len(octets)) from None
    return outcome


def encode_outcomes(outcomes: Sequence[ActionOutcome]) -> bytes:
    """SEQUENCE OF Action-Response-With-Optional-Data."""
    return encode_length(len(outcomes)) + b"".join(map(encode_outcome, outcomes))


def decode_outcomes(octets: bytes) -> tuple[ActionOutcome, ...]:
    """The reverse of `encode_outcomes`; raises `WireError`."""
    try:
        return _read_outcomes(octets, 0)
    except IndexError:
        raise WireError(
            "the list of action responses is cut short", len(octets)
        ) from None


def _write_outcome(result: ActionResult, returned: GetResult | None) -> bytes:
    if returned is None:
        return bytes((result, 0))
    return bytes((result, 1)) + parts.write_get_result(returned)


def _read_outcome(octets: bytes, at: int) -> tuple[ActionOutcome, int]:
    result = parts.read_action_result(octets, at)
    if not parts.read_flag(octets, at + 1):
        return ActionOutcome(result), at + 2
    returned, end = parts.read_get_result(octets, at + 2)
    return ActionOutcome(result, returned), end


def _read_outcomes(octets: bytes, at: int) -> tuple[ActionOutcome, ...]:
    count, at = parts.read_count(octets, at)
    outcomes = []
    for _ in range(count):
        outcome, at = _read_outcome(octets, at)
        outcomes.append(outcome)
    parts.expect_end(octets, at)
    return tuple(outcomes)


def _read_request_normal(octets: bytes) -> ActionRequestNormal:
    descriptor = parts.read_method(octets, 3)
    if not parts.read_flag(octets, 12):
        parts.expect_end(octets, 13)
        return ActionRequestNormal(octets[2], descriptor)
    if len(octets) == 13:
        raise IndexError
    return ActionRequestNormal(octets[2], descriptor, octets[13:])


def _read_request_next_pblock(octets: bytes) -> ActionRequestNextPblock:
    parts.expect_end(octets, 7)
    return ActionRequestNextPblock(octets[2], parts.read_number(octets, 3))


def _read_request_with_list(octets: bytes) -> ActionRequestWithList:
    methods, at = parts.read_methods(octets, 3)
    parameters = parts.read_last_values(octets, at)
    if len(parameters) != len(methods):
        raise WireError(f"{len(parameters)} parameters for {len(methods)} methods", at)
    return ActionRequestWithList(octets[2], methods, parameters)


def _read_request_first_pblock(octets: bytes) -> ActionRequestFirstPblock:
    descriptor = parts.read_method(octets, 3)
    return ActionRequestFirstPblock(
        octets[2], descriptor, *parts.read_last_block(octets, 12)
    )


def _read_request_with_list_and_first_pblock(
    octets: bytes,
) -> ActionRequestWithListAndFirstPblock:
    methods, at = parts.read_methods(octets, 3)
    return ActionRequestWithListAndFirstPblock(
        octets[2], methods, *parts.read_last_block(octets, at)
    )


def _read_request_with_pblock(octets: bytes) -> ActionRequestWithPblock:
    return ActionRequestWithPblock(octets[2], *parts.read_last_block(octets, 3))


def _read_response_normal(octets: bytes) -> ActionResponseNormal:
    result = parts.read_action_result(octets, 3)
    if not parts.read_flag(octets, 4):
        parts.expect_end(octets, 5)
        return ActionResponseNormal(octets[2], result)
    return ActionResponseNormal(
        octets[2], result, parts.read_last_get_result(octets, 5)
    )


def _read_response_with_pblock(octets: bytes) -> ActionResponseWithPblock:
    return ActionResponseWithPblock(octets[2], *parts.read_last_block(octets, 3))


def _read_response_with_list(octets: bytes) -> ActionResponseWithList:
    return ActionResponseWithList(octets[2], _read_outcomes(octets, 3))


def _read_response_next_pblock(octets: bytes) -> ActionResponseNextPblock:
    parts.expect_end(octets, 7)
    return ActionResponseNextPblock(octets[2], parts.read_number(octets, 3))


def _write_request_normal(apdu: ActionRequestNormal) -> bytes:
    head = bytes((REQUEST, 1, apdu.invoke_id_and_priority)) + apdu.descriptor.encode()
    return head + (b"\x00" if apdu.parameters is None else b"\x01" + apdu.parameters)


def _write_request_next_pblock(apdu: ActionRequestNextPblock) -> bytes:
    head = bytes((REQUEST, 2, apdu.invoke_id_and_priority))
    return head + apdu.block_number.to_bytes(4, "big")


def _write_request_with_list(apdu: ActionRequestWithList) -> bytes:
    if len(apdu.parameters) != len(apdu.methods):
        raise LocalError(
            f"{len(apdu.parameters)} parameters for {len(apdu.methods)} methods"
        )
    return (
        bytes((REQUEST, 3, apdu.invoke_id_and_priority))
        + parts.write_methods(apdu.methods)
        + parts.encode_values(apdu.parameters)
    )


def _write_request_first_pblock(apdu: ActionRequestFirstPblock) -> bytes:
    return (
        bytes((REQUEST, 4, apdu.invoke_id_and_priority))
        + apdu.descriptor.encode()
        + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)
    )


def _write_request_with_list_and_first_pblock(
    apdu: ActionRequestWithListAndFirstPblock,
) -> bytes:
    return (
        bytes((REQUEST, 5, apdu.invoke_id_and_priority))
        + parts.write_methods(apdu.methods)
        + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)
    )


def _write_request_with_pblock(apdu: ActionRequestWithPblock) -> bytes:
    head = bytes((REQUEST, 6, apdu.invoke_id_and_priority))
    return head + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)


def _write_response_normal(apdu: ActionResponseNormal) -> bytes:
    head = bytes((RESPONSE, 1, apdu.invoke_id_and_priority))
    return head + _write_outcome(apdu.result, apdu.returned)


def _write_response_with_pblock(apdu: ActionResponseWithPblock) -> bytes:
    head = bytes((RESPONSE, 2, apdu.invoke_id_and_priority))
    return head + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)


def _write_response_with_list(apdu: ActionResponseWithList) -> bytes:
    return bytes((RESPONSE, 3, apdu.invoke_id_and_priority)) + encode_outcomes(
        apdu.outcomes
    )


def _write_response_next_pblock(apdu: ActionResponseNextPblock) -> bytes:
    head = bytes((RESPONSE, 4, apdu.invoke_id_and_priority))
    return head + apdu.block_number.to_bytes(4, "big")


# By tag and choice.
READERS: dict[tuple[int, int], Callable[[bytes], Any]] = {
    (REQUEST, 1): _read_request_normal,
    (REQUEST, 2): _read_request_next_pblock,
    (REQUEST, 3): _read_request_with_list,
    (REQUEST, 4): _read_request_first_pblock,
    (REQUEST, 5): _read_request_with_list_and_first_pblock,
    (REQUEST, 6): _read_request_with_pblock,
    (RESPONSE, 1): _read_response_normal,
    (RESPONSE, 2): _read_response_with_pblock,
    (RESPONSE, 3): _read_response_with_list,
    (RESPONSE, 4): _read_response_next_pblock,
}
WRITERS: dict[type, Callable[[Any], bytes]] = {
    ActionRequestNormal: _write_request_normal,
    ActionRequestNextPblock: _write_request_next_pblock,
    ActionRequestWithList: _write_request_with_list,
    ActionRequestFirstPblock: _write_request_first_pblock,
    ActionRequestWithListAndFirstPblock: _write_request_with_list_and_first_pblock,
    ActionRequestWithPblock: _write_request_with_pblock,
    ActionResponseNormal: _write_response_normal,
    ActionResponseWithPblock: _write_response_with_pblock,
    ActionResponseWithList: _write_response_with_list,
    ActionResponseNextPblock: _write_response_next_pblock,
}
