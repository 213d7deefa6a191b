"""Binding wired devices (P2 4.0.7, figures 6 to 10)."""

from __future__ import annotations

import pytest

from meters.mbus import orders
from meters.mbus.channels import Pending
from meters.p2.attached import attach, detach
from meters.p2.media import Medium
from tests.meters.access import restored
from tests.meters.mbus.household import (
    ListenedBus,
    codes,
    device,
    gas,
    give_key,
    household,
    installed,
    pass_s,
    shown,
    until,
)
from tests.meters.mbus.test_installation import configured
from wire.cosem.configuration import Flag
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.mbus.frames import Long, Short

REFUSED = ActionResult.OTHER_REASON


def test_slave_install_finds_an_unconfigured_device_and_gives_it_an_address() -> None:
    meter = household(gas())
    assert orders.slave_install(meter, 2) is ActionResult.SUCCESS
    assert shown(meter, 2).free
    pass_s(meter, 1)
    channel = shown(meter, 2)
    assert (channel.primary_address, channel.identification) == (1, 12_345_678)
    assert (channel.version, channel.device_type) == (0x40, 3)
    assert channel.equipment_id == b"G0042001234567812"
    assert codes(meter) == [115]
    assert channel.capture_definition[3] == (b"\x4c", b"\x13")


def test_one_cycle_covers_0_and_each_address_that_is_free() -> None:
    meter = household(gas())
    bus = ListenedBus(meter)
    orders.slave_install(meter, 1)
    pass_s(meter, 1)
    scanned = [octets[2] for octets in bus.sent(0x40) if octets[0] == 0x10]
    assert scanned[0] == 0 and set(scanned) == set(range(251))
    bus.exchanges.clear()
    pass_s(meter, 600)
    assert not bus.sent(0x40)
    orders.slave_install(meter, 3)
    pass_s(meter, 1)
    scanned = [octets[2] for octets in bus.sent(0x40) if octets[0] == 0x10]
    assert scanned == [0, *range(2, 251)]


def test_a_configured_device_keeps_its_address_and_another_gets_a_free_one() -> None:
    configured, new = gas(1), gas(2)
    configured.state.address = 1
    meter = installed(configured, new)
    assert configured.state.address == 1 and new.state.address == 2
    found = {shown(meter, n).identification: shown(meter, n) for n in (1, 2)}
    assert found[1].primary_address == 1 and found[2].primary_address == 2
    assert codes(meter) == [105, 115]


def test_binding_by_the_address_reads_the_short_id() -> None:
    known = gas()
    known.state.address = 17
    meter = household(known)
    assert orders.bind_address(meter, 1, 17) is DataAccessResult.SUCCESS
    pass_s(meter, 1)
    assert shown(meter).identification == 12_345_678
    assert codes(meter) == [105]
    assert orders.bind_address(meter, 2, 17) is DataAccessResult.OTHER_REASON
    assert orders.bind_address(meter, 2, 251) is DataAccessResult.OTHER_REASON


def test_an_address_where_nobody_is_is_tried_again() -> None:
    known = gas()
    known.state.address = 17
    meter = household(gas(99))
    orders.bind_address(meter, 1, 17)
    pass_s(meter, 10)
    assert shown(meter).pending & Pending.BIND and not codes(meter)
    attach(meter, known)
    pass_s(meter, 3599)
    assert shown(meter).identification == 12_345_678


def test_what_was_bound_survives_a_restart() -> None:
    meter = restored(installed(gas()))
    until(meter, 130)
    assert shown(meter).read_s == meter.state.at_s - 10
    assert codes(meter) == [105]


