"""The valve of a wired gas meter."""

from __future__ import annotations

import pytest

from meters.p2.identity import Fitting
from tests.meters.p2.builders import ACKNOWLEDGED, Master, make_device
from wire.mbus import rows
from wire.mbus.values import MeterConfiguration, Status, ValveCommand, ValveState


@pytest.fixture
def valved() -> Master:
    master = Master(make_device(valve=Fitting.RELEASED_BY_HAND))
    master.set_key()
    return master


def operate(master: Master, command: ValveCommand) -> tuple[ValveState, Status]:
    """Valve and status after a command."""
    assert master.control(rows.VALVE_COMMAND.record(command)) == ACKNOWLEDGED
    told = master.read()
    assert MeterConfiguration.VALVE in told["meter_configuration"]
    return told["valve_status"], told["status"]


def test_a_closed_valve_is_released_and_opened_by_hand(valved: Master) -> None:
    device = valved.device
    device.set_flow(3600)
    assert operate(valved, ValveCommand.CLOSE) == (ValveState.CLOSED, 0)
    valved.now_s += 100
    assert operate(valved, ValveCommand.RELEASE) == (ValveState.RELEASED, 0)
    device.press_button(1)
    assert device.state.valve == ValveState.RELEASED
    assert device.shown.endswith("Knop in")
    assert device.counts[0] == 0
    device.state.unsaved = False
    device.press_button(6)
    assert device.state.valve == ValveState.OPEN
    assert device.state.unsaved


def test_a_valve_that_does_not_follow_raises_its_alarm(valved: Master) -> None:
    operate(valved, ValveCommand.CLOSE)
    assert operate(valved, ValveCommand.OPEN) == (
        *(ValveState.CLOSED, Status.VALVE_ALARM),
    )


def test_the_alarm_is_over_when_the_valve_follows_again(valved: Master) -> None:
    operate(valved, ValveCommand.CLOSE)
    operate(valved, ValveCommand.OPEN)
    assert operate(valved, ValveCommand.RELEASE) == (ValveState.RELEASED, 0)
    # Released it is not open: nothing follows a command to open it but a hand.
    assert operate(valved, ValveCommand.OPEN)[1] == Status.VALVE_ALARM


def test_a_battery_that_is_empty_moves_no_valve(valved: Master) -> None:
    valved.device.drain_battery(0)
    assert operate(valved, ValveCommand.CLOSE) == (
        *(ValveState.OPEN, Status.VALVE_ALARM | Status.LOW_BATTERY),
    )


def test_a_valve_that_can_is_opened_directly() -> None:
    master = Master(make_device(valve=Fitting.OPENED_DIRECTLY))
    master.set_key()
    operate(master, ValveCommand.CLOSE)
    assert operate(master, ValveCommand.OPEN) == (ValveState.OPEN, 0)


def test_a_locked_valve_is_as_good_as_none() -> None:
    master = Master(make_device(valve=Fitting.LOCKED))
    master.set_key()
    assert master.control(rows.VALVE_COMMAND.record(ValveCommand.CLOSE)) == ACKNOWLEDGED
    told = master.read()
    assert "valve_status" not in told
    assert MeterConfiguration.VALVE not in told["meter_configuration"]
    assert master.device.state.valve == ValveState.OPEN


def test_without_a_user_key_the_valve_does_not_move() -> None:
    master = Master(make_device(valve=Fitting.OPENED_DIRECTLY))
    master.control(rows.VALVE_COMMAND.record(ValveCommand.CLOSE))
    assert master.device.state.valve == ValveState.OPEN
