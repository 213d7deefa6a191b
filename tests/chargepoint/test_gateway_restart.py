"""The gateway or its unit restarts, and what they still know of each other."""

from __future__ import annotations

import pytest

from chargepoint.exchanges import Purpose
from chargepoint.notices import Alarm, Event
from chargepoint.registers import Outcome
from tests.chargepoint.rig import HOUR, MAX_W, START, Rig, profile, text
from wire.charging_profile import Reject


def running(**more: object) -> Rig:
    """A rig whose unit applies 6000 W now and 9000 W in an hour."""
    rig = Rig(text(6000, 9000, seq=5), **more)  # type: ignore[arg-type]
    rig.run(30)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    return rig


def test_unit_restart_is_noticed_and_made_good() -> None:
    rig = running()
    rig.unit.restart(rig.now_s)
    assert rig.applied_w == MAX_W
    rig.run(21)
    assert rig.applied_w == 6000
    assert rig.events(Event.UNIT_RESTARTED) == [Event.UNIT_RESTARTED]
    assert rig.logic.metrics.unit_restarts == 1
    assert rig.count(Purpose.SET_CLOCK) == 2
    rig.run(60)
    assert rig.count(Purpose.COMMIT) == 2 and rig.logic.alarms == {}


def test_unit_restart_while_it_cannot_be_heard() -> None:
    rig = running()
    rig.unit_answers = False
    rig.run(30)
    rig.unit.restart(rig.now_s)
    rig.unit_answers = True
    rig.run(70)
    assert rig.applied_w == 6000 and rig.logic.metrics.unit_restarts == 1


def test_unit_restart_with_the_fallback_in_force() -> None:
    rig = Rig(text(6000, fallback_w=3000, seq=5))
    rig.run(3700)
    assert rig.applied_w == 3000
    rig.unit.restart(rig.now_s)
    rig.run(25)
    assert rig.applied_w == 3000


def test_gateway_restart_waits_for_a_telegram_before_it_acts() -> None:
    rig = running()
    rig.p1_on = False
    rig.restart_gateway()
    rig.log.clear()
    rig.run(300)
    assert set(rig.purposes()) == {Purpose.FIND, Purpose.HEARTBEAT}
    assert rig.applied_w == 6000
    rig.p1_on = True
    rig.run(20)
    assert Purpose.COMMIT not in rig.purposes()
    assert rig.commit == "done" and rig.logic.alarms == {}


def test_gateway_restart_knows_the_last_number() -> None:
    rig = running()
    rig.restart_gateway()
    rig.text = text(7000, seq=5)
    rig.run(20)
    assert rig.rejected() == [Reject.REPLAY] and rig.applied_w == 6000


def test_gateway_restart_with_a_broken_message_keeps_what_governed() -> None:
    rig = running()
    rig.restart_gateway()
    rig.line = b"7"
    rig.unit.restart(rig.now_s)
    rig.run(20)
    assert rig.applied_w == 6000 and rig.alarmed(Alarm.MESSAGE_REJECTED)


def test_gateway_and_unit_restart_together() -> None:
    rig = running()
    rig.restart_gateway()
    rig.unit.restart(rig.now_s)
    rig.run(20)
    assert rig.applied_w == 6000 and rig.sequence == 5 and rig.logic.alarms == {}


def test_gateway_restart_between_save_and_commit() -> None:
    rig = Rig(text(6000, seq=5))
    rig.unit_answers = False
    rig.run(20)
    assert rig.commit == "pending"
    rig.restart_gateway()
    rig.unit_answers = True
    rig.run(20)
    assert rig.applied_w == 6000 and rig.commit == "done"


def test_gateway_restart_without_a_number_commits_again() -> None:
    rig = Rig(text(6000))
    rig.run(20)
    rig.restart_gateway()
    rig.run(20)
    assert rig.applied_w == 6000 and rig.count(Purpose.COMMIT) == 2
    assert rig.logic.alarms == {}


def test_gateway_restart_after_the_end_of_the_profile() -> None:
    rig = running()
    rig.run(3 * 3600)
    rig.restart_gateway()
    rig.log.clear()
    rig.run(60)
    assert not {Purpose.COMMIT, Purpose.CLEAR} & set(rig.purposes())
    assert rig.applied_w == MAX_W


def test_a_fresh_gateway_without_any_message_leaves_the_unit_alone() -> None:
    rig = running()
    fresh = Rig(None, unit=rig.unit, now_s=rig.now_s)
    fresh.run(60)
    assert fresh.applied_w == 6000
    assert set(fresh.purposes()) == {
        Purpose.FIND,
        Purpose.HEARTBEAT,
        Purpose.SET_CLOCK,
    }


def test_a_gateway_that_lost_its_journal_meets_a_unit_that_remembers() -> None:
    rig = running()
    rig.text = b""
    rig.run(20)
    # The unit has seen 5; the new gateway has not, and is told 5 again.
    fresh = Rig(text(7000, seq=5), unit=rig.unit, now_s=rig.now_s)
    fresh.run(10)
    assert fresh.applied_w == 7000 and fresh.logic.alarms == {}


def test_outcomes_do_not_look_like_rejects() -> None:
    assert not {int(outcome) for outcome in Outcome if outcome} & set(map(int, Reject))
    assert profile(1).valid_to - START == HOUR


@pytest.mark.parametrize("step_s", [7200, -7200])
def test_a_unit_whose_own_clock_makes_a_step_gets_time_and_profile_again(
    step_s: int,
) -> None:
    rig = running()
    clock = rig.unit.station.clock
    clock.set(rig.now_s, clock.at(rig.now_s) + step_s)
    rig.unit.station.settle()
    assert rig.applied_w == MAX_W
    rig.run(70)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    assert abs(clock.at(rig.now_s) - rig.now_s) <= 1
    rig.run(3600)
    assert rig.applied_w == 9000
