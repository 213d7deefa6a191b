"""Hourly readings on the wire, and what follows them (P2 4.0.7, 6.1 to 6.3; DSMR-M 4.5.6)."""

from __future__ import annotations

from meters.behaviour import clockwork
from meters.mbus import orders
from meters.mbus.channels import Pending
from meters.p2 import readout
from meters.p2.attached import attach, detach
from tests.meters.mbus.household import (
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
from wire.cosem.rows import Standard
from wire.mbus import rows
from wire.mbus.frames import Short
from wire.mbus.headers import DsmrVersion

ASK = Short(0x5B, 1).encode()


def test_one_question_an_hour_within_the_first_ten_minutes() -> None:
    meter = installed(known := gas())
    known.set_flow(1500)
    bus = ListenedBus(meter)
    asked_at_s = []

    def note(sent: bytes, answer: bytes) -> bytes:
        asked_at_s.append(meter.clock_s)
        return answer

    bus.instead = note
    until(meter, 3 * 3600)
    assert [at_s % 3600 for at_s in asked_at_s] == [120] * len(asked_at_s)
    assert {sent for sent, _ in bus.exchanges} == {ASK}
    assert len(asked_at_s) == 3
    assert shown(meter).captured_s % 3600 == 0
    assert shown(meter).value == 1500 * 3 - 1


def test_a_list_that_was_not_put_back_does_not_cost_a_reading() -> None:
    meter = installed(known := gas())
    known.selection = readout.selected(known, (rows.MODEL_VERSION,))
    until(meter, 121)
    assert shown(meter).captured_s == meter.clock_s - 121
    assert shown(meter).read_s == meter.state.at_s - 1 and not known.selection


def test_who_tells_all_but_a_reading_is_missed() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)
    known.selection = readout.selected(known, (rows.MODEL_VERSION,))
    versions = known.answer(ASK, meter.state.at_s)
    bus.instead = lambda sent, answer: versions if sent == ASK else answer
    until(meter, 660)
    assert codes(meter) == [105, 100]


def test_a_key_that_the_device_refuses_does_not_cost_a_reading() -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = installed(known, standard=Standard.SMR_5_0)
    orders.transfer_key(meter, 1, wrapped(known, USER_KEY)[::-1])
    until(meter, 660)
    channel = shown(meter)
    assert channel.pending == Pending.KEY and not channel.missing
    assert channel.captured_s == meter.clock_s - 360
    assert codes(meter) == [105]


def test_smr_5_reads_every_five_minutes() -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = installed(known, standard=Standard.SMR_5_0)
    bus = ListenedBus(meter)
    until(meter, 0)
    bus.exchanges.clear()
    pass_s(meter, 3600)
    assert len(bus.exchanges) == 12
    assert shown(meter).captured_s == meter.state.at_s - 300


def test_after_a_power_cut_the_device_is_read_at_once_and_gets_the_time() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    until(meter, -600)
    known.set_flow(1000)
    meter.power_off()
    meter.power_on(meter.state.at_s + 2700)
    bus = ListenedBus(meter)
    pass_s(meter, 1)
    assert shown(meter).captured_s % 3600 == 0 and shown(meter).value
    assert [sent[6] for sent in bus.sent(0x53)] == [0x6C]


def test_a_device_that_does_not_answer_is_asked_again_and_nothing_is_lost() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)
    until(meter, 0)
    known.set_flow(1000)
    bus.instead = lambda sent, answer: b""
    pass_s(meter, 130)
    assert len(bus.sent(0x5B)) == 3
    bus.instead = None
    pass_s(meter, 180)
    assert shown(meter).value == 999
    pass_s(meter, 400)
    assert codes(meter) == [105]


def test_a_missed_reading_is_told_at_eleven_past_and_once() -> None:
    meter = installed(known := gas())
    away = detach(meter, known.identity.equipment_id)
    until(meter, 659)
    assert codes(meter) == [105]
    pass_s(meter, 1)
    assert codes(meter) == [105, 100]
    until(meter, 700)
    assert codes(meter) == [105, 100]
    attach(meter, away)
    until(meter, 130)
    assert codes(meter) == [105, 100, 101]


def test_each_error_that_passes_is_cleared_after_it_was_read() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    known.break_seal()
    known.fail(permanent=True)
    until(meter, 130)
    assert int(known.status) == 0x08
    assert shown(meter).alarm == 0x48
    until(meter, 130)
    assert shown(meter).status == 0x08
    orders.reset_alarm(meter, 1)
    assert shown(meter).alarm == 0


def test_what_comes_again_after_it_was_cleared_is_told_again() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    for _ in range(3):
        known.break_seal()
        until(meter, 130)
    assert codes(meter).count(103) == 3
    assert shown(meter).status == 0 and shown(meter).alarm == 0x40


def test_the_central_system_clears_in_smr_5_1() -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = installed(known, standard=Standard.SMR_5_2)
    known.break_seal()
    until(meter, 130)
    assert int(known.status) == 0x40
    known.fail(permanent=False)
    until(meter, 130)
    assert shown(meter).status == 0x50
    orders.clear_status(meter, 1, 0x40)
    pass_s(meter, 1)
    assert int(known.status) == shown(meter).status == 0x10


def test_the_clock_is_set_daily_and_whenever_that_of_the_meter_is() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    bus = ListenedBus(meter)
    pass_s(meter, 86_400)
    assert len([sent for sent in bus.sent(0x53) if sent[6] == 0x6C]) == 1
    bus.exchanges.clear()
    clockwork.set_clock(meter, meter.clock_s + 30)
    pass_s(meter, 1)
    assert len(bus.sent(0x53)) == 1 and known.state.clock_offset_s == 30


def test_a_deviation_beyond_a_minute_is_told_and_cleared() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    known.set_clock_error(300)
    orders.synchronize_clock(meter, 1)
    pass_s(meter, 1)
    assert known.state.clock_offset_s == 0
    until(meter, 130)
    assert 104 in codes(meter)
    assert int(known.status) == 0


def test_capture_reads_at_once() -> None:
    meter = installed(gas())
    pass_s(meter, 100)
    orders.capture(meter, 1)
    pass_s(meter, 1)
    assert shown(meter).read_s == meter.state.at_s


def test_versions_are_asked_three_times_and_the_list_is_put_back() -> None:
    meter = installed(known := gas())
    bus = ListenedBus(meter)

    def deaf_to_the_list(sent: bytes, answer: bytes) -> bytes:
        """Silent from the list on until the link is normalised."""
        turns = [
            each for each, _ in bus.exchanges if each[0] == 0x10 or each[6] == 0x5A
        ]
        turns = [each for each in turns if each[1] != 0x5B]
        return b"" if sent == ASK and turns and turns[-1][0] == 0x68 else answer

    bus.instead = deaf_to_the_list
    give_key(meter, 1, known)
    lists = [sent for sent in bus.sent(0x53) if sent[6] == 0x5A]
    assert len(set(lists)) == 3
    assert bus.exchanges[-1][0] == Short(0x40, 1).encode()
    assert shown(meter).pending & Pending.VERSIONS and not shown(meter).versions
    bus.instead = None
    pass_s(meter, 3600)
    assert shown(meter).versions


def test_a_device_of_another_name_at_the_address_is_not_read() -> None:
    meter = installed(known := gas(1))
    detach(meter, known.identity.equipment_id)
    stranger = gas(2)
    stranger.state.address = 1
    attach(meter, stranger)
    stranger.set_flow(3000)
    until(meter, 700)
    assert shown(meter).value == 0 and codes(meter) == [105, 100]
