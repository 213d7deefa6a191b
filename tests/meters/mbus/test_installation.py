"""Installation mode: when it begins, what it does each minute, how it ends (P2 4.0.7, 8.3.1)."""

from __future__ import annotations

import pytest

from meters.behaviour import factory
from meters.behaviour.injections import Injection, What, inject
from meters.mbus import orders
from meters.mbus.installation import installing
from meters.meter import Meter
from meters.p2.attached import attach
from tests.meters.access import put, restored
from tests.meters.mbus.household import (
    USER_KEY,
    ListenedBus,
    codes,
    gas,
    give_key,
    household,
    installed,
    pass_s,
    shown,
)
from wire.cosem.configuration import Flag, OperationMode, flags_of
from wire.dlms import axdr
from wire.dlms.data import Data, Tag
from wire.dlms.descriptors import ActionResult, DataAccessResult

OPEN, CLOSE = Injection(What.MBUS_COVER_REMOVED), Injection(What.MBUS_COVER_CLOSED)


def configured(meter: Meter, *flags: Flag) -> Meter:
    """The meter with these flags, beside those that it needs to be reached."""
    bits = Data(Tag.BIT_STRING, flags_of(Flag.P0, Flag.HLS5_ON_P3, *flags))
    value = axdr.structure(axdr.enum(OperationMode.ALWAYS_ON), bits)
    done = put(meter, (1, "0-1:94.31.3"), 2, value)
    assert done is DataAccessResult.SUCCESS
    return meter


def test_opening_the_cover_finds_what_is_connected() -> None:
    meter = configured(household(gas()), Flag.DISCOVER_ON_OPEN_COVER)
    inject(meter, OPEN)
    pass_s(meter, 1)
    assert shown(meter).primary_address == 1 and codes(meter) == [105]


def test_without_the_flag_the_cover_does_nothing() -> None:
    meter = configured(household(gas()))
    inject(meter, OPEN)
    pass_s(meter, 3700)
    assert meter.state.mbus is None


@pytest.mark.parametrize("flag", (True, False))
def test_the_return_of_the_supply_begins_it_by_its_flag(flag: bool) -> None:
    meter = configured(household(gas()), *[Flag.DISCOVER_ON_POWER_ON] * flag)
    meter.power_off()
    meter.power_on(meter.state.at_s + 60)
    pass_s(meter, 2)
    assert shown(meter).wired is flag


def test_it_scans_once_a_minute_for_an_hour_and_then_forgets() -> None:
    meter = configured(household(gas(1)), Flag.DISCOVER_ON_OPEN_COVER)
    bus = ListenedBus(meter)
    bus.instead = lambda sent, answer: b""
    inject(meter, OPEN)
    pass_s(meter, 3 * 3600)
    cycles = [sent for sent in bus.sent(0x40) if sent[2] == 0]
    assert len(cycles) == 60
    assert meter.state.mbus is None


def test_closing_the_cover_ends_it() -> None:
    meter = configured(household(gas(1)), Flag.DISCOVER_ON_OPEN_COVER)
    inject(meter, OPEN)
    pass_s(meter, 61)
    inject(meter, CLOSE)
    assert not installing(meter)
    attach(meter, gas(2))
    pass_s(meter, 3600)
    assert shown(meter, 2).free


def test_the_fourth_device_ends_it() -> None:
    devices = [gas(n) for n in range(1, 6)]
    for number, each in enumerate(devices, start=10):
        each.state.address = number
    meter = configured(household(*devices), Flag.DISCOVER_ON_OPEN_COVER)
    inject(meter, OPEN)
    pass_s(meter, 1)
    assert not installing(meter) and shown(meter, 4).identification == 4


def test_it_goes_on_after_a_restart() -> None:
    meter = configured(household(gas(1)), Flag.DISCOVER_ON_OPEN_COVER)
    inject(meter, OPEN)
    pass_s(meter, 30)
    again = restored(meter)
    attach(again, gas(2))
    pass_s(again, 60)
    assert shown(again, 2).identification == 2
    pass_s(again, 3600)
    assert not installing(again)


def test_it_leaves_the_keys_that_there_are() -> None:
    meter = configured(installed(known := gas()), Flag.DISCOVER_ON_OPEN_COVER)
    give_key(meter, 1, known)
    inject(meter, OPEN)
    pass_s(meter, 3700)
    assert shown(meter).user_key == known.state.user_key == USER_KEY


def test_the_reset_to_factory_setting_forgets_devices_that_hang_on() -> None:
    meter = installed(known := gas())
    factory.reset(meter)
    assert meter.state.mbus is None
    assert orders.slave_install(meter, 1) is ActionResult.SUCCESS
    pass_s(meter, 2)
    assert shown(meter).primary_address == known.state.address == 1
