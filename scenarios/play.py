"""Plays a scenario whole: one run for each controller, side by side in processes of their own,
then the key figures judged across the runs.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection

from scenarios.document import Scenario
from scenarios.kpis import kpi
from scenarios.results import ExpectationResult, RunResult
from scenarios.runner import Figures, Played, Progress, Runner
from scenarios.settings import Controller
from scenarios.world_protocol import World
from wire.errors import SurroundingsError

MakeWorld = Callable[[Scenario, Controller], World]
Watch = Callable[[Progress], None]


def play(
    scenario: Scenario, make_world: MakeWorld, watch: Watch = lambda progress: None
) -> RunResult:
    """Plays every run of a scenario and judges it.

    `make_world` must be importable by name (or a `functools.partial` of such), because all
    runs but the last play in other processes. Errors of a run come out here.
    """
    *others, last = scenario.world.controllers
    children = [_Child(scenario, controller, make_world) for controller in others]

    def watch_all(progress: Progress) -> None:
        watch(progress)
        for child in children:
            child.drain(watch)

    try:
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
            (*item.run.expectations, *figures), key=lambda seen: seen.line
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
    )


def _judge_figures(
    mine: Played, figures: Figures, played: Iterable[Played]
) -> ExpectationResult:
    wanted, row = figures.wanted, kpi(figures.wanted.name)
    value = figures.kpis.get(row.name)
    parts, holds = [], value is not None
    if wanted.min is not None:
        parts.append(f"≥ {row.print(wanted.min)}")
        holds = holds and value is not None and value >= wanted.min
    if wanted.max is not None:
        parts.append(f"≤ {row.print(wanted.max)}")
        holds = holds and value is not None and value <= wanted.max
    if wanted.below_run is not None:
        other = _figure_of(wanted.below_run, figures, played)
        shown = "not known" if other is None else row.print(other)
        parts.append(f"below {wanted.below_run} ({shown})")
        holds = holds and value is not None and other is not None and value < other
    return ExpectationResult(
        mine.run.name,
        figures.line,
        "kpi",
        row.name,
        " and ".join(parts),
        "not known" if value is None else row.print(value),
        holds,
        figures.at,
        index=figures.index,
    )


def _figure_of(
    run: Controller, figures: Figures, played: Iterable[Played]
) -> float | None:
    """The same key figure in another run, at the same step or else at its end."""
    name = figures.wanted.name
    for item in played:
        if item.run.name == run:
            for other in item.figures:
                if other.line == figures.line:
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


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that begin here ignore Ctrl-C: whoever began them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Child:
    """One run in a process of its own, and the pipe that it reports through."""

    def __init__(
        self, scenario: Scenario, controller: Controller, make_world: MakeWorld
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = controller.value
        self._pipe, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_child_main,
            args=(theirs, scenario, controller, make_world),
            daemon=True,
        )
        with _without_interrupts():
            self._process.start()
        theirs.close()
        self._outcome: Played | BaseException | None = None

    def drain(self, watch: Watch) -> None:
        """Takes what has arrived, without waiting."""
        while self._outcome is None and self._pipe.poll():
            self._take(watch)

    def result(self, watch: Watch) -> Played:
        """Waits for the end of the run; raises what the run raised."""
        while self._outcome is None:
            self._take(watch)
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def end(self) -> None:
        """Sees the process off, finished or not."""
        self._pipe.close()
        if self._outcome is None:
            self._process.terminate()
        self._process.join()

    def _take(self, watch: Watch) -> None:
        try:
            item = self._pipe.recv()
        except EOFError:
            self._process.join()
            item = SurroundingsError(
                f"the process of run {self._name} ended early "
                f"(exit code {self._process.exitcode})"
            )
        if isinstance(item, Progress):
            watch(item)
        else:
            self._outcome = item


def _child_main(
    pipe: Connection, scenario: Scenario, controller: Controller, make_world: MakeWorld
) -> None:
    # Told to end, it takes its world's folder away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        pipe.send(_play_one(scenario, controller, make_world, pipe.send))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        pass
    except Exception as error:
        error.add_note(traceback.format_exc())
        pipe.send(error)
