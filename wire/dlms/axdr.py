"""A-XDR (IEC 61334-6) of the COSEM type Data, of lengths and of counts.

Bounds: a length or a count is checked against the octets really there before anything is made
of it, and nesting is at most `MAX_DEPTH` deep, so no input costs more than its own size.

Speed: every scalar of fixed size is one entry of `FIXED`; an array whose rows are alike
(a load profile) is read column by column.
"""

from __future__ import annotations

from struct import error as StructError
from typing import Any, Final

from wire.dlms.data import (
    FIXED_OCTETS,
    BitString,
    Data,
    Tag,
    array,
    bit_string,
    boolean,
    double_long,
    double_long_unsigned,
    enum,
    from_json,
    integer,
    long,
    long64,
    long64_unsigned,
    long_unsigned,
    null_data,
    octet_string,
    plain,
    structure,
    to_json,
    unsigned,
    utf8_string,
    visible_string,
)
from wire.dlms.lengths import decode_length, encode_length
from wire.dlms.rows import MANY, read_rows
from wire.dlms.scalars import EMPTY, FIXED, PACK, SIZES
from wire.errors import LocalError, WireError

__all__ = [
    "BitString",
    "Data",
    "Tag",
    "array",
    "bit_string",
    "boolean",
    "double_long",
    "double_long_unsigned",
    "enum",
    "from_json",
    "integer",
    "long",
    "long64",
    "long64_unsigned",
    "long_unsigned",
    "null_data",
    "octet_string",
    "plain",
    "structure",
    "to_json",
    "unsigned",
    "utf8_string",
    "visible_string",
    "MAX_DEPTH",
    "decode",
    "decode_from",
    "decode_length",
    "encode",
    "encode_length",
    "skip",
]

MAX_DEPTH = 16

_STRINGS: Final = {
    int(tag): tag for tag in (Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING)
}
_CHARSETS: Final = {Tag.VISIBLE_STRING: "ascii", Tag.UTF8_STRING: "utf-8"}


def encode(data: Data) -> bytes:
    """The octets of a value; raises `LocalError` when the value does not fit its type."""
    parts: list[bytes] = []
    try:
        _write((data,), parts.append, MAX_DEPTH)
    except (
        StructError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        OverflowError,
    ) as error:
        raise LocalError(f"a value does not fit its COSEM type: {error}") from None
    return b"".join(parts)


def _write(items: tuple[Data, ...], append: Any, depth: int) -> None:
    packs = PACK
    for tag, value in items:
        pack = packs.get(tag)
        if pack is not None:
            append(pack(tag, value))
        elif tag == Tag.OCTET_STRING:
            length = len(value)
            append(
                bytes((9, length)) if length < 0x80 else b"\x09" + encode_length(length)
            )
            append(bytes(value) if not isinstance(value, bytes) else value)
        elif tag == Tag.STRUCTURE or tag == Tag.ARRAY:
            if not depth:
                raise LocalError(f"a value is nested more than {MAX_DEPTH} deep")
            append(bytes((tag,)) + encode_length(len(value)))
            _write(value, append, depth - 1)
        elif tag in EMPTY:
            append(bytes((tag,)))
        elif tag == Tag.BIT_STRING:
            append(b"\x04" + encode_length(value.length) + value.octets)
        elif tag in FIXED_OCTETS:
            if len(value) != FIXED_OCTETS[tag]:
                raise LocalError(f"{tag.type_name} has {FIXED_OCTETS[tag]} octets")
            append(bytes((tag,)) + value)
        else:
            text = value.encode(_CHARSETS[tag])
            append(bytes((tag,)) + encode_length(len(text)) + text)


def decode(octets: bytes) -> Data:
    """The one value that fills `octets`; raises `WireError` for anything else."""
    items: list[Data] = []
    end = _read(octets, 0, 1, items.append, MAX_DEPTH)
    if end != len(octets):
        raise WireError(f"{len(octets) - end} octets follow the value", end)
    return items[0]


def decode_from(octets: bytes, offset: int = 0) -> tuple[Data, int]:
    """The value that begins at `offset`, and where it ends; raises `WireError`."""
    items: list[Data] = []
    end = _read(octets, offset, 1, items.append, MAX_DEPTH)
    return items[0], end