def test_a_device_that_moves_takes_the_place_of_the_one_before() -> None:
    first, second = gas(1), gas(2)
    meter = installed(first)
    give_key(meter, 1, first)
    detach(meter, first.identity.equipment_id)
    assert orders.slave_deinstall(meter, 1) is ActionResult.SUCCESS
    attach(meter, second)
    orders.slave_install(meter, 1)
    pass_s(meter, 2)
    channel = shown(meter)
    assert channel.identification == 2 and channel.key_status == 0
    assert not channel.user_key and channel.frame_counter == -1
    assert codes(meter) == [105, 105]


def test_deinstalling_has_exactly_the_effects_of_the_standard() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    assert orders.slave_deinstall(meter, 1) is ActionResult.SUCCESS
    channel = shown(meter)
    assert (channel.primary_address, channel.configuration) == (0, 99)
    assert channel.key_status == 0 and not channel.user_key
    assert (channel.identification, channel.device_type) == (12_345_678, 3)
    bus = ListenedBus(meter)
    until(meter, 700)
    assert not bus.sent(0x5B)
    assert codes(meter) == [105]


@pytest.mark.parametrize("dynamic", (True, False))
def test_where_addresses_are_dynamic_a_keyless_device_gets_0_again(
    dynamic: bool,
) -> None:
    meter = configured(
        installed(device := gas()), *[Flag.DYNAMIC_MBUS_ADDRESS] * dynamic
    )
    bus = ListenedBus(meter)
    orders.slave_deinstall(meter, 1)
    pass_s(meter, 1)
    told = Long(0x53, 1, 0x51, b"\x01\x7a\x00").encode()
    assert [sent for sent, _ in bus.exchanges] == [told] * dynamic
    assert device.state.address == (0 if dynamic else 1)


def test_a_device_with_a_user_key_keeps_its_address() -> None:
    meter = configured(installed(device := gas()), Flag.DYNAMIC_MBUS_ADDRESS)
    give_key(meter, 1, device)
    orders.slave_deinstall(meter, 1)
    pass_s(meter, 1)
    assert device.state.address == 1


@pytest.mark.parametrize("order", (orders.slave_deinstall, orders.capture))
def test_an_empty_channel_refuses(order: object) -> None:
    meter = household(gas())
    assert order(meter, 1) is REFUSED  # type: ignore[operator]
    assert meter.state.mbus is None


def test_slave_install_is_refused_where_a_device_is() -> None:
    assert orders.slave_install(installed(gas()), 1) is REFUSED


def test_a_fifth_device_finds_no_channel() -> None:
    devices = [gas(n) for n in range(1, 6)]
    for number, each in enumerate(devices, start=10):
        each.state.address = number
    meter = installed(*devices)
    assert [shown(meter, n).identification for n in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert codes(meter) == [105, 115, 125, 135]
    until(meter, 700)
    assert [shown(meter, n).primary_address for n in (1, 2, 3, 4)] == [10, 11, 12, 13]


def test_two_devices_on_one_address_are_not_taken_for_one() -> None:
    meter = installed(gas(11_111_111), gas(22_222_222))
    assert all(shown(meter, n).free for n in (1, 2, 3, 4))
    assert not codes(meter)


def test_gas_and_water_have_each_a_channel() -> None:
    water = device("W0001000000000712", Medium.WATER)
    water.state.address = 9
    meter = installed(gas(1), water)
    channels = {shown(meter, n).device_type: shown(meter, n) for n in (1, 2)}
    assert channels[3].primary_address == 1 and channels[7].primary_address == 9
    water.set_flow(600)
    until(meter, 130)
    assert channels[7].value and not channels[3].value


def test_the_first_octets_on_the_bus_are_those_of_the_standard() -> None:
    meter = household(gas())
    bus = ListenedBus(meter)
    orders.slave_install(meter, 1)
    pass_s(meter, 1)
    sent = [octets for octets, _ in bus.exchanges]
    assert sent[0] == Short(0x40, 0).encode()
    at = sent.index(bytes.fromhex("68 06 06 68 53 00 51 01 7A 01 20 16"))
    assert sent[at + 1] == Short(0x5B, 1).encode()
