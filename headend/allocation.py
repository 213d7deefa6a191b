"""Divides a transformer's headroom over charge points: the arithmetic of the planner.

All powers are W. A load on n phases draws an n-th of its power on each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wire.quantities import PerPhase

ALL_PHASES = (0, 1, 2)

MINIMUM_PER_PHASE_W = 1380
"""6 A at 230 V: below it a car does not charge at all (IEC 61851-1)."""


@dataclass(frozen=True, slots=True)
class Load:
    """A car, or room kept for one: the phases that it charges on (0 to 2), at most how much
    it can draw, and how many shares are its."""

    phases: tuple[int, ...] = ALL_PHASES
    demand_w: int = 22_000
    shares: int = 1

    @property
    def minimum_w(self) -> int:
        """The smallest power at which it charges."""
        return MINIMUM_PER_PHASE_W * len(self.phases)

    def limit_w(self, level_w: int, ceiling_w: int) -> int:
        """Its limit where one share is `level_w`: never below its minimum."""
        return min(max(level_w * self.shares, self.minimum_w), ceiling_w)

    def per_phase_w(self, limit_w: int) -> int:
        """What it draws on each of its phases under a limit, rounded up."""
        return -(-min(limit_w, self.demand_w) // len(self.phases))


def share(
    room_w: PerPhase, loads: Sequence[Load], ceiling_w: int, slack_w: int = 0
) -> list[int]:
    """The limit of each load: as high and as equal as the room allows (max-min fair).

    First each gets its minimum, in the order given, as far as there is room for it with
    `slack_w` more on each phase: whose minimum does not fit gets 0. Then limits rise together,
    as water does, each by its shares, until a phase is full; the loads on that phase stay
    there and the others rise on. A load that can draw less than its limit leaves the rest to
    the others. None gets more than `ceiling_w`.
    """
    limits = [0] * len(loads)
    rising = set()
    left_w = room_w[0] + slack_w, room_w[1] + slack_w, room_w[2] + slack_w
    for index, load in enumerate(loads):
        if fits(left_w, load, load.minimum_w):
            rising.add(index)
            left_w = less(left_w, draw([load], [load.minimum_w]))
    left_w = room_w
    while rising:
        level, full = _level(left_w, [loads[index] for index in rising], ceiling_w)
        stays = {n for n in rising if not full or full & set(loads[n].phases)}
        for index in stays:
            load = loads[index]
            limits[index] = load.limit_w(level, ceiling_w)
            left_w = less(left_w, draw([load], [limits[index]]))
        rising -= stays
    return limits


def _level(
    room_w: PerPhase, loads: Sequence[Load], ceiling_w: int
) -> tuple[int, set[int]]:
    """The highest common limit, and the phases that stop it there; none at the ceiling."""

    def full(level_w: int) -> set[int]:
        drawn = draw(loads, [load.limit_w(level_w, ceiling_w) for load in loads])
        used = {phase for load in loads for phase in load.phases}
        return {phase for phase in used if drawn[phase] > room_w[phase]}

    if not full(ceiling_w):
        return ceiling_w, set()
    low, high = 0, ceiling_w
    while high - low > 1:
        middle = (low + high) // 2
        if full(middle):
            high = middle
        else:
            low = middle
    return low, full(high)


def draw(loads: Sequence[Load], limits_w: Sequence[int]) -> PerPhase:
    """What loads under their limits draw together, per phase."""
    sums = [0, 0, 0]
    for load, limit_w in zip(loads, limits_w, strict=True):
        for phase in load.phases:
            sums[phase] += load.per_phase_w(limit_w)
    return sums[0], sums[1], sums[2]


def less(one: PerPhase, other: PerPhase) -> PerPhase:
    """The difference, per phase."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def more(one: PerPhase, other: PerPhase) -> PerPhase:
    """The sum, per phase."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def fits(room_w: PerPhase, load: Load, limit_w: int) -> bool:
    """Whether each phase of the load has room for it."""
    return all(room_w[phase] >= load.per_phase_w(limit_w) for phase in load.phases)
