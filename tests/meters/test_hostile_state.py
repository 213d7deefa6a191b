"""State files that were cut, edited or hit: a clear word at the start, and nothing later."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from meters.behaviour.injections import Injection, What, inject
from meters.fleet import SHIPMENT_FILE, create_fleet, load_fleet
from wire.cosem.rows import Standard
from wire.errors import ConfigError

NOW_S = 1_704_783_600
VALUES: list[Any] = [
    *(None, True, -1, 1.5, 10**30, -(10**30), float("nan"), float("inf")),
    *("", "zz", "\ud800", [], [1], [None] * 3, [1, 2, 3, 10**12], {}, {"a": 1}),
    *([["a", "b"]], [[1, 2, 3]], [[10**14, 5]]),
]


class Saved:
    """A fleet of one meter that has lived for a day, and the file of its state."""

    def __init__(self, folder: Path) -> None:
        create_fleet(folder, 1, Standard.SMR_5_0, seed=3)
        fleet = load_fleet(folder, NOW_S)
        meter = fleet.meters[0].meter
        meter.set_load((1000, -20, 3), (2300, 2310, 2290))
        meter.advance(NOW_S + 86_400)
        meter.power_off()
        meter.power_on(NOW_S + 86_800)
        inject(meter, Injection(What.VOLTAGE_SAG, duration_s=9000))
        meter.advance(NOW_S + 86_900)
        fleet.store.save(meter)
        self.folder = folder
        (self.file,) = (folder / "state").iterdir()
        self.octets = self.file.read_bytes()

    def outcome(self, octets: bytes) -> str:
        """What is said of these octets in its place; empty when the meter lives on."""
        self.file.write_bytes(octets)
        try:
            fleet = load_fleet(self.folder, NOW_S + 90_000)
        except ConfigError as error:
            said = str(error)
            assert said.startswith(f"{self.file}: ")
            return said
        meter = fleet.meters[0].meter
        for later_s in (90_001, 180_000):
            assert meter.telegram(NOW_S + later_s)
        fleet.store.save(meter)
        return ""


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return Saved(tmp_path)


def test_the_file_as_it_was(saved: Saved) -> None:
    assert saved.outcome(saved.octets) == ""


def test_any_value_in_any_place_is_told_or_does_no_harm(saved: Saved) -> None:
    good = json.loads(saved.octets)
    told = 0
    for name in good:
        for value in VALUES:
            changed = {**good, name: value}
            told += bool(saved.outcome(json.dumps(changed).encode()))
        missing = {key: value for key, value in good.items() if key != name}
        assert saved.outcome(json.dumps(missing).encode())
    for part in ("quality", "disturbance"):
        for name in good[part]:
            for value in VALUES:
                changed = copy.deepcopy(good)
                changed[part][name] = value
                assert saved.outcome(json.dumps(changed).encode()), (part, name, value)
    assert set(good["logs"]) > {"standard_event_log", "power_failure_log"}
    for name in good["logs"]:
        for value in VALUES:
            # A log without rows is one; nothing else is.
            changed = copy.deepcopy(good)
            changed["logs"][name] = value
            told_of = bool(saved.outcome(json.dumps(changed).encode()))
            assert told_of is (value not in ("", [], {})), (name, value)
    for profile, rows in good["profiles"].items():
        # Stamps alone may be fewer.
        for name in rows if rows["values"] else ():
            for value in VALUES:
                changed = copy.deepcopy(good)
                changed["profiles"][profile][name] = value
                assert saved.outcome(json.dumps(changed).encode())
        stranger = {**good, "profiles": {"other": rows, profile + "x": rows}}
        assert saved.outcome(json.dumps(stranger).encode())
    for name in ("master_key", "encryption_key", "authentication_key"):
        for value in ("", "00", "zz" * 16, "00" * 17, None):
            keys = {**good["keys"], name: value}
            assert saved.outcome(json.dumps({**good, "keys": keys}).encode())
    assert told > 0.8 * len(good) * len(VALUES)


def test_every_cut_is_told(saved: Saved) -> None:
    for length in range(0, len(saved.octets) - 1, 29):
        assert saved.outcome(saved.octets[:length])


@pytest.mark.parametrize(
    "octets",
    [b"", b"\0" * 4096, b"[", b"[" * 100_000, b"9" * 5000, b"\xff", b"null", b"[{}]"],
)
def test_what_is_no_state_at_all(saved: Saved, octets: bytes) -> None:
    assert saved.outcome(octets)


@pytest.mark.parametrize(
    "octets", [b"", b"[" * 100_000, b"{}", b"[1]", b'[{"equipment_id": []}]', b"\xff"]
)
def test_first_keys_that_are_none(tmp_path: Path, octets: bytes) -> None:
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=3)
    (tmp_path / SHIPMENT_FILE).write_bytes(octets)
    with pytest.raises(ConfigError, match=SHIPMENT_FILE):
        load_fleet(tmp_path, NOW_S)


def test_a_crash_in_the_middle_of_a_save_leaves_the_state_before(saved: Saved) -> None:
    beside = saved.file.with_name(saved.file.name + ".new")
    for length in (0, 1, len(saved.octets) // 2):
        beside.write_bytes(saved.octets[:length])
        assert saved.outcome(saved.octets) == ""
        assert not beside.exists(), "the next save took its place"
