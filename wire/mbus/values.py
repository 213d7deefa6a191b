"""Values of data records: how integers, texts, instants and keys stand in their octets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

from wire.errors import LocalError, WireError
from wire.mbus.times import (
    decode_type_f,
    decode_type_i,
    encode_type_f,
    encode_type_i,
)

Value = int | str | bytes | datetime | None

_MAX_TEXT = 0xBF
_BINARY = frozenset((0x1, 0x2, 0x3, 0x4, 0x6, 0x7))
_DECIMAL = frozenset((0x9, 0xA, 0xB, 0xC, 0xE))
_HALF_KEY_OCTETS = 8


class Status(IntFlag):
    """The status record of a device."""

    APPLICATION_ERROR = 0x03
    LOW_BATTERY = 0x04
    PERMANENT_ERROR = 0x08
    TEMPORARY_ERROR = 0x10
    CLOCK_DEVIATION = 0x20
    FRAUD = 0x40
    VALVE_ALARM = 0x80


CLEARABLE = (
    Status.APPLICATION_ERROR
    | Status.TEMPORARY_ERROR
    | Status.CLOCK_DEVIATION
    | Status.FRAUD
)
"""The bits that an E-meter clears once it has seen them: 73h."""


class MeterConfiguration(IntFlag):
    """What a device has, and what it can."""

    CLOCK = 0x01
    VALVE = 0x02
    TEMPERATURE_CONVERTED = 0x04
    RELEASE_SUPPORTED = 0x08
    DIRECT_OPEN_SUPPORTED = 0x10


class ValveState(IntEnum):
    """Where the valve of a device is."""

    CLOSED = 0
    OPEN = 1
    RELEASED = 2


class ValveCommand(IntEnum):
    """What a valve is told to do."""

    CLOSE = 0
    OPEN = 1
    RELEASE = 2


class Codec(NamedTuple):
    """`decode` raises `WireError` for octets that are no such value, `encode` `LocalError`."""

    decode: Callable[[bytes], Value]
    encode: Callable[[Any], bytes]


def bcd(size: int) -> Codec:
    """An integer of twice as many decimal digits as octets, low ones first; never negative."""

    def encode(value: int) -> bytes:
        if not 0 <= value < 100**size:
            raise LocalError(f"{value} has more than {2 * size} digits, or a sign")
        return bytes.fromhex(f"{value:0{2 * size}}")[::-1]

    return Codec(_decode_bcd, encode)


def unsigned(size: int) -> Codec:
    """A binary integer, low octet first."""

    def encode(value: int) -> bytes:
        if not 0 <= value < 1 << 8 * size:
            raise LocalError(f"{value} does not fit {size} octets")
        return value.to_bytes(size, "little")

    return Codec(_decode_unsigned, encode)


def enumerated(kind: type[IntEnum] | type[IntFlag], number: Codec) -> Codec:
    """A number that has a name, or bits that have."""
    known: dict[Value, Value] = {}
    if issubclass(kind, IntFlag):
        known = {bits: kind(bits) for bits in range(0x100)}
    else:
        known = {int(member): member for member in kind}

    def decode(octets: bytes) -> Value:
        value = number.decode(octets)
        try:
            return known[value]
        except KeyError:
            raise WireError(f"{kind.__name__} has no {value!r}") from None

    def encode(value: int) -> bytes:
        if value not in known:
            raise LocalError(f"{kind.__name__} has no {value!r}")
        return number.encode(value)

    return Codec(decode, encode)


def _decode_bcd(octets: bytes) -> int:
    digits = octets[::-1].hex()
    if not digits.isdecimal():
        raise WireError(f"{digits} are not decimal digits")
    return int(digits)


def _decode_unsigned(octets: bytes) -> int:
    return int.from_bytes(octets, "little")


def _decode_text(octets: bytes) -> str:
    """LVAR, then the characters from the last to the first."""
    if octets[0] > _MAX_TEXT:
        raise WireError(f"LVAR {octets[0]:02X} is not of a text")
    return octets[:0:-1].decode("latin-1")


def _encode_text(text: str) -> bytes:
    try:
        return _encode_variable(text.encode("latin-1")[::-1])
    except UnicodeEncodeError:
        raise LocalError(f"{text!r} is not of Latin-1") from None


def _decode_variable(octets: bytes) -> bytes:
    if octets[0] > _MAX_TEXT:
        raise WireError(f"LVAR {octets[0]:02X} is not of octets")
    return octets[1:]


def _encode_variable(value: bytes) -> bytes:
    if len(value) > _MAX_TEXT:
        raise LocalError(f"at most {_MAX_TEXT} octets, not {len(value)}")
    return bytes((len(value),)) + value


def _encode_half_key(value: bytes) -> bytes:
    if len(value) != _HALF_KEY_OCTETS:
        raise LocalError("a half of a key has 8 octets")
    return value[::-1]


TEXT = Codec(_decode_text, _encode_text)
VARIABLE_OCTETS = Codec(_decode_variable, _encode_variable)
HALF_KEY = Codec(lambda octets: octets[::-1], _encode_half_key)
TYPE_I = Codec(decode_type_i, encode_type_i)
TYPE_F = Codec(decode_type_f, encode_type_f)


def by_dif(coding: int, data: bytes) -> Value:
    """The value of data of which nothing is known but the low four bits of the DIF (table 4)."""
    if coding in _BINARY:
        return int.from_bytes(data, "little", signed=True)
    if coding in _DECIMAL and data.hex().isdecimal():
        return _decode_bcd(data)
    return data
