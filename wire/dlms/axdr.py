"""A-XDR (IEC 61334-6) of the COSEM type Data, of lengths and of counts.

Bounds: a length or a count is checked against the octets really there before anything is made
of it, and nesting is at most `MAX_DEPTH` deep, so no input costs more than its own size.

Speed: every scalar of fixed size is one entry of `_FIXED`; an array whose rows all have the
layout of its first row (a load profile) is read column by column.
"""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import repeat
from struct import Struct
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
# From how many rows on it pays to try reading an array by columns.
_MANY_ROWS = 6

_FORMATS = {
    Tag.BOOLEAN: "?",
    Tag.DOUBLE_LONG: "i",
    Tag.DOUBLE_LONG_UNSIGNED: "I",
    Tag.BCD: "b",
    Tag.INTEGER: "b",
    Tag.LONG: "h",
    Tag.UNSIGNED: "B",
    Tag.LONG_UNSIGNED: "H",
    Tag.LONG64: "q",
    Tag.LONG64_UNSIGNED: "Q",
    Tag.ENUM: "B",
    Tag.FLOAT32: "f",
    Tag.FLOAT64: "d",
    Tag.DATE_TIME: "12s",
    Tag.DATE: "5s",
    Tag.TIME: "4s",
}
_EMPTY = {
    Tag.NULL_DATA: Data(Tag.NULL_DATA, None),
    Tag.DONT_CARE: Data(Tag.DONT_CARE, None),
}
# By tag octet: how to read the value after it, its size and its Tag; None when not fixed.
_FIXED: Final = [
    (
        (
            Struct(">" + _FORMATS[Tag(octet)]).unpack_from,
            Struct(_FORMATS[Tag(octet)]).size,
            Tag(octet),
        )
        if octet in _FORMATS
        else None
    )
    for octet in range(256)
]
# By tag octet: the size of the value after it, -1 when it is not fixed.
_SIZES: Final = [
    0 if octet in _EMPTY else (entry[1] if entry else -1)
    for octet, entry in enumerate(_FIXED)
]
_STRINGS: Final = {
    int(tag): tag for tag in (Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING)
}
_CHARSETS: Final = {Tag.VISIBLE_STRING: "ascii", Tag.UTF8_STRING: "utf-8"}
_PACK: Final = {
    tag: Struct(">B" + code).pack
    for tag, code in _FORMATS.items()
    if tag not in FIXED_OCTETS
}

_new: Final = partial(tuple.__new__, Data)


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
    packs = _PACK
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
        elif tag in _EMPTY:
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
    fixed, new, kind = _FIXED, tuple.__new__, Data
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
            if octet == 1 and size >= _MANY_ROWS and octets[at] == 2:
                at = _read(octets, at, 1, inner.append, depth - 1)
                rows = _read_rows(octets, begin, at, size)
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
            append(_EMPTY[Tag(octet)])
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


def _read_rows(
    octets: bytes, begin: int, end: int, count: int
) -> tuple[Data, ...] | None:
    """All `count` rows at once, when each has the layout of the row from `begin` to `end`.

    None when they do not; then the caller reads them one by one.
    """
    stop = begin + (end - begin) * count
    layout = _layout(octets, begin, end) if stop <= len(octets) else None
    if layout is None:
        return None
    unpack, tags, marks = layout
    columns = list(zip(*unpack(memoryview(octets)[begin:stop])))
    for column, mark in zip(columns[::2], marks):
        if column.count(mark) != count:
            return None
    values = [
        map(_new, zip(repeat(tag), column)) for tag, column in zip(tags, columns[1::2])
    ]
    return tuple(map(_new, zip(repeat(Tag.STRUCTURE), zip(*values))))


def _layout(octets: bytes, begin: int, end: int) -> Any:
    """Of a valid structure of fixed scalars and octet-strings: how rows like it unpack.

    Marks (tags and lengths, the same in each row) and values take turns. None for others.
    """
    _, at = decode_length(octets, begin + 1)
    code, tags, marks, mark_from = ">", [], [], begin
    while at < end:
        octet = octets[at]
        entry = _FIXED[octet]
        if entry is not None:
            tag, value_from, value_code = entry[2], at + 1, _FORMATS[entry[2]]
            at = value_from + entry[1]
        elif octet == Tag.OCTET_STRING:
            length, value_from = decode_length(octets, at + 1)
            tag, value_code = Tag.OCTET_STRING, f"{length}s"
            at = value_from + length
        else:
            return None
        code += f"{value_from - mark_from}s{value_code}"
        marks.append(bytes(octets[mark_from:value_from]))
        tags.append(tag)
        mark_from = at
    return (_row_unpacker(code), tags, marks) if tags else None


@lru_cache(maxsize=256)
def _row_unpacker(code: str) -> Any:
    return Struct(code).iter_unpack


def skip(octets: bytes, offset: int = 0) -> int:
    """Where the value that begins at `offset` ends, without making it; raises `WireError`.

    Checks all that `decode_from` checks, except the characters of texts.
    """
    sizes, limit, at = _SIZES, len(octets), offset
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


def encode_length(length: int) -> bytes:
    """A length or count: one octet below 128, else 0x80 + the number of octets, then those."""
    if length < 0x80:
        return length.to_bytes(1, "big")
    size = (length.bit_length() + 7) // 8
    return (0x80 | size).to_bytes(1, "big") + length.to_bytes(size, "big")


def decode_length(octets: bytes, offset: int) -> tuple[int, int]:
    """A length or count and where it ends; leading zeros are allowed, up to 8 octets in all."""
    try:
        first = octets[offset]
    except IndexError:
        end = min(offset, len(octets))
        raise WireError("a length is missing: the octets end too early", end) from None
    if first < 0x80:
        return first, offset + 1
    end = offset + 1 + (first & 0x7F)
    if not 0x81 <= first <= 0x88:
        raise WireError(f"a length cannot begin with {first:#04x}", offset)
    if end > len(octets):
        raise WireError("a length is cut short", offset)
    return int.from_bytes(octets[offset + 1 : end], "big"), end
