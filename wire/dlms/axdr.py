"""A-XDR (IEC 61334-6) of the COSEM type Data (Green Book 9.5; types: Blue Book 4.1.5).

Bounds: a length or a count is checked against the octets really there before anything is made
of it, and nesting is at most `MAX_DEPTH` deep, so that no input costs more than its own size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

MAX_DEPTH = 16


class Tag(IntEnum):
    """The choice tags of Data."""

    NULL_DATA = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DONT_CARE = 255


@dataclass(frozen=True, slots=True)
class BitString:
    """`length` bits; bit 0 is the most significant bit of the first octet; the rest is zero."""

    length: int
    octets: bytes

    @classmethod
    def from_text(cls, bits: str) -> BitString:
        """From "0101...", bit 0 first."""
        raise NotImplementedError

    def bit(self, index: int) -> bool:
        """Whether bit `index` is set."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError


class Data(NamedTuple):
    """A value with its COSEM type.

    `value`: None (null-data, dont-care), bool, int, float, bytes (octet-string, date-time, date,
    time), str (visible-string, utf8-string), `BitString`, or a tuple of `Data`.
    """

    tag: Tag
    value: Any


def encode(data: Data) -> bytes:
    """The octets of a value; raises `LocalError` when the value does not fit its type."""
    raise NotImplementedError


def decode(octets: bytes) -> Data:
    """The one value that fills `octets`; raises `WireError` for anything else."""
    raise NotImplementedError


def decode_from(octets: bytes, offset: int = 0) -> tuple[Data, int]:
    """The value that begins at `offset`, and where it ends; raises `WireError`."""
    raise NotImplementedError


def skip(octets: bytes, offset: int = 0) -> int:
    """Where the value that begins at `offset` ends, without making it; raises `WireError`."""
    raise NotImplementedError


def encode_length(length: int) -> bytes:
    """A length or count: one octet below 128, else 0x80 + the number of octets, then those."""
    raise NotImplementedError


def decode_length(octets: bytes, offset: int) -> tuple[int, int]:
    """A length or count and where it ends; any number of leading zeros up to 8 octets."""
    raise NotImplementedError


def null_data() -> Data:
    return Data(Tag.NULL_DATA, None)


def boolean(value: bool) -> Data:
    return Data(Tag.BOOLEAN, value)


def bit_string(bits: BitString | str) -> Data:
    return Data(
        Tag.BIT_STRING, BitString.from_text(bits) if isinstance(bits, str) else bits
    )


def integer(value: int) -> Data:
    return Data(Tag.INTEGER, value)


def long(value: int) -> Data:
    return Data(Tag.LONG, value)


def double_long(value: int) -> Data:
    return Data(Tag.DOUBLE_LONG, value)


def long64(value: int) -> Data:
    return Data(Tag.LONG64, value)


def unsigned(value: int) -> Data:
    return Data(Tag.UNSIGNED, value)


def long_unsigned(value: int) -> Data:
    return Data(Tag.LONG_UNSIGNED, value)


def double_long_unsigned(value: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, value)


def long64_unsigned(value: int) -> Data:
    return Data(Tag.LONG64_UNSIGNED, value)


def enum(value: int) -> Data:
    return Data(Tag.ENUM, value)


def octet_string(value: bytes) -> Data:
    return Data(Tag.OCTET_STRING, value)


def visible_string(value: str) -> Data:
    return Data(Tag.VISIBLE_STRING, value)


def utf8_string(value: str) -> Data:
    return Data(Tag.UTF8_STRING, value)


def structure(*items: Data) -> Data:
    return Data(Tag.STRUCTURE, items)


def array(items: Iterable[Data]) -> Data:
    return Data(Tag.ARRAY, tuple(items))
