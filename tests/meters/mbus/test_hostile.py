"""What goes wrong on P2: no reading is lost that came, and none is invented."""

from __future__ import annotations

import pytest

from meters.mbus import orders
from meters.mbus.channels import KeyStatus
from meters.mbus.wireless import heard
from meters.meter import Meter
from meters.p2.attached import attach
from meters.p2.device import Device
from meters.p2.faults import Faults
from tests.meters.mbus.household import (
    OTHER_KEY,
    USER_KEY,
    ListenedBus,
    codes,
    gas,
    give_key,
    installed,
    pass_s,
    shown,
    until,
    wrapped,
)
from tests.meters.mbus.test_wireless import bound, keyed, radio
from wire.mbus import application, rows
from wire.mbus.application import Ci, Sealing
from wire.mbus.frames import Long, Short
from wire.mbus.headers import Configuration, LongHeader
from wire.mbus.messages import Data
from wire.mbus.security import MODE_15, seal_mode_15
from wire.mbus.wireless import Service, decode

ASK = Short(0x5B, 1).encode()


def reading_of(meter: Meter) -> tuple[int, int, int]:
    """What is kept of the last reading, and the counter."""
    channel = shown(meter)
    return channel.value, channel.read_s, channel.frame_counter


def household() -> tuple[Meter, Device, ListenedBus]:
    """A meter with a device that has its key, a minute before the hour."""
    meter = installed(device := gas())
    give_key(meter, 1, device)
    until(meter, -60)
    device.set_flow(2000)
    return meter, device, ListenedBus(meter)


def test_an_answer_with_one_octet_changed_is_asked_for_again() -> None:
    meter, _, bus = household()
    at = 0

    def hit(sent: bytes, answer: bytes) -> bytes:
        """Each first answer is hit, in another octet from time to time."""
        nonlocal at
        at += 1
        if at % 2:
            place = (7 * at) % len(answer)
            return answer[:place] + bytes((answer[place] ^ 0x81,)) + answer[place + 1 :]
        return answer

    bus.instead = hit
    for _ in range(24):
        until(meter, 130)
        assert shown(meter).read_s == meter.state.at_s - 10
    assert codes(meter) == [105]


@pytest.mark.parametrize("octets", (0, 1, 3, 5, 20, 60))
def test_an_answer_that_is_cut_short_is_no_reading(octets: int) -> None:
    meter, _, bus = household()
    before = reading_of(meter)
    bus.instead = lambda sent, answer: answer[:octets]
    pass_s(meter, 900)
    assert reading_of(meter) == before
    assert codes(meter) == [105, 100]


def test_an_answer_that_comes_twice_is_one_reading() -> None:
    meter, device, bus = household()
    bus.instead = lambda sent, answer: answer + answer
    pass_s(meter, 900)
    assert shown(meter).read_s > 0 and codes(meter) == [105]
    assert shown(meter).frame_counter == device.state.frame_counter
    assert len(bus.exchanges) == 1


def test_noise_before_the_answer_does_no_harm() -> None:
    meter, _, bus = household()
    bus.instead = lambda sent, answer: b"\x00\x68\x10" + answer
    pass_s(meter, 900)
    assert codes(meter) == [105] and len(bus.exchanges) == 1


def test_a_late_answer_is_lost_and_the_next_is_taken() -> None:
    meter, device, _ = household()
    assert meter.state.attached is not None
    meter.state.attached.set_faults(device.identity.equipment_id, Faults(late=60))
    pass_s(meter, 10 * 86_400)
    assert codes(meter).count(100) < 24
    assert shown(meter).value <= device.counts[1]


@pytest.mark.parametrize("frame", (b"\xe5", ASK, Short(0x40, 1).encode()))
def test_an_answer_of_another_kind_is_none(frame: bytes) -> None:
    meter, _, bus = household()
    before = reading_of(meter)
    bus.instead = lambda sent, answer: frame
    pass_s(meter, 900)
    assert reading_of(meter) == before


