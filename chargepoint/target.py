"""What the control unit must hold at an instant, and whether what it applies agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from chargepoint.exchanges import UnitIdentity, UnitStatus
from chargepoint.journal import Record
from wire.charging_profile import ChargingProfile
from wire.instants import from_epoch

GUARD_S = 5
"""Around a change of limit the unit's clock may be this far from the telegram's."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is commanded now.

    `profile` is to be loaded; None: none is. `limit_w` is what it, or the fallback after it,
    allows now; None leaves the station to its own configuration. `direct_w` is the direct
    limit that must stand, `phases` the phase request (0 none). `settled` is false within the
    guard around a change, `over` tells that there was a profile and it has ended.
    """

    profile: ChargingProfile | None
    limit_w: int | None
    direct_w: int | None
    phases: int
    settled: bool
    over: bool = False


def target_at(record: Record, telegram_s: float) -> Target | None:
    """The target at an instant of telegram time; None before any message was taken."""
    if record.digest is None:
        return None
    profile = record.profile
    if profile is None:
        return Target(None, None, None, 0, True)
    instant = from_epoch(telegram_s)
    settled = all(
        abs((change - instant).total_seconds()) > GUARD_S
        for change in _changes(profile)
    )
    if instant >= profile.valid_to:
        fallback_w = profile.fallback_w
        return Target(None, fallback_w, fallback_w, 0, settled, over=True)
    period = profile.period_at(instant)
    if period is None:
        return Target(profile, None, None, 0, settled)
    return Target(profile, period.max_w, None, period.phases or 0, settled)


def next_change_s(record: Record, telegram_s: float) -> float | None:
    """The next instant, in telegram time, at which the target may become another."""
    if record.profile is None:
        return None
    instant = from_epoch(telegram_s)
    later = [change for change in _changes(record.profile) if change > instant]
    if later:
        return min(later).timestamp()
    settled_s = record.profile.valid_to.timestamp() + GUARD_S + 1
    return settled_s if telegram_s < settled_s else None


def _changes(profile: ChargingProfile) -> list[datetime]:
    return [*(period.start for period in profile.periods), profile.valid_to]


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
