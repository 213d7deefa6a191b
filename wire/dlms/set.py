"""SET (Green Book 9.3.8, 9.5): writing attributes. Values stay A-XDR octets here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wire.dlms import parts
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult, Selection
from wire.errors import LocalError, WireError

REQUEST, RESPONSE = 0xC1, 0xC5


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


def _read_request_normal(octets: bytes) -> SetRequestNormal:
    descriptor, selection, at = parts.read_attribute(octets, 3)
    if at >= len(octets):
        raise IndexError
    return SetRequestNormal(octets[2], descriptor, octets[at:], selection)


def _read_request_first_block(octets: bytes) -> SetRequestFirstBlock:
    descriptor, selection, at = parts.read_attribute(octets, 3)
    return SetRequestFirstBlock(
        octets[2], descriptor, *parts.read_last_block(octets, at), selection
    )


def _read_request_with_block(octets: bytes) -> SetRequestWithBlock:
    return SetRequestWithBlock(octets[2], *parts.read_last_block(octets, 3))


def _read_request_with_list(octets: bytes) -> SetRequestWithList:
    attributes, at = parts.read_attributes(octets, 3)
    values = parts.read_last_values(octets, at)
    if len(values) != len(attributes):
        raise WireError(f"{len(values)} values for {len(attributes)} attributes", at)
    return SetRequestWithList(octets[2], attributes, values)


def _read_request_with_list_first_block(octets: bytes) -> SetRequestWithListFirstBlock:
    attributes, at = parts.read_attributes(octets, 3)
    return SetRequestWithListFirstBlock(
        octets[2], attributes, *parts.read_last_block(octets, at)
    )


def _read_response_normal(octets: bytes) -> SetResponseNormal:
    parts.expect_end(octets, 4)
    return SetResponseNormal(octets[2], parts.read_access_result(octets, 3))


def _read_response_datablock(octets: bytes) -> SetResponseDatablock:
    parts.expect_end(octets, 7)
    return SetResponseDatablock(octets[2], parts.read_number(octets, 3))


def _read_response_last_datablock(octets: bytes) -> SetResponseLastDatablock:
    parts.expect_end(octets, 8)
    result = parts.read_access_result(octets, 3)
    return SetResponseLastDatablock(octets[2], result, parts.read_number(octets, 4))


def _read_response_last_datablock_with_list(
    octets: bytes,
) -> SetResponseLastDatablockWithList:
    results, at = parts.read_access_results(octets, 3)
    parts.expect_end(octets, at + 4)
    number = parts.read_number(octets, at)
    return SetResponseLastDatablockWithList(octets[2], results, number)


def _read_response_with_list(octets: bytes) -> SetResponseWithList:
    results, end = parts.read_access_results(octets, 3)
    parts.expect_end(octets, end)
    return SetResponseWithList(octets[2], results)


def _write_request_normal(apdu: SetRequestNormal) -> bytes:
    head = bytes((REQUEST, 1, apdu.invoke_id_and_priority))
    return head + parts.write_attribute(apdu.descriptor, apdu.selection) + apdu.value


def _write_request_first_block(apdu: SetRequestFirstBlock) -> bytes:
    return (
        bytes((REQUEST, 2, apdu.invoke_id_and_priority))
        + parts.write_attribute(apdu.descriptor, apdu.selection)
        + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)
    )


def _write_request_with_block(apdu: SetRequestWithBlock) -> bytes:
    head = bytes((REQUEST, 3, apdu.invoke_id_and_priority))
    return head + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)


def _write_request_with_list(apdu: SetRequestWithList) -> bytes:
    if len(apdu.values) != len(apdu.attributes):
        raise LocalError(
            f"{len(apdu.values)} values for {len(apdu.attributes)} attributes"
        )
    return (
        bytes((REQUEST, 4, apdu.invoke_id_and_priority))
        + parts.write_attributes(apdu.attributes)
        + parts.encode_values(apdu.values)
    )


def _write_request_with_list_first_block(apdu: SetRequestWithListFirstBlock) -> bytes:
    return (
        bytes((REQUEST, 5, apdu.invoke_id_and_priority))
        + parts.write_attributes(apdu.attributes)
        + parts.write_block(apdu.last_block, apdu.block_number, apdu.raw_data)
    )


def _write_response_normal(apdu: SetResponseNormal) -> bytes:
    return bytes((RESPONSE, 1, apdu.invoke_id_and_priority, apdu.result))


def _write_response_datablock(apdu: SetResponseDatablock) -> bytes:
    head = bytes((RESPONSE, 2, apdu.invoke_id_and_priority))
    return head + apdu.block_number.to_bytes(4, "big")


def _write_response_last_datablock(apdu: SetResponseLastDatablock) -> bytes:
    head = bytes((RESPONSE, 3, apdu.invoke_id_and_priority, apdu.result))
    return head + apdu.block_number.to_bytes(4, "big")


def _write_response_last_datablock_with_list(
    apdu: SetResponseLastDatablockWithList,
) -> bytes:
    return (
        bytes((RESPONSE, 4, apdu.invoke_id_and_priority))
        + parts.write_access_results(apdu.results)
        + apdu.block_number.to_bytes(4, "big")
    )


def _write_response_with_list(apdu: SetResponseWithList) -> bytes:
    head = bytes((RESPONSE, 5, apdu.invoke_id_and_priority))
    return head + parts.write_access_results(apdu.results)


# By tag and choice.
READERS: dict[tuple[int, int], Callable[[bytes], Any]] = {
    (REQUEST, 1): _read_request_normal,
    (REQUEST, 2): _read_request_first_block,
    (REQUEST, 3): _read_request_with_block,
    (REQUEST, 4): _read_request_with_list,
    (REQUEST, 5): _read_request_with_list_first_block,
    (RESPONSE, 1): _read_response_normal,
    (RESPONSE, 2): _read_response_datablock,
    (RESPONSE, 3): _read_response_last_datablock,
    (RESPONSE, 4): _read_response_last_datablock_with_list,
    (RESPONSE, 5): _read_response_with_list,
}
WRITERS: dict[type, Callable[[Any], bytes]] = {
    SetRequestNormal: _write_request_normal,
    SetRequestFirstBlock: _write_request_first_block,
    SetRequestWithBlock: _write_request_with_block,
    SetRequestWithList: _write_request_with_list,
    SetRequestWithListFirstBlock: _write_request_with_list_first_block,
    SetResponseNormal: _write_response_normal,
    SetResponseDatablock: _write_response_datablock,
    SetResponseLastDatablock: _write_response_last_datablock,
    SetResponseLastDatablockWithList: _write_response_last_datablock_with_list,
    SetResponseWithList: _write_response_with_list,
}
