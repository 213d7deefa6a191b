"""A gateway and a unit that is away, refuses, or does something else."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.exchanges import Purpose
from chargepoint.notices import Alarm, Event
from chargepoint.registers import (
    MAGIC,
    Command,
    ExceptionCode,
    Fault,
    Source,
    register,
    u32_from,
    u32_words,
)
from chargepoint.unit import ControlUnit
from tests.chargepoint.rig import HOUR, MAX_W, START, START_S, Rig, text
from wire.charging_profile import Reject
from wire.errors import TransportError

COMMIT = register("commit").address
SOUND = [b"", text(6000, seq=1), text(5000, seq=2), text(4000), text(7000, seq=3)[:-1]]


def running(**more: object) -> Rig:
    """A rig whose unit applies 6000 W now and 9000 W in an hour."""
    rig = Rig(text(6000, 9000, seq=5), **more)  # type: ignore[arg-type]
    rig.run(30)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    return rig


def test_nothing_more_is_written_while_nothing_changes() -> None:
    rig = running()
    rig.log.clear()
    rig.run(3000)
    assert set(rig.purposes()) == {Purpose.HEARTBEAT}
    assert rig.logic.metrics.applied_w == rig.logic.metrics.commanded_w == 6000


@pytest.mark.parametrize(
    ("timeout_s", "beats"), [(60, 30), (30, 60), (2, 600), (0, 10)]
)
def test_heartbeat_at_a_third_of_the_watchdog(timeout_s: int, beats: int) -> None:
    unit = ControlUnit("rig", now_s=START_S)
    unit.write(301, [timeout_s])
    rig = Rig(unit=unit)
    rig.p1_on = False
    rig.run(600)
    assert rig.count(Purpose.HEARTBEAT) == pytest.approx(beats, abs=1)
    assert not unit.read(108, 1)[0] & 8


def test_the_clock_of_the_unit_follows_the_telegram_each_hour() -> None:
    unit = ControlUnit("rig", now_s=START_S, clock_error_s=-7200, drift_ppm=500)
    rig = Rig(text(6000, 9000, seq=5), unit=unit)
    rig.run(3605)
    assert rig.applied_w == 9000
    assert rig.count(Purpose.SET_CLOCK) == 2
    rig.run(3600)
    assert rig.applied_w == MAX_W and rig.logic.alarms == {}


def test_unit_away_from_the_start_is_tried_ever_more_rarely() -> None:
    rig = Rig(text(6000, seq=5))
    rig.unit_answers = False
    rig.run(600)
    # After 0, 1, 3, 7, 15, 31, 63, and then each 64 s.
    assert rig.count(Purpose.FIND) == 7 + (600 - 64) // 64
    assert rig.alarmed(Alarm.UNIT_AWAY) and set(rig.purposes()) == {Purpose.FIND}
    assert rig.logic.metrics.differs and rig.logic.metrics.commanded_w == 6000
    rig.unit_answers = True
    rig.run(64)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    assert rig.logic.metrics.differs_s == pytest.approx(640, abs=64)


def test_unit_away_for_a_while_needs_no_second_commit() -> None:
    rig = running()
    rig.unit_answers = False
    rig.run(40)
    assert rig.alarmed(Alarm.UNIT_AWAY)
    rig.unit_answers = True
    rig.run(64)
    assert rig.count(Purpose.COMMIT) == 1 and rig.logic.alarms == {}


def test_a_message_that_comes_while_the_unit_is_away_waits_for_it() -> None:
    rig = running()
    rig.unit_answers = False
    rig.text = text(3000, seq=6)
    rig.run(100)
    assert rig.logic.record.seq == 6
    assert rig.commit == "pending"
    rig.text = text(2000, seq=7)
    rig.run(20)
    rig.unit_answers = True
    rig.run(70)
    assert rig.applied_w == 2000 and rig.sequence == 7


def test_a_profile_that_ended_while_the_unit_was_away_does_not_leave_the_one_before() -> (
    None
):
    rig = Rig(text(1000, 1000, 1000, seq=5))
    rig.run(30)
    rig.unit_answers = False
    rig.text = text(6000, seq=6)
    rig.run(3700)
    rig.unit_answers = True
    rig.run(70)
    assert rig.applied_w == MAX_W and not rig.loaded


@pytest.mark.parametrize("purpose", [Purpose.COMMIT, Purpose.SET_CLOCK, Purpose.FIND])
def test_exceptions_are_retried(purpose: Purpose) -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {purpose: ExceptionCode.DEVICE_FAILURE}
    rig.run(10)
    assert rig.alarmed(Alarm.UNIT_REFUSES) and not rig.alarmed(Alarm.UNIT_AWAY)
    rig.refuses = {}
    rig.run(30)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_a_unit_that_refuses_its_clock_still_gets_its_profile() -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {Purpose.SET_CLOCK: ExceptionCode.ILLEGAL_ADDRESS}
    rig.run(60)
    assert rig.applied_w == 6000
    assert rig.count(Purpose.SET_CLOCK) <= 4


def test_a_refused_heartbeat_does_not_stop_the_rest() -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {Purpose.HEARTBEAT: ExceptionCode.DEVICE_FAILURE}
    rig.run(60)
    assert rig.applied_w == 6000 and rig.alarmed(Alarm.UNIT_REFUSES)
    assert rig.count(Purpose.HEARTBEAT) <= 4


def test_commits_that_fail_are_a_fault_after_five_and_go_on() -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {Purpose.COMMIT: ExceptionCode.ILLEGAL_VALUE}
    rig.run(15)
    assert rig.count(Purpose.COMMIT) == 4 and not rig.alarmed(Alarm.COMMIT_FAILED)
    rig.run(5)
    assert rig.count(Purpose.COMMIT) == 5 and rig.alarmed(Alarm.COMMIT_FAILED)
    assert rig.commit == "failed"
    rig.run(640)
    assert rig.count(Purpose.COMMIT) == pytest.approx(16, abs=1)
    rig.refuses = {}
    rig.run(64)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    assert rig.commit == "done"


def test_phases_that_the_unit_has_not_are_asked_for_ever_more_rarely() -> None:
    rig = Rig(
        text(6000, phases=3, seq=1), unit=ControlUnit("rig", now_s=START_S, phases=1)
    )
    rig.run(1200)
    assert rig.applied_w == 6000 and rig.alarmed(Alarm.COMMIT_FAILED)
    assert rig.count(Purpose.PHASES) < 30 and Event.OVER not in rig.events()
    rig.text = text(5000, phases=1, seq=2)
    rig.run(40)
    assert rig.applied_w == 5000 and rig.logic.alarms == {}


def test_a_new_message_does_not_inherit_the_waiting_of_a_refused_one() -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {Purpose.COMMIT: ExceptionCode.ILLEGAL_VALUE}
    rig.run(50)
    rig.refuses = {}
    rig.text = text(5000, seq=6)
    rig.run(11)
    assert rig.applied_w == 5000


def test_the_units_own_refusal_is_retried_with_its_code() -> None:
    ahead = ControlUnit("rig", now_s=START_S, clock_error_s=2 * 86_400)
    rig = Rig(text(6000, seq=5), unit=ahead)
    rig.refuses = {Purpose.SET_CLOCK: ExceptionCode.ILLEGAL_ADDRESS}
    rig.run(40)
    assert rig.alarmed(Alarm.COMMIT_FAILED)
    assert str(int(Reject.EXPIRED)) in rig.logic.alarms[Alarm.COMMIT_FAILED]
    rig.refuses = {}
    rig.run(64)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_a_unit_that_applies_more_than_commanded() -> None:
    rig = Rig(text(6000, 9000, seq=5))
    limit_at = register("applied_limit").address - 100

    def more(purpose: Purpose, words: list[int]) -> list[int]:
        if len(words) == 14 and purpose is not Purpose.FIND or words[0] == ord("A"):
            words[limit_at : limit_at + 2] = u32_words(11_000)
        return words

    rig.tamper = more
    rig.run(60)
    assert rig.alarmed(Alarm.COMMIT_FAILED)
    assert "11000" in rig.logic.alarms[Alarm.COMMIT_FAILED]
    assert rig.differs() and rig.logic.metrics.differs_s > 30
    assert rig.logic.metrics.applied_w == 11_000
    rig.tamper = None
    rig.run(64)
    assert rig.logic.alarms == {} and not rig.differs()
    assert rig.commit == "done"


def test_a_unit_that_shows_another_sequence_than_committed() -> None:
    rig = Rig(text(6000, seq=5))
    at = register("active_sequence").address - 100

    def other(purpose: Purpose, words: list[int]) -> list[int]:
        if len(words) == 14 and purpose is Purpose.COMMIT:
            words[at : at + 2] = u32_words(4)
        return words

    rig.tamper = other
    rig.run(40)
    assert rig.alarmed(Alarm.COMMIT_FAILED)
    rig.tamper = None
    rig.run(64)
    assert rig.logic.alarms == {} and rig.sequence == 5


def test_less_because_of_the_cable_is_shown_and_not_fought() -> None:
    rig = running()
    rig.unit.station.fit_cable(80)
    rig.run(60)
    assert rig.applied_w == 3 * 80 * 23
    assert rig.unit.read(101, 1) == [Source.CABLE_OR_THERMAL]
    assert rig.logic.metrics.differs and rig.logic.alarms == {}
    assert rig.count(Purpose.COMMIT) == 1


def test_less_because_of_the_own_configuration_is_expected() -> None:
    rig = Rig(
        text(9000, seq=5), unit=ControlUnit("rig", now_s=START_S, own_limit_w=7000)
    )
    rig.run(60)
    assert rig.applied_w == 7000
    assert not rig.logic.metrics.differs and rig.logic.alarms == {}


def configured_anew(rig: Rig, own_w: int) -> None:
    """Someone lowers the unit's own limit at its own buttons."""

    def lower(purpose: Purpose, words: list[int]) -> list[int]:
        if words[0] == MAGIC:
            words[12:14] = u32_words(own_w)
        elif len(words) == 14:
            words[2:4] = u32_words(min(own_w, u32_from(words, 2)))
        return words

    rig.tamper = lower