def _read(octets: bytes, at: int, count: int, append: Any, depth: int) -> int:
    """Reads `count` values from `at`; returns where they end."""
    fixed, new, kind = FIXED, tuple.__new__, Data
    limit = len(octets)
    for _ in range(count):
        if at >= limit:
            raise WireError("a value is missing: the octets end too early", limit)
        octet = octets[at]
        entry = fixed[octet]
        if entry is not None:
            unpack, size, tag = entry
            begin = at + 1
            at = begin + size
            if at > limit:
                raise WireError(f"{tag.type_name} is cut short", begin)
            append(new(kind, (tag, unpack(octets, begin)[0])))
        elif octet == 9:
            begin = at + 2
            if begin <= limit and octets[at + 1] < 0x80:
                at = begin + octets[at + 1]
            else:
                length, begin = decode_length(octets, at + 1)
                at = begin + length
            if at > limit:
                raise WireError("octet-string is longer than the octets there", begin)
            append(new(kind, (Tag.OCTET_STRING, octets[begin:at])))
        elif octet == 2 or octet == 1:
            if not depth:
                raise WireError(f"values are nested more than {MAX_DEPTH} deep", at)
            size, at = decode_length(octets, at + 1)
            if size > limit - at:
                raise WireError(f"{size} items cannot be in {limit - at} octets", at)
            inner: list[Data] = []
            begin = at
            if octet == 1 and size >= MANY and octets[at] == 2:
                at = _read(octets, at, 1, inner.append, depth - 1)
                rows = read_rows(octets, begin, at, size)
                if rows is not None:
                    at = begin + (at - begin) * size
                    append(new(kind, (Tag.ARRAY, rows)))
                    continue
                size -= 1
            at = _read(octets, at, size, inner.append, depth - 1)
            append(
                new(kind, (Tag.STRUCTURE if octet == 2 else Tag.ARRAY, tuple(inner)))
            )
        elif octet == 0 or octet == 255:
            at += 1
            append(EMPTY[Tag(octet)])
        else:
            value, at = _read_rare(octets, at)
            append(value)
    return at


def _read_rare(octets: bytes, at: int) -> tuple[Data, int]:
    """Bit-strings and texts."""
    try:
        tag = Tag(octets[at])
    except ValueError:
        raise WireError(f"{octets[at]} is not a tag of COSEM data", at) from None
    length, begin = decode_length(octets, at + 1)
    end = begin + ((length + 7) // 8 if tag is Tag.BIT_STRING else length)
    if end > len(octets):
        raise WireError(f"{tag.type_name} is longer than the octets there", begin)
    body = bytes(octets[begin:end])
    if tag is Tag.BIT_STRING:
        if length % 8:
            body = body[:-1] + bytes((body[-1] & (0xFF00 >> length % 8) & 0xFF,))
        return Data(tag, BitString(length, body)), end
    try:
        return Data(tag, body.decode(_CHARSETS[tag])), end
    except UnicodeDecodeError as error:
        raise WireError(
            f"{tag.type_name} has other characters", begin + error.start
        ) from None


def skip(octets: bytes, offset: int = 0) -> int:
    """Where the value that begins at `offset` ends, without making it; raises `WireError`.

    Checks all that `decode_from` checks, except the characters of texts.
    """
    sizes, limit, at = SIZES, len(octets), offset
    left = 1
    outer: list[int] = []
    while True:
        while not left:
            if not outer:
                return at
            left = outer.pop()
        left -= 1
        if at >= limit:
            raise WireError("a value is missing: the octets end too early", limit)
        octet = octets[at]
        size = sizes[octet]
        at += 1
        if size < 0:
            if octet not in _STRINGS and octet not in (1, 2, 4):
                raise WireError(f"{octet} is not a tag of COSEM data", at - 1)
            size, at = decode_length(octets, at)
            if octet <= 2:
                if len(outer) >= MAX_DEPTH:
                    raise WireError(f"values are nested more than {MAX_DEPTH} deep", at)
                if size > limit - at:
                    raise WireError(
                        f"{size} items cannot be in {limit - at} octets", at
                    )
                outer.append(left)
                left = size
                continue
            if octet == 4:
                size = (size + 7) // 8
        at += size
        if at > limit:
            raise WireError(
                f"{Tag(octet).type_name} is longer than the octets there", limit
            )
