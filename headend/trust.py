"""Whether a transformer's measurement can be believed, given what the stations' meters say.

A controller that plans with a wrong measurement is worse than one that knows that it has none:
what is doubted is left out, and what follows from having nothing is the planner's to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product

from headend.allocation import ALL_PHASES, less
from headend.dali import FeederSample
from wire.quantities import PerPhase

TRANSFORMER = "transformer"

MOST_PERMILLE, LEAST_PERMILLE = 3000, -1000
"""Of a phase's rating: no fuse carries more, no feeder with more panels would be connected."""

FALL_PERMILLE, LEAST_FALL_W = 400, 11_500
"""Of a phase's rating, but what one connection of 50 A takes at least: clouds part and heat
pumps rest, but not by so much at once."""

_CHANGED_W = 1000
_CHANGES, _ENOUGH_CHANGES = 12, 4
_CLEARLY = 4


class Doubt(StrEnum):
    """What is wrong with a measurement; the value is what a person is told."""

    ABSENT = "is not measured: the load is taken as bad"
    OLD = "was measured too long ago: the load is taken as bad"
    AHEAD = "is measured in the future: its clock is wrong"
    STUCK = "repeats its last measurement although the stations' draw has changed"
    BEYOND = "measures what cannot be"
    FALLEN = "measures far less than lately and than yesterday at this time"
    MISWIRED = "follows the stations' draw the other way round or on another phase"
    UNREAD = "is not read: a car is taken to be there"


@dataclass(slots=True)
class Trust:
    """What is to be doubted about one sample after another.

    `before` is the sample before, and `since_w` what the stations drew when each of its phases
    began to show what it shows; `changes` are those of measurement and draw, W per phase, from
    one sample to the next, where the draw changed.
    """

    before: FeederSample | None = None
    since_w: PerPhase = (0, 0, 0)
    drawn_w: PerPhase = (0, 0, 0)
    changes: list[tuple[PerPhase, PerPhase]] = field(default_factory=list)

    def judge(
        self,
        sample: FeederSample,
        drawn_w: PerPhase,
        lowest_w: PerPhase | None,
        phase_rating_w: int,
        age_s: float,
        stale_s: int,
    ) -> Doubt | None:
        """What is to be doubted about the next sample, None when nothing is.

        `age_s` is how long ago its interval began, and `stale_s` how long that may be.
        `drawn_w` is what the stations drew in it, and `lowest_w` the least that the premises
        did lately and at this time of other days, None where that is not known.
        """
        if age_s < 0:
            return Doubt.AHEAD
        stuck = self._see(sample, drawn_w)
        load_w = less(sample.power_w, drawn_w)
        least_w, most_w, share_w = (
            phase_rating_w * share // 1000
            for share in (LEAST_PERMILLE, MOST_PERMILLE, FALL_PERMILLE)
        )
        if not all(least_w <= watt <= most_w for watt in load_w):
            return Doubt.BEYOND
        if stuck:
            return Doubt.STUCK
        if miswired(self.changes):
            return Doubt.MISWIRED
        fallen_w = -min(less(load_w, lowest_w)) if lowest_w is not None else 0
        if fallen_w > max(share_w, LEAST_FALL_W) and not follows(self.changes):
            return Doubt.FALLEN
        return Doubt.OLD if age_s > stale_s else None

    def _see(self, sample: FeederSample, drawn_w: PerPhase) -> bool:
        """Takes in a sample; whether a phase repeats itself though it should not."""
        before = self.before
        if before is None or before.time >= sample.time:
            self.since_w = drawn_w
        else:
            change_w = less(drawn_w, self.drawn_w)
            if max(map(abs, change_w)) > _CHANGED_W:
                self.changes.append((less(sample.power_w, before.power_w), change_w))
                del self.changes[:-_CHANGES]
            l1, l2, l3 = (
                since if was == now else drawn
                for since, drawn, was, now in zip(
                    self.since_w, drawn_w, before.power_w, sample.power_w
                )
            )
            self.since_w = l1, l2, l3
        self.before, self.drawn_w = sample, drawn_w
        return max(map(abs, less(drawn_w, self.since_w))) > _CHANGED_W


Changes = Sequence[tuple[PerPhase, PerPhase]]
"""Of the measurement and of the stations' draw, W per phase."""


def follows(changes: Changes) -> bool:
    """Whether the last ones prove that each phase's measurement follows the draw on it."""
    last = changes[-_ENOUGH_CHANGES:]
    return len(last) == _ENOUGH_CHANGES and all(
        _CLEARLY * _apart(last, phase, phase, 1) < _signal(last, phase)
        for phase in ALL_PHASES
    )


def miswired(changes: Changes) -> bool:
    """Whether a phase's measurement clearly follows what it should not.

    That is the draw on another phase, or the opposite of any. What only does not follow its
    own is no proof: premises may change at once with the stations' draw.
    """
    return len(changes) >= _ENOUGH_CHANGES and any(
        _CLEARLY * _apart(changes, phase, other, sign)
        < min(_apart(changes, phase, phase, 1), _signal(changes, other))
        for phase, other, sign in product(ALL_PHASES, ALL_PHASES, (1, -1))
    )


def _apart(changes: Changes, phase: int, other: int, sign: int) -> int:
    """How far a phase's measurement is from following a draw, or its opposite."""
    return sum((saw[phase] - sign * drew[other]) ** 2 for saw, drew in changes)


def _signal(changes: Changes, phase: int) -> int:
    return sum(drew[phase] ** 2 for _, drew in changes)