def test_a_unit_that_is_configured_anew_is_no_contradiction() -> None:
    rig = running()
    configured_anew(rig, 4000)
    rig.run(60)
    assert rig.logic.metrics.applied_w == 4000 and not rig.differs()
    assert rig.events(Event.COMMIT_RETRY) == [] and rig.logic.alarms == {}


def test_a_unit_that_is_configured_anew_just_before_a_commit() -> None:
    rig = running()
    configured_anew(rig, 4000)
    rig.now_s += 6
    rig.text = text(5000, start=START - HOUR / 2, seq=6)
    rig.run(20)
    assert rig.commit == "done" and rig.logic.alarms == {}
    assert len(rig.events(Event.COMMIT_RETRY)) == 1


def test_someone_else_who_clears_the_unit_is_put_right() -> None:
    rig = running()
    rig.unit.write(COMMIT, [Command.CLEAR])
    rig.run(25)
    assert rig.applied_w == 6000 and rig.sequence in (0, 5)
    assert rig.logic.alarms == {}


def test_a_profile_that_nobody_sent_is_cleared() -> None:
    rig = running()
    other = Rig(text(1000, seq=9), unit=rig.unit)
    rig.text = b""
    rig.run(20)
    other.run(1)
    assert rig.applied_w == 1000
    rig.run(25)
    assert rig.applied_w == MAX_W and not rig.loaded


