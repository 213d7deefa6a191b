"""SET (Green Book 9.3.8, 9.5): writing attributes. Values stay A-XDR octets here."""

from __future__ import annotations

from dataclasses import dataclass

from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult, Selection


@dataclass(frozen=True, slots=True)
class SetRequestNormal:
    """`value`: the A-XDR octets of one value, not examined yet."""

    invoke_id_and_priority: int
    descriptor: AttributeDescriptor
    value: bytes
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class SetRequestFirstBlock:
    """The first block (number 1) of a long value; `raw_data` is a piece of its octets."""

    invoke_id_and_priority: int
    descriptor: AttributeDescriptor
    last_block: bool
    block_number: int
    raw_data: bytes
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class SetRequestWithBlock:
    invoke_id_and_priority: int
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class SetRequestWithList:
    """One of `values` (A-XDR octets each, checked to be one value) per attribute."""

    invoke_id_and_priority: int
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SetRequestWithListFirstBlock:
    """The joined blocks are a list for `apdu.decode_values`."""

    invoke_id_and_priority: int
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]
    last_block: bool
    block_number: int
    raw_data: bytes


@dataclass(frozen=True, slots=True)
class SetResponseNormal:
    invoke_id_and_priority: int
    result: DataAccessResult


@dataclass(frozen=True, slots=True)
class SetResponseDatablock:
    """Acknowledges a block that is not the last."""

    invoke_id_and_priority: int
    block_number: int


@dataclass(frozen=True, slots=True)
class SetResponseLastDatablock:
    invoke_id_and_priority: int
    result: DataAccessResult
    block_number: int


@dataclass(frozen=True, slots=True)
class SetResponseLastDatablockWithList:
    invoke_id_and_priority: int
    results: tuple[DataAccessResult, ...]
    block_number: int


@dataclass(frozen=True, slots=True)
class SetResponseWithList:
    invoke_id_and_priority: int
    results: tuple[DataAccessResult, ...]
