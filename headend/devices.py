"""The M-Bus devices at one meter, as who talks with the meter needs them.

A key that is to go to a device is stored as NEW before it is sent, and becomes ACTIVE once the
meter has taken it. Until then the same one is sent again, so whatever crashes between, the
device has one of the keys that are here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headend.keys import KeyStore
from headend.ring import Ring
from headend.store import Connection, devices
from headend.store.devices import Device, DeviceKeyKind, SealedDeviceKey
from headend.store.keys import KeyState
from wire.errors import ConfigError
from wire.mbus.headers import ShortId

KEY_OCTETS = 16


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A key of a device in the clear."""

    sealed: SealedDeviceKey
    octets: bytes = field(repr=False)


class DeviceRing(Ring):
    """The devices of a meter."""

    __slots__ = ()

    async def find(self, equipment_id: str) -> Device:
        """The device of that name; `ConfigError` when it was never taken over."""
        return await self._read(
            lambda connection: devices.find(connection, equipment_id)
        )

    async def known_as(self, short_id: ShortId) -> Device | None:
        """The device that is known by this on P2."""
        return await self._read(
            lambda connection: devices.with_short_id(connection, short_id)
        )

    async def on_channel(self, channel: int) -> Device | None:
        """The device that was bound to a channel of the meter."""
        return await self._read(
            lambda connection: devices.on_channel(connection, self.meter.id, channel)
        )

    async def bind(self, device: Device, channel: int) -> None:
        """The device is on this channel from now on."""
        await self._write(
            lambda connection: devices.bind(
                connection, device, self.meter.id, channel, self.now()
            )
        )

    async def unbind(self, device: Device) -> None:
        """The device is on no channel any more."""
        await self._write(
            lambda connection: devices.unbind(connection, device, self.now())
        )

    async def default_key(self, device: Device) -> bytes:
        """The key that the device left the factory with; it never changes."""

        def find(connection: Connection) -> bytes:
            kept = devices.keys_of(connection, device.id, DeviceKeyKind.DEFAULT)
            if not kept:
                raise ConfigError(
                    f"no default key of {device.equipment_id} is known; import its shipment"
                )
            return unseal(self.key_store, device, kept[-1])

        return await self._read(find)

    async def fresh(self, device: Device, kind: DeviceKeyKind) -> DeviceKey:
        """A key to replace the one in use, stored as NEW.

        The same one as before while it did not get through, for the device may have it.
        """

        def find_or_make(connection: Connection) -> DeviceKey:
            kept = devices.keys_of(connection, device.id, kind)
            new = [key for key in kept if key.state is KeyState.NEW]
            if new:
                return DeviceKey(new[0], unseal(self.key_store, device, new[0]))
            octets = self.random_bytes(KEY_OCTETS)
            put(
                *(connection, self.key_store, device, kind),
                *(KeyState.NEW, octets, self.now()),
            )
            kept = devices.keys_of(connection, device.id, kind)
            return DeviceKey(kept[-1], octets)

        return await self._write(find_or_make)

    async def activate(self, key: DeviceKey) -> None:
        """The meter has taken this key, and the device will."""
        await self._write(
            lambda connection: devices.activate_key(connection, key.sealed)
        )

    async def count_key_change(self, device: Device) -> int:
        """The next key change counter of the device (SMR 5); never one twice."""
        return await self._write(
            lambda connection: devices.count_key_change(connection, device)
        )


def put(
    connection: Connection,
    key_store: KeyStore,
    device: Device,
    kind: DeviceKeyKind,
    state: KeyState,
    octets: bytes,
    now_s: float,
) -> None:
    """Stores a key of a device, encrypted."""
    sealed = key_store.seal(octets, _bound_to(device, kind))
    devices.add_key(
        *(connection, device.id, kind, state),
        *(sealed, key_store.wrapping_key_id, now_s),
    )


def unseal(key_store: KeyStore, device: Device, key: SealedDeviceKey) -> bytes:
    """The octets of a key that `put` stored."""
    return key_store.unseal(
        key.sealed,
        key.wrapping_key_id,
        device.equipment_id,
        _bound_to(device, key.kind),
    )


def _bound_to(device: Device, kind: DeviceKeyKind) -> str:
    return f"device {device.equipment_id}/{kind}"
