"""GET (Green Book 9.3.7, 9.5): reading attributes. Values stay A-XDR octets here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wire.dlms import parts
from wire.dlms.axdr import encode_length
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    Selection,
)
from wire.errors import WireError

REQUEST, RESPONSE = 0xC0, 0xC4


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
    return encode_length(len(results)) + b"".join(map(parts.write_get_result, results))


def decode_results(octets: bytes) -> tuple[GetResult, ...]:
    """The reverse of `encode_results`; raises `WireError`."""
    try:
        return _read_results(octets, 0)
    except IndexError:
        raise WireError("the list of results is cut short", len(octets)) from None


def _read_results(octets: bytes, at: int) -> tuple[GetResult, ...]:
    count, at = parts.read_count(octets, at)
    results = []
    for _ in range(count):
        result, at = parts.read_get_result(octets, at)
        results.append(result)
    parts.expect_end(octets, at)
    return tuple(results)


def _read_request_normal(octets: bytes) -> GetRequestNormal:
    if len(octets) == 13 and not octets[12]:
        return GetRequestNormal(octets[2], AttributeDescriptor.decode(octets[3:12]))
    descriptor, selection, end = parts.read_attribute(octets, 3)
    parts.expect_end(octets, end)
    return GetRequestNormal(octets[2], descriptor, selection)


def _read_request_next(octets: bytes) -> GetRequestNext:
    parts.expect_end(octets, 7)
    return GetRequestNext(octets[2], parts.read_number(octets, 3))


def _read_request_with_list(octets: bytes) -> GetRequestWithList:
    attributes, end = parts.read_attributes(octets, 3)
    parts.expect_end(octets, end)
    return GetRequestWithList(octets[2], attributes)


def _read_response_normal(octets: bytes) -> GetResponseNormal:
    return GetResponseNormal(octets[2], parts.read_last_get_result(octets, 3))


def _read_response_with_datablock(octets: bytes) -> GetResponseWithDatablock:
    last_block, block_number = octets[3] != 0, parts.read_number(octets, 4)
    result: GetResult
    if parts.read_flag(octets, 8):
        result, end = parts.read_access_result(octets, 9), 10
    else:
        result, end = parts.read_string(octets, 9)
    parts.expect_end(octets, end)
    return GetResponseWithDatablock(octets[2], last_block, block_number, result)


def _read_response_with_list(octets: bytes) -> GetResponseWithList:
    return GetResponseWithList(octets[2], _read_results(octets, 3))


def _write_request_normal(apdu: GetRequestNormal) -> bytes:
    head = bytes((REQUEST, 1, apdu.invoke_id_and_priority))
    return head + parts.write_attribute(apdu.descriptor, apdu.selection)


def _write_request_next(apdu: GetRequestNext) -> bytes:
    head = bytes((REQUEST, 2, apdu.invoke_id_and_priority))
    return head + apdu.block_number.to_bytes(4, "big")


def _write_request_with_list(apdu: GetRequestWithList) -> bytes:
    head = bytes((REQUEST, 3, apdu.invoke_id_and_priority))
    return head + parts.write_attributes(apdu.attributes)


def _write_response_normal(apdu: GetResponseNormal) -> bytes:
    result = apdu.result
    if isinstance(result, DataAccessResult):
        return bytes((RESPONSE, 1, apdu.invoke_id_and_priority, 1, result))
    return bytes((RESPONSE, 1, apdu.invoke_id_and_priority, 0)) + result


def _write_response_with_datablock(apdu: GetResponseWithDatablock) -> bytes:
    head = bytes((RESPONSE, 2, apdu.invoke_id_and_priority, apdu.last_block))
    number = apdu.block_number.to_bytes(4, "big")
    if isinstance(apdu.result, DataAccessResult):
        return head + number + bytes((1, apdu.result))
    return head + number + b"\x00" + parts.write_string(apdu.result)


def _write_response_with_list(apdu: GetResponseWithList) -> bytes:
    return bytes((RESPONSE, 3, apdu.invoke_id_and_priority)) + encode_results(
        apdu.results
    )


# By tag and choice.
READERS: dict[tuple[int, int], Callable[[bytes], Any]] = {
    (REQUEST, 1): _read_request_normal,
    (REQUEST, 2): _read_request_next,
    (REQUEST, 3): _read_request_with_list,
    (RESPONSE, 1): _read_response_normal,
    (RESPONSE, 2): _read_response_with_datablock,
    (RESPONSE, 3): _read_response_with_list,
}
WRITERS: dict[type, Callable[[Any], bytes]] = {
    GetRequestNormal: _write_request_normal,
    GetRequestNext: _write_request_next,
    GetRequestWithList: _write_request_with_list,
    GetResponseNormal: _write_response_normal,
    GetResponseWithDatablock: _write_response_with_datablock,
    GetResponseWithList: _write_response_with_list,
}
