"""The demo's day: 30 stations, P1 every 10 s, every wire, played twice side by side."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import scenarios
from scenarios.document import load
from scenarios.play import play
from scenarios.world import make_world
from tests.bench.measure import Figure

SCENARIO = Path(scenarios.__file__).parent / "files" / "sociale_module.yaml"
AT_MOST_S = 60


def simulated_day() -> Figure:
    """Wall time of the whole scenario: the day left alone and the day guarded, two processes."""
    scenario = load(SCENARIO)
    begin = monotonic()
    play(scenario, make_world)
    wall_s = monotonic() - begin
    return Figure(
        "one simulated day, 30 stations",
        round(wall_s, 1),
        "s",
        None,
        None,
        None,
        f"≤ {AT_MOST_S} s",
        wall_s <= AT_MOST_S,
    )
