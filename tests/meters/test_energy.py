"""Counting: exact over quarter-hours, tariffs, power failures and clock changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.behaviour import amr
from meters.behaviour.captures import INTERVALS
from meters.behaviour.clockwork import set_clock
from meters.behaviour.energy import REGISTER_WH
from meters.behaviour.profiles import reset
from meters.behaviour.tariff import factory_mask
from meters.meter import Meter
from meters.state import State
from tests.meters.access import get
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.events import Log
from wire.dlms import axdr
from wire.instants import decode_date_time, parse_tst

VOLTAGE = (2300, 2300, 2300)


def rows(meter: Meter) -> list[list[object]]:
    """The profile as people read it: epoch seconds, status, import, export."""
    made = axdr.plain(get(meter, (7, "1-0:99.1.0")))
    return [[int(decode_date_time(row[0]).timestamp()), *row[1:]] for row in made]


def epoch(text: str) -> int:
    """Seconds of a TST."""
    return int(parse_tst(text).timestamp())


@given(
    st.lists(
        st.tuples(
            st.tuples(*[st.integers(-20_000, 20_000)] * 3), st.integers(0, 20_000)
        ),
        max_size=8,
    )
)
@settings(max_examples=60)
def test_no_energy_is_lost_or_made(
    steps: list[tuple[tuple[int, int, int], int]],
) -> None:
    meter, now_s = make_meter(), NOW_S
    imported = exported = 0
    for power_w, duration_s in steps:
        meter.set_load(power_w, VOLTAGE)
        now_s += duration_s
        meter.advance(now_s)
        net_w = sum(power_w)
        imported += max(0, net_w) * duration_s
        exported += max(0, -net_w) * duration_s
    low, normal, export_low, export_normal = meter.state.energy_wh
    assert low + normal == imported // 3600
    assert export_low + export_normal == exported // 3600
    left = meter.state.remainder_ws
    assert left == [imported % 3600, exported % 3600]


@given(st.lists(st.integers(1, 4000), max_size=20))
@settings(max_examples=60)
def test_how_often_it_is_advanced_does_not_matter(steps: list[int]) -> None:
    often, once = make_meter(), make_meter()
    for meter in (often, once):
        meter.set_load((1234, -30, 567), VOLTAGE)
    now_s = NOW_S
    for step in steps:
        now_s += step
        often.advance(now_s)
    once.advance(now_s)
    assert often.state.energy_wh == once.state.energy_wh
    assert often.state.remainder_ws == once.state.remainder_ws
    assert rows(often) == rows(once)


def test_a_quarter_hour_is_one_row_with_the_registers_at_its_end() -> None:
    meter = make_meter()
    meter.set_load((4000, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 1799)
    assert rows(meter) == [[NOW_S + 900, 0, 1000, 0]]
    meter.advance(NOW_S + 1800)
    assert rows(meter)[1] == [NOW_S + 1800, 0, 2000, 0]


def test_time_does_not_run_back() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 100)
    meter.advance(NOW_S + 50)
    assert meter.state.energy_wh[1] == 100


@pytest.mark.parametrize(
    ("tst", "rate"),
    [
        ("240109065959W", 0),
        ("240109070000W", 1),
        ("240109225959W", 1),
        ("240109230000W", 0),
        ("240113120000W", 0),
        ("240114120000W", 0),
        ("240701065959S", 0),
        ("240701070000S", 1),
    ],
)
def test_the_tariff_of_the_clock(tst: str, rate: int) -> None:
    assert factory_mask(epoch(tst)) == bytes((0, rate + 1))


def test_energy_goes_to_the_register_of_its_tariff() -> None:
    meter = make_meter()
    meter.advance(epoch("240109223000W"))
    meter.set_load((2000, 0, 0), VOLTAGE)
    meter.advance(epoch("240110000000W"))
    assert meter.state.energy_wh == [2000, 1000, 0, 0]


def test_a_register_turns_over_as_its_display_does() -> None:
    meter = make_meter()
    meter.state.energy_wh[1] = REGISTER_WH - 1
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 3)
    assert meter.state.energy_wh[1] == 2


def test_summer_is_flagged_and_autumn_has_both_hours() -> None:
    meter = make_meter()
    start = epoch("241027020000S")
    meter.advance(start - 900)
    reset(meter, INTERVALS)
    meter.advance(start + 7200)
    made = rows(meter)
    assert [row[0] for row in made] == [start + 900 * step for step in range(9)]
    flags = [row[1] for row in made]
    assert flags == [amr.DAYLIGHT_SAVING] * 4 + [0] * 5


def test_a_failure_within_an_interval_flags_its_row() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 100)
    meter.power_off()
    meter.power_on(NOW_S + 200)
    meter.advance(NOW_S + 900)
    assert rows(meter) == [[NOW_S + 900, amr.POWER_DOWN, 800, 0]]
    assert (meter.state.failures, meter.state.long_failures) == (1, 0)


def test_a_long_failure_leaves_flagged_rows_of_the_registers_that_stood_still() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 1000)
    meter.power_off()
    meter.advance(NOW_S + 3000)
    meter.power_on(NOW_S + 4000)
    meter.advance(NOW_S + 5400)
    lost = amr.POWER_DOWN | amr.DATA_NOT_VALID
    assert [row[1:3] for row in rows(meter)] == [
        [0, 900],
        [lost, 1000],
        [lost, 1000],
        [lost, 1000],
        [amr.POWER_DOWN, 1500],
        [0, 2400],
    ]
    assert failures(meter) == ((NOW_S + 4000, 3000),)


def test_off_and_on_twice_counts_once_each() -> None:
    meter = make_meter()
    meter.power_on(NOW_S + 5)
    meter.power_off()
    meter.power_off()
    meter.power_on(NOW_S + 10)
    assert meter.state.failures == 1


def failures(meter: Meter) -> tuple[tuple[int, ...], ...]:
    """The rows of the power failure log: the end and how many seconds."""
    assert meter.state.logs is not None
    return meter.state.logs.rows(Log.POWER_FAILURE)


def test_the_ten_newest_failures_are_kept() -> None:
    meter = make_meter()
    for step in range(12):
        meter.advance(NOW_S + 1000 * step)
        meter.power_off()
        meter.power_on(NOW_S + 1000 * step + 500)
    log = failures(meter)
    assert len(log) == 10
    assert log[-1] == (NOW_S + 11_500, 500)
    assert meter.state.long_failures == 12


def test_a_small_step_of_the_clock_is_silent() -> None:
    meter = make_meter()
    meter.advance(NOW_S + 10)
    set_clock(meter, NOW_S + 10 + 60)
    meter.advance(NOW_S + 840)
    assert rows(meter) == [[NOW_S + 900, 0, 0, 0]]


def test_a_step_forward_flags_what_was_never_measured() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 1000)
    set_clock(meter, NOW_S + 1000 + 1800)
    meter.advance(NOW_S + 1900)
    adjusted = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
    assert rows(meter) == [
        [NOW_S + 900, 0, 900, 0],
        [NOW_S + 1800, adjusted, 1000, 0],
        [NOW_S + 2700, adjusted, 1000, 0],
        [NOW_S + 3600, adjusted, 1800, 0],
    ]


def test_a_step_back_captures_those_rows_again() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 3700)
    set_clock(meter, NOW_S + 1000)
    meter.advance(NOW_S + 3700 + 1700)
    adjusted = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
    assert rows(meter) == [
        [NOW_S + 900, 0, 900, 0],
        [NOW_S + 1800, adjusted, 4500, 0],
        [NOW_S + 2700, 0, 5400, 0],
    ]


def state_of(power_w: tuple[int, int, int], duration_s: int) -> State:
    """What a meter has counted after that."""
    meter = make_meter()
    meter.set_load(power_w, VOLTAGE)
    meter.advance(NOW_S + duration_s)
    return meter.state


def test_phases_are_netted_before_they_are_counted() -> None:
    state = state_of((3000, -1000, -500), 3600)
    assert state.energy_wh == [0, 1500, 0, 0]
    state = state_of((1000, -2000, -500), 3600)
    assert state.energy_wh == [0, 0, 0, 1500]
    assert state.net_w == -1500
