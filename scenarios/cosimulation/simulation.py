"""A world that is stepped from outside, its loads and voltages set between the steps.

The steps of its scenario are played meanwhile, each at its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from scenarios import report
from scenarios.cosimulation.parts import STATION, TRANSFORMER, Kind
from scenarios.cosimulation.readings import read_name
from scenarios.language.document import Scenario
from scenarios.playing.play import judge
from scenarios.playing.results import RunResult
from scenarios.playing.runner import Played, Runner
from scenarios.world.making import SimulatedLab
from wire.errors import ConfigError, LocalError

MODELS: Mapping[str, Kind] = {"Station": STATION, "Transformer": TRANSFORMER}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the world: of which kind, itself, and a station's number."""

    kind: Kind
    itself: Any
    number: int = 0


class CoSimulation:
    """One world in simulated time, which runs only in `step` and, for answers, in `look`.

    `step_s` is the seconds from one step to the next, `readings` are names as in
    `scenarios.cosimulation.readings`. Raises `ConfigError` for a scenario of several runs and
    for a reading that no meter of the world has.
    """

    def __init__(
        self, scenario: Scenario, step_s: int, readings: Iterable[str] = ()
    ) -> None:
        controller, *others = scenario.world.controllers
        if others:
            why = "compare plays several runs, and a co-simulation is one: name one controller"
            raise ConfigError(why, str(scenario.path))
        standard, stations = scenario.world.standard, scenario.world.stations
        self._scenario = scenario
        self._step_s = step_s
        self._readings = {name: read_name(name, standard) for name in readings}
        self._lab = lab = SimulatedLab(scenario, controller)
        self._sites = [lab.site(number) for number in range(1, stations + 1)]
        self._parts = {
            site.name: Part(STATION, site, number)
            for number, site in enumerate(self._sites, 1)
        }
        self._left = {"Station": list(self._parts), "Transformer": ["Transformer"]}
        self._parts["Transformer"] = Part(TRANSFORMER, lab)
        self._unanswered: set[tuple[str, str]] = set()
        self._until = scenario.world.start
        self._trouble: Failure | None = None
        self._stopped = ""
        self._runner = Runner(scenario, lab, controller.value)
        self._play: Deferred[Any] | None = None
        self._open = True

    def start(self) -> None:
        """Opens the world and begins with the scenario's steps."""
        try:
            self._lab.play(self._lab.open())
        except BaseException:
            self.close()
            raise
        self._play = ensureDeferred(self._runner.play())
        self._play.addCallbacks(self._finish, self._fail)

    def attributes(self, model: str) -> list[str]:
        """The names of all that a part of that model has, readings included."""
        readings = self._readings if model == "Station" else ()
        return [*MODELS[model].attributes, *readings]

    def create(self, count: int, model: str) -> list[str]:
        """The names of as many more parts: CP001, CP002 and so on, or the transformer.

        Raises `LocalError` when the world has not as many.
        """
        left = self._left[model]
        if count > len(left):
            raise LocalError(f"{count} × {model}: the world has only {len(left)} more")
        self._left[model] = left[count:]
        return left[:count]

    def step(
        self, time_s: int, given: Mapping[str, Mapping[str, Mapping[str, object]]]
    ) -> None:
        """Lets time pass until then, and sets what is given: by part, attribute and giver.

        `time_s` counts from the world's start. Raises `LocalError` for what cannot be set, and
        sets nothing then.
        """
        at = self._scenario.world.start + timedelta(seconds=time_s)
        self._turn(at)
        for site in self._sites:
            # The world's tick is longer than a step may be.
            site.unit_now()
        self._until = at + timedelta(seconds=self._step_s)
        changes = []
        # In an order of our own: the other side's may differ from run to run.
        for name, values in sorted(given.items()):
            part = self._part(name)
            for attribute, by_giver in sorted(values.items()):
                if attribute not in part.kind.inputs:
                    known = ", ".join(part.kind.inputs)
                    why = f"{name}.{attribute} cannot be set; there are: {known}"
                    raise LocalError(why)
                row = part.kind.inputs[attribute]
                value = row.quantity.take(by_giver, f"{name}.{attribute}")
                changes.append((row, part.itself, value))
        for row, itself, value in changes:
            row.set(itself, value)

    def look(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, object]]:
        """What is to be seen at this step, by part and attribute.

        For the answers to readings the world runs on, up to the next step's instant; what has
        not come by then is None, and is not asked again before it has.
        """
        seen: dict[str, dict[str, object]] = {}
        questions = []
        for name, attributes in sorted(wanted.items()):
            part, seen[name] = self._part(name), {}
            for attribute in attributes:
                if attribute in self._readings:
                    questions.append((name, attribute))
                else:
                    seen[name][attribute] = part.kind.outputs[attribute](part.itself)
        for (name, attribute), answer in self._ask(questions).items():
            seen[name][attribute] = answer
        return seen

    def result(self) -> RunResult:
        """How the scenario's steps went until now, with the key figures."""
        return judge(self._scenario, [self._runner.played(self._stopped)])

    def report(self, folder: Path) -> Path:
        """Writes the report of `result`; returns its page's path."""
        return report.write(self.result(), folder)

    def close(self) -> None:
        """Ends the world, however far it came; a second time does nothing."""
        if not self._open:
            return
        self._open = False
        try:
            if self._play is not None:
                self._play.cancel()
            self._lab.play(self._lab.shut())
        finally:
            self._lab.close()

    def _part(self, name: str) -> Part:
        if name not in self._parts:
            raise LocalError(f"there is no {name}")
        return self._parts[name]

    def _ask(
        self, questions: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], object]:
        answers: dict[tuple[str, str], object] = dict.fromkeys(questions)
        waiting = set(questions) - self._unanswered

        async def ask(name: str, attribute: str) -> None:
            try:
                reading, number = self._readings[attribute], self._parts[name].number
                answers[name, attribute] = await reading.ask(self._lab, number)
            finally:
                waiting.discard((name, attribute))
                self._unanswered.discard((name, attribute))

        for question in sorted(waiting):
            self._unanswered.add(question)
            ensureDeferred(ask(*question)).addErrback(self._fail)
        self._turn(self._until, waiting)
        return dict(answers)

    def _turn(
        self, until: datetime, waiting: set[tuple[str, str]] | None = None
    ) -> None:
        """Plays until then, or until nothing is waited for."""
        self._lab.turn(until, lambda: waiting is not None and not waiting)
        if self._trouble is not None:
            self._trouble.raiseException()

    def _finish(self, played: Played) -> None:
        self._stopped = played.stopped

    def _fail(self, failure: Failure) -> None:
        self._trouble = failure
