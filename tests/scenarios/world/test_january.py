"""What the controllers come to in January, on the weeks that tuning saw and those it did not.

Two weeks each, rehearsed: 160 kVA, 30 stations.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.world.rehearsal import Way
from tests.scenarios.world.test_rehearsal import FIRST_S, WEEK_S, rehearsed

WEEKS = {"tuned on": FIRST_S, "unseen": FIRST_S + 2 * WEEK_S}
# 10 s of latency on each way through P3; a quarter of an hour for each message.
PROMPT, LATE = Way(180, 120), Way(180, 120 + 900)


def fortnight(controller: str, start_s: int, way: Way = PROMPT) -> dict[str, float]:
    return rehearsed(controller, start_s, 2 * WEEK_S, way)


@pytest.mark.parametrize("start_s", WEEKS.values(), ids=WEEKS)
def test_headroom_guards_the_transformer_and_still_serves_the_cars(
    start_s: int,
) -> None:
    alone = fortnight("none", start_s)
    by_threshold = fortnight("threshold", start_s)
    guarded = fortnight("headroom", start_s)
    over = guarded["overload_min_per_week"]
    assert over <= 0.02 * alone["overload_min_per_week"]
    assert over <= 0.03 * by_threshold["overload_min_per_week"]
    assert guarded["max_pu"] <= 1.05 < alone["max_pu"]
    assert guarded["energy_served_of_bound"] >= 0.97
    assert guarded["jain"] >= 0.97
    assert guarded["messages_per_station_per_day"] <= 24


@pytest.mark.parametrize("start_s", WEEKS.values(), ids=WEEKS)
@pytest.mark.parametrize(
    "way",
    [replace(PROMPT, loss=0.5), LATE, replace(LATE, loss=0.5)],
    ids=["lost", "late", "both"],
)
def test_half_of_the_messages_lost_and_a_quarter_of_an_hour_late(
    start_s: int, way: Way
) -> None:
    alone = fortnight("none", start_s)
    guarded = fortnight("headroom", start_s, way)
    assert guarded["overload_min_per_week"] <= 0.04 * alone["overload_min_per_week"]
    assert guarded["max_pu"] <= 1.05
    assert guarded["messages_per_station_per_day"] <= 24
