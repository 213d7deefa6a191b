"""What stands before the records: who a device is, and how its message is protected.

A long header (12 octets) carries the Short ID, a short one (4) leaves it to the link layer;
both end in the access number, the status and the configuration word (P2 companion standard 4.0.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import ClassVar

from wire.errors import LocalError, WireError

SHORT_ID_OCTETS = 8

_MAN_BASE, _MAN_BITS = ord("A") - 1, 5
_ID_OCTETS = 4


class DeviceType(IntEnum):
    """What a device measures (EN 13757-3), of what DSMR connects."""

    ELECTRICITY = 0x02
    GAS = 0x03
    HEAT_RETURN = 0x04
    WATER = 0x07
    COOLING_RETURN = 0x0A
    COOLING_FLOW = 0x0B
    HEAT_FLOW = 0x0C
    HEAT_COOLING = 0x0D
    VALVE = 0x21


class DsmrVersion(IntEnum):
    """The version octet of a Short ID: the standard that the device keeps."""

    DSMR_4_0 = 0x40
    DSMR_4_2 = 0x42
    SMR_5_0 = 0x50


@dataclass(frozen=True, slots=True)
class ShortId:
    """The name of a device on P2 (4.2.2).

    `identification` is 8 digits, the last of the serial number; `manufacturer` three capitals
    (FLAG); `version` one octet, for DSMR devices a `DsmrVersion`.
    """

    identification: str
    manufacturer: str
    version: int
    device_type: DeviceType

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9]{8}", self.identification):
            raise LocalError(
                f"an identification is 8 digits, not {self.identification!r}"
            )
        if not re.fullmatch("[A-Z]{3}", self.manufacturer):
            raise LocalError(f"a manufacturer is 3 capitals, not {self.manufacturer!r}")
        if not 0 <= self.version <= 0xFF:
            raise LocalError(f"a version is one octet, not {self.version}")

    @property
    def manufacturer_code(self) -> int:
        """The three letters in 15 bits, as class 72, attribute 7 has them."""
        code = 0
        for letter in self.manufacturer:
            code = code << _MAN_BITS | ord(letter) - _MAN_BASE
        return code

    def encode(self) -> bytes:
        """Identification, manufacturer, version, type: the order of a long header."""
        return self._identification() + self._manufacturer() + self._kind()

    def link_address(self) -> bytes:
        """Manufacturer, identification, version, type: the order of the radio link and the IV."""
        return self._manufacturer() + self._identification() + self._kind()

    @staticmethod
    @lru_cache(maxsize=1024)
    def decode(octets: bytes) -> ShortId:
        """Reads the 8 octets of a long header; `WireError` when they name no DSMR device."""
        if len(octets) != SHORT_ID_OCTETS:
            raise WireError(
                f"a Short ID has {SHORT_ID_OCTETS} octets, not {len(octets)}"
            )
        digits = octets[_ID_OCTETS - 1 :: -1].hex()
        if not digits.isdecimal():
            raise WireError(f"identification {digits} is not 8 digits", 0)
        manufacturer = letters(int.from_bytes(octets[4:6], "little"))
        if manufacturer is None:
            raise WireError(f"manufacturer {octets[4:6].hex()} is not 3 letters", 4)
        try:
            device_type = DeviceType(octets[7])
        except ValueError:
            raise WireError(f"device type {octets[7]:02X} is not of DSMR", 7) from None
        return ShortId(digits, manufacturer, octets[6], device_type)

    @staticmethod
    def from_link_address(octets: bytes) -> ShortId:
        """Reads the 8 octets of the radio link; `WireError` as `decode`."""
        return ShortId.decode(octets[2:6] + octets[:2] + octets[6:])

    def _identification(self) -> bytes:
        return bytes.fromhex(self.identification)[::-1]

    def _manufacturer(self) -> bytes:
        return self.manufacturer_code.to_bytes(2, "little")

    def _kind(self) -> bytes:
        return bytes((self.version, self.device_type))


def letters(manufacturer_code: int) -> str | None:
    """The three letters of a manufacturer's code; None when it is none."""
    groups = [manufacturer_code >> shift & 0x1F for shift in (10, 5, 0)]
    if manufacturer_code >> 15 or not all(1 <= group <= 26 for group in groups):
        return None
    return "".join(chr(_MAN_BASE + group) for group in groups)


