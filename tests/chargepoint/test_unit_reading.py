"""What a control unit shows: identity, metering, states and energies."""

from __future__ import annotations

import pytest

from chargepoint.car import Visits
from chargepoint.registers import ExceptionCode, text_of
from chargepoint.sessions import Session
from tests.chargepoint.master import (
    ADDRESS,
    DEFINED,
    T0,
    VALUE,
    a_car,
    a_unit,
    get,
    refused,
)


def test_identity() -> None:
    unit = a_unit(phases=3, hardware_max_da=160, own_limit_w=9000)
    assert unit.read(0, 2) == [0x4443, 1]
    assert text_of(unit.read(2, 8)) == "CP001"
    assert unit.read(10, 2) == [3, 160]
    assert get(unit, "own_limit") == 9000


def test_every_register_can_be_read_alone_and_no_gap_can() -> None:
    unit = a_unit()
    for address in range(0, 620):
        if address in DEFINED:
            assert len(unit.read(address, 1)) == 1
        else:
            refused(ADDRESS, unit.read, address, 1)


@pytest.mark.parametrize(
    ("address", "count", "code"),
    [
        (0, 15, ADDRESS),
        (408, 3, ADDRESS),
        (601, 2, ADDRESS),
        (65_535, 1, ADDRESS),
        (-1, 1, ADDRESS),
        (0, 0, VALUE),
        (410, 126, VALUE),
    ],
)
def test_reads_over_a_gap_or_too_long_are_refused(
    address: int, count: int, code: ExceptionCode
) -> None:
    refused(code, a_unit().read, address, count)


def test_a_car_that_charges_is_metered_per_phase() -> None:
    unit = a_unit(a_car(max_w=11_000))
    unit.voltage_dv = (2300, 2200, 2415)
    unit.advance(T0 + 3600)
    assert chr(get(unit, "iec61851_state")) == "C"
    assert unit.read(200, 6) == [2300, 2200, 2415, 1594, 1666, 1518]
    assert [get(unit, f"power_l{n}") for n in (1, 2, 3)] == [3666] * 3
    assert get(unit, "power") == 10_998
    assert get(unit, "session_energy") == get(unit, "lifetime_energy") == 10_998


def test_a_phase_without_voltage_has_no_current() -> None:
    unit = a_unit(phases=1)
    assert unit.read(200, 6) == [2300, 0, 0, 3188, 0, 0]


def test_states_a_b_c() -> None:
    visits = Visits([Session("CP", T0 + 10, T0 + 50, 20, 3, 0, 7200)])
    unit = a_unit(visits)
    states = {}
    for second in (0, 9, 10, 19, 20, 49, 50):
        unit.advance(T0 + second)
        states[second] = chr(get(unit, "iec61851_state"))
    # 20 Wh at 7200 W take ten seconds.
    assert states == {0: "A", 9: "A", 10: "C", 19: "C", 20: "B", 49: "B", 50: "A"}


def test_energies_of_a_session_and_of_a_life() -> None:
    visits = Visits(
        [
            Session("CP", T0, T0 + 3600, 1000, 3, 0, 7200),
            Session("CP", T0 + 7200, T0 + 9000, 3000, 3, 0, 7200),
        ]
    )
    unit = a_unit(visits)
    unit.advance(T0 + 3599)
    assert get(unit, "session_energy") == 1000
    unit.advance(T0 + 3600)
    assert get(unit, "session_energy") == 0
    unit.advance(T0 + 10_000)
    assert get(unit, "lifetime_energy") == 4000
    assert [car.energy_wh for car in visits.cars] == [1000, 3000]


def test_power_changes_are_told_at_their_own_instant() -> None:
    unit = a_unit(Visits([Session("CP", T0 + 10, T0 + 99, 20, 1, 2, 7200)]))
    told: list[tuple[int, tuple[int, int, int]]] = []
    unit.station.on_power = lambda now_s, power_w: told.append((now_s - T0, power_w))
    unit.advance(T0 + 1000)
    assert told == [(10, (0, 7200, 0)), (20, (0, 0, 0))]


def test_a_car_plugged_in_by_hand_starts_a_session_of_its_own() -> None:
    unit = a_unit()
    unit.advance(T0 + 100)
    unit.station.plug(Session("CP", T0, T0 + 500, 5000, 1, 2, 3680))
    assert unit.power_w == (0, 3680, 0)
    assert get(unit, "session_energy") == 0
    unit.advance(T0 + 500)
    assert get(unit, "session_energy") == 0
    assert chr(get(unit, "iec61851_state")) == "A"
    assert unit.station.lifetime_ws == 100 * 21_999 + 400 * 3680
    unit.station.plug(None)
    assert [car.energy_wh for car in unit.station.visits.cars] == [611, 408]
