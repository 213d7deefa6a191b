"""Profiles, actual values and object lists by name, and the readings that are stored."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from headend import profiles
from headend.devices import DeviceRing
from headend.keyring import KeyRing
from headend.store import jobs, meters
from headend.store.call import directly
from headend.store.readings import Register
from headend.visit import Measured, Records
from scenarios.transport.clock import HeapClock
from tests.headend.odd_meter import CLOCK, ENERGY, GAS, GAS_TIME, Odd
from tests.headend.operations.trial import KEY_STORE, Trial, check_refused_early
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import AttributeDescriptor
from wire.errors import WireError
from wire.instants import encode_date_time, local
from wire.obis import Obis

BUFFER = AttributeDescriptor(7, Obis.parse("0-0:98.1.0"), 2)
WH = axdr.structure(axdr.integer(0), axdr.enum(30))
M3 = axdr.structure(axdr.integer(-3), axdr.enum(13))
STATUS = axdr.structure(
    axdr.long_unsigned(1),
    axdr.octet_string(bytes((0, 0, 96, 10, 2, 255))),
    axdr.integer(2),
    axdr.long_unsigned(0),
)
NULL = axdr.null_data()
UNSPECIFIED = axdr.octet_string(b"\xff" * 12)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> Data:
    instant = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return axdr.octet_string(encode_date_time(instant))


def number(value: int) -> Data:
    return axdr.double_long_unsigned(value)


def table(
    period_s: int, columns: list[Data], units: list[Data], *rows: Data
) -> profiles.Table:
    meter = Odd((axdr.array(columns), number(period_s)), tuple(units), axdr.array(rows))
    return HeapClock().play(profiles.read(meter, Standard.DSMR_4_2_2, BUFFER))


def test_interval_values_are_stored_once_with_unit_and_status() -> None:
    trial = Trial()
    read = trial.ask("interval")
    first = trial.stored()
    assert len(first) == 2 * len(read["rows"]) > 200
    register, reading = first[-1]
    assert register == Register(3, "1-0:2.8.0.255", 2, 0, 30)
    last = datetime.fromisoformat(read["rows"][-1]["time"])
    assert reading.time_s == last.timestamp()
    assert reading.status == read["rows"][-1]["status"]
    trial.ask("interval", **{"from": read["rows"][5]["time"]})
    trial.ask("get", object="load_profile")
    assert trial.stored() == first


def test_only_the_range_is_read_and_stored() -> None:
    trial = Trial()
    rows = trial.ask("interval")["rows"]
    some = Trial()
    begin, end = rows[3]["time"], rows[6]["time"]
    read = some.ask("interval", **{"from": begin, "to": end})
    assert [row["time"] for row in read["rows"]] == [r["time"] for r in rows[3:7]]
    assert len(some.stored()) == 8


def records(trial: Trial) -> Records:
    """What is kept of a job at the trial's meter."""
    with trial.store.begin() as connection:
        meter = meters.get(connection, trial.meter_id)
        job_id = jobs.enqueue(connection, meter.id, "get", {}, now_s=0)
        job = jobs.show(connection, job_id)
    tools = (trial.store, KEY_STORE, meter, directly, float, bytes)
    ring, devices = KeyRing(*tools), DeviceRing(*tools)
    return Records(trial.store, directly, job, ring, devices, no_waiting)


def test_a_reading_without_a_status_replaces_none_with_one() -> None:
    trial = Trial()
    of_job = records(trial)
    register = Register(3, "1-0:1.8.1.255", 2, 0, 30)

    def keep(*measured: Measured) -> list[tuple[int, int, int]]:
        HeapClock().play(of_job.keep(measured))
        return [reading[2:] for _, reading in trial.stored()]

    assert keep(Measured(register, 5, 7)) == [(5, 7, 0)]
    assert keep(Measured(register, 5, 8, 0x20)) == [(5, 8, 0x20)]
    assert keep(Measured(register, 5, 9)) == [(5, 8, 0x20)]
    assert keep(Measured(register, 5, 9, 0)) == [(5, 9, 0)]


def test_the_number_of_a_register_that_was_not_stored_after_all_is_forgotten() -> None:
    trial = Trial()
    of_job = records(trial)
    first, second = (Register(3, f"1-0:{c}.8.1.255", 2, 0, 30) for c in (1, 2))

    def keep(measured: Measured) -> None:
        HeapClock().play(of_job.keep([measured]))

    with pytest.raises(OverflowError):
        keep(Measured(first, 5, 1 << 64))
    keep(Measured(second, 5, 2))
    keep(Measured(first, 5, 1))
    assert {register: reading.value for register, reading in trial.stored()} == {
        first: 1,
        second: 2,
    }


async def no_waiting(seconds: float) -> None:
    raise AssertionError(seconds)


@pytest.mark.parametrize(
    "operation, standard",
    list(itertools.product(("daily", "monthly"), Standard)),
)
def test_days_and_months_begin_at_midnight(operation: str, standard: Standard) -> None:
    trial = Trial(standard)
    trial.pass_time(40 * 86_400)
    rows = trial.ask(operation)["rows"]
    times = [local(datetime.fromisoformat(row["time"])) for row in rows]
    assert len(times) > (30 if operation == "daily" else 0)
    for time in times:
        assert (time.hour, time.minute, time.second) == (0, 0, 0)
        assert operation == "daily" or time.day == 1
    assert len(trial.stored()) == 4 * len(rows)


