"""Devices on the radio: binding, the frequent access cycle, readings (P2 4.0.7, 4.4 and 8.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from meters.behaviour.injections import inject
from meters.mbus import binding, display, orders
from meters.mbus.channels import SHORT_ID, KeyStatus, Pending
from meters.mbus.names import numbers_of
from meters.mbus.wireless import heard
from meters.meter import Meter
from meters.p2.attached import attach, detach
from meters.p2.device import Device
from meters.p2.faults import Faults
from tests.meters.access import restored
from tests.meters.mbus.household import (
    OTHER_KEY,
    USER_KEY,
    codes,
    gas,
    household,
    newest,
    pass_s,
    shown,
    until,
    wrapped,
)
from tests.meters.mbus.test_installation import CLOSE, OPEN, configured
from wire.cosem.configuration import Flag
from wire.cosem.rows import Standard
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.mbus.wireless import Service, Side, decode


def radio(serial: int = 12_345_678, key: bytes = OTHER_KEY, **more: Any) -> Device:
    """A gas meter with a radio and a user key of its factory."""
    return gas(serial, wireless=True, user_key=key, **more)


def name(meter: Meter, number: int, device: Device) -> None:
    """The central system writes attributes 6 to 9."""
    for part, value in zip(SHORT_ID, numbers_of(device.identity.short_id), strict=True):
        assert orders.name(meter, number, part, value) is DataAccessResult.SUCCESS


def keyed(meter: Meter, number: int, device: Device, key: bytes = USER_KEY) -> None:
    """Both halves of a key exchange, which wait for the next telegram."""
    given = wrapped(device, key)
    assert orders.transfer_key(meter, number, given) is ActionResult.SUCCESS
    assert orders.set_encryption_key(meter, number, key) is ActionResult.SUCCESS


def bound(device: Device, standard: Standard = Standard.DSMR_4_0_6) -> Meter:
    """An E-meter whose central system wrote the Short ID, and the device confirmed."""
    meter = household(device, standard=standard)
    device.press_button(7)
    name(meter, 1, device)
    pass_s(meter, 61)
    return meter


def cycle(meter: Meter, device: Device) -> list[Service]:
    """What passes when the device transmits next, until it is silent."""
    at_s = device.next_s
    meter.advance(at_s - 1)
    telegram = device.transmit(at_s)
    meter.advance(at_s)
    services = []
    while telegram:
        answer = heard(meter, telegram)
        services += [decode(octets).service for octets in (telegram, answer) if octets]
        telegram = device.react(answer, at_s)
    return services


def test_a_device_that_was_named_is_confirmed_and_told_of() -> None:
    meter = household(device := radio())
    device.press_button(7)
    pass_s(meter, 300)
    assert device.mode == "installation" and not codes(meter)
    name(meter, 2, device)
    pass_s(meter, 60)
    assert device.mode == "customer"
    assert codes(meter) == [115]


def test_a_request_gets_its_confirmation_and_nothing_more() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    device.press_button(7)
    telegram = device.transmit(meter.state.at_s + 1)
    answer = decode(heard(meter, telegram), Side.E_METER)
    assert answer.service is Service.CNF_IR
    assert shown(meter).pending & Pending.KEY


def test_a_stranger_is_not_answered() -> None:
    meter = bound(radio(1))
    stranger = radio(2)
    stranger.press_button(7)
    assert heard(meter, stranger.transmit(meter.state.at_s + 1)) == b""


def test_the_key_is_forwarded_in_the_next_window_and_all_that_follows_it() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    services = cycle(meter, device)
    assert device.state.user_key == USER_KEY
    channel = shown(meter)
    assert channel.key_status is KeyStatus.IN_USE
    assert channel.versions and channel.synchronized_s and not channel.pending
    assert services == [
        Service.SND_NR,
        *(Service.SND_UD, Service.ACK),
        *(Service.REQ_UD2, Service.RSP_UD),
        *(Service.SND_UD, Service.ACK),
        *(Service.SND_UD, Service.ACK, Service.REQ_UD2, Service.RSP_UD),
        Service.SND_NKE,
    ]


def test_readings_come_by_themselves_each_hour() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    until(meter, 700)
    device.set_flow(1200)
    until(meter, 0)
    began_s = meter.state.at_s
    assert cycle(meter, device) == [Service.SND_NR]
    assert meter.state.at_s < began_s + 600
    pass_s(meter, 4 * 3600)
    assert shown(meter).captured_s == began_s + 4 * 3600
    assert codes(meter) == [105]


@pytest.mark.parametrize("standard", Standard)
def test_each_standard_exchanges_its_keys_by_radio(standard: Standard) -> None:
    meter = bound(device := radio(version=newest(standard)), standard)
    keyed(meter, 1, device)
    until(meter, 700)
    assert shown(meter).key_status is KeyStatus.IN_USE


def test_without_keys_an_enciphered_device_is_no_error_and_no_reading() -> None:
    meter = bound(device := radio())
    device.set_flow(1000)
    until(meter, 700)
    channel = shown(meter)
    assert (channel.configuration, channel.value, channel.read_s) == (15, 0, 0)
    assert codes(meter) == [105]


def test_a_device_without_a_key_is_read_in_clear_and_gets_the_time() -> None:
    meter = bound(device := radio(key=bytes(16)))
    device.set_flow(1000)
    device.set_clock_error(30)
    until(meter, 700)
    channel = shown(meter)
    assert channel.read_s and channel.value and channel.synchronized_s
    assert device.state.clock_offset_s == 0


def test_an_e_meter_that_was_replaced_takes_over_what_sends_readings() -> None:
    first = bound(device := radio())
    keyed(first, 1, device)
    until(first, 700)
    detach(first, device.identity.equipment_id)
    second = household()
    second.advance(first.state.at_s)
    attach(second, device)
    name(second, 1, device)
    keyed(second, 1, device, bytes(range(0x60, 0x70)))
    until(second, 700)
    channel = shown(second)
    assert channel.key_status is KeyStatus.IN_USE and channel.read_s
    assert codes(second) == [105]


def test_the_display_offers_who_asks_and_a_long_press_chooses() -> None:
    one, other = radio(11_111_111), radio(22_222_222)
    meter = configured(household(one, other), Flag.DISCOVER_ON_OPEN_COVER)
    for device in (one, other):
        device.press_button(7)
    inject(meter, OPEN)
    pass_s(meter, 5)
    assert display.shown(meter) == "1111111"
    assert display.press(meter, 1) is None
    assert display.shown(meter) == "2222222"
    assert display.press(meter, 2) == 1
    assert shown(meter).identification == 22_222_222 and not codes(meter)
    pass_s(meter, 60)
    assert codes(meter) == [105] and other.mode == "customer"
    assert one.mode == "installation"
    inject(meter, CLOSE)
    assert display.shown(meter) == "" and display.press(meter, 2) is None


def test_outside_installation_mode_the_display_offers_nobody() -> None:
    meter = household(device := radio())
    device.press_button(7)
    pass_s(meter, 120)
    assert display.shown(meter) == "" and meter.state.mbus is None


def test_p0_registers_a_device_too() -> None:
    meter = household(device := radio())
    device.press_button(7)
    binding.register(meter, 3, device.identity.short_id)
    pass_s(meter, 61)
    assert codes(meter) == [125]


def test_a_lost_answer_is_repeated_when_the_device_repeats_itself() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    device.advance(meter.state.at_s)
    telegram = device.transmit(device.next_s)
    meter.advance(device.state.at_s)
    first = heard(meter, telegram)
    assert decode(first).service is Service.SND_UD
    assert device.react(b"", meter.state.at_s) == b""
    assert heard(meter, telegram) == first


@pytest.mark.parametrize("lost", (20, 50))
def test_in_bad_air_the_exchange_comes_to_its_end_all_the_same(lost: int) -> None:
    meter = bound(device := radio())
    assert meter.state.attached is not None
    meter.state.attached.set_faults(device.identity.equipment_id, Faults(lost=lost))
    keyed(meter, 1, device)
    device.set_flow(1000)
    pass_s(meter, 3 * 86_400)
    channel = shown(meter)
    assert channel.key_status is KeyStatus.IN_USE
    assert channel.versions and device.state.user_key == USER_KEY
    assert channel.value <= device.counts[1]


def test_a_telegram_that_is_played_again_later_is_no_reading() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    until(meter, 700)
    device.advance(meter.state.at_s)
    telegram = device.transmit(device.next_s)
    meter.advance(device.state.at_s)
    heard(meter, telegram)
    before = shown(meter).read_s, shown(meter).frame_counter
    pass_s(meter, 1000)
    heard(meter, telegram)
    assert (shown(meter).read_s, shown(meter).frame_counter) == before


def test_a_released_device_is_heard_no_more_until_it_is_named_again() -> None:
    meter = bound(device := radio())
    assert orders.slave_deinstall(meter, 1) is ActionResult.SUCCESS
    assert shown(meter).identification == 12_345_678
    device.press_button(7)
    pass_s(meter, 61)
    assert device.mode == "installation"
    name(meter, 1, device)
    pass_s(meter, 61)
    assert device.mode == "customer" and codes(meter) == [105, 105]


def test_a_radio_that_falls_silent_is_missed() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    until(meter, 700)
    detach(meter, device.identity.equipment_id)
    until(meter, 660)
    assert codes(meter) == [105, 100]


def test_a_radio_that_was_first_heard_in_this_hour_is_not_missed_in_it() -> None:
    meter = household(device := radio())
    until(meter, 590)
    device.advance(meter.state.at_s)
    device.press_button(7)
    name(meter, 1, device)
    keyed(meter, 1, device)
    pass_s(meter, 200)
    assert shown(meter).detected and not shown(meter).missing
    assert codes(meter) == [105]
    detach(meter, device.identity.equipment_id)
    until(meter, 661)
    assert codes(meter) == [105, 100]


def test_what_waits_survives_a_restart() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    again = restored(meter)
    until(again, 700)
    assert shown(again).key_status is KeyStatus.IN_USE


def changed(octets: bytes) -> list[bytes]:
    """Each octet of a telegram with another value."""
    return [
        octets[:at] + bytes((octet ^ 0x55,)) + octets[at + 1 :]
        for at, octet in enumerate(octets)
    ]


@pytest.mark.parametrize(
    "make", (changed, lambda octets: [octets[:n] for n in range(60)])
)
def test_a_telegram_that_was_hit_is_not_taken(
    make: Callable[[bytes], list[bytes]],
) -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    until(meter, 700)
    read_s = shown(meter).read_s
    device.advance(meter.state.at_s)
    telegram = device.transmit(device.next_s)
    meter.advance(device.state.at_s)
    for hit in make(telegram):
        assert heard(meter, hit) == b""
    assert shown(meter).read_s == read_s
    heard(meter, telegram)
    assert shown(meter).read_s == meter.state.at_s
