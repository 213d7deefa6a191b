"""The valve behind a channel: commands, modes, scripts, scheduler (P3 4.0.6, 7.6)."""

from __future__ import annotations

import pytest

from meters.mbus import orders, valve
from meters.meter import Meter
from meters.p2.device import Device
from meters.p2.identity import Fitting
from tests.meters.access import act, get, put, restored
from tests.meters.builders import make_meter
from tests.meters.mbus.household import (
    codes,
    gas,
    give_key,
    installed,
    pass_s,
    shown,
    until,
)
from tests.meters.switching import at, script
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.mbus.values import ValveState

VALVE, SCRIPTS, SCHEDULER = (70, "0-1:24.4.0"), (9, "0-1:10.0.106"), (22, "0-1:15.0.1")
OFF, ON = 1, 2
DONE, REFUSED = ActionResult.SUCCESS, ActionResult.OTHER_REASON
NOTHING = axdr.integer(0)


def fitted(valve: Fitting, key: bool = True) -> tuple[Meter, Device]:
    """An E-meter of 4.0.6 with a gas meter that has such a valve."""
    meter = installed(device := gas(valve=valve))
    if key:
        give_key(meter, 1, device)
    return meter, device


def told(meter: Meter, method: int) -> ActionResult:
    """A command of the central system, and the time that it takes."""
    outcome = act(meter, VALVE, method, NOTHING)
    pass_s(meter, 2)
    return outcome


def test_a_valve_is_closed_and_released_for_a_hand() -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    assert told(meter, OFF) is DONE
    assert device.state.valve == ValveState.CLOSED
    assert get(meter, VALVE, 2).value is False and get(meter, VALVE, 3).value == 0
    assert told(meter, ON) is DONE
    assert device.state.valve == ValveState.RELEASED and get(meter, VALVE, 3).value == 2
    device.press_button(7)
    until(meter, 130)
    assert get(meter, VALVE, 2).value is True and get(meter, VALVE, 3).value == 1
    assert codes(meter, Log.MBUS_CONTROL_1) == [162, 163]


def test_in_mode_4_it_is_opened_directly() -> None:
    meter, device = fitted(Fitting.OPENED_DIRECTLY)
    assert put(meter, VALVE, 4, axdr.enum(4)) is DataAccessResult.SUCCESS
    told(meter, OFF)
    assert told(meter, ON) is DONE
    assert device.state.valve == ValveState.OPEN


def test_a_device_that_cannot_open_directly_refuses() -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    put(meter, VALVE, 4, axdr.enum(4))
    told(meter, OFF)
    assert told(meter, ON) is REFUSED
    assert device.state.valve == ValveState.CLOSED


@pytest.mark.parametrize("valve", (Fitting.NONE, Fitting.LOCKED))
@pytest.mark.parametrize("method", (OFF, ON))
def test_without_a_usable_valve_both_are_refused(valve: Fitting, method: int) -> None:
    meter, _ = fitted(valve)
    assert told(meter, method) is REFUSED
    assert not codes(meter, Log.MBUS_CONTROL_1)


def test_without_a_user_key_no_command_is_sent() -> None:
    meter, device = fitted(Fitting.OPENED_DIRECTLY, key=False)
    assert told(meter, OFF) is REFUSED
    assert device.state.valve == ValveState.OPEN


def test_in_mode_0_nothing_moves_it() -> None:
    meter, device = fitted(Fitting.OPENED_DIRECTLY)
    put(meter, VALVE, 4, axdr.enum(0))
    assert told(meter, OFF) is REFUSED
    assert device.state.valve == ValveState.OPEN


def test_an_empty_channel_has_no_valve() -> None:
    meter, _ = fitted(Fitting.OPENED_DIRECTLY)
    assert act(meter, (70, "0-2:24.4.0"), OFF, NOTHING) is REFUSED


@pytest.mark.parametrize("number", (0, 9))
def test_the_scripts_are_those_of_the_channels(number: int) -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(2)) is DONE
    pass_s(meter, 2)
    assert device.state.valve == ValveState.CLOSED
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(1)) is DONE
    pass_s(meter, 2)
    assert device.state.valve == ValveState.RELEASED
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(3)) is REFUSED
    assert act(meter, SCRIPTS, 1, axdr.long_unsigned(number)) is REFUSED


def test_the_scheduler_executes_its_script_once() -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    assert put(meter, SCHEDULER, 4, at(1000)) is DataAccessResult.SUCCESS
    again = restored(meter)
    device = again.state.attached.devices[0]  # type: ignore[union-attr]
    pass_s(again, 990)
    assert device.state.valve == ValveState.OPEN
    pass_s(again, 20)
    assert device.state.valve == ValveState.CLOSED
    act(again, VALVE, ON, NOTHING)
    pass_s(again, 86_400)
    assert device.state.valve == ValveState.RELEASED


def test_the_scheduler_wants_a_time_to_come_and_a_script_of_the_table() -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    assert put(meter, SCHEDULER, 4, at(-60)) is DataAccessResult.OTHER_REASON
    assert put(meter, SCHEDULER, 2, script(2)) is DataAccessResult.OTHER_REASON
    pass_s(meter, 86_400)
    assert device.state.valve == ValveState.OPEN


def test_a_device_that_was_given_up_has_no_valve_to_command() -> None:
    meter, device = fitted(Fitting.RELEASED_BY_HAND)
    orders.slave_deinstall(meter, 1)
    assert told(meter, OFF) is REFUSED
    assert shown(meter).valve_command < 0


def test_later_standards_have_no_valve() -> None:
    meter = installed(gas(valve=Fitting.OPENED_DIRECTLY), standard=Standard.DSMR_4_2_2)
    names = {row.name for row in meter.model.rows}
    assert not {name for name in names if name.startswith("mbus_disconnect")}


def test_a_time_that_spring_leaves_out_makes_no_appointment() -> None:
    meter = make_meter(standard=Standard.DSMR_4_0_6)
    date = axdr.octet_string(bytes.fromhex("07e8031fff"))
    taken = {
        time: valve.schedule(
            meter,
            axdr.array([axdr.structure(axdr.octet_string(bytes.fromhex(time)), date)]),
        )
        for time in ("021e0000", "041e0000")
    }
    assert taken == {"021e0000": False, "041e0000": True}
