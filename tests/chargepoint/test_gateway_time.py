"""The gateway in time: noise and silence on P1, steps of the clock, boundaries of periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chargepoint.exchanges import Purpose
from chargepoint.notices import Alarm, Event
from tests.chargepoint.rig import HOUR, MAX_W, START, START_S, Rig, profile, text
from wire.charging_profile import Reject, encode
from wire.crc import crc16_arc


def running(message: bytes = text(6000, 9000, seq=5)) -> Rig:
    """A rig whose unit applies the first limit of the message."""
    rig = Rig(message)
    rig.run(30)
    assert rig.applied_w == 6000
    assert rig.logic.alarms == {}
    return rig


def test_rule_1_a_bad_crc_is_ignored_whole() -> None:
    rig = running()
    rig.text = b""
    octets = rig.telegram_octets()
    rig.p1_on = False
    rig.feed(octets[:-3] + (b"0" if octets[-3:-2] != b"0" else b"1") + octets[-2:])
    assert rig.logic.metrics.last_reject is Reject.TELEGRAM_CRC
    rig.run(20)
    assert rig.applied_w == 6000 and rig.rejected() == []
    rig.feed(octets)
    rig.run(1)
    assert rig.applied_w == MAX_W


def test_rule_1_noise_and_cut_telegrams_hold_the_state() -> None:
    rig = running()
    rig.p1_on = False
    octets = Rig(b"").telegram_octets()
    rig.feed(octets[:-20])
    rig.feed(b"\x00\xff/noise\r\n" * 2000)
    rig.feed(b"/" * 20_000)
    rig.run(5)
    assert rig.logic.metrics.last_reject is Reject.TELEGRAM_DAMAGED
    assert rig.logic.metrics.dropped_bytes > 30_000
    assert rig.applied_w == 6000
    rig.p1_on = True
    rig.text = b""
    rig.run(20)
    assert rig.applied_w == MAX_W


def test_a_meter_with_another_time_than_the_world_decides() -> None:
    rig = Rig(text(6000, 9000))
    rig.meter_ahead_s = 3600
    rig.run(20)
    assert rig.applied_w == 9000
    assert rig.alarmed(Alarm.CLOCKS_APART)
    rig.run(3580)
    assert rig.applied_w == MAX_W


def test_october_has_its_hour_twice() -> None:
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 S
    message = text(6000, 9000, 7000, start=first)
    assert message.count(b"261025020000S") == 2 and b"261025020000W" in message
    rig = Rig(message, now_s=int(first.timestamp()))
    seen = []
    for _ in range(3):
        rig.run(1800)
        seen.append(rig.applied_w)
        rig.run(1800)
    assert seen == [6000, 9000, 7000]
    assert rig.logic.alarms == {} and rig.count(Purpose.COMMIT) == 1
    assert rig.applied_w == MAX_W


def test_a_profile_for_later_leaves_the_unit_to_itself_until_then() -> None:
    rig = running()
    rig.text = text(5000, start=START + 3 * HOUR, seq=6)
    rig.run(30)
    assert rig.applied_w == MAX_W and rig.loaded and rig.sequence == 6
    rig.run(3 * 3600)
    assert rig.applied_w == 5000 and rig.logic.alarms == {}


def test_fallback_after_the_profile_until_the_next_message() -> None:
    rig = running(text(6000, fallback_w=4200, seq=5))
    rig.run(3600)
    assert rig.applied_w == 4200
    assert rig.events(Event.FALLBACK) == [Event.FALLBACK]
    rig.run(3600)
    assert rig.applied_w == 4200 and rig.logic.alarms == {}
    rig.text = text(9000, start=START + 2 * HOUR, seq=6)
    rig.run(20)
    assert rig.applied_w == 9000


def test_phases_are_asked_for_period_by_period() -> None:
    both = profile(3000, 9000, seq=5)
    one, three = both.periods
    message = encode(profile(3000, 9000, seq=5, phases=1)).replace(
        '"MxPwr":9000,"Phs":1', '"MxPwr":9000,"Phs":3'
    )
    rig = Rig(message.encode())
    rig.run(20)
    assert rig.unit.read(308, 1) == [1]
    rig.run(3600)
    assert rig.unit.read(308, 1) == [3]
    rig.run(3600)
    assert rig.unit.read(308, 1) == [0]
    assert one.start < three.start and rig.count(Purpose.PHASES) == 3


def test_telegrams_without_a_time_are_not_acted_on() -> None:
    rig = Rig(text(6000))
    octets = rig.telegram_octets()
    body = b"/ISk5x\r\n\r\n" + octets[octets.index(b"0-0:96.13") : -6]
    rig.p1_on = False
    rig.feed(body + b"\r\n")
    assert rig.logic.metrics.rejects[Reject.TELEGRAM_CRC] == 1
    rig.feed(body + b"%04X\r\n" % crc16_arc(body))
    rig.run(5)
    assert rig.alarmed(Alarm.NO_TIME) and rig.applied_w == MAX_W
    rig.p1_on = True
    rig.run(20)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_steps_of_the_meters_clock_need_three_telegrams() -> None:
    rig = running()
    rig.meter_ahead_s = -3600 * 24
    rig.run(20)
    assert rig.alarmed(Alarm.CLOCK_STEP) and rig.applied_w == 6000
    assert rig.logic.telegram_time(rig.now_s) == START_S + 50
    rig.run(10)
    assert not rig.alarmed(Alarm.CLOCK_STEP)
    assert rig.events(Event.CLOCK_STEPPED) == [Event.CLOCK_STEPPED]
    rig.run(10)
    # By the meter it is yesterday, and the profile has not begun.
    assert rig.applied_w == MAX_W and rig.loaded
    rig.meter_ahead_s = 0
    rig.run(30)
    assert rig.applied_w == 6000


def test_one_telegram_from_the_future_does_not_end_a_profile() -> None:
    rig = running()
    rig.meter_ahead_s = 86_400 * 365
    rig.run(20)
    rig.meter_ahead_s = 0
    rig.run(60)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    assert rig.events(Event.EXPIRED, Event.CLOCK_STEPPED) == []


def test_p1_silent_raises_an_alarm_and_the_profile_runs_on() -> None:
    rig = running()
    rig.p1_on = False
    rig.run(15)
    assert not rig.alarmed(Alarm.P1_SILENT)
    rig.run(15)
    assert rig.alarmed(Alarm.P1_SILENT)
    beats = rig.count(Purpose.HEARTBEAT)
    rig.run(3600)
    assert rig.applied_w == 9000 and rig.count(Purpose.HEARTBEAT) - beats == 180
    rig.run(3600)
    assert rig.applied_w == MAX_W
    rig.p1_on = True
    rig.run(11)
    assert not rig.alarmed(Alarm.P1_SILENT)


def test_p1_silent_names_what_is_wrong_with_the_telegrams() -> None:
    rig = running()
    rig.p1_on = False
    for _ in range(3):
        rig.run(10)
        rig.feed(rig.telegram_octets()[:-6] + b"0000\r\n")
    rig.run(10)
    assert rig.logic.alarms == {
        Alarm.P1_SILENT: "for 30 s; what comes is dropped, TELEGRAM_CRC"
    }


def test_p1_silent_from_the_start() -> None:
    rig = Rig()
    rig.p1_on = False
    rig.run(40)
    assert rig.alarmed(Alarm.P1_SILENT)
    assert set(rig.purposes()) == {Purpose.FIND, Purpose.HEARTBEAT}


def test_clip_of_a_running_profile_arriving_late() -> None:
    late = START - timedelta(minutes=90)
    rig = Rig(text(6000, 9000, start=late, seq=1))
    rig.run(5)
    assert rig.applied_w == 9000
