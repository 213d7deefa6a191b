"""A gateway and a unit that takes its time over a commit: register 400 busy, exception 06."""

from __future__ import annotations

import pytest

from chargepoint.exchanges import Purpose
from chargepoint.notices import Alarm, Event
from chargepoint.registers import Command, ExceptionCode
from chargepoint.retries import LONGEST_POLLING_S
from chargepoint.staging import staging_writes
from chargepoint.unit import ControlUnit
from tests.chargepoint.rig import HOUR, MAX_W, START, START_S, Rig, text


def slow(commit_s: int) -> ControlUnit:
    """A unit whose commits take so long."""
    return ControlUnit("rig", now_s=START_S, commit_s=commit_s)


def test_a_slow_commit_is_asked_after_each_second_and_is_no_failure() -> None:
    rig = Rig(text(6000, seq=5), unit=slow(7))
    rig.run(7)
    assert rig.commit == "pending" and rig.count(Purpose.READ_BACK) == 6
    rig.run(1)
    assert rig.applied_w == 6000 and rig.commit == "done"
    assert rig.count(Purpose.READ_BACK) == 7 and rig.count(Purpose.COMMIT) == 1
    assert rig.events(Event.COMMIT_RETRY, Event.RAISED) == []
    assert rig.logic.metrics.commit_retries == 0
    rig.text = b""
    rig.run(20)
    assert rig.applied_w == MAX_W and rig.commit == "done"


def test_a_limit_that_changes_while_the_unit_is_busy() -> None:
    message = text(6000, 9000, start=START - HOUR, seq=5)
    rig = Rig(message, unit=slow(20), now_s=START_S - 10)
    rig.run(40)
    assert rig.applied_w == 9000 and rig.commit == "done"
    assert rig.logic.metrics.commit_retries == 0 and rig.logic.alarms == {}


@pytest.mark.parametrize("numbers", [(5, 6), (None, None)])
def test_a_message_that_comes_while_the_unit_is_busy(
    numbers: tuple[int | None, int | None],
) -> None:
    rig = Rig(text(6000, seq=numbers[0]), unit=slow(12))
    rig.run(9)
    rig.text = text(5000, seq=numbers[1])
    rig.run(40)
    assert rig.applied_w == 5000 and rig.logic.alarms == {}
    assert rig.count(Purpose.COMMIT) == 2
    assert rig.logic.metrics.commit_retries == 0


@pytest.mark.parametrize("seq", [7, 0])
def test_another_masters_commit_is_waited_for_and_not_taken_for_ours(seq: int) -> None:
    rig = Rig(None, unit=slow(8))
    rig.run(11)
    rig.text = text(6000, seq=9 if seq else None)
    for address, words in staging_writes(
        seq, START_S, START_S + 3600, [(START_S, 6000)]
    ):
        rig.unit.write(address, words)
    rig.run(8)
    rig.unit.write(400, [Command.COMMIT])
    rig.run(30)
    # Refused with 06 once, then asked until the other's is through, then told.
    assert rig.count(Purpose.COMMIT) == 2 and rig.count(Purpose.FIND) == 2
    assert rig.applied_w == 6000 and rig.sequence == (9 if seq else 0)
    assert rig.events(Event.COMMIT_RETRY, Event.RAISED) == []
    assert rig.commit == "done"


def test_a_unit_that_stays_busy_is_a_fault_in_the_end() -> None:
    rig = Rig(text(6000, seq=5), unit=slow(10_000))
    rig.run(int(LONGEST_POLLING_S))
    assert rig.logic.metrics.commit_retries == 0
    rig.run(40)
    assert "busy" in rig.logic.alarms[Alarm.COMMIT_FAILED]
    assert rig.commit == "failed" and rig.count(Purpose.COMMIT) == 1


def test_exception_06_without_end_is_a_fault_in_the_end() -> None:
    rig = Rig(text(6000, seq=5))
    rig.refuses = {Purpose.COMMIT: ExceptionCode.DEVICE_BUSY}
    rig.run(int(LONGEST_POLLING_S))
    assert rig.logic.alarms == {}
    rig.run(60)
    assert rig.alarmed(Alarm.COMMIT_FAILED)
    rig.refuses = {}
    rig.run(64)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_exception_06_to_something_else_is_a_refusal() -> None:
    rig = Rig(text(6000, seq=5, fallback_w=3000, phases=1))
    rig.refuses = {Purpose.PHASES: ExceptionCode.DEVICE_BUSY}
    rig.run(10)
    assert rig.alarmed(Alarm.UNIT_REFUSES) and rig.applied_w == 6000
    assert rig.count(Purpose.READ_BACK) == 0
