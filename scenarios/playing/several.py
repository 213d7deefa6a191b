"""Plays several scenarios, or the variants of a matrix, some at a time, and ends them in order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import wait

from scenarios.language.document import Scenario
from scenarios.playing.child import Child
from scenarios.playing.play import MakeWorld, play
from scenarios.playing.results import Run, RunData, RunResult
from scenarios.playing.runner import Progress
from wire.errors import SimError

# So many for each process may have ended before the first of them is taken over.
_AHEAD = 4

WatchEach = Callable[[int, Progress], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """A scenario that was played, and the seconds of real time that it took.

    `error` is what kept it from being played, as far as it came.
    """

    scenario: Scenario
    result: RunResult
    took_s: float
    error: Exception | None = None

    def without_data(self) -> Ended:
        """The same without the charts' data and the events, which are much."""
        runs = tuple(
            replace(run, data=RunData(), events=()) for run in self.result.runs
        )
        return replace(self, result=replace(self.result, runs=runs))


def usable_cores() -> int:
    """How many processes can run at a time here."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def play_each(
    scenarios: Sequence[Scenario],
    make_world: MakeWorld,
    jobs: int,
    watch: WatchEach = lambda index, progress: None,
) -> Generator[Ended, None, None]:
    """Plays all, about `jobs` processes at a time, and yields them in their order.

    One that cannot be played is an `Ended` that says so, and the others go on. With one
    process they are played here. Whoever looks no further ends the processes that still run.
    """
    each = max(len(scenario.world.controllers) for scenario in scenarios)
    at_a_time = min(max(jobs // each, 1), len(scenarios))
    if at_a_time == 1:
        for index, scenario in enumerate(scenarios):
            yield _played(scenario, partial(play, scenario, make_world), index, watch)
        return
    pool = _Pool(scenarios, make_world, at_a_time, watch)
    try:
        for index in range(len(scenarios)):
            yield pool.end_of(index)
    finally:
        pool.end()


class _Pool:
    """The processes that play now, and those that have ended and wait to be taken over."""

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        make_world: MakeWorld,
        at_a_time: int,
        watch: WatchEach,
    ) -> None:
        self._scenarios = scenarios
        self._make_world = make_world
        self._at_a_time = at_a_time
        self._watch = watch
        self._running: dict[int, tuple[Child[RunResult], float]] = {}
        self._idle: list[Child[RunResult]] = []
        self._ended: dict[int, Ended] = {}
        self._next = 0

    def end_of(self, index: int) -> Ended:
        """Waits for one of them, while the others play."""
        while True:
            self._begin(before=index + _AHEAD * self._at_a_time)
            if index in self._ended:
                return self._ended.pop(index)
            wait([child.pipe for child, _ in self._running.values()])
            for number, (child, _) in list(self._running.items()):
                child.drain(partial(self._watch, number))
                if child.ended:
                    self._take(number)

    def end(self) -> None:
        """Ends all processes, those too that still play."""
        for child in (*self._idle, *(child for child, _ in self._running.values())):
            child.end()

    def _begin(self, before: int) -> None:
        until = min(before, len(self._scenarios))
        while len(self._running) < self._at_a_time and self._next < until:
            scenario = self._scenarios[self._next]
            child = self._idle.pop() if self._idle else Child()
            self._running[self._next] = child, time.monotonic()
            self._next += 1
            child.begin(scenario.full_name, partial(play, scenario, self._make_world))

    def _take(self, number: int) -> None:
        child, began_s = self._running.pop(number)
        self._ended[number] = _played(
            self._scenarios[number], child.result, number, self._watch, began_s
        )
        if child.lives:
            self._idle.append(child)
        else:
            child.end()


def _played(
    scenario: Scenario,
    result: Callable[[Callable[[Progress], None]], RunResult],
    index: int,
    watch: WatchEach,
    began_s: float | None = None,
) -> Ended:
    """How a scenario ended: with its result, or with what kept it from having one."""
    began_s = time.monotonic() if began_s is None else began_s
    error = None
    try:
        found = result(partial(watch, index))
    except Exception as caught:
        error = caught
        found = _not_played(scenario, caught)
    return Ended(scenario, found, time.monotonic() - began_s, error)


def _not_played(scenario: Scenario, error: Exception) -> RunResult:
    why = str(error) if isinstance(error, SimError) else repr(error)
    start, controller = scenario.world.start, scenario.world.controllers[-1]
    return RunResult(
        scenario.name,
        scenario.content.description,
        scenario.seed,
        start,
        start,
        (Run(controller.value, (), (), {}),),
        why,
        scenario.variant.name,
        scenario.parameters,
    )
