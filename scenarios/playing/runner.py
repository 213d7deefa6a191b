"""Plays the steps of a scenario on one world, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from scenarios.acting.actions import ACTIONS, next_time_of_day
from scenarios.expecting.expectations import Expectation, KpiValue
from scenarios.expecting.watching import watch
from scenarios.language.document import Place, Scenario
from scenarios.playing.results import ExpectationResult, Run, StepResult
from scenarios.playing.scene import Scene, Seen
from scenarios.playing.world_protocol import World
from wire.errors import SimError

PROGRESS_SLICES = 400


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `share` of the planned time from 0 to 1, and the step's kind."""

    run: str
    share: float
    now: datetime
    doing: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The key figures at a step that expects one of them; judged when all runs are there."""

    index: int
    place: Place
    wanted: KpiValue
    at: datetime
    kpis: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Played:
    """One run as played: what it left, and what is still to be judged."""

    run: Run
    figures: tuple[Figures, ...]
    end: datetime
    stopped: str = ""


def instants(scenario: Scenario) -> list[datetime]:
    """When each step begins if nothing takes time but waiting, and where the last one ends."""
    start = now = scenario.world.start
    found = [now]
    for step in scenario.content.steps:
        match step.kind, step.body:
            case "run_for", duration:
                now += duration
            case "expect", body:
                now += body.for_ or timedelta(0)
            case "power_cycle" | "restart", body:
                now += body.off_for
            case "run_until", time() as wanted_time:
                now = next_time_of_day(now, wanted_time)
            case "run_until", until:
                end = start + timedelta(days=scenario.world.days)
                now = max(now, until or end)
        found.append(now)
    return found


class Runner:
    """Plays one scenario on one world, once."""

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        run: str,
        progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self._scenario = scenario
        self._world = world
        self._run = run
        self._progress = progress
        self._start = scenario.world.start
        self._planned = max(
            instants(scenario)[-1] - self._start, timedelta(milliseconds=1)
        )
        self._doing = ""
        self._scene = Scene(world, self._wait, world.now)
        self._steps: list[StepResult] = []
        self._expectations: list[ExpectationResult] = []
        self._figures: list[Figures] = []

    async def play(self) -> Played:
        """Plays all steps; a step that cannot be carried out ends the run.

        A command that is refused and an expectation that does not hold fail their step, and
        the play goes on.
        """
        world, stopped = self._world, ""
        for index, step in enumerate(self._scenario.content.steps):
            self._doing = step.kind
            self._report()
            place, at = self._scenario.places[index], world.now
            self._scene.began = at
            try:
                if step.expect is not None:
                    seen = await self._expect(step.expect, index + 1, place)
                else:
                    seen = await ACTIONS[step.kind](self._scene, step.body)
            except SimError as error:
                seen = Seen(False, "could not be done", str(error))
                stopped = f"step {index + 1} ({step.kind}): {error}"
            self._steps.append(
                StepResult(
                    self._run,
                    index + 1,
                    place.line,
                    step.kind,
                    at,
                    world.now,
                    seen.passed,
                    seen.result,
                    seen.detail,
                    seen.value,
                    place.file,
                )
            )
            world.log.add(
                world.now,
                "step",
                index=index + 1,
                step=step.kind,
                passed=seen.passed,
                result=seen.result,
            )
            if stopped:
                break
        return self.played(stopped)

    def played(self, stopped: str = "") -> Played:
        """The run as far as it is played now; `stopped` tells why it goes no further."""
        world = self._world
        run = Run(
            self._run,
            tuple(self._steps),
            tuple(self._expectations),
            dict(world.kpis()),
            world.report(),
            tuple(world.log),
            world.log.digest(),
        )
        return Played(run, tuple(self._figures), world.now, stopped)

    async def _wait(self, until: datetime) -> None:
        slice_ = max(self._planned / PROGRESS_SLICES, timedelta(seconds=1))
        while self._world.now < until:
            await self._world.run_until(min(self._world.now + slice_, until))
            self._report()

    def _report(self) -> None:
        now = self._world.now
        share = min((now - self._start) / self._planned, 1.0)
        self._progress(Progress(self._run, share, now, self._doing))

    async def _expect(self, expectation: Expectation, index: int, place: Place) -> Seen:
        world, at = self._world, self._world.now
        if expectation.kpi is not None:
            if expectation.kpi.run in (None, self._run):
                self._figures.append(
                    Figures(index, place, expectation.kpi, at, dict(world.kpis()))
                )
            return Seen(result="noted")
        watched = await watch(self._scene, expectation)
        found, until = watched.look, watched.since or world.now
        self._expectations.append(
            ExpectationResult(
                self._run,
                place.line,
                expectation.kind,
                expectation.body.subject,
                found.wanted or expectation.body.print(),
                found.seen,
                watched.passed,
                world.now,
                (until - at).total_seconds() if expectation.within else None,
                watched.held.total_seconds() if expectation.for_ else None,
                index,
                expectation.within.total_seconds() if expectation.within else None,
                watched.sights,
                place.file,
            )
        )
        word = "seen" if watched.passed else "not seen"
        return Seen(watched.passed, word, found.seen)
