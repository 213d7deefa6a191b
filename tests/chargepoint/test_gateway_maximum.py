"""Rule 9 by what the unit itself is built for, known only once it has been found."""

from __future__ import annotations

import pytest

from chargepoint.exchanges import Purpose
from chargepoint.journal import MemoryJournal, Record
from chargepoint.notices import Alarm, Event
from chargepoint.registers import hardware_max_w
from chargepoint.unit import ControlUnit
from tests.chargepoint.rig import MAX_W, START_S, Rig, profile, text
from wire.charging_profile import Reject

SMALL_W = hardware_max_w(3, 160)


def small(now_s: int = START_S) -> ControlUnit:
    """A unit of half the maximum that the rig's gateway was configured with."""
    return ControlUnit("rig", now_s=now_s, hardware_max_da=160)


def away(*messages: bytes, rig: Rig | None = None) -> Rig:
    """A rig that took these messages while its unit was not there yet."""
    rig = rig or Rig(unit=small())
    rig.unit_answers = False
    for message in messages:
        rig.text = message
        rig.run(20)
    return rig


def found(rig: Rig) -> Rig:
    """The unit is there."""
    rig.unit_answers = True
    rig.run(64)
    return rig


@pytest.mark.parametrize(
    "message",
    [
        text(SMALL_W + 1, seq=5),
        text(0, SMALL_W + 1, 0, seq=5),
        text(0, fallback_w=SMALL_W + 1, seq=5),
    ],
)
def test_more_than_the_unit_can_is_refused_and_never_told_to_it(message: bytes) -> None:
    rig = Rig(text(6000, seq=4), unit=small())
    rig.run(20)
    rig.text = message
    rig.run(600)
    assert rig.rejected() == [Reject.POWER]
    assert rig.logic.metrics.last_reject is Reject.POWER
    assert rig.logic.metrics.rejects[Reject.KEPT] == 1
    assert str(SMALL_W) in rig.logic.alarms[Alarm.MESSAGE_REJECTED]
    assert not rig.alarmed(Alarm.COMMIT_FAILED)
    assert rig.applied_w == 6000 and rig.count(Purpose.COMMIT) == 1


def test_as_much_as_the_unit_can_is_taken() -> None:
    rig = Rig(text(SMALL_W, seq=4), unit=small())
    rig.run(20)
    assert rig.commit == "done" and rig.logic.alarms == {}


def test_a_larger_unit_does_not_widen_what_was_configured() -> None:
    large = ControlUnit("rig", now_s=START_S, hardware_max_da=630)
    rig = Rig(text(MAX_W + 1, seq=4), unit=large)
    rig.run(20)
    assert rig.rejected() == [Reject.POWER]


def test_taken_before_the_unit_was_found_and_refused_after_all() -> None:
    rig = away(text(20_000, seq=5))
    assert rig.logic.record.profile == profile(20_000, seq=5)
    found(rig)
    assert rig.rejected() == [Reject.POWER]
    assert "20000" in rig.logic.alarms[Alarm.MESSAGE_REJECTED]
    assert rig.logic.record == Record()
    assert rig.count(Purpose.COMMIT) == 0 and rig.applied_w == SMALL_W
    # Its number does not count, and the next message is taken.
    rig.text = text(7000, seq=5)
    rig.run(20)
    assert rig.applied_w == 7000 and rig.logic.alarms == {}


@pytest.mark.parametrize(
    ("limits_w", "kept_w"),
    [
        ((5000, 9000, 20_000), 9000),
        ((5000, 21_000, 20_000), 5000),
        ((9000, 5000, 20_000, 21_000), 5000),
        ((20_000, 21_000, 4000), 4000),
    ],
)
def test_of_several_the_newest_that_fits_governs(
    limits_w: tuple[int, ...], kept_w: int
) -> None:
    messages = [text(limit_w, seq=seq) for seq, limit_w in enumerate(limits_w, 1)]
    rig = found(away(*messages))
    assert rig.applied_w == kept_w
    assert rig.logic.record.seq == 1 + limits_w.index(kept_w)
    fits = kept_w == limits_w[-1]
    assert rig.rejected() == ([] if fits else [Reject.POWER])
    assert rig.alarmed(Alarm.MESSAGE_REJECTED) is not fits


def test_what_ran_before_a_restart_is_returned_to_without_a_second_commit() -> None:
    rig = Rig(text(6000, 9000, seq=4), unit=small())
    rig.run(20)
    rig.restart_gateway()
    found(away(text(20_000, seq=5), rig=rig))
    assert rig.rejected() == [Reject.POWER]
    assert rig.logic.metrics.rejects[Reject.KEPT] == 1
    assert rig.logic.record.profile == profile(6000, 9000, seq=4)
    assert rig.applied_w == 6000 and rig.count(Purpose.COMMIT) == 1


def test_a_saved_message_that_never_met_the_unit() -> None:
    journal = MemoryJournal()
    away(text(20_000, seq=5), rig=Rig(unit=small(), journal=journal))
    rig = Rig(text(20_000, seq=5), unit=small(), journal=journal)
    rig.run(20)
    assert rig.alarmed(Alarm.MESSAGE_REJECTED)
    assert Reject.POWER in rig.rejected() and rig.count(Purpose.COMMIT) == 0
    # What was saved before it is not known any more; its number stays taken.
    assert (rig.logic.record.profile, rig.logic.record.seq) == (None, 5)
    rig.text = text(7000, seq=6)
    rig.run(20)
    assert rig.applied_w == 7000 and rig.logic.alarms == {}


def test_a_unit_that_comes_in_place_of_a_larger_one() -> None:
    rig = Rig(text(20_000, seq=5))
    rig.run(20)
    assert rig.applied_w == 20_000
    rig.unit_answers = False
    rig.run(30)
    large, rig.unit = rig.unit, small(rig.now_s)
    found(rig)
    assert rig.rejected() == [Reject.POWER] and rig.logic.record.profile is None
    # With the larger one back the message is good again.
    rig.unit_answers = False
    rig.run(30)
    large.advance(rig.now_s)
    rig.unit = large
    found(rig)
    assert rig.applied_w == 20_000 and rig.logic.alarms == {}
    assert rig.events(Event.TAKEN) == [Event.TAKEN, Event.TAKEN]


def test_a_message_refused_for_a_small_unit_is_read_again_for_a_larger_one() -> None:
    rig = Rig(text(20_000, seq=5), unit=small())
    rig.run(20)
    assert rig.rejected() == [Reject.POWER]
    rig.unit_answers = False
    rig.run(30)
    rig.unit = ControlUnit("rig", now_s=rig.now_s)
    found(rig)
    assert rig.applied_w == 20_000 and rig.logic.alarms == {}
