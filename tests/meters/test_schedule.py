"""The scheduler of the breaker: one exact instant, kept, and done late rather than never."""

from __future__ import annotations

import pytest

from meters.behaviour.clockwork import set_clock
from tests.meters.builders import NOW_S
from tests.meters.switching import (
    CONNECT,
    CONTROL,
    DISCONNECT,
    LOGICAL_ERROR,
    SCHEDULER,
    SUCCESS,
    Bench,
    at,
    execution_time,
    script,
)
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult

# 2024-01-09, a Tuesday, 09:30:00: half an hour after the start.
TIME, DATE = bytes.fromhex("091e0000"), bytes.fromhex("07e8010902")
WRONG_TYPE = DataAccessResult.TYPE_UNMATCHED


@pytest.fixture
def bench() -> Bench:
    return Bench()


def scheduled(bench: Bench, seconds: int, selector: int = DISCONNECT) -> Bench:
    """With a script to be executed so many seconds after the start."""
    assert bench.set(SCHEDULER, 2, script(selector)) is SUCCESS
    assert bench.set(SCHEDULER, 4, at(seconds)) is SUCCESS
    return bench


def test_a_new_scheduler_has_nothing_to_do(bench: Bench) -> None:
    assert bench.get(SCHEDULER, 2) == [bytes.fromhex("00000a006aff"), 1]
    assert (bench.get(SCHEDULER, 3), bench.get(SCHEDULER, 4)) == (1, [])


def test_the_script_is_executed_at_its_second_and_once(bench: Bench) -> None:
    scheduled(bench, 1000)
    bench.load(3600)
    bench.later(999)
    assert bench.connected()
    bench.later(5000)
    assert not bench.connected()
    assert bench.meter.state.energy_wh[1] == 1000
    assert bench.events() == [(1000, 62, 999_999)]
    bench.command(CONNECT)
    bench.later(200_000)
    assert bench.connected()
    assert bench.get(SCHEDULER, 4) == axdr.plain(at(1000))


def test_it_connects_as_well(bench: Bench) -> None:
    bench.command(DISCONNECT)
    scheduled(bench, 60, CONNECT)
    bench.later(60)
    assert bench.connected()
    assert bench.events()[-1] == (60, 63, 999_999)


def test_the_script_that_is_written_last_is_executed(bench: Bench) -> None:
    scheduled(bench, 60)
    bench.set(SCHEDULER, 2, script(CONNECT))
    bench.later(60)
    assert bench.connected() and bench.events() == []


def test_what_the_mode_forbids_is_left_undone(bench: Bench) -> None:
    scheduled(bench, 60)
    bench.mode(0)
    bench.later(60)
    bench.mode(4)
    bench.later(1000)
    assert bench.connected() and bench.events() == []


def test_another_time_or_none_takes_its_place(bench: Bench) -> None:
    scheduled(bench, 60)
    bench.set(SCHEDULER, 4, at(100))
    bench.later(99)
    assert bench.connected()
    bench.set(SCHEDULER, 4, execution_time())
    bench.later(1000)
    assert bench.connected() and bench.events() == []


def test_without_supply_it_is_done_at_power_up(bench: Bench) -> None:
    scheduled(bench, 100)
    bench.later(50)
    bench.meter.power_off()
    bench.later(500)
    assert bench.connected()
    bench.meter.power_on(NOW_S + 700)
    assert not bench.connected()
    assert bench.events() == [(700, 62, 999_999)]


def test_a_time_that_is_still_to_come_outlives_an_outage_and_a_restart(
    bench: Bench,
) -> None:
    scheduled(bench, 1000)
    bench.later(50)
    bench.meter.power_off()
    bench.meter.power_on(NOW_S + 500)
    assert bench.connected()
    bench.restart()
    bench.later(999)
    assert bench.connected()
    bench.later(1000)
    assert not bench.connected()


def test_a_process_that_was_away_does_it_when_it_returns(bench: Bench) -> None:
    scheduled(bench, 1000)
    bench.meter.power_off()
    bench.later(2000)
    bench.restart()
    bench.meter.power_on(NOW_S + 3000)
    assert bench.events() == [(3000, 62, 999_999)]


