"""Plays a scenario whole: one run for each controller, side by side in processes of their own,
then the key figures judged across the runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from scenarios.expecting.bounds import Tolerance
from scenarios.language.document import Scenario
from scenarios.language.settings import Controller
from scenarios.playing.child import Child, Watch
from scenarios.playing.kpis import Kpi, kpi
from scenarios.playing.results import ExpectationResult, RunResult
from scenarios.playing.runner import Figures, Played, Progress, Runner
from scenarios.playing.world_protocol import World

MakeWorld = Callable[[Scenario, Controller], World]


def play(
    scenario: Scenario, make_world: MakeWorld, watch: Watch = lambda progress: None
) -> RunResult:
    """Plays every run of a scenario and judges it.

    `make_world` must be importable by name (or a `functools.partial` of such), because all
    runs but the last play in other processes. Errors of a run come out here.
    """
    *others, last = scenario.world.controllers
    children: list[Child[Played]] = []

    def watch_all(progress: Progress) -> None:
        watch(progress)
        for child in children:
            child.drain(watch)

    try:
        for controller in others:
            children.append(Child())
            work = partial(_play_one, scenario, controller, make_world)
            children[-1].begin(f"run {controller}", work)
        played_here = _play_one(scenario, last, make_world, watch_all)
        played = [child.result(watch) for child in children] + [played_here]
    finally:
        for child in children:
            child.end()
    return judge(scenario, played)


def judge(scenario: Scenario, played: Sequence[Played]) -> RunResult:
    """The result of all runs, their key figures held against what was expected of them."""
    runs = []
    for item in played:
        figures = [_judge_figures(item, figure, played) for figure in item.figures]
        expectations = sorted(
            (*item.run.expectations, *figures), key=lambda seen: seen.index
        )
        runs.append(replace(item.run, expectations=tuple(expectations)))
    return RunResult(
        scenario.name,
        scenario.content.description,
        scenario.seed,
        scenario.world.start,
        played[-1].end,
        tuple(runs),
        next((item.stopped for item in played if item.stopped), ""),
        scenario.variant.name,
        scenario.parameters,
    )


def _judge_figures(
    mine: Played, figures: Figures, played: Iterable[Played]
) -> ExpectationResult:
    wanted, name = figures.wanted, figures.wanted.name
    value, other = figures.kpis.get(name), None
    if wanted.below_run is not None:
        other = _figure_of(wanted.below_run, figures, played)
    numbers = (value, other, wanted.equals, wanted.min, wanted.max)
    row = kpi(name).telling(number for number in numbers if number is not None)
    parts, holds = [], value is not None
    if wanted.equals is not None:
        parts.append(_around(row, wanted.equals, wanted.tolerance))
        near = wanted.tolerance or Tolerance(0)
        holds = value is not None and near.reaches(wanted.equals, value)
    if wanted.min is not None:
        parts.append(f"≥ {row.print(wanted.min)}")
        holds = holds and value is not None and value >= wanted.min
    if wanted.max is not None:
        parts.append(f"≤ {row.print(wanted.max)}")
        holds = holds and value is not None and value <= wanted.max
    if wanted.below_run is not None:
        shown = "not known" if other is None else row.print(other)
        parts.append(f"below {wanted.below_run} ({shown})")
        holds = holds and value is not None and other is not None and value < other
    return ExpectationResult(
        mine.run.name,
        figures.place.line,
        "kpi",
        row.name,
        " and ".join(parts),
        "not known" if value is None else row.print(value),
        holds,
        figures.at,
        file=figures.place.file,
        index=figures.index,
    )


def _around(row: Kpi, wanted: float, tolerance: Tolerance | None) -> str:
    if tolerance is None:
        return row.print(wanted)
    near = f"{tolerance} of it" if tolerance.percent else row.print(tolerance.amount)
    return f"{row.print(wanted)} ± {near}"


def _figure_of(
    run: Controller, figures: Figures, played: Iterable[Played]
) -> float | None:
    """The same key figure in another run, at the same step or else at its end."""
    name = figures.wanted.name
    for item in played:
        if item.run.name == run:
            for other in item.figures:
                if other.index == figures.index:
                    return other.kpis.get(name)
            return item.run.kpis.get(name)
    return None


def _play_one(
    scenario: Scenario, controller: Controller, make_world: MakeWorld, watch: Watch
) -> Played:
    world = make_world(scenario, controller)
    try:
        return world.drive(Runner(scenario, world, controller.value, watch).play())
    finally:
        world.close()
