"""M-Bus devices: which one is where, and the keys that each has had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headend.store import Store, devices
from headend.store.devices import Device, DeviceKeyKind, Life, facts_of
from headend.store.keys import KeyState
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, SurroundingsError
from wire.mbus.headers import DeviceType, ShortId

GAS = ShortId("12082058", "LGB", 0x40, DeviceType.GAS)


def add_device(store: Store, number: int = 0) -> Device:
    facts = facts_of(replace(GAS, identification=f"{12082058 + number}"))
    with store.begin() as connection:
        return devices.add(
            connection,
            {
                "equipment_id": f"G0017{5912082058 + number}14",
                **facts,
                "life": Life.IN_STORE.value,
            },
        )


def places(store: Store) -> list[tuple[str, int | None, str]]:
    with store.read() as connection:
        return [
            (each.equipment_id[-4:], each.channel, each.life.value)
            for each in devices.every(connection)
        ]


def test_a_device_is_found_by_its_name_and_as_p2_knows_it(store: Store) -> None:
    added = add_device(store)
    add_device(store, 1)
    with store.read() as connection:
        assert devices.find(connection, "G0017591208205814") == added
        assert devices.with_short_id(connection, GAS) == added
        assert devices.with_short_id(connection, replace(GAS, version=0x42)) is None
        with pytest.raises(ConfigError, match="'G1' is not known.*headend import"):
            devices.find(connection, "G1")


def test_no_two_are_known_by_the_same_on_p2(store: Store) -> None:
    add_device(store)
    with pytest.raises(SurroundingsError), store.begin() as connection:
        devices.add(
            connection,
            {"equipment_id": "G0018591208205814", **facts_of(GAS), "life": "ready"},
        )


def test_a_device_is_on_one_channel_and_a_channel_has_one_device(store: Store) -> None:
    first, second = add_meters(store, 2)
    one, other = add_device(store), add_device(store, 1)

    def bind(device: Device, meter_id: int, channel: int, now_s: float) -> Device:
        with store.begin() as connection:
            devices.bind(connection, device, meter_id, channel, now_s)
            return devices.find(connection, device.equipment_id)

    bound = bind(one, first.id, 1, 10.0)
    assert (bound.meter_id, bound.meter, bound.channel) == (
        first.id,
        first.equipment_id,
        1,
    )
    assert places(store) == [("5814", 1, "in_use"), ("5914", None, "in_store")]
    moved = bind(bound, second.id, 3, 20.0)
    assert moved.meter_id == second.id and moved.channel == 3
    bind(other, second.id, 3, 30.0)
    assert places(store) == [("5814", None, "returned"), ("5914", 3, "in_use")]
    with store.read() as connection:
        assert devices.on_channel(connection, first.id, 1) is None
        there = devices.on_channel(connection, second.id, 3)
    assert there is not None and there.id == other.id


def test_bound_again_where_it_is_changes_nothing(store: Store) -> None:
    meter, device = add_meters(store)[0], add_device(store)
    for now_s in (1.0, 2.0):
        with store.begin() as connection:
            devices.bind(connection, device, meter.id, 2, now_s)
            device = devices.find(connection, device.equipment_id)
            devices.change(connection, device, life=Life.UNDER_TEST.value)
    assert places(store) == [("5814", 2, "under_test")]


def test_a_device_that_is_nowhere_cannot_leave(store: Store) -> None:
    device = add_device(store)
    with store.begin() as connection:
        devices.unbind(connection, device, 1.0)
    assert places(store) == [("5814", None, "in_store")]


def test_one_user_key_is_active_and_what_it_replaces_expired(store: Store) -> None:
    device, user = add_device(store), DeviceKeyKind.USER
    with store.begin() as connection:
        for number in range(2):
            devices.add_key(
                *(connection, device.id, user, KeyState.NEW),
                *(bytes([number]), "wrapped", float(number)),
            )
        first, second = devices.keys_of(connection, device.id, user)
        devices.activate_key(connection, first)
        devices.activate_key(connection, second)
        devices.activate_key(
            connection, devices.keys_of(connection, device.id, user)[1]
        )
        states = [key.state for key in devices.keys_of(connection, device.id, user)]
        assert devices.keys_of(connection, device.id, DeviceKeyKind.DEFAULT) == []
    assert states == [KeyState.EXPIRED, KeyState.ACTIVE]
    assert "sealed" not in repr(first)


def test_a_key_change_counter_is_counted_once(store: Store) -> None:
    device = add_device(store)
    with store.begin() as connection:
        assert devices.count_key_change(connection, device) == 1
        assert devices.count_key_change(connection, device) == 2
