"""The M-Bus channels of a meter as its clients (class 72) tell of them (P3, 7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from headend.operations import together
from headend.visit import Visit
from wire.cosem.mbus import identification_of, identification_shown
from wire.cosem.rows import Standard
from wire.cosem.table import standard_of
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import AttributeDescriptor
from wire.errors import WireError
from wire.mbus.headers import DeviceType, ShortId, letters

CHANNELS = range(1, 5)
KEY_STATUS = ("none", "set", "transferred", "set_and_transferred", "in_use")

_ADDRESS, _IDENTITY = 5, (6, 7, 8, 9)
_KEPT = (_ADDRESS, *_IDENTITY, 10, 11, 12, 13, 14)
_CONFIGURATIONS = {0: "unencrypted", 15: "mode 15", 99: "unknown"}


@dataclass(frozen=True, slots=True)
class Channel:
    """What a meter knows of the device on a channel.

    `identification` is 8 digits, `manufacturer` the number of its three letters; all four of
    its identity are zero where nothing is bound. `configuration` is the cipher mode of what
    it sends, 99 while unknown.
    """

    number: int
    primary_address: int
    identification: str
    manufacturer: int
    version: int
    device_type: int
    access_number: int
    status: int
    alarm: int
    configuration: int
    key_status: int

    @property
    def is_free(self) -> bool:
        """Whether nothing is bound, nor about to be."""
        return not (
            self.primary_address
            or int(self.identification)
            or self.manufacturer
            or self.version
            or self.device_type
        )

    @property
    def short_id(self) -> ShortId | None:
        """What is bound, as P2 knows it; None when that is nothing of DSMR."""
        manufacturer = letters(self.manufacturer)
        if manufacturer is None or self.device_type not in list(DeviceType):
            return None
        return ShortId(
            self.identification,
            manufacturer,
            self.version,
            DeviceType(self.device_type),
        )

    def to_json(self) -> dict[str, Any]:
        """For people and programs; the statuses in words where they have any."""
        shown: dict[str, Any] = {
            "channel": self.number,
            "primary_address": self.primary_address,
            "identification": None if self.is_free else self.identification,
            "manufacturer": letters(self.manufacturer),
            "version": f"{self.version:02X}" if self.version else None,
            "device_type": _type_name(self.device_type),
        }
        return shown | {
            "access_number": self.access_number,
            "status": self.status,
            "alarm": self.alarm,
            "encryption": _CONFIGURATIONS.get(
                self.configuration, f"mode {self.configuration}"
            ),
            "key_status": _word(KEY_STATUS, self.key_status),
        }


def client(number: int) -> str:
    """The OBIS code of the client of a channel."""
    return f"0-{number}:24.1.0"


async def read(
    visit: Visit, standard: Standard | str, numbers: Iterable[int] = CHANNELS
) -> list[Channel]:
    """What the meter knows of these channels; raises `WireError` for what cannot be."""
    asked = list(numbers)
    wanted = [
        together.attribute(client(number), attribute, standard)
        for number in asked
        for attribute in _KEPT
    ]
    values = [_number(each) for each in await together.read(visit, wanted)]
    found = []
    for place, number in enumerate(asked):
        part = values[place * len(_KEPT) : (place + 1) * len(_KEPT)]
        found.append(
            Channel(
                *(number, part[0], _digits(part[1], standard)),
                *part[2:],
            )
        )
    return found


def identity(
    number: int, short_id: ShortId | None, standard: Standard | str
) -> list[tuple[AttributeDescriptor, Data]]:
    """Attributes 6 to 9 as they bind a device; for None as they bind none."""
    values = (
        axdr.double_long_unsigned(
            identification_shown(
                int(short_id.identification) if short_id else 0, standard_of(standard)
            )
        ),
        axdr.long_unsigned(short_id.manufacturer_code if short_id else 0),
        axdr.unsigned(short_id.version if short_id else 0),
        axdr.unsigned(short_id.device_type if short_id else 0),
    )
    return [
        (together.attribute(client(number), attribute, standard), value)
        for attribute, value in zip(_IDENTITY, values, strict=True)
    ]


def address(
    number: int, primary_address: int, standard: Standard | str
) -> tuple[AttributeDescriptor, Data]:
    """Attribute 5: the address on the wire; one that is not 0 starts binding."""
    descriptor = together.attribute(client(number), _ADDRESS, standard)
    return descriptor, axdr.unsigned(primary_address)


def _digits(shown: int, standard: Standard | str) -> str:
    number = identification_of(shown, standard_of(standard))
    if number is None:
        raise WireError(f"identification {shown:x} of an M-Bus device is not 8 digits")
    return f"{number:08}"


def _number(data: Data) -> int:
    if type(data.value) is not int:
        raise WireError("the meter gives no number for an M-Bus channel")
    return data.value


def _type_name(device_type: int) -> str | None:
    if not device_type:
        return None
    try:
        return DeviceType(device_type).name.lower()
    except ValueError:
        return f"{device_type:02X}"


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else str(number)
