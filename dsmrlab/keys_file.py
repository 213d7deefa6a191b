"""The file of `explain --keys`: a shipment, or the keys that a person writes down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsmrlab.edge import json_file
from wire.errors import ConfigError, LocalError, WireError

if TYPE_CHECKING:
    from wire.dlms.security import Cipher
    from wire.mbus.explain import DeviceKeys

_MOST_OCTETS = 256 * 1024 * 1024
_SEPARATORS = re.compile(r"0x|[\s:,;]")
# What an entry of an M-Bus device has, and one of an E-meter has not.
_OF_DEVICES = ("short_id", "device_type")


@dataclass(slots=True)
class KeysFile:
    """Ciphers with the system titles of their meters, and the keys of M-Bus devices."""

    meters: list[tuple[Cipher, bytes]] = field(default_factory=list)
    devices: list[DeviceKeys] = field(default_factory=list)


def read(path: str) -> KeysFile:
    """What the file has; raises `ConfigError`."""
    document = json_file(path, _MOST_OCTETS)
    found = KeysFile()
    for entry in document if isinstance(document, list) else [document]:
        if isinstance(entry, dict) and any(name in entry for name in _OF_DEVICES):
            found.devices.append(_device(entry, path))
        else:
            found.meters.append(_meter(entry, path))
            devices = entry.get("devices", [])
            if not isinstance(devices, list):
                raise ConfigError("devices should be a list", path)
            found.devices += [_device(device, path) for device in devices]
    return found


def _meter(entry: Any, path: str) -> tuple[Cipher, bytes]:
    from wire.dlms.security import Cipher

    encryption_key = _octets(entry, "encryption_key", 16, path)
    authentication_key = _octets(entry, "authentication_key", 16, path)
    title = _octets(entry, "system_title", 8, path)
    return Cipher(encryption_key, authentication_key), title


def _device(entry: Any, path: str) -> DeviceKeys:
    from wire.mbus.explain import DeviceKeys

    keys = {
        name: _octets(entry, name, 16, path)
        for name in ("user_key", "default_key")
        if isinstance(entry, dict) and entry.get(name) is not None
    }
    if not keys:
        raise ConfigError("a device has a user_key or a default_key", path)
    return DeviceKeys(_short_id(entry, path), **keys)


def _short_id(entry: dict[str, Any], path: str) -> Any:
    """By the octets of its long header, or by what a shipment says of a device."""
    from wire.mbus.headers import DeviceType, EquipmentIdentifier, ShortId

    try:
        if "short_id" in entry:
            return ShortId.decode(_octets(entry, "short_id", 8, path))
        identifier = EquipmentIdentifier(entry["equipment_id"])
        return ShortId(
            identifier.identification,
            entry["manufacturer"],
            entry["version"],
            DeviceType(entry["device_type"]),
        )
    except (KeyError, TypeError, ValueError, LocalError, WireError):
        raise ConfigError(
            "a device is named by its short_id, or by equipment_id, manufacturer,"
            " version and device_type",
            path,
        ) from None


def _octets(entry: Any, name: str, length: int, path: str) -> bytes:
    value: Any = entry.get(name) if isinstance(entry, dict) else None
    try:
        octets = bytes.fromhex(_SEPARATORS.sub("", value))
    except (TypeError, ValueError):
        octets = b""
    if len(octets) != length:
        raise ConfigError(
            f"{name} should be hexadecimal digits of {length} octets", path
        )
    return octets
