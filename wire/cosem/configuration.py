"""The flags of the configuration object, 0-1:94.31.3 (P3 4.2.2, 8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from wire.cosem.rows import SMR5, Standard
from wire.dlms.data import BitString, Data, Tag

FLAGS = 16
"""How many bits the bit-string has; bit 0 is the most significant one."""


class Flag(IntEnum):
    """What a bit of the configuration enables, by its number; each port has its own HLS."""

    DISCOVER_ON_OPEN_COVER = 0
    DISCOVER_ON_POWER_ON = 1
    DYNAMIC_MBUS_ADDRESS = 2
    P0 = 3
    HLS3_ON_P3 = 4
    HLS4_ON_P3 = 5
    HLS5_ON_P3 = 6
    HLS3_ON_P0 = 7
    HLS4_ON_P0 = 8
    HLS5_ON_P0 = 9
    DIRECT_ATTACH_AT_POWER_ON = 10
    HLS6_ON_P3 = 11
    HLS7_ON_P3 = 12
    HLS6_ON_P0 = 13
    HLS7_ON_P0 = 14


class OperationMode(IntEnum):
    """GPRS_operation_mode, the first part that the object has in DSMR 4."""

    ALWAYS_ON = 1
    TRIGGERED = 2


def flags_of(*flags: Flag) -> BitString:
    """The bit-string with these flags set."""
    number = sum(1 << FLAGS - 1 - flag for flag in flags)
    return BitString(FLAGS, number.to_bytes(FLAGS // 8, "big"))


def bits_in(value: Data) -> BitString:
    """The bit-string in a value of the object: all of it in SMR 5, the second part in DSMR 4."""
    bits: BitString = (
        value.value if value.tag is Tag.BIT_STRING else value.value[1].value
    )
    return bits


def any_set(bits: BitString, flags: Iterable[Flag]) -> bool:
    """Whether one of the flags is set."""
    return any(bits.bit(flag) for flag in flags)


def default_flags(standard: Standard) -> BitString:
    """What a running central system sees in a meter that was delivered to it."""
    if standard in SMR5:
        return flags_of(Flag.P0, Flag.HLS5_ON_P3, Flag.DIRECT_ATTACH_AT_POWER_ON)
    return flags_of(Flag.DISCOVER_ON_POWER_ON, Flag.P0, Flag.HLS5_ON_P3)
