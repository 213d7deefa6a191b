"""Whether what a control unit shows agrees with what it was told to hold and to apply."""

from __future__ import annotations

from enum import Enum

from chargepoint.exchanges import UnitIdentity, UnitStatus
from chargepoint.registers import Outcome
from chargepoint.target import Target
from wire.charging_profile import ChargingProfile


class Agreement(Enum):
    """How the applied limit stands to the commanded one."""

    SAME = "same"
    HELD_DOWN = "lower, for a reason of the unit's own"
    DIFFERENT = "different"


def compare(
    target: Target,
    identity: UnitIdentity,
    status: UnitStatus,
    standing_w: int | None = None,
) -> tuple[Agreement, int]:
    """The agreement, and the limit in W that should be applied.

    `standing_w` is a direct limit that is still to be taken away.
    """
    expected_w = min(identity.hardware_max_w, identity.own_limit_w)
    for limit_w in (target.limit_w, standing_w):
        if limit_w is not None:
            expected_w = min(expected_w, limit_w)
    if status.applied_w == expected_w:
        return Agreement.SAME, expected_w
    if status.applied_w < expected_w and status.limited_otherwise:
        return Agreement.HELD_DOWN, expected_w
    return Agreement.DIFFERENT, expected_w


def differs(
    target: Target | None,
    identity: UnitIdentity | None,
    status: UnitStatus | None,
    before: bool,
) -> bool:
    """Whether another limit is applied than is commanded; it did `before`.

    A unit that was not seen yet does not follow what it was told; around a change of limit it
    may be late.
    """
    if status is None or identity is None:
        return target is not None and target.limit_w is not None
    if target is None or not (target.settled or before):
        return False
    return compare(target, identity, status)[0] is not Agreement.SAME


def difference(
    target: Target, identity: UnitIdentity, status: UnitStatus, standing_w: int | None
) -> str | None:
    """How the applied limit contradicts the commanded one; None when it does not."""
    agreement, expected_w = compare(target, identity, status, standing_w)
    if agreement is not Agreement.DIFFERENT or not target.settled:
        return None
    return f"the unit applies {status.applied_w} W and should apply {expected_w} W"


def shows(status: UnitStatus, profile: ChargingProfile | None, sequence: int) -> bool:
    """Whether the unit has a profile loaded that was committed under that number."""
    return profile is not None and status.loaded and status.sequence == sequence


def command_fault(
    told: Target, outcome: int, status: UnitStatus, sequence: int
) -> str | None:
    """What went wrong with a commit under that number, or a clearing; None: nothing."""
    if told.profile is None:
        if outcome == Outcome.CLEARED and not status.loaded:
            return None
        return f"the unit does not clear its profile, code {outcome}"
    if outcome != Outcome.COMMITTED:
        return f"the unit does not commit the profile, code {outcome}"
    if not shows(status, told.profile, sequence):
        return "the unit does not show the profile as loaded"
    return None
