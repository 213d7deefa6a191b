"""A matrix that was played, made up: what its page is tested and looked at with."""

from __future__ import annotations

from pathlib import Path

from scenarios.language.document import scenarios_of, source_of
from scenarios.language.matrix import axes_of
from scenarios.playing.results import ExpectationResult, Run, RunResult
from scenarios.playing.several import Ended
from scenarios.report.index import Summary

TEXT = """\
scenario: losses
description: How much the controllers lose when messages are lost, and when they are late.
parameters:
  loss: 0.0
  latency_s: 10
  who: {default: none, choices: [none, threshold, headroom]}
matrix:
  who: [none, threshold, headroom]
  loss: [0, 0.25, 0.5, 0.75]
  latency_s: [10, 900]
  seed: [1, 2]
world: {start: 2024-01-27T12:00:00Z, loss: "${loss}", controller: "${who}",
  latency_s: "${latency_s}"}
steps: [run_until: end]
"""
LEVEL = {"none": 2100.0, "threshold": 900.0, "headroom": 20.0}


def _ended(number: int) -> Ended:
    source = source_of(TEXT, Path("losses.yaml"))
    scenario = scenarios_of(source)[number]
    values = scenario.variant.values
    who, loss = str(values["who"]), float(values["loss"])
    late = float(values["latency_s"]) / 900
    minutes = LEVEL[who] * (1 + loss * (0.1 if who == "none" else 1.5) + 0.2 * late)
    minutes += 15 * scenario.seed
    kpis = {
        "overload_min_per_week": minutes,
        "max_pu": 0.9 + minutes / 5000,
        "energy_served": 0.99 - (0.06 * loss + 0.02 * late) * (who != "none"),
        "messages_per_station_per_day": 0.0 if who == "none" else 5 + 4 * loss,
        "jain": 0.98,
    }
    start = scenario.world.start
    seen = ExpectationResult(
        who, 14, "kpi", "max_pu", "≤ 1.05 pu", "?", kpis["max_pu"] <= 1.05, start
    )
    result = RunResult(
        scenario.name,
        scenario.content.description,
        scenario.seed,
        start,
        start,
        (Run(who, (), (seen,), kpis),),
        "step 1 (run_until): no world today" if number == 5 else "",
        scenario.variant.name,
        scenario.parameters,
    )
    return Ended(scenario, result, 8.5)


def sample_summary() -> Summary:
    """Three axes and two seeds: 48 variants, of which one was stopped."""
    ended = tuple(_ended(number) for number in range(48))
    return Summary(
        "losses",
        ended[0].scenario.content.description,
        ended,
        tuple(f"{each.scenario.variant.name}/report.html" for each in ended),
        axes_of(each.scenario.variant for each in ended),
    )
