"""What the control unit must hold at an instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from operator import attrgetter

from chargepoint.journal import Record
from wire.charging_profile import ChargingProfile
from wire.instants import from_epoch

GUARD_S = 5
"""Around a change of limit the unit's clock may be this far from the telegram's."""

_GUARD = timedelta(seconds=GUARD_S)
_START = attrgetter("start")


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
    begun = _periods_begun(profile, instant)
    settled = _settled(profile, instant, begun)
    if instant >= profile.valid_to:
        fallback_w = profile.fallback_w
        return Target(None, fallback_w, fallback_w, 0, settled, over=True)
    if not begun or instant < profile.valid_from:
        return Target(profile, None, None, 0, settled)
    period = profile.periods[begun - 1]
    return Target(profile, period.max_w, None, period.phases or 0, settled)


def next_change_s(record: Record, telegram_s: float) -> float | None:
    """The next instant, in telegram time, at which the target may become another."""
    profile = record.profile
    if profile is None:
        return None
    instant = from_epoch(telegram_s)
    if instant >= profile.valid_to:
        settled_s = profile.valid_to.timestamp() + GUARD_S + 1
        return settled_s if telegram_s < settled_s else None
    index = _periods_begun(profile, instant)
    if index < len(profile.periods):
        return profile.periods[index].start.timestamp()
    return profile.valid_to.timestamp()


class Outlook:
    """`target_at` and `next_change_s` of a record, found anew only when they may have changed.

    Asked several times at every heartbeat, they change a few times in an hour.
    """

    __slots__ = ("_record", "_from_s", "_until_s", "_target", "_change_s")

    def __init__(self) -> None:
        self._record = Record()
        # In between, both ends excluded, nothing changes.
        self._from_s, self._until_s = -inf, inf
        self._target: Target | None = None
        self._change_s: float | None = None

    def target_at(self, record: Record, telegram_s: float) -> Target | None:
        """See `target_at`."""
        self._look(record, telegram_s)
        return self._target

    def next_change_s(self, record: Record, telegram_s: float) -> float | None:
        """See `next_change_s`."""
        self._look(record, telegram_s)
        return self._change_s

    def _look(self, record: Record, telegram_s: float) -> None:
        if record is self._record and self._from_s < telegram_s < self._until_s:
            return
        self._record = record
        self._target = target_at(record, telegram_s)
        self._change_s = next_change_s(record, telegram_s)
        turns_s = _turns_s(record.profile)
        self._from_s = turns_s[bisect_right(turns_s, telegram_s) - 1]
        self._until_s = turns_s[bisect_left(turns_s, telegram_s)]


def _turns_s(profile: ChargingProfile | None) -> list[float]:
    """The instants at which something may change, in order, and the ends of time."""
    turns_s = {-inf, inf}
    if profile is not None:
        ends_s = profile.valid_to.timestamp()
        turns_s |= {profile.valid_from.timestamp(), ends_s + GUARD_S + 1}
        for change_s in (ends_s, *(p.start.timestamp() for p in profile.periods)):
            turns_s |= {change_s - GUARD_S, change_s, change_s + GUARD_S}
    return sorted(turns_s)


def _settled(profile: ChargingProfile, instant: datetime, begun: int) -> bool:
    """Whether no change of the limit is within the guard."""
    if abs(profile.valid_to - instant) <= _GUARD:
        return False
    # Only the neighbours matter: asked at every heartbeat, of profiles with 22 periods.
    for period in profile.periods[max(0, begun - 1) : begun + 1]:
        if abs(period.start - instant) <= _GUARD:
            return False
    return True


def _periods_begun(profile: ChargingProfile, instant: datetime) -> int:
    return bisect_right(profile.periods, instant, key=_START)
