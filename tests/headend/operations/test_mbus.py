"""M-Bus devices bound, keyed and read by the head-end, at a meter with a gas meter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headend.store.devices import Life
from headend.store.job import JobState
from headend.store.keys import KeyState
from meters.mbus.channels import KeyStatus, channel_of
from meters.p2.identity import Fitting
from tests.headend.bent_line import World
from tests.headend.operations.household import HOUR_S, Household
from tests.headend.operations.trial import check_refused_early
from tests.meters.p2.builders import make_device
from wire.cosem.rows import Standard
from wire.dlms.descriptors import DataAccessResult
from wire.instants import from_epoch
from wire.mbus.headers import DsmrVersion
from wire.mbus.values import ValveState

EVERY = (Standard.DSMR_4_0_6, Standard.DSMR_4_2_2, Standard.SMR_5_2)
OTHER = "G0001234567890213"


def lose(world: World, *_: object) -> None:
    """An answer that never comes, and a connection that is gone."""
    world.factory.hang_up()


@pytest.mark.parametrize("standard", EVERY)
def test_a_new_device_is_found_on_the_wire_and_coupled(standard: Standard) -> None:
    house = Household(standard)
    before = house.ask("mbus_scan")["channels"]
    assert [row["identification"] for row in before] == [None] * 4
    assert house.ask("mbus_install") == {"result": "success", "channel": 1}
    house.pass_time(120)
    first = house.ask("mbus_scan")["channels"][0]
    assert (first["device"], first["device_type"]) == (house.name, "gas")
    assert first["primary_address"] and first["key_status"] == "none"
    done = house.ask("mbus_couple", device=house.name)
    assert (done["channel"], done["was_bound"]) == (1, True)
    kept = house.kept()
    assert (kept.meter_id, kept.channel, kept.life) == (house.meter_id, 1, Life.IN_USE)


@pytest.mark.parametrize("standard", EVERY)
def test_a_wireless_device_is_coupled_by_its_identity(standard: Standard) -> None:
    house = Household(standard, wireless=True)
    done = house.ask("mbus_couple", device=house.name)
    assert (done["channel"], done["was_bound"]) == (1, False)
    assert house.ask("mbus_scan")["channels"][0]["device"] == house.name
    again = house.ask("mbus_couple", device=house.name)
    assert (again["channel"], again["was_bound"]) == (1, True)


def test_a_channel_that_is_taken_is_given_up_only_by_force() -> None:
    house = Household(wireless=True)
    other = house.add(make_device(equipment_id=OTHER, wireless=True))
    house.ask("mbus_couple", device=house.name)
    job = house.job("mbus_couple", device=OTHER, channel=1)
    assert job.state is JobState.FAILED and "decouple that" in str(job.error)
    assert house.kept().channel == 1
    house.ask("mbus_couple", device=OTHER, channel=1, force=True)
    assert house.kept(other).channel == 1
    assert house.kept().channel is None and house.kept().life is Life.RETURNED


def test_a_device_on_another_channel_is_not_coupled_twice() -> None:
    house = Household(wireless=True)
    house.ask("mbus_couple", device=house.name, channel=2)
    job = house.job("mbus_couple", device=house.name, channel=3)
    assert job.state is JobState.FAILED and "on channel 2" in str(job.error)


def test_coupling_that_was_broken_off_goes_on_where_it_was() -> None:
    house = Household(wireless=True)
    job = house.job("mbus_couple", lose, 3, device=house.name)
    assert job.state is JobState.DONE, job.error
    named = [number for number in range(1, 5) if channel_of(house.meter, number).named]
    assert named == [1] and house.kept().channel == 1


def test_no_fifth_device_finds_a_channel() -> None:
    house = Household(wireless=True)
    for number in range(4):
        name = f"G000123456788{number}113"
        house.add(make_device(equipment_id=name, wireless=True))
        house.ask("mbus_couple", device=name)
    job = house.job("mbus_couple", device=house.name)
    assert job.state is JobState.FAILED and "all channels" in str(job.error)
    assert house.kept().channel is None


@pytest.mark.parametrize("standard", EVERY)
def test_a_device_is_taken_off_and_its_channel_is_free(standard: Standard) -> None:
    house = Household(standard).bound()
    done = house.ask("mbus_decouple", device=house.name)
    assert (done["channel"], done["device"]) == (1, house.name)
    shown = house.ask("mbus_scan")["channels"][0]
    assert shown["identification"] is None and shown["primary_address"] == 0
    assert house.kept().channel is None and house.kept().life is Life.RETURNED


def test_taking_off_that_was_broken_off_is_completed() -> None:
    house = Household().bound()
    job = house.job("mbus_decouple", lose, 2, channel=1)
    assert job.state is JobState.DONE, job.error
    assert house.kept().channel is None
    assert house.ask("mbus_scan")["channels"][0]["identification"] is None


@pytest.mark.parametrize("standard", EVERY)
def test_a_user_key_comes_into_use(standard: Standard) -> None:
    house = Household(standard).bound()
    done = house.ask("mbus_set_key", device=house.name)
    assert done["key_status"] in ("set_and_transferred", "in_use")
    house.pass_time(2 * HOUR_S)
    assert house.ask("mbus_key_status", channel=1)["key_status"] == "in_use"
    ((state, octets),) = house.user_keys()
    assert state is KeyState.ACTIVE and octets == house.gas.state.user_key
    assert channel_of(house.meter, 1).user_key == octets


def test_a_device_of_dsmr_4_gets_its_key_at_a_meter_of_smr_5() -> None:
    house = Household(Standard.SMR_5_2, version=DsmrVersion.DSMR_4_2).bound()
    house.ask("mbus_set_key", channel=1)
    house.pass_time(2 * HOUR_S)
    assert house.ask("mbus_key_status", channel=1)["key_status"] == "in_use"
    assert [octets for _, octets in house.user_keys()] == [house.gas.state.user_key]


@pytest.mark.parametrize("kind", ["firmware", "p0"])
def test_smr_5_has_further_keys(kind: str) -> None:
    house = Household(Standard.SMR_5_2).bound()
    house.ask("mbus_set_key", channel=1)
    house.pass_time(2 * HOUR_S)
    user_key = house.gas.state.user_key
    house.ask("mbus_set_key", channel=1, kind=kind)
    house.pass_time(2 * HOUR_S)
    assert house.ask("mbus_key_status", channel=1)["key_status"] == "in_use"
    assert house.gas.state.user_key == user_key
    assert house.gas.state.transfer_counter == 2


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ({}, KeyStatus.TRANSFERRED),
        ({"meter_first": False}, KeyStatus.TRANSFERRED),
        ({"meter_first": True}, KeyStatus.SET),
    ],
)
def test_either_half_of_a_key_may_go_first(
    arguments: dict[str, bool], first: KeyStatus
) -> None:
    seen = []

    def note(world: World, take: Callable[[bytes], None], *answers: bytes) -> None:
        seen.append(channel_of(world.meter, 1).key_status)
        take(answers[0])

    for answered in range(1, 9):
        house = Household(wireless=True)
        house.ask("mbus_couple", device=house.name)
        house.job("mbus_set_key", note, answered, device=house.name, **arguments)
    assert sorted({KeyStatus.SET, KeyStatus.TRANSFERRED} & set(seen)) == [first]
    assert KeyStatus.SET_AND_TRANSFERRED in seen


@pytest.mark.parametrize("bent_at", range(1, 9))
def test_a_key_that_was_broken_off_is_the_one_that_is_sent_again(bent_at: int) -> None:
    house = Household().bound()
    job = house.job("mbus_set_key", lose, bent_at, device=house.name)
    if job.state is not JobState.DONE:
        house.ask("mbus_set_key", device=house.name)
    house.pass_time(2 * HOUR_S)
    assert channel_of(house.meter, 1).key_status is KeyStatus.IN_USE
    active = [octets for state, octets in house.user_keys() if state == "active"]
    assert active == [house.gas.state.user_key] == [channel_of(house.meter, 1).user_key]


def test_a_key_is_for_a_device_that_is_known_and_there() -> None:
    house = Household()
    for arguments, says in (
        ({"device": house.name}, "on no channel"),
        ({"channel": 1}, "no known device"),
        ({"device": OTHER}, "not known"),
    ):
        job = house.job("mbus_set_key", **arguments)
        assert job.state is JobState.FAILED and says in str(job.error)
    assert house.user_keys() == []


@pytest.mark.parametrize("standard", EVERY)
def test_readings_come_with_unit_and_time_and_are_stored(standard: Standard) -> None:
    house = Household(standard).bound()
    house.gas.set_flow(1200)
    house.ask("mbus_set_key", device=house.name)
    house.pass_time(5 * HOUR_S)
    values = house.ask("mbus_actual", device=house.name)["values"]
    assert values[-1]["unit"] == "m3" and values[-1]["time"]
    rows = house.ask("mbus_hourly", channel=1)["rows"]
    assert len(rows) >= 4
    volumes = {reading.value for register, reading in house.stored()}
    assert values[-1]["value"] in volumes and len(volumes) >= 4
    again = house.stored()
    house.ask("mbus_hourly", channel=1)
    assert house.stored() == again


def test_nothing_was_read_yet_is_no_reading() -> None:
    house = Household()
    (shown,) = house.ask("mbus_actual", channel=1)["values"]
    assert shown["time"] is None and "value" not in shown
    assert house.stored() == []


def test_smr_5_has_days_and_months_of_a_device() -> None:
    house = Household(Standard.SMR_5_2).bound()
    house.gas.set_flow(600)
    house.pass_time(40 * 24 * HOUR_S)
    assert 38 <= len(house.ask("mbus_daily", channel=1)["rows"]) <= 41
    assert len(house.ask("mbus_monthly", channel=1)["rows"]) == 1


@pytest.mark.parametrize("standard", EVERY)
def test_a_device_tells_who_it_is_and_its_versions(standard: Standard) -> None:
    house = Household(standard).bound()
    house.ask("mbus_set_key", device=house.name)
    house.pass_time(2 * HOUR_S)
    told = house.ask("mbus_identity", channel=1)
    assert told["equipment_id"] == house.name
    assert len(told) > 2 and any(told[name] for name in told.keys() - {"channel"})


def test_a_device_is_read_set_and_cleared_when_asked() -> None:
    house = Household(Standard.SMR_5_2).bound()
    for operation in (
        "mbus_capture",
        "mbus_reset_alarm",
        "mbus_synchronize_clock",
        "mbus_clear_status",
    ):
        done = house.ask(operation, channel=1)
        assert done == {"result": "success", "channel": 1}
    refused = house.job("mbus_capture", channel=2)
    assert refused.state is JobState.FAILED


def test_a_valve_is_closed_and_released() -> None:
    house = Household(Standard.DSMR_4_0_6, valve=Fitting.OPENED_DIRECTLY).bound()
    house.ask("mbus_set_key", channel=1)
    house.pass_time(2 * HOUR_S)
    assert house.ask("mbus_valve", device=house.name)["open"] is True
    house.ask("mbus_disconnect", channel=1)
    house.pass_time(2 * HOUR_S)
    closed = house.ask("mbus_valve", channel=1)
    assert (closed["open"], closed["state"]) == (False, "disconnected")
    assert house.gas.state.valve is ValveState.CLOSED
    house.ask("mbus_connect", channel=1)
    house.pass_time(2 * HOUR_S)
    assert house.ask("mbus_valve", channel=1)["state"] != "disconnected"


def test_a_valve_is_closed_later() -> None:
    house = Household(Standard.DSMR_4_0_6, valve=Fitting.OPENED_DIRECTLY).bound()
    house.ask("mbus_set_key", channel=1)
    house.pass_time(2 * HOUR_S)
    at = from_epoch(house.now_s + HOUR_S).isoformat()
    done = house.ask("mbus_schedule_valve", channel=1, at=at, connect=False)
    assert done["channel"] == 1
    found = [house.gas.state.valve]
    house.pass_time(3 * HOUR_S)
    found.append(house.gas.state.valve)
    assert found == [ValveState.OPEN, ValveState.CLOSED]


def test_where_there_is_no_valve_none_is_moved() -> None:
    house = Household(Standard.DSMR_4_0_6).bound()
    house.pass_time(2 * HOUR_S)
    assert house.refused("mbus_disconnect", channel=1) == DataAccessResult.OTHER_REASON


@pytest.mark.parametrize(
    ("operation", "arguments", "says"),
    [
        ("mbus_couple", {}, "missing argument device"),
        ("mbus_couple", {"device": OTHER, "channel": 5}, "channel"),
        ("mbus_couple", {"device": OTHER, "primary_address": 251}, "primary_address"),
        ("mbus_decouple", {}, "device or channel"),
        ("mbus_set_key", {"device": OTHER, "channel": 1}, "device or channel"),
        ("mbus_set_key", {"channel": 1, "kind": "default"}, "one of user"),
        ("mbus_set_key", {"channel": 1, "kind": "p0"}, "has no p0 key"),
        ("mbus_set_key", {"channel": 1, "meter_first": 1}, "meter_first"),
        ("mbus_hourly", {"channel": 1, "from": "x"}, "from"),
        ("mbus_daily", {"channel": 1}, "has no object"),
        ("mbus_clear_status", {"channel": 1}, "no object"),
        ("mbus_scan", {"channel": 1}, "unknown argument"),
        ("mbus_valve", {"channel": 1}, "no object"),
    ],
)
def test_bad_arguments_are_refused_early(
    operation: str, arguments: dict[str, object], says: str
) -> None:
    check_refused_early(operation, Standard.DSMR_4_2_2, arguments, says)
