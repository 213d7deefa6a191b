"""The M-Bus devices of a fleet: in its files, on its meters, and what is wrong with the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meters.fleet import Fleet, create_fleet, load_fleet
from meters.fleet_devices import Wanted, fit
from meters.mbus import orders
from meters.p2.consumption import HABITS, household_rate
from meters.p2.device import Device
from meters.p2.media import KINDS, Kind, Medium
from tests.meters.builders import NOW_S
from tests.meters.p2.builders import make_device
from wire.cosem.rows import Standard
from wire.errors import ConfigError
from wire.mbus.headers import DsmrVersion

GAS = Wanted(Medium.GAS, "wired", "G4")
WATER = Wanted(Medium.WATER, "wired")
HEAT = Wanted(Medium.HEAT, "wireless")


def devices(fleet: Fleet, index: int = 0) -> tuple[Device, ...]:
    """What hangs on a meter of the fleet."""
    attached = fleet.meters[index].meter.state.attached
    return attached.devices if attached else ()


def made(
    folder: Path, *wanted: Wanted, standard: Standard = Standard.DSMR_4_0_6
) -> Fleet:
    """A new fleet of two meters with these devices."""
    create_fleet(folder, 2, standard, seed=1, devices=wanted)
    return load_fleet(folder, NOW_S)


def test_each_meter_has_its_own_devices(tmp_path: Path) -> None:
    fleet = made(tmp_path, GAS, WATER, HEAT)
    shipment = json.loads((tmp_path / "shipment.json").read_text())
    keys = set()
    for index in range(2):
        hanging = devices(fleet, index)
        assert [device.identity.medium for device in hanging] == [
            *(Medium.GAS, Medium.WATER, Medium.HEAT)
        ]
        assert [device.identity.wireless for device in hanging] == [False, False, True]
        # Two new ones on a bus would collide.
        assert [device.state.address for device in hanging] == [0, 2, 0]
        assert [device.mode for device in hanging] == [
            *("installation", "customer", "storage")
        ]
        for device, row in zip(hanging, shipment[index]["devices"], strict=True):
            identity = device.identity
            assert row == {
                "equipment_id": identity.equipment_id,
                "manufacturer": "DSL",
                "version": 0x40,
                "device_type": int(identity.short_id.device_type),
                "default_key": identity.default_key.hex(),
            }
            keys.add(identity.default_key)
    assert len(keys) == 6
    text = (tmp_path / "fleet.yaml").read_text()
    assert not any(key.hex() in text for key in keys)


def test_wireless_devices_come_with_a_user_key_if_wanted(tmp_path: Path) -> None:
    create_fleet(
        *(tmp_path, 1, Standard.DSMR_4_0_6),
        seed=1,
        devices=(GAS, HEAT),
        radio_keys=True,
    )
    rows = json.loads((tmp_path / "shipment.json").read_text())[0]["devices"]
    gas, heat = devices(load_fleet(tmp_path, NOW_S))
    assert "user_key" not in rows[0]
    assert heat.state.user_key.hex() == rows[1]["user_key"] != rows[1]["default_key"]
    assert not any(gas.state.user_key)


@pytest.mark.parametrize(
    ("standard", "version", "valve"),
    [
        (Standard.DSMR_4_0_6, DsmrVersion.DSMR_4_0, 1),
        (Standard.DSMR_4_2_2, DsmrVersion.DSMR_4_2, 0),
        (Standard.SMR_5_0, DsmrVersion.SMR_5_0, 0),
        (Standard.SMR_5_5, DsmrVersion.SMR_5_0, 0),
    ],
)
def test_devices_follow_the_standard_of_their_meter(
    tmp_path: Path, standard: Standard, version: DsmrVersion, valve: int
) -> None:
    (device,) = devices(made(tmp_path, GAS, standard=standard))
    assert (device.identity.version, device.identity.valve) == (version, valve)


def test_a_fitter_wakes_a_radio_that_was_never_in_use(tmp_path: Path) -> None:
    """It is heard within a minute once its meter knows it, and is pressed once only."""
    meter = made(tmp_path, GAS, HEAT).meters[0].meter
    wired, radio = meter.state.attached.devices if meter.state.attached else ()
    fit(meter)
    assert (wired.mode, radio.mode) == ("installation", "installation")
    presses = radio.state.presses
    short_id = radio.identity.short_id
    orders.name(meter, 1, "identification", int(short_id.identification))
    orders.name(meter, 1, "manufacturer_id", short_id.manufacturer_code)
    orders.name(meter, 1, "version", short_id.version)
    orders.name(meter, 1, "device_type", short_id.device_type)
    meter.advance(NOW_S + 70)
    assert radio.mode == "customer"
    fit(meter)
    assert radio.mode == "customer" and radio.state.presses == presses


def test_what_they_have_lived_through_is_kept(tmp_path: Path) -> None:
    fleet = made(tmp_path, GAS)
    (device,) = devices(fleet)
    device.set_flow(1000)
    fleet.meters[0].meter.advance(NOW_S + 3600)
    device.advance(NOW_S + 3600)
    fleet.store.save(fleet.meters[0].meter)
    (again,) = devices(load_fleet(tmp_path, NOW_S + 3600))
    assert again.counts == device.counts == (3_600_000, 3_600_000)


def test_a_device_that_is_written_into_a_file_hangs_there_from_the_next_start_on(
    tmp_path: Path,
) -> None:
    fleet = made(tmp_path)
    fleet.store.save(fleet.meters[0].meter)
    path, shipment = tmp_path / "fleet.yaml", tmp_path / "shipment.json"
    entry = "devices: [{equipment_id: G0001000000004413, medium: gas, size: G10}]"
    text = path.read_text().replace("devices: []", entry, 1)
    assert entry in text
    path.write_text(text)
    rows = json.loads(shipment.read_text())
    rows[0]["devices"] = [
        {"equipment_id": "G0001000000004413", "default_key": bytes(range(16)).hex()}
    ]
    shipment.write_text(json.dumps(rows))
    again = load_fleet(tmp_path, NOW_S)
    assert [d.identity.size for d in devices(again)] == ["G10"]
    assert again.meters[0].meter.state.unsaved


ENTRY = "{{equipment_id: {0}, medium: {1}, {2}}}"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (ENTRY.format("G0001000000004413", "gas", "size: G7"), "not 'G7'"),
        (ENTRY.format("G0001000000004413", "coal", "size: G4"), "medium"),
        (ENTRY.format("G00010000000044", "gas", "size: G4"), "equipment_id"),
        (ENTRY.format("G0001000000004413", "gas", "link: string"), "link"),
        (ENTRY.format("G0001000000004413", "gas", "address: 251"), "address"),
        (ENTRY.format("G0001000000004413", "gas", "version: 1"), "version"),
        (ENTRY.format("G0001000000004413", "water", "valve: locked"), "valves"),
        (
            ENTRY.format("G0001000000004413", "gas", "size: G4")
            + ", "
            + ENTRY.format("G0001000000004413", "gas", "size: G4"),
            "twice",
        ),
    ],
)
def test_what_is_no_device_is_refused_with_its_line(
    tmp_path: Path, entry: str, why: str
) -> None:
    made(tmp_path)
    path = tmp_path / "fleet.yaml"
    text = path.read_text().replace("devices: []", f"devices: [{entry}]", 1)
    path.write_text(text)
    with pytest.raises(ConfigError, match=why) as caught:
        load_fleet(tmp_path, NOW_S)
    line = text[: text.index("devices: [{")].count("\n") + 1
    assert caught.value.line == line


def test_a_size_that_there_is_not_makes_no_fleet(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not 'G5'"):
        create_fleet(
            tmp_path, 1, Standard.SMR_5_0, devices=(Wanted(Medium.GAS, "wired", "G5"),)
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "row",
    [None, {}, {"default_key": "00"}, {"default_key": "zz" * 16}, {"default_key": 5}],
)
def test_a_device_without_its_key_is_refused(tmp_path: Path, row: object) -> None:
    create_fleet(tmp_path, 1, Standard.DSMR_4_0_6, seed=1, devices=(GAS,))
    shipment = tmp_path / "shipment.json"
    rows = json.loads(shipment.read_text())
    named = {"equipment_id": rows[0]["devices"][0]["equipment_id"]}
    rows[0]["devices"] = [] if row is None else [named | row]  # type: ignore[operator]
    shipment.write_text(json.dumps(rows))
    with pytest.raises(ConfigError, match="shipment.json"):
        load_fleet(tmp_path, NOW_S)


# What flows.


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.medium}-{kind.size}")
def test_a_household_takes_what_its_meter_can_bear(kind: Kind) -> None:
    identity = make_device(medium=kind.medium, size=kind.size).identity
    rates = [household_rate(identity, NOW_S + 60 * minute) for minute in range(1440)]
    assert all(0 <= rate <= kind.max_rate for rate in rates)
    assert len(set(rates)) > 2
    assert rates == [
        household_rate(identity, NOW_S + 60 * minute + 59) for minute in range(1440)
    ]


def test_households_differ_and_every_medium_has_its_habit() -> None:
    houses = [
        make_device(equipment_id=f"G0001{serial:010}13").identity
        for serial in range(20)
    ]
    assert len({household_rate(house, NOW_S) for house in houses}) > 10
    assert set(HABITS) == set(Medium)
    assert all(len(habit.base) == 24 for habit in HABITS.values())


def test_a_winter_s_day_takes_some_cubic_metres_of_gas() -> None:
    identity = make_device().identity
    dm3 = sum(household_rate(identity, NOW_S + 60 * m) for m in range(1440)) / 60
    assert 4_000 < dm3 < 25_000
