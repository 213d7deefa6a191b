"""Power failures: events, counters, the threshold of a long one, a clock without reserve."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour import amr
from meters.behaviour.alarms import PUSH_ON_ALARM, Fault
from meters.behaviour.clockwork import set_clock
from meters.behaviour.supply import RESERVE_S
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import get
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.test_events import rows
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError
from wire.instants import format_tst, from_epoch

GOOD, L2_OUT = (2300, 2300, 2300), (2300, 0, 2300)
NO_LOAD = (0, 0, 0)
NORMAL_S = NOW_S + 100


def away(duration_s: int, meter: Meter | None = None) -> Meter:
    """A meter that had no supply for so long, from 100 s after the start on."""
    meter = meter or make_meter()
    meter.advance(NORMAL_S)
    meter.power_off()
    meter.power_on(NORMAL_S + duration_s)
    return meter


def test_down_and_up_are_events_at_their_own_time() -> None:
    meter = away(50)
    assert rows(meter, Log.STANDARD) == ((NORMAL_S, 1), (NORMAL_S + 50, 2))
    assert meter.state.errors == 1 << 2
    assert (meter.state.failures, meter.state.long_failures) == (1, 0)


@pytest.mark.parametrize(("duration_s", "long"), [(180, 0), (181, 1)])
def test_a_failure_is_long_beyond_the_threshold(duration_s: int, long: int) -> None:
    meter = away(duration_s)
    assert meter.state.long_failures == long
    logged = ((NORMAL_S + duration_s, duration_s),) * long
    assert rows(meter, Log.POWER_FAILURE) == logged


def test_the_threshold_can_be_written_and_is_kept() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    assert driver.get(3, "0-0:96.7.20") == b"\x12\x00\xb4"
    assert driver.set(3, "0-0:96.7.20", 2, b"\x12\x00\x0a") == 0
    for wrong in (b"\x11\x0a", b"\x06\x00\x00\x00\x0a", b"\x12\x00"):
        result = driver.set(3, "0-0:96.7.20", 2, wrong)
        assert result is DataAccessResult.TYPE_UNMATCHED
    again = from_json(json.loads(json.dumps(to_json(meter.state))))
    kept = Meter(meter.identity, again, meter.model)
    away(11, kept)
    assert kept.state.long_failures == 1


def test_one_phase_is_enough_for_a_failure_until_all_are_back() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    meter.set_load(NO_LOAD, L2_OUT)
    meter.advance(NOW_S + 60)
    meter.set_load(NO_LOAD, (0, 0, 2300))
    driver.now_s = NOW_S + 200
    assert driver.get(3, "0-0:96.7.19") == axdr.encode(axdr.double_long_unsigned(200))
    assert driver.get(1, "0-0:96.7.21") == b"\x12\x00\x00"
    meter.advance(NOW_S + 300)
    meter.set_load(NO_LOAD, GOOD)
    assert [row[1] for row in rows(meter, Log.STANDARD)] == [1, 2]
    assert rows(meter, Log.POWER_FAILURE) == ((NOW_S + 300, 300),)
    driver.now_s = NOW_S + 310
    # Cleared once it is in the log.
    assert driver.get(3, "0-0:96.7.19") == axdr.encode(axdr.double_long_unsigned(0))
    assert (
        driver.get(1, "0-0:96.7.21") == driver.get(1, "0-0:96.7.9") == b"\x12\x00\x01"
    )
    assert not meter.state.interval_flags & amr.POWER_DOWN, "PDN is for all phases"


def test_a_failure_of_one_phase_that_becomes_one_of_all_is_one() -> None:
    meter = make_meter()
    meter.set_load(NO_LOAD, L2_OUT)
    meter.advance(NOW_S + 60)
    meter.power_off()
    meter.power_on(NOW_S + 100)
    assert [row[1] for row in rows(meter, Log.STANDARD)] == [1]
    meter.advance(NOW_S + 200)
    meter.set_load(NO_LOAD, GOOD)
    assert [row[1] for row in rows(meter, Log.STANDARD)] == [1, 2]
    assert rows(meter, Log.POWER_FAILURE) == ((NOW_S + 200, 200),)
    assert meter.state.failures == 1


def test_a_meter_with_one_phase_does_not_miss_the_others() -> None:
    meter = make_meter(phases=1)
    meter.set_load(NO_LOAD, (2300, 0, 0))
    assert meter.state.logs is None


@pytest.mark.parametrize("over_s", [0, 1])
def test_a_clock_whose_reserve_is_exhausted_is_behind_and_says_so(over_s: int) -> None:
    meter = away(RESERVE_S + over_s)
    codes = [row[1] for row in rows(meter, Log.STANDARD)]
    assert codes == ([1, 2, 6] if over_s else [1, 2])
    assert meter.clock_s == NORMAL_S + RESERVE_S
    assert meter.state.errors & 1 == over_s


def test_rows_of_an_invalid_clock_are_flagged_until_it_is_set() -> None:
    meter = away(RESERVE_S + 900)
    invalid = amr.CLOCK_INVALID | amr.DATA_NOT_VALID
    right_s = meter.state.at_s + 900
    meter.advance(right_s)
    assert meter.state.interval_flags == invalid
    set_clock(meter, right_s)
    meter.advance(right_s + 1800)
    *_, (_, first, *_), (_, second, *_) = axdr.plain(get(meter, (7, "1-0:99.1.0")))
    assert first & invalid == invalid and not second & invalid
    assert meter.state.errors & 1 == 0


def test_alarms_that_stand_are_pushed_again_at_power_up() -> None:
    meter = make_meter()
    meter.state.alarms = 1 << 9
    away(20, meter)
    assert meter.state.pushes == (PUSH_ON_ALARM,)
    assert meter.state.alarms == 1 << 9, "the filter asks for no power-up"


def test_smr_5_logs_which_phase_went_and_came() -> None:
    meter = make_meter(Standard.SMR_5_0)
    meter.set_load(NO_LOAD, L2_OUT)
    meter.advance(NOW_S + 9)
    meter.set_load(NO_LOAD, GOOD)
    assert rows(meter, Log.POWER_QUALITY) == ((NOW_S, 87), (NOW_S + 9, 91))


@pytest.mark.parametrize(("after_dv", "stands"), [(GOOD, False), (L2_OUT, True)])
def test_no_outage_of_a_phase_stands_that_is_over_when_the_supply_returns(
    after_dv: tuple[int, int, int], stands: bool
) -> None:
    meter = make_meter(Standard.SMR_5_0)
    meter.set_load(NO_LOAD, L2_OUT)
    assert meter.state.errors & Fault.PHASE_OUTAGE_L2
    meter.power_off()
    meter.set_load(NO_LOAD, after_dv)
    meter.power_on(NOW_S + 60)
    assert bool(meter.state.errors & Fault.PHASE_OUTAGE_L2) is stands


def test_p1_shows_the_long_failures_newest_first() -> None:
    meter = make_meter()
    for start_s in (0, 5000):
        meter.advance(NOW_S + start_s)
        meter.power_off()
        meter.power_on(NOW_S + start_s + 1000)
    newest, older = (
        f"({format_tst(from_epoch(NOW_S + end_s))})(0000001000*s)"
        for end_s in (6000, 1000)
    )
    line = f"1-0:99.97.0(2)(0-0:96.7.19){newest}{older}"
    assert line in meter.telegram(NOW_S + 7000).decode("ascii")


@pytest.mark.parametrize(
    "wrong",
    [
        {"failing_since_s": NOW_S + 1},
        {"failing_since_s": -1},
        {"off_since_s": NOW_S + 1},
        {"powered": False, "off_since_s": 0},
    ],
)
def test_a_failure_that_cannot_be_is_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        from_json({**to_json(make_meter().state), **wrong})
