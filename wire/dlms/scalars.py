"""The COSEM types of fixed size (Blue Book 4.1.5) as tables for the A-XDR codec."""

from __future__ import annotations

from struct import Struct
from typing import Final

from wire.dlms.data import FIXED_OCTETS, Data, Tag

FORMATS: Final = {
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
    **{tag: f"{size}s" for tag, size in FIXED_OCTETS.items()},
}
_STRUCTS = {int(tag): (tag, Struct(">" + code)) for tag, code in FORMATS.items()}
# Values of no octets: one object each serves.
EMPTY: Final = {
    Tag.NULL_DATA: Data(Tag.NULL_DATA, None),
    Tag.DONT_CARE: Data(Tag.DONT_CARE, None),
}
# By tag octet: how to read the value after it, its size and its Tag; None when not fixed.
FIXED: Final = [
    (
        (_STRUCTS[octet][1].unpack_from, _STRUCTS[octet][1].size, _STRUCTS[octet][0])
        if octet in _STRUCTS
        else None
    )
    for octet in range(256)
]
# By tag octet: the size of the value after it, -1 when it is not fixed.
SIZES: Final = [
    0 if octet in EMPTY else (entry[1] if entry else -1)
    for octet, entry in enumerate(FIXED)
]
# How to write tag and value; struct would pad or cut octets, so those are not here.
PACK: Final = {
    tag: Struct(">B" + code).pack
    for tag, code in FORMATS.items()
    if tag not in FIXED_OCTETS
}
