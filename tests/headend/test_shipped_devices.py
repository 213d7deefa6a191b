"""The M-Bus devices of a shipment: taken over with their keys, or refused with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headend.devices import unseal
from headend.shipment import Imported
from headend.store import Store, devices
from headend.store.devices import DeviceKeyKind, Life
from headend.store.keys import KeyState
from tests.headend.test_shipment import KEYSTORE, entry, take_over
from wire.errors import ConfigError
from wire.mbus.headers import DeviceType, ShortId

DEFAULT, USER = "d0" * 16, "e0" * 16


def device(number: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "equipment_id": f"G0017{5912082058 + number}14",
        "manufacturer": "LGB",
        "version": 0x40,
        "device_type": 3,
        "default_key": DEFAULT,
    } | more


def with_devices(*shipped: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry() | {"devices": list(shipped)}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shipment.json"


def test_devices_are_taken_over_with_their_keys(store: Store, path: Path) -> None:
    shipped = with_devices(device(), device(1, user_key=USER))
    assert take_over(store, path, shipped) == Imported(1, 1, 0, (), 2)
    with store.read() as connection:
        first, second = devices.every(connection)
        assert first.short_id == ShortId("12082058", "LGB", 0x40, DeviceType.GAS)
        assert first.life is Life.IN_STORE and first.channel is None
        for each, kind, expected in (
            (first, DeviceKeyKind.DEFAULT, [DEFAULT]),
            (first, DeviceKeyKind.USER, []),
            (second, DeviceKeyKind.USER, [USER]),
        ):
            kept = devices.keys_of(connection, each.id, kind)
            assert [unseal(KEYSTORE, each, key).hex() for key in kept] == expected
            assert all(key.state is KeyState.ACTIVE for key in kept)
            assert DEFAULT not in repr(kept) and bytes.fromhex(DEFAULT) not in [
                key.sealed for key in kept
            ]
    assert take_over(store, path, shipped) == Imported(1, 0, 0, (), 0)


@pytest.mark.parametrize(
    ("shipped", "why"),
    [
        ([device(), device()], "stands twice"),
        ([device(), device(equipment_id="G0018591208205814")], "known by the same"),
        ([device(equipment_id="G001759120820581X")], "equipment_id"),
        ([device(manufacturer="lgb")], "manufacturer"),
        ([device(default_key="00")], "default_key: should be 16 octets"),
        ([device(device_type=256)], "device_type"),
        ([device(colour="yellow")], "colour is not known here"),
    ],
)
def test_what_cannot_be_taken_over_is_named(
    store: Store, path: Path, shipped: list[dict[str, Any]], why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        take_over(store, path, with_devices(*shipped))
    assert caught.value.line is not None and DEFAULT not in str(caught.value)
    with store.read() as connection:
        assert devices.every(connection) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"default_key": "00" * 16}, "another default key"),
        ({"version": 0x42}, "another kind of device"),
    ],
)
def test_a_known_device_stays_what_it_is(
    store: Store, path: Path, changed: dict[str, Any], why: str
) -> None:
    take_over(store, path, with_devices(device()))
    with pytest.raises(ConfigError, match=why):
        take_over(store, path, with_devices(device(**changed)))
