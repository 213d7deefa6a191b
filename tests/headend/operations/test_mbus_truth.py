"""What the head-end stores of a gas meter is what flowed, whatever went wrong below the meter."""

from __future__ import annotations

import pytest

from meters.p2.faults import NO_FAULTS, Faults
from tests.headend.operations.household import HOUR_S, Household
from tests.meters.mbus.truth import Truth
from wire.cosem.rows import SMR5, Standard

RATE_DM3_H = 2000


@pytest.mark.parametrize("standard", Standard)
def test_hours_and_days_that_did_not_come_are_not_stored(standard: Standard) -> None:
    house = Household(standard).bound()
    attached = house.meter.state.attached
    assert attached is not None
    begun_s = house.meter.state.at_s
    house.gas.advance(begun_s)
    truth = Truth(begun_s, house.gas.identity.kind.registers[0])
    house.gas.set_flow(RATE_DM3_H)
    truth.set_rate(begun_s, RATE_DM3_H)
    house.pass_time(10 * HOUR_S)
    attached.set_faults(house.name, Faults(lost=100))
    house.pass_time(30 * HOUR_S)
    attached.set_faults(house.name, NO_FAULTS)
    house.meter.power_off()
    cut_s = house.now_s = house.meter.state.at_s + 3 * HOUR_S
    house.meter.power_on(cut_s)
    house.pass_time(30 * HOUR_S)
    ended_s = house.now_s
    for operation in ("mbus_hourly", "mbus_actual"):
        house.ask(operation, channel=1)
    if standard in SMR5:
        house.ask("mbus_daily", channel=1)
    else:
        house.ask("daily")
    stored = [
        reading
        for register, reading in house.stored()
        if register.obis.startswith("0-1:24.2.") and not reading.status & 0x04
    ]
    for reading in stored:
        assert {reading.value} == truth.at(reading.time_s)
    hours = {reading.time_s for reading in stored if reading.time_s % HOUR_S == 0}
    lived = range(begun_s + HOUR_S, ended_s - HOUR_S)
    # What a device keeps last, of the hour or of five minutes, it still has after the cut.
    silent = range(begun_s + 10 * HOUR_S, cut_s - house.gas.identity.period_s)
    for hour_s in (instant_s for instant_s in lived if instant_s % HOUR_S == 0):
        assert (hour_s in hours) == (hour_s not in silent)
