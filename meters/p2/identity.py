"""Who a device is: what its plate and its factory say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from meters.p2.media import Kind, Medium, kind_of
from wire.errors import LocalError
from wire.mbus.headers import DsmrVersion, EquipmentIdentifier, ShortId

KEY_OCTETS = 16
NO_KEY = bytes(KEY_OCTETS)
"""A User key of nothing but zeros is none (P2 4.0.7, 6.5.1)."""

# What gas takes is counted as it would be at 0 °C (DSMR-M 4.3.48); the plate's Tb.
BASE_TEMPERATURE_CK = 27_315

TEMPERATURES_CK = range(24_815, 32_816)
"""−25 to 55 °C: the range of a class that Dutch meters are in (EN 1359)."""


class Fitting(IntEnum):
    """What valve a gas meter has."""

    NONE = 0
    LOCKED = 1
    """There is one, but the factory has set that it cannot be used (seed 003)."""
    RELEASED_BY_HAND = 2
    """After a command to release, a person opens it with the button."""
    OPENED_DIRECTLY = 3
    """Commands open it as well."""

    @property
    def usable(self) -> bool:
        """Whether commands move it."""
        return self >= Fitting.RELEASED_BY_HAND


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """One device.

    `equipment_id` is the 17 characters on the plate: meter code, serial number, year.
    `manufacturer` is its three FLAG letters. The Default key deciphers new User keys and
    nothing else (6.5); `user_key` is what the device leaves the factory with, which for a
    wired one is none (6.5.2). `base_temperature_ck` is in 0.01 K.
    """

    equipment_id: str
    default_key: bytes = field(repr=False)
    medium: Medium = Medium.GAS
    size: str = ""
    wireless: bool = False
    version: DsmrVersion = DsmrVersion.DSMR_4_0
    manufacturer: str = "DSL"
    valve: Fitting = Fitting.NONE
    user_key: bytes = field(default=NO_KEY, repr=False)
    base_temperature_ck: int = BASE_TEMPERATURE_CK
    kind: Kind = field(init=False, repr=False, compare=False)
    short_id: ShortId = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind = kind_of(self.medium, self.size)
        identifier = EquipmentIdentifier(self.equipment_id)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "size", kind.size)
        object.__setattr__(
            self,
            "short_id",
            ShortId(
                *(identifier.identification, self.manufacturer),
                *(self.version, kind.device_type),
            ),
        )
        if not len(self.default_key) == len(self.user_key) == KEY_OCTETS:
            raise LocalError(f"a key of a device has {KEY_OCTETS} octets")
        if self.base_temperature_ck not in TEMPERATURES_CK:
            raise LocalError(f"no gas has {self.base_temperature_ck} cK")
        if not self.wireless and self.user_key != NO_KEY:
            raise LocalError("a wired device leaves the factory without a User key")
        if self.valve and not (
            kind.may_have_valve and self.version is DsmrVersion.DSMR_4_0
        ):
            raise LocalError("valves are in gas meters up to G6, of DSMR 4.0")

    @property
    def period_s(self) -> int:
        """How often it keeps a reading: hourly, with SMR 5 every five minutes."""
        return 300 if self.version is DsmrVersion.SMR_5_0 else 3600


def to_json(identity: DeviceIdentity) -> dict[str, Any]:
    """As JSON can hold it; has the Default key, so guard the file."""
    saved: dict[str, Any] = {name: getattr(identity, name) for name in _AS_IS}
    return saved | {name: getattr(identity, name).hex() for name in _KEYS}


def from_json(saved: dict[str, Any]) -> DeviceIdentity:
    """The reverse; raises what Python does, or `LocalError`, for what is no identity."""
    for name, kind in _AS_IS.items():
        if type(saved[name]) is not kind:
            raise ValueError(f"{name} of a device cannot be {str(saved[name])[:40]}")
    return DeviceIdentity(
        equipment_id=saved["equipment_id"],
        default_key=bytes.fromhex(saved["default_key"]),
        medium=Medium(saved["medium"]),
        size=saved["size"],
        wireless=saved["wireless"],
        version=DsmrVersion(saved["version"]),
        manufacturer=saved["manufacturer"],
        valve=Fitting(saved["valve"]),
        user_key=bytes.fromhex(saved["user_key"]),
        base_temperature_ck=saved["base_temperature_ck"],
    )


_KEYS = ("default_key", "user_key")
_AS_IS: dict[str, type] = {
    "equipment_id": str,
    "medium": str,
    "size": str,
    "wireless": bool,
    "version": int,
    "manufacturer": str,
    "valve": int,
    "base_temperature_ck": int,
}
