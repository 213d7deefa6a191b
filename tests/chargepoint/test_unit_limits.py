"""The limit that a control unit applies, and what it offers the car under it."""

from __future__ import annotations

import pytest

from chargepoint.registers import NO_LIMIT, Fault, Source, Status
from tests.chargepoint.master import T0, a_car, a_unit, commit, get, put


def test_without_setpoints_the_own_configuration_applies() -> None:
    unit = a_unit(own_limit_w=11_000)
    assert get(unit, "applied_limit") == 11_000
    assert get(unit, "limit_source") == Source.OWN_CONFIGURATION
    assert get(unit, "status") == 0


@pytest.mark.parametrize(
    ("own_w", "cable_da", "direct_w", "applied_w", "source"),
    [
        (11_000, 320, 6000, 6000, Source.DIRECT),
        (5000, 320, 6000, 5000, Source.OWN_CONFIGURATION),
        (30_000, 320, 22_080, 22_080, Source.DIRECT),
        (11_000, 130, 22_080, 8970, Source.CABLE_OR_THERMAL),
        (11_000, 130, 8970, 8970, Source.DIRECT),
        (8970, 130, NO_LIMIT, 8970, Source.OWN_CONFIGURATION),
    ],
)
def test_the_lowest_limit_applies(
    own_w: int, cable_da: int, direct_w: int, applied_w: int, source: Source
) -> None:
    unit = a_unit(own_limit_w=own_w, cable_da=cable_da)
    put(unit, "direct_limit", direct_w)
    assert get(unit, "applied_limit") == applied_w
    assert get(unit, "limit_source") == source


def test_profile_and_direct_limit_the_lower_one_applies() -> None:
    unit = a_unit()
    commit(unit, [(0, 8000), (60, 5000)])
    put(unit, "direct_limit", 6000)
    assert get(unit, "limit_source") == Source.DIRECT
    unit.advance(T0 + 60)
    assert (get(unit, "applied_limit"), get(unit, "limit_source")) == (
        5000,
        Source.PROFILE,
    )


@pytest.mark.parametrize(
    ("limit_w", "pwm_da", "power_w", "paused"),
    [
        (22_080, 320, 21_999, False),
        (6000, 86, 5934, False),
        (4140, 60, 4140, False),
        (4139, 0, 0, True),
        (1, 0, 0, True),
        (0, 0, 0, False),
    ],
)
def test_the_offer_on_three_phases(
    limit_w: int, pwm_da: int, power_w: int, paused: bool
) -> None:
    unit = a_unit()
    put(unit, "direct_limit", limit_w)
    assert get(unit, "applied_limit") == limit_w
    assert get(unit, "pwm_current") == pwm_da
    assert get(unit, "phases_in_use") == 3
    assert get(unit, "power") == power_w
    assert bool(get(unit, "status") & Status.BELOW_MINIMUM) is paused
    assert chr(get(unit, "iec61851_state")) == ("C" if power_w else "B")


@pytest.mark.parametrize(
    ("limit_w", "pwm_da", "power_w"),
    [(4139, 179, 4117), (1380, 60, 1380), (1379, 0, 0)],
)
def test_a_single_phase_car_has_the_whole_limit_on_its_phase(
    limit_w: int, pwm_da: int, power_w: int
) -> None:
    unit = a_unit(a_car(phases=1, phase=3, max_w=7400))
    put(unit, "direct_limit", limit_w)
    assert (get(unit, "phases_in_use"), get(unit, "pwm_current")) == (1, pwm_da)
    assert unit.power_w == (0, 0, power_w)


def test_a_phase_request_moves_the_minimum() -> None:
    unit = a_unit()
    put(unit, "direct_limit", 2000)
    assert unit.power_w == (0, 0, 0)
    put(unit, "phase_request", 1)
    assert unit.power_w == (1978, 0, 0)
    put(unit, "phase_request", 0)
    assert unit.power_w == (0, 0, 0)


def test_a_cable_can_come_and_go() -> None:
    unit = a_unit()
    unit.station.fit_cable(130)
    assert get(unit, "pwm_current") == 130
    unit.station.fit_cable(None)
    assert get(unit, "pwm_current") == 320


def test_a_hard_fault_stops_charging_and_a_communication_fault_does_not() -> None:
    unit = a_unit()
    unit.station.set_faults(Fault.RCD | Fault.COMMUNICATION)
    assert get(unit, "faults") == Fault.RCD
    assert unit.power_w == (0, 0, 0) and chr(get(unit, "iec61851_state")) == "F"
    assert not get(unit, "status") & Status.BELOW_MINIMUM
    unit.station.set_faults(Fault(0))
    assert chr(get(unit, "iec61851_state")) == "C"
