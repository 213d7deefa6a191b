"""Taking over the M-Bus devices of a shipment: which they are, and their keys."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from headend.devices import put, unseal
from headend.keys import KeyStore
from headend.shipment_entry import DeviceEntry, Entry
from headend.store import Connection, devices
from headend.store.devices import Device, DeviceKeyKind, Life
from headend.store.keys import KeyState
from wire.errors import ConfigError


class Shipment(Protocol):
    """A shipment that was read; `complain` makes an error about the value at a path."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    def complain(self, why: str, *at: int | str) -> ConfigError: ...


def import_devices(
    connection: Connection, key_store: KeyStore, shipment: Shipment, now_s: float
) -> int:
    """Takes over all devices of a shipment; how many of them were new.

    One that is known must be the same device with the same default key, which never changes.
    """
    known: dict[Hashable, Device] = {}
    for taken in devices.every(connection):
        known[taken.equipment_id] = known[taken.short_id] = taken
    seen: set[str] = set()
    added = 0
    for row, entry in enumerate(shipment.entries):
        for column, shipped in enumerate(entry.devices):
            at = row, "devices", column
            if shipped.equipment_id in seen:
                raise shipment.complain("this device stands twice", *at, "equipment_id")
            seen.add(shipped.equipment_id)
            device = known.get(shipped.equipment_id)
            other = known.get(shipped.short_id)
            if other is not None and other is not device:
                raise shipment.complain(
                    f"{other.equipment_id} is known by the same number on P2",
                    *(*at, "equipment_id"),
                )
            if device is None:
                device = _add(connection, key_store, shipped, now_s)
                known[device.equipment_id] = known[device.short_id] = device
                added += 1
            elif device.short_id != shipped.short_id:
                raise shipment.complain(
                    f"{device.equipment_id} was taken over as another kind of device",
                    *at,
                )
            elif not _has_default_key(connection, key_store, device, shipped):
                raise shipment.complain(
                    f"{device.equipment_id} was taken over with another default key",
                    *(*at, "default_key"),
                )
    return added


def _add(
    connection: Connection, key_store: KeyStore, shipped: DeviceEntry, now_s: float
) -> Device:
    device = devices.add(
        connection,
        {
            "equipment_id": shipped.equipment_id,
            **devices.facts_of(shipped.short_id),
            "life": Life.IN_STORE.value,
        },
    )
    for kind, octets in (
        (DeviceKeyKind.DEFAULT, shipped.default_key),
        (DeviceKeyKind.USER, shipped.user_key),
    ):
        if octets is not None:
            put(connection, key_store, device, kind, KeyState.ACTIVE, octets, now_s)
    return device


def _has_default_key(
    connection: Connection, key_store: KeyStore, device: Device, shipped: DeviceEntry
) -> bool:
    kept = devices.keys_of(connection, device.id, DeviceKeyKind.DEFAULT)
    return [unseal(key_store, device, key) for key in kept] == [shipped.default_key]
