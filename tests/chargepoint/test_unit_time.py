"""A control unit's clock, its restarts, and any requests in any order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.car import Visits
from chargepoint.kept import Kept
from chargepoint.registers import PERSIST_MAGIC, RequestRefused, Source, Status
from chargepoint.sessions import Session
from chargepoint.unit import ControlUnit
from tests.chargepoint.master import FAILURE, T0, a_unit, commit, get, put, refused
from wire.errors import LocalError


def test_a_profile_is_followed_by_the_units_own_clock_until_it_is_set() -> None:
    unit = a_unit(clock_error_s=-100)
    commit(unit, [(0, 6000)])
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "clock") == T0 - 100
    unit.advance(T0 + 50)
    put(unit, "clock", T0 + 50)
    assert get(unit, "status") & Status.CLOCK_SET
    assert (get(unit, "clock"), get(unit, "applied_limit")) == (T0 + 50, 6000)
    unit.advance(T0 + 3600)
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION


@pytest.mark.parametrize("drift_ppm", [-300, 300])
def test_a_drifting_clock_moves_the_changes(drift_ppm: int) -> None:
    unit = a_unit(drift_ppm=drift_ppm)
    commit(unit, [(0, 8000), (40_000, 6000)], until_s=80_000)
    shift_s = 11 if drift_ppm > 0 else -13
    change_s = T0 + 40_000 - shift_s
    unit.advance(change_s - 1)
    assert get(unit, "applied_limit") == 8000
    assert unit.next_change_s == change_s
    unit.advance(change_s)
    assert (get(unit, "applied_limit"), get(unit, "clock")) == (6000, T0 + 40_000)


def test_an_ended_profile_does_not_come_back_with_the_clock() -> None:
    unit = a_unit()
    commit(unit, [(0, 6000)])
    put(unit, "clock", T0 + 3600)
    put(unit, "clock", T0)
    assert unit.station.profile is None


# Restart


def test_a_restart_loses_setpoints_and_keeps_energy() -> None:
    unit = a_unit(watchdog_s=60)
    put(unit, "heartbeat", 7)
    put(unit, "clock", T0)
    commit(unit, [(0, 6000)], sequence=9)
    put(unit, "direct_limit", 5000)
    put(unit, "phase_request", 1)
    put(unit, "watchdog_timeout", 30)
    put(unit, "safe_power", 6000)
    unit.advance(T0 + 20)
    energy_ws = unit.station.lifetime_ws
    unit.restart(T0 + 20)
    assert unit.read(300, 9) == [0, 60, 0, 4200, 0, 0xFFFF, 0xFFFF, 0, 0]
    assert set(unit.read(400, 9) + unit.read(410, 125)) == {0}
    assert (get(unit, "status"), get(unit, "active_sequence")) == (0, 0)
    assert get(unit, "watchdog_remaining") == 60
    assert unit.station.lifetime_ws == energy_ws > 0
    assert (get(unit, "session_energy"), unit.station.total_w) == (0, 21_999)


def test_what_is_persisted_survives_a_restart() -> None:
    unit = a_unit()
    unit.write(301, [30, 0, 6000, PERSIST_MAGIC])
    put(unit, "watchdog_timeout", 99)
    unit.restart(T0)
    assert unit.read(301, 4) == [30, 0, 6000, 0]


def test_what_is_kept_makes_the_same_unit_again() -> None:
    unit = a_unit()
    unit.write(301, [30, 0, 6000, PERSIST_MAGIC])
    unit.advance(T0 + 3600)
    kept = Kept.from_json(json.loads(json.dumps(unit.kept.to_json())))
    assert kept == Kept(30, 6000, 3600 * 21_999)
    again = ControlUnit("CP001", now_s=T0, kept=kept)
    assert again.read(301, 3) == [30, 0, 6000]
    assert get(again, "lifetime_energy") == 21_999


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"watchdog_timeout_s": 1, "safe_power_w": 2},
        {"watchdog_timeout_s": 65_536, "safe_power_w": 2, "lifetime_ws": 3},
        {"watchdog_timeout_s": True, "safe_power_w": 2, "lifetime_ws": 3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2.0, "lifetime_ws": 3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2, "lifetime_ws": -3},
        {"watchdog_timeout_s": 1, "safe_power_w": 2, "lifetime_ws": 3, "x": 4},
    ],
)
def test_a_damaged_state_is_refused(value: object) -> None:
    with pytest.raises(LocalError):
        Kept.from_json(value)


def test_without_power_nothing_is_drawn_and_nothing_answers() -> None:
    unit = a_unit()
    unit.power_off(T0 + 10)
    refused(FAILURE, unit.read, 0, 1)
    refused(FAILURE, unit.write, 300, [1])
    unit.restart(T0 + 20)
    assert unit.station.lifetime_ws == 10 * 21_999
    assert get(unit, "power") == 21_999


def test_time_never_goes_back() -> None:
    unit = a_unit()
    unit.advance(T0 + 10)
    unit.advance(T0 + 5)
    assert unit.station.now_s == T0 + 10
    assert unit.station.lifetime_ws == 10 * 21_999


# Anything at all

STEPS = st.one_of(
    st.tuples(
        st.just("write"),
        st.one_of(st.integers(298, 310), st.integers(399, 420), st.integers(595, 603)),
        st.lists(st.integers(0, 0xFFFF) | st.integers(0, 3), min_size=1, max_size=12),
    ),
    st.tuples(st.just("read"), st.integers(0, 610), st.integers(0, 130)),
    st.tuples(st.just("wait"), st.integers(0, 5000), st.just(0)),
    st.tuples(st.just("commit"), st.integers(-50, 50), st.integers(0, 25_000)),
)


@given(st.lists(STEPS, max_size=30), st.integers(0, 2))
@settings(max_examples=150)
def test_whatever_is_asked_the_limit_holds_and_only_refusals_are_raised(
    steps: list[tuple[str, int, object]], commit_s: int
) -> None:
    unit = a_unit(watchdog_s=60, commit_s=commit_s)
    now_s, drawn_ws = T0, 0
    for action, number, other in steps:
        try:
            if action == "write":
                assert isinstance(other, list)
                unit.write(number, other)
            elif action == "read":
                assert isinstance(other, int)
                assert len(unit.read(number, other)) == other
            elif action == "wait":
                now_s += number
                unit.advance(now_s)
            elif isinstance(other, int):
                commit(unit, [(now_s - T0 + number, other)], now_s - T0 + 100)
        except RequestRefused:
            pass
        station = unit.station
        assert station.total_w <= station.limit.limit_w <= 22_080
        assert unit.next_change_s is None or unit.next_change_s > station.now_s
        assert station.lifetime_ws >= drawn_ws
        drawn_ws = station.lifetime_ws


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=20))
@settings(max_examples=60)
def test_the_size_of_the_steps_of_time_does_not_matter(steps: list[int]) -> None:
    def day() -> ControlUnit:
        visits = Visits(
            Session("CP", T0 + at, T0 + at + 4000, 5000, 1, 2, 7400)
            for at in range(100, 90_000, 5000)
        )
        unit = a_unit(visits, watchdog_s=600, commit_s=2)
        commit(unit, [(0, 3000), (1500, 0), (2500, 1380)], until_s=9000)
        unit.write(305, [0, 2222, 7000])
        return unit

    small, large = day(), day()
    now_s = T0
    for step_s in steps:
        now_s += step_s
        small.advance(now_s)
    large.advance(now_s)
    assert small.station.lifetime_ws == large.station.lifetime_ws
    assert small.read(100, 14) == large.read(100, 14)
    assert small.read(200, 20) == large.read(200, 20)
    assert small.next_change_s == large.next_change_s