def sealed(meter: Meter, device: Device, plaintext: bytes, blocks: int = 0) -> bytes:
    """A RSP_UD under the right key and counter, whatever stands in it."""
    identity = device.identity.short_id
    counter = shown(meter).frame_counter + 1
    body = seal_mode_15(USER_KEY, identity, counter, plaintext)
    word = Configuration(MODE_15, blocks or len(plaintext) // 16)
    header = LongHeader(identity, 9, 0, word)
    return Long(0x08, 1, 0x72, header.encode() + body).encode()


FILLER = b"\x2f" * 16


@pytest.mark.parametrize(
    "plaintext",
    (
        b"\x00\x00" + FILLER[2:],
        FILLER[2:] + b"\x00\x00",
        b"\x2f\x2f\x4c\x13\x01" + FILLER[7:] + b"\x2f\x2f",
        b"\x2f\x2f\x4c\x13\xaa\xbb\xcc\xdd" + FILLER[8:],
        b"\x2f\x2f\x46\x6d\xff\xff\xff\xff\xff\xff" + FILLER[10:],
        b"\x2f\x2f\x0d\x78\xff" + FILLER[5:],
        b"\x2f\x2f" + b"\x84" * 12 + b"\x2f\x2f",
    ),
)
def test_what_is_wrong_inside_the_encryption_is_not_taken_at_all(
    plaintext: bytes,
) -> None:
    meter, device, bus = household()
    before = reading_of(meter)
    bus.instead = lambda sent, answer: sealed(meter, device, plaintext)
    pass_s(meter, 900)
    assert reading_of(meter) == before


def test_blocks_that_do_not_fit_are_not_taken() -> None:
    meter, device, bus = household()
    before = reading_of(meter)
    bus.instead = lambda sent, answer: sealed(meter, device, FILLER * 2, blocks=1)
    pass_s(meter, 900)
    assert reading_of(meter) == before


def test_records_that_nobody_knows_are_passed_over() -> None:
    meter, device, bus = household()
    records = bytes.fromhex(
        "2f2f 02fd3a0100 4c1300700000 446d00003231 2f2f2f2f2f2f2f2f2f2f2f2f2f2f"
    )
    bus.instead = lambda sent, answer: sealed(meter, device, records[:32])
    pass_s(meter, 200)
    assert shown(meter).value == 7000


@pytest.mark.parametrize("mode", (5, 9, 1))
def test_other_modes_are_not_of_dsmr(mode: int) -> None:
    meter, device, bus = household()
    before = reading_of(meter)
    header = LongHeader(device.identity.short_id, 9, 0, Configuration(mode, 1))
    said = Long(0x08, 1, 0x72, header.encode() + FILLER).encode()
    bus.instead = lambda sent, answer: said
    pass_s(meter, 900)
    assert reading_of(meter) == before


def test_a_lower_counter_is_not_taken_and_the_same_neither() -> None:
    meter, device, bus = household()
    counter = shown(meter).frame_counter
    content = (rows.VOLUME.record(99_999),)
    for step in (0, -1):
        said = application.compose(
            Ci.RESPONSE_LONG,
            Data(content),
            device.identity.short_id,
            sealing=Sealing(USER_KEY, counter + step),
        )
        answer = Long(0x08, 1, said.ci, said.encode()).encode()
        bus.instead = lambda sent, heard, answer=answer: answer
        until(meter, 700)
        assert shown(meter).value != 99_999
        assert shown(meter).frame_counter == counter


def test_clear_text_is_read_for_p1_though_there_is_a_key() -> None:
    meter, device, bus = household()
    said = application.compose(
        Ci.RESPONSE_LONG, Data((rows.VOLUME.record(4321),)), device.identity.short_id
    )
    bus.instead = lambda sent, answer: Long(0x08, 1, said.ci, said.encode()).encode()
    pass_s(meter, 200)
    channel = shown(meter)
    assert (channel.value, channel.configuration) == (4321, 0)
    assert channel.user_key == USER_KEY and channel.key_status is KeyStatus.IN_USE


def test_a_second_device_on_the_address_silences_both() -> None:
    meter, device, bus = household()
    before = reading_of(meter)
    other = gas(87_654_321)
    other.state.address = 1
    bus.add(other)
    pass_s(meter, 900)
    assert reading_of(meter) == before and codes(meter) == [105, 100]
    bus.remove(other.identity.equipment_id)
    until(meter, 130)
    assert codes(meter) == [105, 100, 101]
    assert shown(meter).identification == int(device.identity.short_id.identification)


def test_a_key_that_comes_while_a_cycle_runs_is_sent_in_it() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device, OTHER_KEY)
    at_s = device.next_s
    meter.advance(at_s - 1)
    telegram = device.transmit(at_s)
    meter.advance(at_s)
    sent = []
    for turn in range(6):
        answer = heard(meter, telegram)
        if turn == 1:
            keyed(meter, 1, device, USER_KEY)
        sent.append(decode(answer).service)
        telegram = device.react(answer, at_s)
        if not telegram:
            break
    until(meter, 700)
    channel = shown(meter)
    assert Service.SND_UD in sent
    assert channel.key_status is KeyStatus.IN_USE
    assert channel.user_key == device.state.user_key == USER_KEY


def test_an_acknowledgement_of_another_message_is_none() -> None:
    meter = bound(device := radio())
    keyed(meter, 1, device)
    at_s = device.next_s
    meter.advance(at_s - 1)
    telegram = device.transmit(at_s)
    meter.advance(at_s)
    acknowledgement = bytearray(device.react(heard(meter, telegram), at_s))
    plain = decode(bytes(acknowledgement))
    wrong = bytes((plain.body[0] ^ 1,)) + plain.body[1:]
    forged = type(plain)(plain.c, plain.link_address, plain.ci, wrong).encode()
    heard(meter, forged)
    assert shown(meter).wrapped_key


def test_keys_for_a_device_that_was_taken_away_wait_for_it() -> None:
    meter = installed(device := gas())
    assert meter.state.attached is not None
    away = meter.state.attached.remove(device.identity.equipment_id)
    orders.transfer_key(meter, 1, wrapped(device, USER_KEY))
    orders.set_encryption_key(meter, 1, USER_KEY)
    pass_s(meter, 86_400)
    assert shown(meter).wrapped_key
    attach(meter, away)
    pass_s(meter, 3600)
    assert shown(meter).key_status is KeyStatus.IN_USE
