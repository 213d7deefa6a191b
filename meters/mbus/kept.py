"""How a channel is kept: each field as JSON can hold it, and judged when it is read back.

What is judged here are the bounds of single fields; what must go together, a channel judges.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

from meters.mbus.pending import Pending
from wire.mbus import messages
from wire.mbus.messages import CONTROLS, Message, SetKey, TransferKey

SENDABLE: frozenset[type[Message]] = CONTROLS | {SetKey, TransferKey}
"""The commands that data_send may bring to a device."""

KEY_OCTETS = 16
IDENTIFIER_OCTETS = 48
"""The longest equipment identifier that P3 and P1 have room for (P3, 7.2)."""
EARLIEST_READING_S, LATEST_READING_S = 978_310_800, 4_070_901_600
"""A reading may be of 2001 to 2098: the time stamps of P1 reach from the one to the other."""

LATEST_S = 1 << 33
"""No instant of a saved state is later."""

_MOST_OCTETS = 255
# A wrapped key of SMR 5 has its change counter, number, size and tag with it.
WRAPPED_OCTETS = {False: KEY_OCTETS, True: 4 + 2 + KEY_OCTETS + 8}
_KEY_LENGTHS = {
    "user_key": (0, KEY_OCTETS),
    "next_key": (0, KEY_OCTETS),
    "wrapped_key": (0, *WRAPPED_OCTETS.values()),
}
_BOUNDS = {
    "primary_address": (0, 250),
    "identification": (0, 99_999_999),
    "manufacturer_id": (0, 0xFFFF),
    "version": (0, 0xFF),
    "device_type": (0, 0xFF),
    "access_number": (0, 0xFF),
    "sent_number": (0, 0xFF),
    "status": (0, 0xFF),
    "alarm": (0, 0xFF),
    "configuration": (0, 99),
    "key_status": (0, 4),
    "frame_counter": (-1, 0xFFFF_FFFF),
    "pending": (0, (Pending.VERSIONS << 1) - 1),
    "value": (0, 99_999_999),
    "hourly_value": (0, 99_999_999),
    "captured_s": (0, LATEST_READING_S),
    "hourly_s": (0, LATEST_READING_S),
    "scaler": (-128, 127),
    "unit": (0, 255),
    "clear_mask": (0, 0xFF),
    "transmissions": (0, 0xFFFF_FFFF),
    "good_frames": (0, 0xFFFF_FFFF),
    "bad_frames": (0, 0xFFFF_FFFF),
    "valve": (-1, 2),
    "valve_command": (-1, 2),
    "meter_configuration": (-1, 0xFF),
}
_LONGEST = {"equipment_id": IDENTIFIER_OCTETS}
_VERSIONS = 4


def plain(value: object) -> object:
    """A field as JSON can hold it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return int(value) if isinstance(value, IntEnum | IntFlag) else value


def read(name: str, value: Any, default: Any) -> object:
    """One field of a channel, judged; `default` is what an empty channel has there."""
    if name == "capture_definition":
        return tuple((bytes.fromhex(a), bytes.fromhex(b)) for a, b in value)
    if name == "versions":
        if len(value) != _VERSIONS:
            raise ValueError(f"there are {_VERSIONS} versions")
        return tuple(_octets(part, _MOST_OCTETS) for part in value)
    if isinstance(default, bool):
        if type(value) is not bool:
            raise ValueError(f"{name} is true or false")
        return value
    if isinstance(default, bytes):
        octets = _octets(value, _LONGEST.get(name, _MOST_OCTETS))
        if name in _KEY_LENGTHS and len(octets) not in _KEY_LENGTHS[name]:
            raise ValueError(f"a {name} does not have {len(octets)} octets")
        if name == "records":
            messages.decode(SENDABLE, octets)
        return octets
    kind: type[int] = type(default)
    return kind(number(value, *_BOUNDS.get(name, (0, LATEST_S))))


def _octets(text: str, most: int) -> bytes:
    octets = bytes.fromhex(text)
    if len(octets) > most:
        raise ValueError(f"{len(octets)} octets are too many")
    return octets


def number(value: object, low: int, high: int) -> int:
    """A whole number within bounds; raises `ValueError` for anything else."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"a channel cannot have {str(value)[:40]}")
    return value
