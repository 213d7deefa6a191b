"""`headend mbus`, against a meter with a gas meter on its wire, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsmrlab.mbus import LIVES
from headend.store.devices import Life
from tests.dsmrlab.commands import (
    Ended,
    Service,
    environment,
    free_base_port,
    here,
    process,
    wait_until,
)


class Household:
    """A meter with a gas meter that is bound to no channel."""

    def __init__(self, folder: Path) -> None:
        self.home, port = folder / "home", free_base_port(1)
        made = process(
            self.home,
            *("fleet", "create", folder / "fleet", "--meters", 1, "--gas", "wired"),
            *("--base-port", port, "--json"),
        )
        assert made.code == 0, made.err
        self.service = Service(self.home, "meters", "serve", folder / "fleet", "--json")
        self.service.event("ready")
        shipment = folder / "fleet/shipment.json"
        taken = process(self.home, "headend", "import", shipment, "--json")
        assert taken.document["devices"] == 1
        (self.meter,) = process(self.home, "headend", "meters", "--json").document
        (device,) = self.ask("devices").document
        self.device = str(device["equipment_id"])

    def ask(self, *arguments: object) -> Ended:
        """A command of the group, which must succeed."""
        ended = process(self.home, "headend", "mbus", *arguments, "--json")
        assert ended.code == 0, ended.err
        return ended

    def at(self, command: str, *arguments: object) -> Ended:
        """A command at the meter."""
        return self.ask(command, self.meter["equipment_id"], *arguments)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    made = Household(tmp_path_factory.mktemp("household"))
    try:
        yield made
    finally:
        assert made.service.end() == 0


def test_a_gas_meter_is_installed_keyed_read_and_taken_off(house: Household) -> None:
    def first() -> dict[str, object]:
        channel, *_ = house.at("scan").document["result"]["channels"]
        return dict(channel)

    assert first()["device"] is None
    house.at("install")
    wait_until(lambda: first()["device"] == house.device)
    coupled = house.at("couple", house.device).document["result"]
    assert (coupled["channel"], coupled["was_bound"]) == (1, True)
    (shown,) = house.ask("devices").document
    assert (shown["life"], shown["channel"]) == ("in_use", 1)
    house.at("set-key", "--device", house.device)
    assert house.at("key-status", "--channel", 1).document["result"]["key_status"]
    told = house.at("read", "identity", "--channel", 1).document["result"]
    assert told["equipment_id"] == house.device
    house.at("decouple", "--device", house.device)
    (shown,) = house.ask("devices").document
    assert (shown["life"], shown["meter"]) == ("returned", None)


def test_a_device_is_forgotten_in_the_books_alone(house: Household) -> None:
    name = house.meter["equipment_id"]

    def forget(*which: object) -> Ended:
        asked = ("headend", "mbus", "decouple", name, "--administrative", *which)
        return process(house.home, *asked)

    assert "one of them" in forget().check_one_line(2)
    assert "no such device" in forget("--channel", 4).check_one_line(2)
    house.at("couple", house.device, "--channel", 4)
    assert house.device in forget("--channel", 4).out
    (shown,) = house.ask("devices").document
    assert shown["channel"] is None
    fourth = house.at("scan").document["result"]["channels"][3]
    assert fourth["device"] == house.device


def test_a_life_is_noted(
    house: Household,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.environ", environment(house.home))
    done = here(capsys, "headend", "mbus", "life", house.device, "under_test")
    assert done.code == 0 and "under_test" in done.out
    (shown,) = here(capsys, "headend", "mbus", "devices", "--json").document
    assert shown["life"] == "under_test"
    here(capsys, "headend", "mbus", "life", "G0", "ready").check_one_line(2)
    here(capsys, "headend", "mbus", "life", house.device, "lost").check_one_line(2)
    assert set(LIVES) == set(Life)
