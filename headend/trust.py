"""Whether a transformer's measurement can be believed, given what the stations' meters say.

A controller that plans with a wrong measurement is worse than one that knows that it has none:
what is doubted is left out, and what follows from having nothing is the planner's to decide.
"""

from __future__ import annotations

from enum import StrEnum

from headend.dali import FeederSample
from wire.quantities import PerPhase

TRANSFORMER = "transformer"

MOST_PERMILLE, LEAST_PERMILLE = 3000, -1000
"""Of a phase's rating: no fuse carries more, no feeder with more panels would be connected."""

_CHANGED_W = 1000


class Doubt(StrEnum):
    """What is wrong with a measurement; the value is what a person is told."""

    ABSENT = "is not measured: the load is taken as bad"
    OLD = "was measured too long ago: the load is taken as bad"
    AHEAD = "is measured in the future: its clock is wrong"
    STUCK = "repeats its last measurement although the stations' draw has changed"
    BEYOND = "measures what cannot be"
    UNREAD = "is not read: a car is taken to be there"


def judge(
    sample: FeederSample | None,
    before: FeederSample | None,
    load_w: PerPhase,
    change_w: PerPhase,
    phase_rating_w: int,
    age_s: float,
    stale_s: int,
) -> Doubt | None:
    """What is to be doubted about a sample, None when nothing is.

    `age_s` is how long ago its interval began, and `stale_s` how long that may be. `load_w`
    is what it leaves for the premises, `change_w` how much more the stations drew in its
    interval than in that of the sample before.
    """
    if sample is None:
        return Doubt.ABSENT
    if age_s < 0:
        return Doubt.AHEAD
    least_w, most_w = (
        phase_rating_w * share // 1000 for share in (LEAST_PERMILLE, MOST_PERMILLE)
    )
    if not all(least_w <= watt <= most_w for watt in load_w):
        return Doubt.BEYOND
    if (
        before is not None
        and before.time < sample.time
        and before.power_w == sample.power_w
        and max(map(abs, change_w)) > _CHANGED_W
    ):
        return Doubt.STUCK
    return Doubt.OLD if age_s > stale_s else None
