"""What a meter keeps of its channels: all of it survives, and nothing that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters import state
from meters.mbus.channels import Channels, KeyStatus, Pending, channel_of, used
from tests.meters.builders import make_meter
from wire.errors import ConfigError

FILLED = {
    "primary_address": 7,
    "identification": 23_456_789,
    "manufacturer_id": 0x38B4,
    "version": 0x42,
    "device_type": 3,
    "capture_definition": ((b"\x4c", b"\x13"), (b"\x46", b"\x6d")),
    "key_status": KeyStatus.IN_USE,
    "user_key": bytes(range(16)),
    "wrapped_key": bytes(range(30)),
    "frame_counter": 0xFFFF_FFFF,
    "pending": Pending.CLOCK | Pending.KEY,
    "equipment_id": b"G0042",
    "value": 391,
    "scaler": -3,
    "versions": (b"a", b"", b"c", b"d"),
    "missing": True,
}


def saved_with(**changes: Any) -> dict[str, Any]:
    meter = make_meter()
    channel = used(meter, 2)
    for name, value in FILLED.items():
        setattr(channel, name, value)
    saved: dict[str, Any] = json.loads(json.dumps(state.to_json(meter.state)))
    saved["mbus"]["channels"]["2"].update(changes)
    return saved


def test_a_channel_survives_a_restart() -> None:
    channels = state.from_json(saved_with()).mbus
    assert channels is not None
    channel = channels.get(2)
    assert {name: getattr(channel, name) for name in FILLED} == FILLED
    assert type(channel.key_status) is KeyStatus and type(channel.pending) is Pending


def test_a_meter_without_devices_keeps_nothing() -> None:
    meter = make_meter()
    assert channel_of(meter, 4).free
    assert meter.state.mbus is None


@pytest.mark.parametrize(
    "changes",
    (
        {"primary_address": 251},
        {"primary_address": True},
        {"identification": 100_000_000},
        {"user_key": "00" * 15},
        {"user_key": "zz"},
        {"key_status": 5},
        {"pending": 1 << 8},
        {"frame_counter": 1 << 32},
        {"versions": ["61"]},
        {"missing": 1},
        {"nonsense": 1},
        {"capture_definition": [["4c"]]},
        {"records": "00" * 256},
        {"records": "01fd1801"},
        {"wrapped_key": "00" * 17},
        {"wrapped_key": ""},
        {"pending": int(Pending.VALVE)},
        {"pending": int(Pending.DATA)},
        {"pending": int(Pending.BIND), "primary_address": 0},
    ),
)
def test_a_channel_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        state.from_json(saved_with(**changes))


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("channels", {"5": {}}),
        ("channels", {"1": {"primary_address": 9}, "2": {"primary_address": 9}}),
        ("installing", [1, -1]),
        ("asked", [0]),
        ("releasing", [251]),
        ("found", ["00"]),
        ("shown", "1"),
    ),
)
def test_channels_that_cannot_be_are_refused(name: str, value: object) -> None:
    saved = Channels().to_json() | {name: value}
    with pytest.raises((TypeError, ValueError)):
        Channels.from_json(saved)
