"""Whether a unit follows what it was told, from what it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargepoint.agreement import command_fault, difference, differs, shows
from chargepoint.exchanges import UnitIdentity, UnitStatus
from chargepoint.registers import Outcome, Source, Status
from chargepoint.target import Target
from tests.chargepoint.test_target import PROFILE

UNIT = UnitIdentity(22_080, 11_000, 0, 300, None, 0)
TOLD = Target(PROFILE, 6000, None, 0, settled=True)
CHANGING = replace(TOLD, settled=False)
NOTHING = Target(None, None, None, 0, settled=True)
SEQUENCE = 7


def status(applied_w: int, flags: Status = Status.PROFILE_LOADED) -> UnitStatus:
    """What a unit shows that was given a profile under that number."""
    return UnitStatus(applied_w, Source.PROFILE, flags, 0, SEQUENCE, 0)


@pytest.mark.parametrize(
    ("target", "seen", "before", "expected"),
    [
        (None, None, False, False),
        (TOLD, None, False, True),
        (NOTHING, None, False, False),
        (None, status(6000), True, False),
        (TOLD, status(6000), True, False),
        (TOLD, status(7000), False, True),
        (CHANGING, status(7000), False, False),
        (CHANGING, status(7000), True, True),
        (NOTHING, status(11_000), False, False),
        (NOTHING, status(22_080), False, True),
    ],
)
def test_a_unit_differs_when_it_should_have_followed(
    target: Target | None, seen: UnitStatus | None, before: bool, expected: bool
) -> None:
    assert differs(target, UNIT, seen, before) is expected


def test_a_difference_names_both_limits_and_waits_for_a_change_to_be_over() -> None:
    assert difference(TOLD, UNIT, status(6000), None) is None
    assert difference(CHANGING, UNIT, status(7000), None) is None
    told = difference(TOLD, UNIT, status(7000), None)
    assert told == "the unit applies 7000 W and should apply 6000 W"
    # A direct limit that still stands holds it down.
    assert difference(TOLD, UNIT, status(4200), 4200) is None


@pytest.mark.parametrize(
    ("told", "outcome", "seen", "fault"),
    [
        (TOLD, Outcome.COMMITTED, status(6000), None),
        (TOLD, Outcome.COMMITTED, status(6000, Status(0)), "show the profile"),
        (TOLD, 99, status(6000), "commit the profile, code 99"),
        (NOTHING, Outcome.CLEARED, status(11_000, Status(0)), None),
        (NOTHING, Outcome.CLEARED, status(11_000), "clear its profile"),
        (NOTHING, Outcome.COMMITTED, status(11_000, Status(0)), "clear its profile"),
    ],
)
def test_a_command_is_judged_by_its_outcome_and_by_what_is_loaded(
    told: Target, outcome: int, seen: UnitStatus, fault: str | None
) -> None:
    found = command_fault(told, outcome, seen, SEQUENCE)
    assert (found is None) if fault is None else (fault in (found or ""))


def test_a_profile_is_known_by_its_number() -> None:
    assert shows(status(6000), PROFILE, SEQUENCE)
    assert not shows(status(6000), PROFILE, SEQUENCE + 1)
    assert not shows(status(6000), None, SEQUENCE)
