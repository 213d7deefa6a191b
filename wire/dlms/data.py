"""The COSEM type Data (Green Book 9.5; the types: Blue Book 4.1.5) as values, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Any, NamedTuple

from wire.errors import ConfigError, LocalError


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

    @property
    def type_name(self) -> str:
        """The Blue Book's name: `double-long-unsigned`."""
        return self.name.lower().replace("_", "-")


TAGS = {tag.type_name: tag for tag in Tag}

# The integer types with their bounds, both allowed.
INTEGER_BOUNDS = {
    Tag.DOUBLE_LONG: (-(1 << 31), (1 << 31) - 1),
    Tag.DOUBLE_LONG_UNSIGNED: (0, (1 << 32) - 1),
    Tag.BCD: (-128, 127),
    Tag.INTEGER: (-128, 127),
    Tag.LONG: (-(1 << 15), (1 << 15) - 1),
    Tag.UNSIGNED: (0, 255),
    Tag.LONG_UNSIGNED: (0, (1 << 16) - 1),
    Tag.LONG64: (-(1 << 63), (1 << 63) - 1),
    Tag.LONG64_UNSIGNED: (0, (1 << 64) - 1),
    Tag.ENUM: (0, 255),
}
# The types that are octets of one fixed number.
FIXED_OCTETS = {Tag.DATE_TIME: 12, Tag.DATE: 5, Tag.TIME: 4}


@dataclass(frozen=True, slots=True)
class BitString:
    """`length` bits; bit 0 is the most significant bit of the first octet; spare bits are 0."""

    length: int
    octets: bytes

    def __post_init__(self) -> None:
        if self.length < 0 or len(self.octets) != (self.length + 7) // 8:
            raise LocalError(
                f"{self.length} bits do not fill {len(self.octets)} octets"
            )

    @classmethod
    def from_text(cls, bits: str) -> BitString:
        """From "0101...", bit 0 first; raises `LocalError` for other characters."""
        if bits.strip("01"):
            raise LocalError(f"{bits[:40]!r} is not a bit-string: it has only 0 and 1")
        size = (len(bits) + 7) // 8
        return cls(
            len(bits), int(bits.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")
        )

    def bit(self, index: int) -> bool:
        """Whether bit `index` is set; raises `LocalError` when there is no such bit."""
        if not 0 <= index < self.length:
            raise LocalError(f"a bit-string of {self.length} bits has no bit {index}")
        return bool(self.octets[index >> 3] & (0x80 >> (index & 7)))

    def __str__(self) -> str:
        return "".join(f"{octet:08b}" for octet in self.octets)[: self.length]


class Data(NamedTuple):
    """A value with its COSEM type.

    `value`: None (null-data, dont-care), bool, int, float, bytes (octet-string, date-time, date,
    time), str (visible-string, utf8-string), `BitString`, or a tuple of `Data`.
    """

    tag: Tag
    value: Any


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


def plain(data: Data) -> Any:
    """The value without its types: arrays and structures become lists, all the way down."""
    tag, value = data
    if tag is Tag.STRUCTURE or tag is Tag.ARRAY:
        return [plain(item) for item in value]
    return value


def to_json(data: Data) -> Any:
    """What JSON can hold: octets as {"hex": ...}, bits as {"bits": "01..."}, the rest bare.

    A float that is no number is a text, "nan" or "inf".
    """
    tag, value = data
    if tag is Tag.STRUCTURE or tag is Tag.ARRAY:
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, BitString):
        return {"bits": str(value)}
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def from_json(value: Any, type_name: str) -> Data:
    """A value that a person wrote as JSON, in the type that the object table names.

    Octets are {"hex": ...} or a text, taken as UTF-8; a bit-string is {"bits": "01..."} or the
    bits. In an array or structure each item names its type: {"unsigned": 5}. Raises
    `ConfigError` saying what does not fit.
    """
    try:
        tag = TAGS[type_name]
    except KeyError:
        raise ConfigError(
            f"{type_name!r} is not a COSEM type such as long-unsigned"
        ) from None
    if tag is Tag.NULL_DATA or tag is Tag.DONT_CARE:
        made: Any = None
        fits = value is None
    elif tag is Tag.ARRAY or tag is Tag.STRUCTURE:
        fits = isinstance(value, list)
        made = tuple(_typed_item(item) for item in value) if fits else None
    elif tag is Tag.BOOLEAN:
        made, fits = value, isinstance(value, bool)
    elif tag in INTEGER_BOUNDS:
        low, high = INTEGER_BOUNDS[tag]
        fits = (
            isinstance(value, int)
            and not isinstance(value, bool)
            and low <= value <= high
        )
        made = value
    elif tag is Tag.FLOAT32 or tag is Tag.FLOAT64:
        made = _float(value)
        fits = made is not None
    elif tag is Tag.VISIBLE_STRING or tag is Tag.UTF8_STRING:
        made = value
        fits = isinstance(value, str) and (tag is Tag.UTF8_STRING or value.isascii())
    elif tag is Tag.BIT_STRING:
        made = _bits(value)
        fits = made is not None
    else:
        made = _octets(value)
        fits = made is not None and len(made) == FIXED_OCTETS.get(tag, len(made))
    if not fits:
        raise ConfigError(
            f"{str(value)[:60]!r} is not {_WANTED.get(tag) or _bounds(tag)}"
        )
    return Data(tag, made)


_WANTED = {
    Tag.NULL_DATA: "null",
    Tag.DONT_CARE: "null",
    Tag.ARRAY: "a list for an array",
    Tag.STRUCTURE: "a list for a structure",
    Tag.BOOLEAN: "true or false",
    Tag.FLOAT32: "a number",
    Tag.FLOAT64: "a number",
    Tag.VISIBLE_STRING: "an ASCII text",
    Tag.UTF8_STRING: "a text",
    Tag.BIT_STRING: 'a bit-string: {"bits": "01..."}',
    Tag.OCTET_STRING: 'an octet-string: a text or {"hex": "..."}',
    Tag.DATE_TIME: 'a date-time: {"hex": "..."} of 12 octets',
    Tag.DATE: 'a date: {"hex": "..."} of 5 octets',
    Tag.TIME: 'a time: {"hex": "..."} of 4 octets',
}


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _bounds(tag: Tag) -> str:
    low, high = INTEGER_BOUNDS[tag]
    return f"an integer of type {tag.type_name}, {low} to {high}"


def _typed_item(item: Any) -> Data:
    if not isinstance(item, dict) or len(item) != 1:
        raise ConfigError(
            f'{str(item)[:60]!r} does not name its type; write it as {{"unsigned": 5}}'
        )
    [(type_name, value)] = item.items()
    return from_json(value, str(type_name))


def _bits(value: Any) -> BitString | None:
    text = value.get("bits") if isinstance(value, dict) and len(value) == 1 else value
    if not isinstance(text, str) or text.strip("01"):
        return None
    return BitString.from_text(text)


def _octets(value: Any) -> bytes | None:
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    text = value.get("hex") if isinstance(value, dict) and len(value) == 1 else None
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None
