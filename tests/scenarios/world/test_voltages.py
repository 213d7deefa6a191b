"""Voltages at the stations, on loads that a person can calculate."""

from __future__ import annotations

from math import sqrt

import pytest

from scenarios.world.voltages import Voltages, power_flow, voltages

NO_LOAD = (0, 0, 0)
NOMINAL_V = 400 / sqrt(3)
HUGE_VA = 10**9


def alone(car_w: tuple[int, int, int], rating_va: int = HUGE_VA) -> Voltages:
    """One station with one car, no premises."""
    return voltages([NO_LOAD], [[car_w]], rating_va)


def test_without_load_it_is_the_busbar_s() -> None:
    found = alone(NO_LOAD)
    assert found.lowest_v == pytest.approx(NOMINAL_V)
    assert found.highest_v == pytest.approx(NOMINAL_V)
    assert found.outside_s == 0


def test_three_phases_alike_drop_by_current_times_resistance() -> None:
    # 30 m of 0.206 mΩ at about 32 A.
    drop_v = NOMINAL_V - alone((7360, 7360, 7360)).lowest_v
    assert drop_v == pytest.approx(7360 / NOMINAL_V * 0.206e-3 * 30, rel=0.01)


def test_one_phase_drops_by_the_neutral_too_and_lifts_the_others() -> None:
    found = alone((7360, 0, 0))
    # (r0 + 2 r1) / 3 is conductor and neutral: twice the resistance.
    drop_v = NOMINAL_V - found.lowest_v
    assert drop_v == pytest.approx(7360 / NOMINAL_V * 2 * 0.206e-3 * 30, rel=0.02)
    assert found.highest_v > NOMINAL_V


def test_the_transformer_s_impedance_drops_too() -> None:
    # Full load through 4 %: hardly any of it in phase, for it is an inductance.
    weak = alone((53_333,) * 3, 160_000).lowest_v
    assert alone((53_333,) * 3).lowest_v > weak > NOMINAL_V * 0.96


def test_stations_far_from_the_busbar_have_less() -> None:
    near = voltages([NO_LOAD], [[(0, 0, 0)]] * 9 + [[(7360,) * 3]], HUGE_VA)
    assert NOMINAL_V - near.lowest_v == pytest.approx(
        # The tenth is the fourth on its cable.
        4 * (NOMINAL_V - alone((7360,) * 3).lowest_v),
        rel=0.02,
    )


def test_premises_are_spread_over_the_stations() -> None:
    beside = voltages([(3000,) * 3], [[NO_LOAD]] * 3, HUGE_VA)
    by_cars = voltages([NO_LOAD], [[(1000,) * 3]] * 3, HUGE_VA)
    assert beside.lowest_v == pytest.approx(by_cars.lowest_v, abs=0.01)


def test_each_quarter_beyond_ten_percent_counts() -> None:
    loads = [NO_LOAD, (800_000,) * 3, (-1_000_000,) * 3, (400_000,) * 3]
    found = voltages([NO_LOAD] * 4, [loads], HUGE_VA)
    assert found.outside_s == 2 * 900
    assert found.lowest_v < 207
    assert found.highest_v > 253


def test_what_no_network_carries_leaves_no_voltage() -> None:
    found = voltages([NO_LOAD] * 2, [[NO_LOAD, (10**8, 0, 0)]], HUGE_VA)
    assert found.lowest_v == 0
    assert found.highest_v == pytest.approx(NOMINAL_V)
    assert found.outside_s == 900


def test_what_flows_in_at_the_busbar_is_the_loads_and_the_losses() -> None:
    loads_w = [[[1000, 0, -500], [0, 2000, 0]], [[0, 0, 0], [0, 0, 0]]]
    found = power_flow(loads_w, [[[0] * 3] * 2] * 2, HUGE_VA)
    busy, idle = found.busbar_w.tolist()
    assert busy == pytest.approx([1000, 2000, -500], rel=0.001)
    assert sum(busy) > 2500
    assert idle == pytest.approx([0, 0, 0], abs=1e-6)
    assert found.voltage_v.shape == (2, 2, 3)


def test_a_network_that_cannot_carry_its_loads_carries_nothing() -> None:
    found = power_flow([[[10**8, 0, 0]]], [[[0] * 3]], HUGE_VA)
    assert found.busbar_w.tolist() == [[0, 0, 0]]
    assert found.voltage_v.tolist() == [[[0, 0, 0]]]
