"""`explain`: what passes over P2, opened with the keys of its devices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dsmrlab.commands import here
from tests.dsmrlab.test_explain import GET, Capsys, ciphered, explained, keys
from tests.wire.mbus.samples import DEFAULT_KEY, GAS, RADIO, USER_KEY, octets_of
from wire.mbus.explain import DeviceKeys
from wire.mbus.headers import EquipmentIdentifier

__all__ = ["keys"]

HOURLY = octets_of("hourly data, enciphered").hex()
TOLD = {
    "equipment_id": EquipmentIdentifier.of("G0001", 123456789, 9).text,
    "manufacturer": GAS.manufacturer,
    "version": GAS.version,
    "device_type": int(GAS.device_type),
}
KEYS = {"user_key": USER_KEY.hex(), "default_key": DEFAULT_KEY.hex()}
NAMED = {"short_id": GAS.encode().hex(" ")}


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("octets", [HOURLY, RADIO["SND_NR"]["octets"]])
@pytest.mark.parametrize("entry", [NAMED | KEYS, TOLD | KEYS, [TOLD | KEYS]])
def test_the_keys_of_a_device(
    entry: Any, octets: str, tmp_path: Path, capsys: Capsys
) -> None:
    path = written(tmp_path / "keys.json", entry)
    out = explained(capsys, octets, "--keys", path).out
    assert "volume: 0.391 m3" in out and "valve-status: open" in out
    assert not any(key in out.replace(" ", "") for key in KEYS.values())


def test_without_keys_the_records_stay_closed(capsys: Capsys) -> None:
    document = explained(capsys, HOURLY, "--json").document
    last = document["children"][-1]
    assert (last["name"], last["value"]) == ("ciphered", "no keys were given")


def test_a_shipment_has_the_keys_of_meters_and_devices(
    keys: Path, tmp_path: Path, capsys: Capsys
) -> None:
    meter = json.loads(keys.read_text()) | {"devices": [TOLD | KEYS]}
    path = written(tmp_path / "shipment.json", [meter])
    assert "volume: 0.391 m3" in explained(capsys, HOURLY, "--keys", path).out
    opened = explained(capsys, ciphered().hex(), "--keys", path).out
    assert "get-request-normal" in opened


def test_a_shipment_as_it_leaves_the_factory(tmp_path: Path, capsys: Capsys) -> None:
    """Its wired devices have no user key yet."""
    here(
        *(capsys, "fleet", "create", tmp_path / "f", "--meters", 2),
        *("--gas", "wired", "--water", "wireless", "--radio-keys"),
    )
    shipment = tmp_path / "f/shipment.json"
    ended = here(capsys, "explain", HOURLY, "--keys", shipment)
    assert "no keys were given for NET 23456789" in ended.check_one_line(1)
    assert "get-request-normal" in explained(capsys, GET.hex(), "--keys", shipment).out


def test_a_wrong_key_is_exit_code_1(tmp_path: Path, capsys: Capsys) -> None:
    wrong = NAMED | {"user_key": DEFAULT_KEY.hex()}
    path = written(tmp_path / "keys.json", wrong)
    ended = here(capsys, "explain", HOURLY, "--keys", path)
    assert "it does not verify" in ended.check_one_line(1)
    assert "m-bus long frame" in ended.out
    assert DEFAULT_KEY.hex() not in (ended.out + ended.err).replace(" ", "")


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        ("68030368087201ff16", "the checksum is wrong"),
        ("680303680872017b16", "C 08 with CI 01 is not of DSMR"),
        ("105bfe5816", "the checksum is wrong"),
    ],
)
def test_a_damaged_frame_is_told_with_the_reason(
    octets: str, says: str, capsys: Capsys
) -> None:
    assert says in explained(capsys, octets).out


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (NAMED, "a device has a user_key or a default_key"),
        (NAMED | {"user_key": "00"}, "user_key should be"),
        (NAMED | {"user_key": 5}, "user_key should be"),
        (KEYS | {"short_id": "89674523"}, "short_id should be"),
        (KEYS | {"short_id": "ff" * 8}, "a device is named by"),
        (KEYS | TOLD | {"manufacturer": "net"}, "a device is named by"),
        (KEYS | TOLD | {"manufacturer": 5}, "a device is named by"),
        (KEYS | TOLD | {"version": "66"}, "a device is named by"),
        (KEYS | TOLD | {"device_type": 99}, "a device is named by"),
        (KEYS | TOLD | {"equipment_id": "G"}, "a device is named by"),
        (KEYS | {"device_type": 3}, "a device is named by"),
    ],
)
def test_a_device_that_is_none(
    entry: Any, says: str, keys: Path, tmp_path: Path, capsys: Capsys
) -> None:
    meter = json.loads(keys.read_text())
    for number, document in enumerate((entry, [entry], meter | {"devices": [entry]})):
        path = written(tmp_path / f"{number}.json", document)
        assert says in here(capsys, "explain", "00", "--keys", path).check_one_line(2)


@pytest.mark.parametrize("devices", [{}, 5, [5], "ab", None])
def test_devices_that_are_no_list_of_them(
    devices: Any, keys: Path, tmp_path: Path, capsys: Capsys
) -> None:
    meter = json.loads(keys.read_text()) | {"devices": devices}
    path = written(tmp_path / "shipment.json", meter)
    here(capsys, "explain", "00", "--keys", path).check_one_line(2)


def test_keys_are_not_in_a_repr() -> None:
    text = repr(DeviceKeys(GAS, USER_KEY, DEFAULT_KEY))
    assert str(USER_KEY) not in text and str(DEFAULT_KEY) not in text
