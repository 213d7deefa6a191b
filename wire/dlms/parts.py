"""What the APDUs of several services are made of (Green Book 9.5), read and written.

Readers take the octets and where the part begins, and return the part and where it ends. They
raise `WireError`, or `IndexError` when the octets end too early, which `apdu.decode` turns into
a `WireError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from wire.dlms.axdr import decode_from, decode_length, encode, encode_length, skip
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from wire.errors import WireError

SelectedAttribute = tuple[AttributeDescriptor, Selection | None]

_ACCESS_RESULTS = {result.value: result for result in DataAccessResult}
_ACTION_RESULTS = {result.value: result for result in ActionResult}


def expect_end(octets: bytes, at: int) -> None:
    """Nothing may follow the last part."""
    if at != len(octets):
        if at > len(octets):
            raise IndexError
        raise WireError(f"{len(octets) - at} octets follow the APDU", at)


def read_flag(octets: bytes, at: int) -> bool:
    """An OPTIONAL's presence or a CHOICE of two: 0 or 1."""
    flag = octets[at]
    if flag > 1:
        raise WireError(f"{flag:#04x} is neither 0 nor 1", at)
    return flag == 1


def read_count(octets: bytes, at: int) -> tuple[int, int]:
    """The count of a SEQUENCE OF, each item of which has at least one octet."""
    count, at = decode_length(octets, at)
    if count > len(octets) - at:
        raise WireError(f"{count} items cannot be in {len(octets) - at} octets", at)
    return count, at


def read_string(octets: bytes, at: int) -> tuple[bytes, int]:
    """An OCTET STRING without a tag."""
    length, at = decode_length(octets, at)
    end = at + length
    if end > len(octets):
        raise WireError(f"{length} octets cannot be in {len(octets) - at}", at)
    return octets[at:end], end


def write_string(octets: bytes) -> bytes:
    return encode_length(len(octets)) + octets


def read_number(octets: bytes, at: int) -> int:
    """Unsigned32 (a block number), which ends four octets on."""
    if at + 4 > len(octets):
        raise IndexError
    return int.from_bytes(octets[at : at + 4], "big")


def read_attribute(
    octets: bytes, at: int
) -> tuple[AttributeDescriptor, Selection | None, int]:
    """Cosem-Attribute-Descriptor and its optional access selection."""
    end = at + 9
    if not octets[end]:
        return AttributeDescriptor.decode(octets[at:end]), None, end + 1
    descriptor = AttributeDescriptor.decode(octets[at:end])
    read_flag(octets, end)
    parameters, after = decode_from(octets, end + 2)
    return descriptor, Selection(octets[end + 1], parameters), after


def write_attribute(
    descriptor: AttributeDescriptor, selection: Selection | None
) -> bytes:
    if selection is None:
        return descriptor.encode() + b"\x00"
    selector = bytes((1, selection.selector))
    return descriptor.encode() + selector + encode(selection.parameters)


def read_attributes(
    octets: bytes, at: int
) -> tuple[tuple[SelectedAttribute, ...], int]:
    count, at = read_count(octets, at)
    attributes = []
    for _ in range(count):
        descriptor, selection, at = read_attribute(octets, at)
        attributes.append((descriptor, selection))
    return tuple(attributes), at


def write_attributes(attributes: Sequence[SelectedAttribute]) -> bytes:
    parts = [
        write_attribute(descriptor, selection) for descriptor, selection in attributes
    ]
    return encode_length(len(parts)) + b"".join(parts)


def read_method(octets: bytes, at: int) -> MethodDescriptor:
    """Cosem-Method-Descriptor, which ends nine octets on."""
    if at + 9 > len(octets):
        raise IndexError
    return MethodDescriptor.decode(octets[at : at + 9])


def read_methods(octets: bytes, at: int) -> tuple[tuple[MethodDescriptor, ...], int]:
    count, at = read_count(octets, at)
    end = at + 9 * count
    if end > len(octets):
        raise IndexError
    return (
        tuple(MethodDescriptor.decode(octets[i : i + 9]) for i in range(at, end, 9)),
        end,
    )


def write_methods(methods: Sequence[MethodDescriptor]) -> bytes:
    return encode_length(len(methods)) + b"".join(method.encode() for method in methods)


def read_access_result(octets: bytes, at: int) -> DataAccessResult:
    try:
        return _ACCESS_RESULTS[octets[at]]
    except KeyError:
        raise WireError(f"{octets[at]} is not a data-access-result", at) from None


def read_action_result(octets: bytes, at: int) -> ActionResult:
    try:
        return _ACTION_RESULTS[octets[at]]
    except KeyError:
        raise WireError(f"{octets[at]} is not an action-result", at) from None


def read_access_results(
    octets: bytes, at: int
) -> tuple[tuple[DataAccessResult, ...], int]:
    count, at = read_count(octets, at)
    return tuple(read_access_result(octets, at + i) for i in range(count)), at + count


def write_access_results(results: Sequence[DataAccessResult]) -> bytes:
    return encode_length(len(results)) + bytes(results)


def read_get_result(octets: bytes, at: int) -> tuple[GetResult, int]:
    """Get-Data-Result that something may follow: the value is checked to be one."""
    if read_flag(octets, at):
        return read_access_result(octets, at + 1), at + 2
    end = skip(octets, at + 1)
    return octets[at + 1 : end], end


def read_last_get_result(octets: bytes, at: int) -> GetResult:
    """Get-Data-Result that ends the APDU: the value is whatever is left, not examined."""
    if octets[at] == 0:
        if at + 1 == len(octets):
            raise IndexError
        return octets[at + 1 :]
    read_flag(octets, at)
    result = read_access_result(octets, at + 1)
    expect_end(octets, at + 2)
    return result


def write_get_result(result: GetResult) -> bytes:
    if isinstance(result, DataAccessResult):
        return bytes((1, result))
    return b"\x00" + result


def read_last_block(octets: bytes, at: int) -> tuple[bool, int, bytes]:
    """DataBlock-SA, which always ends its APDU: last block, block number, raw data."""
    raw_data, end = read_string(octets, at + 5)
    expect_end(octets, end)
    return octets[at] != 0, read_number(octets, at + 1), raw_data


def write_block(last_block: bool, block_number: int, raw_data: bytes) -> bytes:
    return (
        bytes((last_block,)) + block_number.to_bytes(4, "big") + write_string(raw_data)
    )


def decode_values(octets: bytes) -> tuple[bytes, ...]:
    """The octets of each value of a SEQUENCE OF Data; raises `WireError`."""
    return read_last_values(octets, 0)


def read_last_values(octets: bytes, at: int) -> tuple[bytes, ...]:
    count, at = read_count(octets, at)
    values = []
    for _ in range(count):
        end = skip(octets, at)
        values.append(octets[at:end])
        at = end
    expect_end(octets, at)
    return tuple(values)


def encode_values(values: Sequence[bytes]) -> bytes:
    """SEQUENCE OF Data, from each value's octets: what blocks with a list carry."""
    return encode_length(len(values)) + b"".join(values)
