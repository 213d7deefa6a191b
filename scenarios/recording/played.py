"""A played scenario as a scenario that plays elsewhere: all settled, and what was seen in it.

A play in simulated time must come out the same to the last event, so its event log lies
beside it. One in real time, in which people and tools may have had their hands, is told by its
instants, and is expected to show the same settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scenarios.language.document import Scenario, parse
from scenarios.language.settings import WorldSettings
from scenarios.language.values import parse_duration
from scenarios.playing.event_log import print_event, print_instant
from scenarios.playing.results import ExpectationResult, Hop, Run, StepResult
from scenarios.recording import folder, lasting, secrets
from scenarios.recording.yaml_lines import Draft, Line, flow
from wire.errors import LocalError, ScenarioError, SurroundingsError

FILE, EVENTS = "recording.yaml", "events.jsonl"
# The keys of a world that name files; a file's own name stands in the event log.
_FILES: Final = ("sessions", "feeder", "premises", "feeder_mapping")
_FIGURES: Final = ("max_pu", "energy_served")
_NEAR = 1e-6


def keep(place: Path, scenario: Scenario, run: Run, *, simulated: bool) -> Path:
    """Writes the recording of a run into a new folder; its scenario file.

    Of several controllers side by side it is of one, so what compares them is left out. Raises
    `LocalError` when no scenario can hold it.
    """
    copies = _copies(scenario.world)
    exact = simulated and len(run.steps) == len(scenario.written)
    steps, events = _steps(scenario, run, exact)
    draft = Draft(
        scenario.name,
        scenario.content.description,
        scenario.seed,
        _world(scenario.world, run.name, copies),
        [*steps, *(_ends(scenario.world, run) if exact else ())],
        tuple(_head(scenario, copies, simulated)),
    )
    texts = {FILE: draft.text()} | ({EVENTS: events} if exact else {})
    with folder.new(place):
        folder.fill(place, texts, copies)
        try:
            parse(texts[FILE], place / FILE)
        except ScenarioError as error:
            raise LocalError(f"no scenario holds this recording: {error}") from None
    return place / FILE


def _copies(world: WorldSettings) -> dict[Path, str]:
    """The files that the world needs, and what they are called in the recording."""
    copies: dict[Path, str] = {}
    for key in _FILES:
        path: Path | None = getattr(world, key)
        if path is not None and path not in copies:
            taken = path.name in (*copies.values(), FILE, EVENTS)
            copies[path] = f"{key}-{path.name}" if taken else path.name
    return copies


def _world(
    world: WorldSettings, controller: str, copies: Mapping[Path, str]
) -> dict[str, Any]:
    written = world.model_dump(
        mode="json",
        exclude_unset=True,
        exclude_none=True,
        exclude={"include", "compare"},
    )
    if world.compare:
        written["controller"] = controller
    for key in _FILES:
        if (path := getattr(world, key)) is not None:
            written[key] = copies[path]
    return written


def _head(
    scenario: Scenario, copies: Mapping[Path, str], simulated: bool
) -> Iterator[str]:
    how = "simulated time" if simulated else "real time"
    yield f"Recorded of {scenario.path.name}, played in {how}."
    if scenario.parameters:
        told = (f"{name}: {value}" for name, value in scenario.parameters.items())
        yield f"parameters: {', '.join(told)}"
    for path, name in copies.items():
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise SurroundingsError(f"{path}: {error.strerror}") from None
        yield f"{name}: sha256 {digest}"


def _steps(scenario: Scenario, run: Run, exact: bool) -> tuple[list[Line], str]:
    """The steps with what was seen at them, and the event log that they are to leave."""
    log = _Log(run.events)
    expected = {seen.index: seen for seen in run.expectations}
    waits = _Waits(scenario)
    lines: list[Line] = []
    before: datetime | None = None
    for step, body in zip(run.steps, scenario.written):
        if _compares(body, run.name):
            log.step(None)
            continue
        began = () if step.at == before else (print_instant(step.at),)
        remarks, before = (*began, *_remarks(step, expected)), step.at
        lines.append(Line(body if exact else waits.settled(step, body), remarks))
        log.step(len(lines))
        for answer in _answers(scenario, step, body, exact):
            lines.append(Line({"expect": {"answered": answer}}))
            log.looked(len(lines))
    lines += [
        Line(body)
        for body in scenario.written[len(run.steps) :]
        if not _compares(body, run.name)
    ]
    return lines, log.text()


def _compares(step: Mapping[str, Any], controller: str) -> bool:
    """Whether a step looks at another run than this one."""
    kpi = step.get("expect", {}).get("kpi") or {}
    return "below_run" in kpi or kpi.get("run", controller) != controller


def _remarks(
    step: StepResult, expected: Mapping[int, ExpectationResult]
) -> Iterator[str]:
    seen = expected.get(step.index)
    if seen is not None:
        after = "" if seen.after_s is None else f" after {seen.after_s:g} s"
        yield f"{'seen' if seen.passed else 'not held'}{after}: {seen.seen}"
    elif not step.passed:
        yield f"{step.result}: {step.detail}" if step.detail else step.result


def _answers(
    scenario: Scenario, step: StepResult, body: Mapping[str, Any], exact: bool
) -> Iterator[Mapping[str, object]]:
    """What the answer of a command is expected to be: all of it, or what lasts."""
    if step.step not in _OPERATIONS or step.value is None or not step.passed:
        return
    asked = body[step.step]
    operation, arguments = _OPERATIONS[step.step](asked)
    standard, meter = scenario.world.standard, asked.get("meter", 1)
    is_secret = operation in _MAY_TELL or (
        operation == "get" and secrets.is_asked(standard, arguments["object"])
    )
    found: list[tuple[str, object]] = []
    if exact and not is_secret and len(flow(step.value)) <= lasting.LONGEST:
        found = [("", step.value)]
    elif operation == "get":
        answer = {"value": step.value}
        kept = lasting.items(operation, standard, arguments, answer)
        found = [("", value) for _, value in kept]
    else:
        found = list(lasting.items(operation, standard, arguments, step.value))
    for place, value in found:
        item = {"item": place} if place else {}
        yield {"meter": meter, **item, "equals": value}


_OPERATIONS: Final[Mapping[str, Any]] = {
    "read": lambda asked: ("get", {"object": asked["object"]}),
    "operate": lambda asked: (asked["operation"], asked.get("arguments", {})),
}
"""The steps that are answered, and what they ask of the head-end."""

_MAY_TELL: Final = {"all", "bundle"}
"""Operations whose answers may hold what lets somebody in."""


def _ends(world: WorldSettings, run: Run) -> Iterator[Line]:
    """What is expected of the run as a whole: its events, latencies and key figures."""
    yield Line({"expect": {"recorded": {"events": EVENTS}}})
    for before, row in zip(Hop, run.data.latencies):
        if row.count:
            hops = {"from": before.name.lower(), "to": row.hop.name.lower()}
            slowest = {"figure": "max", **hops, "equals": round(row.max_s, 3)}
            yield Line({"expect": {"latency": slowest}})
    if world.feeder is not None or world.sessions is not None:
        for name in _FIGURES:
            figure = run.kpis[name]
            low, high = round(figure - _NEAR, 6), round(figure + _NEAR, 6)
            yield Line({"expect": {"kpi": {"name": name, "min": low, "max": high}}})


class _Waits:
    """The waits of a play in real time, to the instants at which they ended.

    Where the replay may be later by then, as an expectation may take longer in it to hold, and
    where the wires are slow or lossy, which sockets are not, a wait lasts as long as it says.
    """

    def __init__(self, scenario: Scenario) -> None:
        world = scenario.world
        disturbed = any("disturb_wire" in step for step in scenario.written)
        self._is_sound = not (world.latency_s or world.loss or disturbed)
        self._latest = scenario.world.start

    def settled(self, step: StepResult, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The step as it is written then."""
        until = step.until.replace(microsecond=step.until.microsecond // 1000 * 1000)
        is_wait = step.step in ("run_for", "run_until") and step.passed
        if is_wait and self._is_sound and until > self._latest:
            self._latest = until
            return {"run_until": print_instant(until)}
        takes = step.until - step.at if is_wait else timedelta(0)
        if step.step == "expect":
            for name in ("within", "for"):
                takes += parse_duration(body["expect"].get(name, "0s"))
        self._latest = max(self._latest + takes, step.until)
        return body


class _Log:
    """The event log of a run as its recording is to leave it, with a step for each look more."""

    def __init__(self, events: Iterable[str]) -> None:
        self._events = iter(events)
        self._lines: list[str] = []
        self._now = ""

    def step(self, index: int | None) -> None:
        """All up to the end of the next step, which now has that number, or is there no more."""
        for line in self._events:
            event = json.loads(line) if _IS_STEP in line else {}
            if event.get("what") == "step":
                self._now = event["at"]
                if index is not None:
                    self._lines.append(print_event(**(event | {"index": index})))
                return
            self._lines.append(line)

    def looked(self, index: int) -> None:
        """An expectation that holds, at once."""
        fields = {"index": index, "step": "expect", "passed": True, "result": "seen"}
        self._lines.append(print_event(self._now, "step", **fields))

    def text(self) -> str:
        """The file."""
        return "".join(f"{line}\n" for line in self._lines)


_IS_STEP: Final = ',"what":"step"'
