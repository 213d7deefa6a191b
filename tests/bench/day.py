"""The demo's day: 30 stations, P1 every 10 s, every wire, played twice side by side."""

from __future__ import annotations

from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic, process_time

import scenarios
from scenarios.language.document import load
from scenarios.playing.play import play
from scenarios.world import make_world
from tests.bench.measure import Figure

SCENARIO = Path(scenarios.__file__).parent / "files" / "sociale_module.yaml"
AT_MOST_S = 60


def simulated_day() -> Figure:
    """Wall time of the whole scenario: the day left alone and the day guarded, two processes."""
    scenario = load(SCENARIO)
    begin, cpu_s, others_cpu_s = monotonic(), process_time(), _children_cpu_s()
    play(scenario, make_world)
    wall_s = monotonic() - begin
    cpu_s, others_cpu_s = process_time() - cpu_s, _children_cpu_s() - others_cpu_s
    return Figure(
        "one simulated day, 30 stations",
        round(wall_s, 1),
        "s",
        None,
        None,
        None,
        f"≤ {AT_MOST_S} s",
        wall_s <= AT_MOST_S,
        note=f"of CPU {cpu_s:.0f} s guarded, {others_cpu_s:.0f} s alone, side by side",
    )


def _children_cpu_s() -> float:
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
