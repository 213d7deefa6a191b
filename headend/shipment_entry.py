"""What a shipment file says of each meter, and of the M-Bus devices that come with it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from headend.store.keys import KeyKind
from wire.mbus.headers import DeviceType, EquipmentIdentifier, ShortId


def _octets(least: int, most: int) -> PlainValidator:
    """Hexadecimal digits of so many octets; the value itself never reaches an error."""
    many = str(least) if least == most else f"{least} to {most}"

    def parse(value: object) -> bytes:
        if not isinstance(value, str) or not re.fullmatch("[0-9A-Fa-f]*", value):
            raise ValueError(f"should be hexadecimal digits of {many} octets")
        if len(value) % 2 or not least <= len(value) // 2 <= most:
            raise ValueError(
                f"should be {many} octets, so {2 * least} hexadecimal digits"
                f"{'' if least == most else ' or more'}, not {len(value)}"
            )
        return bytes.fromhex(value)

    return PlainValidator(parse)


_Key = Annotated[bytes, _octets(16, 16)]
_Host = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[^\s/\x00-\x1f\x7f]+$")
]
_Port = Annotated[int, Field(ge=1, le=65535)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True
    )


class P1Address(_Model):
    """Where the P1 port of a meter is offered."""

    host: _Host
    port: _Port


class DeviceEntry(_Model):
    """An M-Bus device; its serial number in `equipment_id` is what P2 identifies it by."""

    equipment_id: Annotated[str, Field(pattern=r"^[ A-Za-z0-9]{5}[0-9]{12}$")]
    manufacturer: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    version: Annotated[int, Field(ge=0, le=255)]
    device_type: Annotated[int, AfterValidator(DeviceType)]
    default_key: Annotated[_Key, Field(repr=False)]
    user_key: Annotated[_Key | None, Field(repr=False)] = None

    @property
    def short_id(self) -> ShortId:
        """What it is known by on P2: the last 8 digits of its serial number, and the rest."""
        return ShortId(
            EquipmentIdentifier(self.equipment_id).identification,
            self.manufacturer,
            self.version,
            DeviceType(self.device_type),
        )


class Entry(_Model):
    """One meter of a shipment."""

    equipment_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{17}$")]
    standard: Literal["dsmr-4.0.6", "dsmr-4.2.2", "smr-5.0", "smr-5.2", "smr-5.5"]
    host: _Host
    port: _Port
    logical_device: Annotated[int, Field(ge=1, le=0x3FFF)]
    system_title: Annotated[bytes, _octets(8, 8)]
    master_key: Annotated[_Key, Field(repr=False)]
    encryption_key: Annotated[_Key, Field(repr=False)]
    authentication_key: Annotated[_Key, Field(repr=False)]
    # HLS 3 and 4 hash it after the challenge, so it has no fixed length (P3, 5.1, note 3).
    hls_secret: Annotated[bytes, _octets(16, 64), Field(repr=False)]
    p1: P1Address | None = None
    cell: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")] | None = None
    devices: tuple[DeviceEntry, ...] = Field(default=(), strict=False, max_length=32)

    def facts(self) -> dict[str, object]:
        """The fields of `Meter`, without its number."""
        return {
            "equipment_id": self.equipment_id,
            "standard": self.standard,
            "host": self.host,
            "port": self.port,
            "logical_device": self.logical_device,
            "system_title": self.system_title,
            "p1_host": self.p1.host if self.p1 else None,
            "p1_port": self.p1.port if self.p1 else None,
            "cell": self.cell,
        }

    def keys(self) -> dict[KeyKind, bytes]:
        """The keys that the meter left the factory with."""
        return {
            KeyKind.MASTER: self.master_key,
            KeyKind.ENCRYPTION: self.encryption_key,
            KeyKind.AUTHENTICATION: self.authentication_key,
            KeyKind.HLS_SECRET: self.hls_secret,
        }
