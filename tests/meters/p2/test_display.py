"""The display, its button and the battery (P2 4.0.7, appendix C; DSMR-M 4.3.4; seed 003)."""

from __future__ import annotations

import pytest

from meters.p2 import battery
from meters.p2.device import Device
from meters.p2.display import MOVES, PRESSES_A_DAY, Press, Screen, press_of
from tests.meters.p2.builders import Master, make_device
from wire.errors import LocalError
from wire.mbus.headers import DsmrVersion
from wire.mbus.values import Status

HOUR_S, DAY_S, YEAR_S = 3600, 86_400, 31_557_600


def wait(device: Device, seconds: int) -> Device:
    """Time passes."""
    device.advance(device.state.at_s + seconds)
    return device


@pytest.mark.parametrize("screen", Screen)
@pytest.mark.parametrize("press", Press)
def test_each_press_leads_somewhere(screen: Screen, press: Press) -> None:
    assert MOVES[screen, press] is not Screen.OFF


@pytest.mark.parametrize(
    ("seconds", "press"),
    [
        *((1, Press.SHORT), (4, Press.SHORT), (5, Press.MEDIUM)),
        *((10, Press.MEDIUM), (11, Press.LONG)),
    ],
)
def test_a_press_is_short_medium_or_long(seconds: int, press: Press) -> None:
    assert press_of(seconds) is press


def test_the_display_is_off_shows_the_reading_and_goes_off() -> None:
    device = make_device()
    device.set_flow(1234)
    assert wait(device, HOUR_S).shown == ""
    device.press_button(1)
    assert device.shown == "00001.234 m3"
    assert wait(device, 29).shown != ""
    assert wait(device, 1).shown == ""


def test_a_g10_shows_two_decimals() -> None:
    device = make_device(size="G10")
    device.set_flow(12_345)
    wait(device, HOUR_S).press_button(1)
    assert device.shown == "000012.34 m3"


def test_more_than_ten_seconds_bring_the_test_screens_in_order() -> None:
    device = make_device()
    device.set_flow(1)
    wait(device, HOUR_S // 2).press_button(11)
    assert (device.mode, device.shown) == ("test", "00000.0005 m3")
    shown = []
    for _ in range(4):
        device.press_button(1)
        shown.append(device.shown)
    assert shown == ["01.00", "88888888", "", "00000.0005 m3"]
    assert wait(device, 1799).mode == "test"
    assert wait(device, 1).mode == "installation"
    assert device.shown == ""


def test_who_presses_too_often_finds_it_dark_for_a_day() -> None:
    device = make_device()
    for _ in range(PRESSES_A_DAY):
        device.press_button(1)
        assert wait(device, 60).state.blocked_until_s == 0
    device.press_button(1)
    assert device.shown == ""
    wait(device, DAY_S - 1).press_button(1)
    assert device.shown == ""
    wait(device, 1).press_button(1)
    assert device.shown != ""


def test_presses_of_another_day_do_not_count() -> None:
    device = make_device()
    for _ in range(3 * PRESSES_A_DAY):
        wait(device, DAY_S // PRESSES_A_DAY + 1).press_button(1)
        assert device.shown != ""


def test_an_error_has_its_mark_on_the_display() -> None:
    device = make_device()
    device.break_seal()
    device.press_button(1)
    assert device.shown == "00000.000 m3 !"


# The battery.


def lived(years: int, messages_h: int, presses_d: int, **traits: object) -> Device:
    """A device after so many years of so much use."""
    device = make_device(**traits)
    state = device.state
    hours = years * YEAR_S // HOUR_S
    wait(device, years * YEAR_S)
    load = battery.Load
    message = load.TRANSMISSION.value + load.RECEPTION.value
    if not device.identity.wireless:
        message = load.WIRED_ANSWER.value
    state.drained_uas += messages_h * message * hours * HOUR_S
    state.drained_uas += presses_d * load.DISPLAY.value * hours // 24 * HOUR_S
    return device


RADIO: dict[str, object] = {"wireless": True}


@pytest.mark.parametrize(
    ("messages_h", "traits"),
    [(1, RADIO), (12, RADIO | {"version": DsmrVersion.SMR_5_0})],
)
def test_it_lasts_twenty_years_of_normal_use_and_is_reported_before_its_end(
    messages_h: int, traits: dict[str, object]
) -> None:
    assert lived(18, messages_h, 4, **traits).status == 0
    twenty = lived(20, messages_h, 4, **traits)
    assert twenty.status == Status.LOW_BATTERY
    assert not battery.is_empty(twenty.identity, twenty.state)
    late = lived(23, messages_h, 4, **traits)
    assert battery.is_empty(late.identity, late.state)


def test_one_that_the_bus_feeds_lasts_longer() -> None:
    assert lived(25, 1, 4).status == 0
    assert lived(20, 12, 4, version=DsmrVersion.SMR_5_0).status == 0


def test_more_use_brings_its_end_nearer() -> None:
    assert lived(13, 2, 4, **RADIO).status == Status.LOW_BATTERY
    assert lived(18, 1, 48, **RADIO).status == Status.LOW_BATTERY


def test_each_use_takes_from_it() -> None:
    master = Master(make_device())
    state = master.device.state
    master.read()
    assert state.drained_uas == battery.Load.WIRED_ANSWER.value * HOUR_S
    before = state.drained_uas
    master.device.press_button(1)
    assert state.drained_uas - before == battery.Load.DISPLAY.value * HOUR_S
    before = state.drained_uas
    wait(master.device, 10)
    assert state.drained_uas - before == 10 * battery.Load.IDLE.value


def test_an_empty_battery_lights_no_display() -> None:
    device = make_device()
    device.drain_battery(0)
    device.press_button(1)
    assert device.shown == ""
    with pytest.raises(LocalError):
        device.drain_battery(101)


def test_a_new_battery_is_not_low() -> None:
    device = make_device()
    device.battery_low()
    assert Status.LOW_BATTERY in device.status
    device.replace_battery()
    assert Status.LOW_BATTERY not in device.status