def test_the_meters_own_clock_counts(bench: Bench) -> None:
    scheduled(bench, 1000)
    set_clock(bench.meter, NOW_S + 700)
    bench.later(299)
    assert bench.connected()
    bench.later(300)
    assert not bench.connected()


def test_a_clock_that_is_set_past_it_makes_it_due(bench: Bench) -> None:
    scheduled(bench, 1000)
    bench.later(10)
    set_clock(bench.meter, NOW_S + 2000)
    bench.later(11)
    assert not bench.connected()


@pytest.mark.parametrize(
    "value",
    [
        execution_time(TIME, DATE),
        execution_time(TIME[:3] + b"\xff", DATE[:4] + b"\xff"),
        execution_time(),
        execution_time(bytes.fromhex("09000000"), DATE),
    ],
    ids=["whole", "no hundredths, no day of the week", "none", "this very second"],
)
def test_times_that_can_be(bench: Bench, value: Data) -> None:
    assert bench.set(SCHEDULER, 4, value) is SUCCESS
    assert bench.get(SCHEDULER, 4) == axdr.plain(value)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (at(-1), LOGICAL_ERROR),
        (at(-86_401), LOGICAL_ERROR),
        (execution_time(TIME, DATE, TIME, DATE), LOGICAL_ERROR),
        (execution_time(b"\xff" + TIME[1:], DATE), LOGICAL_ERROR),
        (execution_time(TIME[:2] + b"\xff\xff", DATE), LOGICAL_ERROR),
        (execution_time(TIME[:3] + b"\x32", DATE), LOGICAL_ERROR),
        (execution_time(TIME, b"\xff\xff" + DATE[2:]), LOGICAL_ERROR),
        (execution_time(TIME, DATE[:3] + b"\xfe\xff"), LOGICAL_ERROR),
        (execution_time(TIME, DATE[:4] + b"\x03"), LOGICAL_ERROR),
        (execution_time(TIME, bytes.fromhex("07e8021eff")), LOGICAL_ERROR),
        (
            execution_time(bytes.fromhex("021e0000"), bytes.fromhex("07e8031fff")),
            LOGICAL_ERROR,
        ),
        (execution_time(bytes.fromhex("18000000"), DATE), LOGICAL_ERROR),
        (execution_time(TIME[:3], DATE), LOGICAL_ERROR),
        (execution_time(TIME, DATE[:4]), LOGICAL_ERROR),
        (execution_time(TIME + b"\0", DATE), LOGICAL_ERROR),
        (execution_time(b"", b""), LOGICAL_ERROR),
        (axdr.array((axdr.octet_string(TIME),)), WRONG_TYPE),
        (axdr.array((axdr.structure(axdr.octet_string(TIME)),)), WRONG_TYPE),
        (axdr.octet_string(TIME + DATE), WRONG_TYPE),
        (axdr.null_data(), WRONG_TYPE),
    ],
)
def test_times_that_cannot_be_leave_the_one_before(
    bench: Bench, value: Data, result: DataAccessResult
) -> None:
    scheduled(bench, 100)
    assert bench.set(SCHEDULER, 4, value) is result
    assert bench.get(SCHEDULER, 4) == axdr.plain(at(100))
    bench.later(100)
    assert bench.get(CONTROL, 3) == 0
    assert bench.events() == [(100, 62, 999_999)]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (script(0), LOGICAL_ERROR),
        (script(3), LOGICAL_ERROR),
        (script(1, bytes.fromhex("00000a0064ff")), LOGICAL_ERROR),
        (script(1, b""), LOGICAL_ERROR),
        (axdr.structure(axdr.octet_string(b"")), WRONG_TYPE),
        (axdr.long_unsigned(1), WRONG_TYPE),
    ],
)
def test_scripts_that_there_are_not(
    bench: Bench, value: Data, result: DataAccessResult
) -> None:
    before = bench.get(SCHEDULER, 2)
    assert bench.set(SCHEDULER, 2, value) is result
    assert bench.get(SCHEDULER, 2) == before


def test_the_type_is_fixed(bench: Bench) -> None:
    denied = bench.set(SCHEDULER, 3, axdr.enum(1))
    assert denied is DataAccessResult.READ_WRITE_DENIED