@dataclass(frozen=True, slots=True)
class EquipmentIdentifier:
    """The 17 characters on a meter's plate: code of its type, serial number, year.

    The code is padded with leading spaces to 5 characters, the serial with zeros to 10.
    """

    text: str

    def __post_init__(self) -> None:
        if not re.fullmatch("[ -~]{17}", self.text):
            raise LocalError(
                f"an equipment identifier has 17 characters, not {self.text!r}"
            )

    @classmethod
    def of(cls, code: str, serial: int, year: int) -> EquipmentIdentifier:
        """Pads the parts; the year's last two digits count."""
        return cls(f"{code:>5}{serial:010}{year % 100:02}")

    @property
    def identification(self) -> str:
        """The identification of its Short ID: the last 8 of the serial's 10 digits."""
        return self.text[7:15]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration word: how the message is enciphered, and what the radio is ready for.

    On the wire it is two octets, low one first: `40 0F` is mode 15 with four blocks.
    """

    mode: int = 0
    blocks: int = 0
    bidirectional: bool = False
    accessible: bool = False
    synchronous: bool = False
    content: int = 0
    hop: int = 0

    def encode(self) -> bytes:
        """Both octets; raises `LocalError` when a number needs more bits than it has."""
        if not (
            0 <= self.mode <= 15
            and 0 <= self.blocks <= 15
            and 0 <= self.content <= 3
            and 0 <= self.hop <= 3
        ):
            raise LocalError(f"{self} does not fit its bits")
        flags = self.bidirectional << 7 | self.accessible << 6 | self.synchronous << 5
        return bytes(
            (self.blocks << 4 | self.content << 2 | self.hop, flags | self.mode)
        )

    @staticmethod
    @lru_cache(maxsize=256)
    def decode(octets: bytes) -> Configuration:
        """Reads both octets; `WireError` for others, and for bit 12, which must be 0."""
        if len(octets) != 2:
            raise WireError(f"a configuration word has 2 octets, not {len(octets)}")
        low, high = octets
        if high & 0x10:
            raise WireError("bit 12 of the configuration word is not 0", 1)
        return Configuration(
            high & 0x0F,
            low >> 4,
            bool(high & 0x80),
            bool(high & 0x40),
            bool(high & 0x20),
            low >> 2 & 3,
            low & 3,
        )


@dataclass(frozen=True, slots=True)
class ShortHeader:
    """`access_number` tells a new message from a repeated one; DSMR sends `status` 0."""

    OCTETS: ClassVar[int] = 4

    access_number: int
    status: int = 0
    configuration: Configuration = Configuration()

    def encode(self) -> bytes:
        """The four octets."""
        _check_octets(self.access_number, self.status)
        return bytes((self.access_number, self.status)) + self.configuration.encode()

    @classmethod
    def decode(cls, octets: bytes) -> ShortHeader:
        """Reads four octets; raises `WireError`."""
        if len(octets) != cls.OCTETS:
            raise WireError(f"a short header has 4 octets, not {len(octets)}")
        return cls(octets[0], octets[1], Configuration.decode(octets[2:]))


@dataclass(frozen=True, slots=True)
class LongHeader:
    """As `ShortHeader`, with the M-Bus device that the message is from, or for."""

    OCTETS: ClassVar[int] = 12

    device: ShortId
    access_number: int
    status: int = 0
    configuration: Configuration = Configuration()

    def encode(self) -> bytes:
        """The twelve octets."""
        _check_octets(self.access_number, self.status)
        tail = bytes((self.access_number, self.status))
        return self.device.encode() + tail + self.configuration.encode()

    @classmethod
    def decode(cls, octets: bytes) -> LongHeader:
        """Reads twelve octets; raises `WireError`."""
        if len(octets) != cls.OCTETS:
            raise WireError(f"a long header has 12 octets, not {len(octets)}")
        device = ShortId.decode(octets[:SHORT_ID_OCTETS])
        return cls(device, octets[8], octets[9], Configuration.decode(octets[10:]))


def _check_octets(*numbers: int) -> None:
    if not all(0 <= number <= 0xFF for number in numbers):
        raise LocalError("an access number and a status are one octet each")