def test_an_answer_that_is_lost_after_the_commit() -> None:
    rig = Rig(text(6000, seq=5))
    lost: list[list[int]] = []

    def lose(purpose: Purpose, words: list[int]) -> list[int]:
        if purpose is Purpose.COMMIT and not lost:
            lost.append(words)
            raise TransportError("no answer")
        return words

    rig.tamper = lose
    rig.run(15)
    assert lost and rig.applied_w == 6000 and rig.logic.alarms == {}
    assert rig.commit == "done"


def test_unit_without_power_answers_exceptions_and_comes_back() -> None:
    rig = running()
    rig.unit.power_off(rig.now_s)
    rig.run(100)
    assert rig.alarmed(Alarm.UNIT_REFUSES)
    rig.unit.restart(rig.now_s)
    rig.run(64)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_a_tripped_watchdog_with_the_fallback_in_force() -> None:
    rig = Rig(text(6000, fallback_w=3000, seq=5))
    rig.run(3700)
    rig.unit_answers = False
    rig.run(130)
    assert rig.applied_w == 4200
    rig.unit_answers = True
    rig.run(70)
    assert rig.applied_w == 3000 and rig.logic.alarms == {}


def test_a_tripped_watchdog_leaves_the_profile() -> None:
    rig = running()
    rig.unit_answers = False
    rig.run(3600)
    assert rig.applied_w == 9000
    rig.run(3600)
    assert rig.applied_w == MAX_W


def test_faults_of_the_unit_are_shown() -> None:
    rig = running()
    rig.unit.station.set_faults(Fault.RCD | Fault.WELD)
    rig.run(21)
    assert rig.logic.alarms == {Alarm.UNIT_FAULT: "RCD, WELD"}
    rig.unit.station.set_faults(Fault(0))
    rig.run(21)
    assert rig.logic.alarms == {}


def test_something_else_that_answers_is_no_unit() -> None:
    rig = Rig(text(6000, seq=5))
    rig.tamper = lambda purpose, words: [0] * len(words)
    rig.run(30)
    assert rig.alarmed(Alarm.UNIT_AWAY) and set(rig.purposes()) == {Purpose.FIND}
    rig.tamper = None
    rig.run(30)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


@pytest.mark.parametrize("seed", range(40))
def test_no_answers_break_the_gateway(seed: int) -> None:
    random = Random(seed)
    rig = Rig(text(6000, 9000, seq=5, fallback_w=3000, phases=1))

    def garbled(purpose: Purpose, words: list[int]) -> list[int]:
        if purpose is Purpose.FIND and random.random() < 0.7:
            return words
        return [
            word if random.random() < 0.7 else random.getrandbits(16) for word in words
        ]

    rig.tamper = garbled
    rig.run(200)
    rig.tamper = None
    # A watchdog that was misread may put off the next look by the longest interval.
    rig.run(370)
    assert rig.applied_w == 6000
    assert set(rig.logic.alarms) <= {Alarm.UNIT_REFUSES}


@given(st.lists(st.binary(max_size=60) | st.sampled_from(SOUND), max_size=8))
@settings(max_examples=50)
def test_no_messages_break_the_gateway(messages: list[bytes]) -> None:
    rig = Rig()
    for message in messages:
        rig.line = message.hex().encode()
        rig.run(11)
    rig.line = None
    rig.text = text(3000, seq=99)
    rig.run(20)
    assert rig.applied_w == 3000 and rig.logic.alarms == {}
