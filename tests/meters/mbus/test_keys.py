"""User keys: both halves in either order, and what comes between (P2 4.0.7, 5.2 and 6.5)."""

from __future__ import annotations

import pytest

from meters.mbus import orders
from meters.mbus.channels import SHORT_ID, KeyStatus, Pending
from meters.mbus.names import numbers_of
from meters.p2.identity import NO_KEY
from tests.meters.access import restored
from tests.meters.mbus.household import (
    DEFAULT_KEY,
    OTHER_KEY,
    USER_KEY,
    ListenedBus,
    c_of,
    codes,
    gas,
    give_key,
    household,
    installed,
    newest,
    pass_s,
    shown,
    until,
    wrapped,
)
from wire.cosem.rows import Standard
from wire.dlms.descriptors import ActionResult
from wire.mbus.frames import Long, decode
from wire.mbus.headers import DsmrVersion

REFUSED = ActionResult.OTHER_REASON


@pytest.mark.parametrize("standard", Standard)
def test_a_key_exchange_ends_in_enciphered_readings(standard: Standard) -> None:
    known = gas(version=newest(standard))
    meter = installed(known, standard=standard)
    give_key(meter, 1, known)
    assert known.state.user_key == USER_KEY
    channel = shown(meter)
    assert (channel.key_status, channel.configuration) == (KeyStatus.IN_USE, 15)
    assert channel.versions[0] and channel.synchronized_s
    assert not channel.pending and not channel.wrapped_key and not channel.next_key
    until(meter, 130)
    assert meter.state.at_s - shown(meter).read_s < 60
    assert shown(meter).frame_counter == known.state.frame_counter


def test_the_status_says_which_methods_were_invoked() -> None:
    meter = installed(known := gas())
    orders.set_encryption_key(meter, 1, USER_KEY)
    assert shown(meter).key_status is KeyStatus.SET
    pass_s(meter, 10)
    assert shown(meter).key_status is KeyStatus.SET
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY))
    assert shown(meter).key_status is KeyStatus.SET_AND_TRANSFERRED
    pass_s(meter, 2)
    assert shown(meter).key_status is KeyStatus.IN_USE


def test_the_device_may_have_its_key_long_before_the_meter() -> None:
    meter = installed(known := gas())
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY))
    pass_s(meter, 2)
    assert known.state.user_key == USER_KEY
    assert shown(meter).key_status is KeyStatus.TRANSFERRED
    until(meter, 700)
    assert codes(meter) == [105, 100]
    orders.set_encryption_key(meter, 1, USER_KEY)
    pass_s(meter, 2)
    assert shown(meter).key_status is KeyStatus.IN_USE
    assert codes(meter) == [105, 100, 101]


def test_the_key_goes_over_p2_low_half_first() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)
    orders.transfer_key(meter, 1, bytes.fromhex("279FB74A7572135E8F9B8EF6D1EEE003"))
    pass_s(meter, 1)
    assert bus.exchanges[0][0] == bytes.fromhex(
        "68191968530151 07FD1903E0EED1F68E9B8F 47FD195E1372754AB79F27 8E16"
    )
    assert known.state.user_key != NO_KEY


def test_another_key_takes_the_place_of_the_first() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    counter = shown(meter).frame_counter
    give_key(meter, 1, known, OTHER_KEY)
    assert known.state.user_key == shown(meter).user_key == OTHER_KEY
    assert shown(meter).key_status is KeyStatus.IN_USE
    assert shown(meter).frame_counter > counter


def test_a_key_of_zeros_ends_the_encryption() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    give_key(meter, 1, known, NO_KEY)
    channel = shown(meter)
    assert known.state.user_key == NO_KEY and not channel.user_key
    assert (channel.key_status, channel.configuration) == (KeyStatus.NONE, 0)
    until(meter, 130)
    assert shown(meter).read_s == meter.state.at_s - 10


def test_a_transfer_whose_acknowledgement_is_lost_is_done_again() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)
    bus.instead = lambda sent, answer: b""
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY))
    orders.set_encryption_key(meter, 1, USER_KEY)
    pass_s(meter, 2)
    assert len(bus.sent(0x53)) == 3 and known.state.user_key == USER_KEY
    assert shown(meter).pending & Pending.KEY and shown(meter).wrapped_key
    bus.instead = None
    pass_s(meter, 3600)
    assert shown(meter).key_status is KeyStatus.IN_USE


@pytest.mark.parametrize("key", [OTHER_KEY, NO_KEY])
def test_smr_5_takes_no_key_twice_so_its_use_ends_the_transfer(key: bytes) -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = installed(known, standard=Standard.SMR_5_0)
    give_key(meter, 1, known)
    bus = ListenedBus(meter)
    bus.instead = lambda sent, answer: b""
    orders.transfer_key(meter, 1, wrapped(known, key, 2))
    orders.set_encryption_key(meter, 1, key)
    pass_s(meter, 2)
    assert known.state.user_key == key and shown(meter).pending & Pending.KEY
    bus.instead = None
    meter = restored(meter)
    until(meter, 660)
    assert not shown(meter).pending and not shown(meter).wrapped_key
    assert shown(meter).user_key == (b"" if key == NO_KEY else key)


