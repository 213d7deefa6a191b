"""GET (Green Book 9.3.7, 9.5): reading attributes. Values stay A-XDR octets here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wire.dlms.descriptors import AttributeDescriptor, GetResult, Selection


@dataclass(frozen=True, slots=True)
class GetRequestNormal:
    invoke_id_and_priority: int
    descriptor: AttributeDescriptor
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class GetRequestNext:
    """Asks for the block after `block_number`, which has been received."""

    invoke_id_and_priority: int
    block_number: int


@dataclass(frozen=True, slots=True)
class GetRequestWithList:
    invoke_id_and_priority: int
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]


@dataclass(frozen=True, slots=True)
class GetResponseNormal:
    """`result`: the value's A-XDR octets (not examined yet), or why there is none."""

    invoke_id_and_priority: int
    result: GetResult


@dataclass(frozen=True, slots=True)
class GetResponseWithDatablock:
    """One block of a long answer; the joined blocks are a value's octets (after a normal
    request), or a list for `decode_results` (after a request with a list)."""

    invoke_id_and_priority: int
    last_block: bool
    block_number: int
    result: GetResult


@dataclass(frozen=True, slots=True)
class GetResponseWithList:
    invoke_id_and_priority: int
    results: tuple[GetResult, ...]


def encode_results(results: Sequence[GetResult]) -> bytes:
    """SEQUENCE OF Get-Data-Result: what the blocks of a long answer to a list carry."""
    raise NotImplementedError


def decode_results(octets: bytes) -> tuple[GetResult, ...]:
    """The reverse of `encode_results`; raises `WireError`."""
    raise NotImplementedError