def test_actual_energy_is_stored_at_the_meters_time() -> None:
    trial = Trial()
    told = trial.ask("actual")
    stored = {register.obis: reading for register, reading in trial.stored()}
    assert [
        stored[f"1-0:{code}.255"].value for code in ("1.8.1", "1.8.2", "2.8.1", "2.8.2")
    ] == told["import_wh"] + told["export_wh"]
    time_s = datetime.fromisoformat(told["time"]).timestamp()
    assert {reading.time_s for reading in stored.values()} == {int(time_s)}


def test_a_null_time_is_one_period_later_on_dutch_clocks() -> None:
    def times(period_s: int, first: Data) -> list[str]:
        rows = [axdr.structure(first, number(1))]
        rows += [axdr.structure(NULL, number(each)) for each in (2, 3)]
        read = table(period_s, [CLOCK, ENERGY], [WH], *rows)
        return [time.isoformat() for time, _ in read.rows if time is not None]

    quarter = times(900, at(2024, 3, 31, 0, 45))
    assert quarter[1:] == ["2024-03-31T01:00:00+00:00", "2024-03-31T01:15:00+00:00"]
    # Midnight in Amsterdam, on the day that the clocks went forward and the next one.
    day = times(86_400, at(2024, 3, 30, 23))
    assert day[1:] == ["2024-03-31T22:00:00+00:00", "2024-04-01T22:00:00+00:00"]
    # A month has no length in seconds: its profile says 0.
    month = times(0, at(2023, 11, 30, 23))
    assert month[1:] == ["2023-12-31T23:00:00+00:00", "2024-01-31T23:00:00+00:00"]


@pytest.mark.parametrize("clock", [UNSPECIFIED, axdr.octet_string(b""), number(5)])
def test_a_row_whose_time_is_not_specified_is_an_error(clock: Data) -> None:
    with pytest.raises(WireError, match="not specified"):
        table(900, [CLOCK, ENERGY], [WH], axdr.structure(clock, number(1)))


def test_a_first_row_without_a_time_is_an_error() -> None:
    with pytest.raises(WireError, match="first row"):
        table(900, [CLOCK, ENERGY], [WH], axdr.structure(NULL, number(1)))


def test_another_meters_value_is_stored_at_the_time_it_was_captured() -> None:
    read = table(
        86_400,
        [CLOCK, STATUS, ENERGY, GAS, GAS_TIME],
        [WH, M3],
        axdr.structure(
            at(2024, 1, 8, 23),
            axdr.unsigned(0x80),
            number(7),
            number(500),
            at(2024, 1, 8, 22),
        ),
        axdr.structure(
            at(2024, 1, 9, 23), axdr.unsigned(0), number(8), number(501), UNSPECIFIED
        ),
        axdr.structure(at(2024, 1, 10, 23), axdr.unsigned(0), NULL, NULL, NULL),
    )
    found = [
        (each.register.obis, each.time_s - 1_704_754_800, each.value, each.status)
        for each in read.measured()
    ]
    assert found == [
        ("1-0:1.8.1.255", 0, 7, 0x80),
        ("1-0:1.8.1.255", 86_400, 8, 0),
        ("1-0:1.8.1.255", 172_800, 8, 0),
        ("0-1:24.2.1.255", -3600, 500, 0x80),
    ]


@pytest.mark.parametrize("standard", list(Standard))
def test_the_object_list_and_all_that_it_lets_read(standard: Standard) -> None:
    trial = Trial(standard)
    listed = trial.ask("objects")["objects"]
    clock = next(each for each in listed if each["name"] == "clock")
    assert clock["object"] == "0-0:1.0.0.255" and clock["class_id"] == 8
    assert clock["attributes"]["2"] == "read-write"
    everything = trial.ask("all")["attributes"]
    readable = sum(
        mode in ("read", "read-write")
        for each in listed
        for number, mode in each["attributes"].items()
        if (each["class_id"], number) != (7, "2")
    )
    assert len(everything) == readable > len(listed)
    assert not [each for each in everything if "refused" in each]


def test_an_event_has_its_name() -> None:
    trial = Trial()
    trial.meter.power_off()
    trial.meter.power_on(trial.now_s + 3600)
    rows = trial.ask("events")["rows"]
    assert [row["event"] for row in rows[-2:]] == ["power_down", "power_up"]
    assert [row["values"] for row in rows[-2:]] == [[1], [2]]
    assert trial.ask("outages")["rows"][-1]["values"] == [3600]
    assert trial.ask("events", log="fraud")["rows"] == []


@pytest.mark.parametrize(
    "operation, arguments, says",
    [
        ("interval", {"from": "2024-01-02", "to": "2024-01-01"}, "before it begins"),
        ("interval", {"log": "x"}, "unknown argument log"),
        ("events", {"log": "weather"}, "one of standard"),
        ("events", {"log": 5}, "is a text"),
        ("power_quality", {"profile": "3"}, "one of definable"),
        ("actual", {"from": "2024-01-02"}, "unknown argument from"),
        ("objects", {"x": 1}, "unknown argument x"),
        ("all", {"x": 1}, "unknown argument x"),
        ("power_quality", {"profile": "1"}, "no object 1-0:99.1.1"),
        ("power_quality", {"profile": 1}, "no object 1-0:99.1.1"),
        ("limiter", {}, "limiter is not for this meter: dsmr-4.2.2 has no object"),
        ("disconnect", {}, "is not for this meter"),
    ],
)
def test_what_cannot_be_read(operation: str, arguments: Any, says: str) -> None:
    check_refused_early(operation, Standard.DSMR_4_2_2, arguments, says)