def test_a_key_that_waits_is_not_lost_to_the_use_of_the_one_before() -> None:
    known = gas(wireless=True)
    meter = household(known)
    for part, value in zip(SHORT_ID, numbers_of(known.identity.short_id), strict=True):
        orders.name(meter, 1, part, value)
    known.press_button(7)
    meter.changed()
    pass_s(meter, 100)
    known.state.user_key = USER_KEY
    orders.set_encryption_key(meter, 1, USER_KEY)
    orders.transfer_key(meter, 1, wrapped(known, OTHER_KEY))
    until(meter, 3600)
    assert known.state.user_key == OTHER_KEY


def test_a_power_cut_in_the_middle_of_a_transfer_loses_neither_key() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)
    bus.instead = lambda sent, answer: b""
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY))
    orders.set_encryption_key(meter, 1, USER_KEY)
    again = restored(meter)
    assert shown(again).key_status is KeyStatus.SET_AND_TRANSFERRED
    again.power_off()
    again.power_on(again.state.at_s + 60)
    pass_s(again, 2)
    assert shown(again).key_status is KeyStatus.IN_USE


def test_readings_go_on_under_the_former_key_until_the_device_has_the_next() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    orders.set_encryption_key(meter, 1, OTHER_KEY)
    until(meter, 130)
    assert shown(meter).read_s == meter.state.at_s - 10
    assert shown(meter).key_status is KeyStatus.SET
    orders.transfer_key(meter, 1, wrapped(known, OTHER_KEY))
    pass_s(meter, 2)
    assert shown(meter).key_status is KeyStatus.IN_USE
    assert codes(meter) == [105]


def test_a_wrong_key_is_a_communication_error_and_no_reading() -> None:
    meter = installed(known := gas())
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY))
    orders.set_encryption_key(meter, 1, OTHER_KEY)
    known.set_flow(1000)
    until(meter, 700)
    assert shown(meter).value == 0
    assert codes(meter) == [105, 100]
    assert shown(meter).key_status is KeyStatus.SET_AND_TRANSFERRED


@pytest.mark.parametrize("size", (0, 15, 17, 30))
def test_a_key_of_another_size_is_refused(size: int) -> None:
    meter = installed(gas())
    assert orders.set_encryption_key(meter, 1, bytes(size)) is REFUSED
    assert orders.transfer_key(meter, 1, bytes(size)) is REFUSED
    assert shown(meter).key_status is KeyStatus.NONE


def test_keys_need_a_device() -> None:
    meter = household()
    assert orders.set_encryption_key(meter, 1, USER_KEY) is REFUSED
    assert orders.transfer_key(meter, 1, USER_KEY) is REFUSED
    assert meter.state.mbus is None


def test_keys_wait_for_the_short_id_of_a_device_on_the_bus() -> None:
    known = gas()
    known.state.address = 4
    meter = household(known)
    orders.bind_address(meter, 1, 4)
    assert orders.set_encryption_key(meter, 1, USER_KEY) is REFUSED
    assert orders.transfer_key(meter, 1, wrapped(known, USER_KEY)) is REFUSED
    pass_s(meter, 1)
    give_key(meter, 1, known)
    assert shown(meter).key_status is KeyStatus.IN_USE


def test_an_e_meter_of_smr_5_gives_older_devices_their_keys_as_they_know_them() -> None:
    known = gas(version=DsmrVersion.DSMR_4_2)
    meter = installed(known, standard=Standard.SMR_5_0)
    assert orders.transfer_key(meter, 1, bytes(30)) is REFUSED
    give_key(meter, 1, known)
    assert shown(meter).key_status is KeyStatus.IN_USE


def test_out_of_step_the_device_says_what_its_counter_is() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    known.state.frame_counter = (known.state.frame_counter or 0) + 100
    bus = ListenedBus(meter)
    orders.synchronize_clock(meter, 1)
    pass_s(meter, 1)
    sent = [c_of(octets) for octets, _ in bus.exchanges]
    assert sent == [0x53, 0x53, 0x53, 0x5B, 0x53]
    assert not shown(meter).pending
    assert shown(meter).frame_counter == known.state.frame_counter


def test_a_message_that_is_played_again_is_no_reading() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    until(meter, 60)
    bus = ListenedBus(meter)
    pass_s(meter, 70)
    (recorded,) = [answer for _, answer in bus.exchanges]
    assert isinstance(decode(recorded), Long)
    read_s, value = shown(meter).read_s, shown(meter).value
    known.set_flow(2000)
    bus.instead = lambda sent, answer: recorded
    until(meter, 700)
    assert (shown(meter).read_s, shown(meter).value) == (read_s, value)
    assert codes(meter)[-1] == 100


def test_no_key_is_printed() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    orders.transfer_key(meter, 1, wrapped(known, OTHER_KEY))
    orders.set_encryption_key(meter, 1, OTHER_KEY)
    printed = repr(shown(meter)) + repr(meter.state.mbus)
    for key in (USER_KEY, OTHER_KEY, DEFAULT_KEY):
        assert repr(key) not in printed and key.hex() not in printed
