"""ACTION (Green Book 9.3.9, 9.5): invoking methods. Parameters stay A-XDR octets here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wire.dlms.descriptors import ActionResult, GetResult, MethodDescriptor


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
    """One block of a long answer; the joined blocks are what `encode_outcomes` gives."""

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


def encode_outcomes(outcomes: Sequence[ActionOutcome]) -> bytes:
    """SEQUENCE OF Action-Response-With-Optional-Data."""
    raise NotImplementedError


def decode_outcomes(octets: bytes) -> tuple[ActionOutcome, ...]:
    """The reverse of `encode_outcomes`; raises `WireError`."""
    raise NotImplementedError
