"""M-Bus devices: what the head-end knows of each, the channel that it is on, and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from headend.store import tables
from headend.store.keys import MOVES, KeyState
from wire.errors import ConfigError, LocalError
from wire.mbus.headers import DeviceType, ShortId

_DEVICES, _KEYS, _PLACES = tables.devices, tables.device_keys, tables.device_places
_JOINED = _DEVICES.outerjoin(
    _PLACES,
    (_PLACES.c.device_id == _DEVICES.c.id) & _PLACES.c.until_s.is_(None),
).outerjoin(tables.meters, tables.meters.c.id == _PLACES.c.meter_id)
_ALL = select(
    _DEVICES,
    _PLACES.c.meter_id,
    tables.meters.c.equipment_id.label("meter"),
    _PLACES.c.channel,
).select_from(_JOINED)


class Life(StrEnum):
    """Where a device is in its life, as the grid operator keeps it."""

    IN_STORE = "in_store"
    READY = "ready"
    IN_USE = "in_use"
    RETURNED = "returned"
    UNDER_TEST = "under_test"
    DEFECTIVE = "defective"
    DESTROYED = "destroyed"


class DeviceKeyKind(StrEnum):
    """What a key of a device is for (P2, 5.3): the default key only brings others.

    The last two are of SMR 5.
    """

    DEFAULT = "default"
    USER = "user"
    FIRMWARE_AUTHENTICATION = "firmware"
    P0 = "p0"


@dataclass(frozen=True, slots=True)
class Device:
    """An M-Bus device; `meter_id`, `meter` and `channel` are None while it is bound to none.

    `key_changes` counts the keys that it was sent, as SMR 5 wants it (key change counter).
    """

    id: int
    equipment_id: str
    identification: str
    manufacturer: str
    version: int
    device_type: int
    life: Life
    key_changes: int
    meter_id: int | None = None
    meter: str | None = None
    channel: int | None = None

    @property
    def short_id(self) -> ShortId:
        """What it is known by on P2."""
        return ShortId(
            self.identification,
            self.manufacturer,
            self.version,
            DeviceType(self.device_type),
        )


@dataclass(frozen=True, slots=True)
class SealedDeviceKey:
    """A key that only its wrapping key opens."""

    id: int
    device_id: int
    kind: DeviceKeyKind
    state: KeyState
    sealed: bytes = field(repr=False)
    wrapping_key_id: str
    created_s: float


def add(connection: Connection, facts: Mapping[str, object]) -> Device:
    """Takes a new device over, from the first six fields of `Device` without `id`."""
    row = connection.execute(
        insert(_DEVICES).returning(*_DEVICES.c), {**facts, "key_changes": 0}
    ).one()
    return _device(row)


def change(connection: Connection, device: Device, **facts: object) -> None:
    """Takes over what is now said about a device."""
    connection.execute(
        update(_DEVICES).where(_DEVICES.c.id == device.id).values(**facts)
    )


def find(connection: Connection, equipment_id: str) -> Device:
    """The device with that equipment identifier; `ConfigError` when there is none."""
    found = _first(connection, _ALL.where(_DEVICES.c.equipment_id == equipment_id))
    if found is None:
        raise ConfigError(
            f"M-Bus device {equipment_id!r} is not known; take it over with headend import"
        )
    return found


def with_short_id(connection: Connection, short_id: ShortId) -> Device | None:
    """The device that is known by this on P2."""
    return _first(
        connection,
        _ALL.where(
            *(_DEVICES.c[name] == value for name, value in facts_of(short_id).items())
        ),
    )


def on_channel(connection: Connection, meter_id: int, channel: int) -> Device | None:
    """The device that was bound to a channel of a meter."""
    return _first(
        connection,
        _ALL.where(_PLACES.c.meter_id == meter_id, _PLACES.c.channel == channel),
    )


def every(connection: Connection) -> list[Device]:
    """All devices, by equipment identifier."""
    rows = connection.execute(_ALL.order_by(_DEVICES.c.equipment_id))
    return [_device(row) for row in rows]


def bind(
    connection: Connection, device: Device, meter_id: int, channel: int, now_s: float
) -> None:
    """The device is on this channel from now on, and in use; what else was there is not."""
    if (device.meter_id, device.channel) == (meter_id, channel):
        return
    other = on_channel(connection, meter_id, channel)
    for leaving in (device, other):
        if leaving is not None:
            unbind(connection, leaving, now_s)
    connection.execute(
        insert(_PLACES),
        {
            "device_id": device.id,
            "meter_id": meter_id,
            "channel": channel,
            "since_s": now_s,
        },
    )
    change(connection, device, life=Life.IN_USE.value)


def unbind(connection: Connection, device: Device, now_s: float) -> None:
    """The device is on no channel any more."""
    ended = connection.execute(
        update(_PLACES)
        .where(_PLACES.c.device_id == device.id, _PLACES.c.until_s.is_(None))
        .values(until_s=now_s)
    )
    if ended.rowcount:
        change(connection, device, life=Life.RETURNED.value)


def add_key(
    connection: Connection,
    device_id: int,
    kind: DeviceKeyKind,
    state: KeyState,
    sealed: bytes,
    wrapping_key_id: str,
    now_s: float,
) -> int:
    """Stores a key, already encrypted; its number."""
    number = connection.execute(
        insert(_KEYS).returning(_KEYS.c.id),
        {
            "device_id": device_id,
            "kind": kind.value,
            "state": state.value,
            "sealed": sealed,
            "wrapping_key_id": wrapping_key_id,
            "created_s": now_s,
        },
    ).scalar_one()
    return int(number)


def keys_of(
    connection: Connection, device_id: int, kind: DeviceKeyKind
) -> list[SealedDeviceKey]:
    """Every key of that kind that a device has or had, oldest first."""
    rows = connection.execute(
        select(_KEYS)
        .where(_KEYS.c.device_id == device_id, _KEYS.c.kind == kind.value)
        .order_by(_KEYS.c.id)
    )
    return [_key(row) for row in rows]


def activate_key(connection: Connection, key: SealedDeviceKey) -> None:
    """The device has taken this key; what it replaces is EXPIRED."""
    if key.state is KeyState.ACTIVE:
        return
    if KeyState.ACTIVE not in MOVES[key.state]:
        raise LocalError(f"key {key.id} of an M-Bus device was withdrawn")
    same = (_KEYS.c.device_id == key.device_id) & (_KEYS.c.kind == key.kind.value)
    for state, which in (
        (KeyState.EXPIRED, same & (_KEYS.c.state == KeyState.ACTIVE.value)),
        (KeyState.ACTIVE, _KEYS.c.id == key.id),
    ):
        connection.execute(update(_KEYS).where(which).values(state=state.value))


def count_key_change(connection: Connection, device: Device) -> int:
    """The next key change counter of a device; never one twice."""
    counted = connection.execute(
        update(_DEVICES)
        .where(_DEVICES.c.id == device.id)
        .values(key_changes=_DEVICES.c.key_changes + 1)
        .returning(_DEVICES.c.key_changes)
    ).scalar_one()
    return int(counted)


def facts_of(short_id: ShortId) -> dict[str, object]:
    """A Short ID as columns."""
    return {
        "identification": short_id.identification,
        "manufacturer": short_id.manufacturer,
        "version": short_id.version,
        "device_type": int(short_id.device_type),
    }


def _first(connection: Connection, wanted: Select[Any]) -> Device | None:
    row = connection.execute(wanted).first()
    return None if row is None else _device(row)


def _device(row: Row[Any]) -> Device:
    fields = dict(row._mapping)
    fields["life"] = Life(fields["life"])
    return Device(**fields)


def _key(row: Row[Any]) -> SealedDeviceKey:
    fields = dict(row._mapping)
    fields["kind"] = DeviceKeyKind(fields["kind"])
    fields["state"] = KeyState(fields["state"])
    return SealedDeviceKey(**fields)
