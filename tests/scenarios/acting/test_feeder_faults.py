"""The step that makes a transformer's box wrong."""

from __future__ import annotations

import pytest

from scenarios.acting.feeder_faults import Disturbance, Wrong
from tests.scenarios.stage import play_in, scenario, world_for
from wire.errors import ScenarioError


def test_the_box_is_disturbed_as_the_steps_say() -> None:
    made = scenario(
        "- disturb_feeder: {fault: missing, lasts: 2h}\n"
        "- disturb_feeder: {fault: late, by: 20m}\n"
        "- disturb_feeder: {fault: ahead}\n"
        "- disturb_feeder: {fault: back_in_time, by: 0s}\n"
        "- disturb_feeder: {fault: negated, phase: 2}\n"
        "- disturb_feeder: {}\n"
    )
    world = world_for(made)
    run = play_in(world, made).run
    assert world.box.done == [
        Disturbance(Wrong.MISSING, lasts_s=7200),
        Disturbance(Wrong.LATE, by_s=1200),
        Disturbance(Wrong.AHEAD, by_s=3600),
        Disturbance(Wrong.BACK_IN_TIME, by_s=0),
        Disturbance(Wrong.NEGATED, (1,)),
        None,
    ]
    results = [step.result for step in run.steps]
    assert results == [
        *("missing", "late", "ahead", "back_in_time", "negated"),
        "nothing is wrong",
    ]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{fault: gone}", "4:27: fault: should be 'missing', 'late', 'stuck'"),
        ("{fault: late, by: 20}", "4:37: by: 20 lacks its unit"),
        ("{fault: nan, by: 20m}", "4:19: disturb_feeder: by does not go with nan"),
        ("{fault: late, phase: 1}", "phase does not go with late"),
        ("{fault: nan, phase: 4}", "4:39: phase: should be less"),
        ("{lasts: 2h}", "lasts does not go with no fault"),
        ("{fault: nan, last: 2h}", "did you mean 'lasts'?"),
        ("missing", "4:19: disturb_feeder: should be a mapping"),
    ],
)
def test_a_wrong_step_is_found(body: str, why: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(f"- disturb_feeder: {body}\n")
    assert why in str(caught.value)
