"""Fleets: what is written, what is read back, and what is wrong with the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meters.fleet import create_fleet, load_fleet
from tests.meters.access import get
from tests.meters.builders import NOW_S
from wire.cosem.rows import Standard
from wire.errors import ConfigError, SurroundingsError
from wire.p1 import TelegramReader, TelegramReceived

FIELDS = {
    "equipment_id",
    "standard",
    "host",
    "port",
    "logical_device",
    "system_title",
    "master_key",
    "encryption_key",
    "authentication_key",
    "hls_secret",
    "p1",
}


@pytest.mark.parametrize("standard", list(Standard))
def test_the_shipment_says_all_that_a_head_end_needs(
    tmp_path: Path, standard: Standard
) -> None:
    create_fleet(
        tmp_path / "new" / "fleet", 12, standard, host="127.0.0.2", base_port=5000
    )
    path = tmp_path / "new" / "fleet" / "shipment.json"
    assert path.stat().st_mode & 0o777 == 0o600
    shipment = json.loads(path.read_text())
    assert len(shipment) == 12
    assert all(set(row) == FIELDS for row in shipment)
    row = shipment[3]
    assert (row["standard"], row["host"], row["port"]) == (standard, "127.0.0.2", 5003)
    assert row["p1"] == {"host": "127.0.0.2", "port": 15003}
    assert len(row["equipment_id"]) == 17 and row["logical_device"] == 1
    title = bytes.fromhex(row["system_title"])
    assert len(title) == 8 and title[:3].isalpha()
    for name in ("equipment_id", "system_title", "port"):
        assert len({item[name] for item in shipment}) == 12
    keys = [item[name] for item in shipment for name in FIELDS if name.endswith("_key")]
    assert len(set(keys)) == 36
    assert all(len(bytes.fromhex(key)) == 16 for key in keys)
    assert not set(keys) & set(
        (tmp_path / "new" / "fleet" / "fleet.yaml").read_text().split()
    )


def test_a_seed_makes_the_same_fleet_again(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8), ("d", None), ("e", None)):
        create_fleet(tmp_path / name, 3, Standard.SMR_5_0, seed=seed)
    made = {name: (tmp_path / name / "shipment.json").read_text() for name in "abcde"}
    assert made["a"] == made["b"]
    assert len({made[name] for name in "acde"}) == 4


def test_meters_come_back_with_their_states(tmp_path: Path) -> None:
    create_fleet(tmp_path, 2, Standard.DSMR_4_2_2, seed=1)
    fleet = load_fleet(tmp_path, NOW_S)
    first, second = (place.meter for place in fleet.meters)
    assert first.model is second.model
    first.set_load((3600, 0, 0), (2300, 2300, 2300))
    first.advance(NOW_S + 900)
    first.state.message = b"kept"
    fleet.store.save(first)
    again = load_fleet(tmp_path, NOW_S + 5000).meters[0].meter
    assert again.state.message == b"kept"
    assert again.state.energy_wh == first.state.energy_wh
    assert again.state.failures == 1
    assert len(get(again, (7, "1-0:99.1.0")).value) == 5
    (event,) = TelegramReader().feed(again.telegram(NOW_S + 5000))
    assert isinstance(event, TelegramReceived)
    assert event.telegram.text_message == b"kept"


def test_a_fleet_that_nobody_served_kept_its_time(tmp_path: Path) -> None:
    create_fleet(tmp_path, 1, Standard.DSMR_4_2_2, seed=1)
    fleet = load_fleet(tmp_path, NOW_S)
    fleet.store.save(fleet.meters[0].meter)
    later_s = NOW_S + 30 * 86_400
    meter = load_fleet(tmp_path, later_s).meters[0].meter
    assert meter.clock_s == later_s
    assert meter.state.long_failures == 1 and meter.state.errors == 1 << 2


def test_the_state_leads_once_there_is_one(tmp_path: Path) -> None:
    create_fleet(tmp_path, 1, Standard.DSMR_4_2_2, seed=1)
    fleet = load_fleet(tmp_path, NOW_S)
    meter = fleet.meters[0].meter
    meter.replace_keys(encryption_key=bytes(16))
    fleet.store.save(meter)
    (tmp_path / "shipment.json").unlink()
    assert load_fleet(tmp_path, NOW_S).meters[
        0
    ].meter.state.keys.encryption_key == bytes(16)


@pytest.mark.parametrize(
    ("meters", "base_port", "says"),
    [
        (0, 4059, "1 to"),
        (-3, 4059, "1 to"),
        (10**9, 4059, "1 to"),
        (10, 55_527, "65535"),
        (1, 0, "65535"),
        (10_001, 4059, "overlap"),
    ],
)
def test_fleets_that_cannot_be(
    tmp_path: Path, meters: int, base_port: int, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        create_fleet(tmp_path, meters, Standard.SMR_5_0, base_port=base_port)
    assert not list(tmp_path.iterdir())


def test_a_fleet_is_not_written_over(tmp_path: Path) -> None:
    create_fleet(tmp_path, 1, Standard.SMR_5_0)
    before = (tmp_path / "shipment.json").read_text()
    with pytest.raises(ConfigError, match="already"):
        create_fleet(tmp_path, 1, Standard.SMR_5_0)
    assert (tmp_path / "shipment.json").read_text() == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError):
        create_fleet(tmp_path / "file" / "fleet", 1, Standard.SMR_5_0)


GOOD = """standard: smr-5.0
host: 127.0.0.1
base_port: 5000
meters:
- {equipment_id: E0500296120000118, system_title: 44534c00b0805381, phases: 3}
- equipment_id: E0500296120000218
  system_title: 44534c00b0805382
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("smr-5.0", "smr-9", "fleet.yaml:1:1", "standard"),
        ("host", "hots", "fleet.yaml:1:1", "host"),
        ("base_port: 5000", "base_port: 70000", "fleet.yaml:3:1", "base_port"),
        ("phases: 3", "phases: 2", "fleet.yaml:5:", "phases"),
        ("E0500296120000218", "short", "fleet.yaml:6:", "equipment_id"),
        ("44534c00b0805382", "xyz", "fleet.yaml:7:", "system_title"),
        ("44534c00b0805382", "44534c00b0805381", "fleet.yaml:7:", "twice"),
        ("  system_title: 44534c00b0805382\n", "", "fleet.yaml:6:", "system_title"),
        ("meters:", "meters: [", "fleet.yaml:", "not YAML"),
        ("- equipment_id", "- colour: red\n  equipment_id", "fleet.yaml:6:", "colour"),
    ],
)
def test_a_wrong_file_is_told_with_line_and_column(
    tmp_path: Path, old: str, new: str, place: str, says: str
) -> None:
    (tmp_path / "fleet.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_fleet(tmp_path)
    assert place in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "text", "meters: 5"])
def test_what_is_no_fleet_at_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "fleet.yaml").write_text(content)
    with pytest.raises(ConfigError, match=r"fleet\.yaml"):
        load_fleet(tmp_path)


def test_no_fleet_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fleet create"):
        load_fleet(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '[{"equipment_id": 1}]'])
def test_meters_without_keys(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "fleet.yaml").write_text(GOOD)
    if content is not None:
        (tmp_path / "shipment.json").write_text(content)
    with pytest.raises(ConfigError, match=r"shipment\.json"):
        load_fleet(tmp_path)
