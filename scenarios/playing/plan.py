"""What a scenario would do, without doing it: its world, its parameters, each step in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scenarios.expecting.expectations import Expectation
from scenarios.language.document import Scenario
from scenarios.language.matrix import shown
from scenarios.playing.event_log import print_instant
from scenarios.playing.results import where
from scenarios.playing.runner import instants
from wire.instants import local

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and when it begins if nothing takes time but waiting."""

    at: datetime
    place: str
    kind: str
    gist: str

    def to_json(self) -> dict[str, object]:
        """As `run --dry-run --json` has it."""
        return {
            "at": print_instant(self.at),
            "place": self.place,
            "step": self.kind,
            "gist": self.gist,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A scenario as it would be played."""

    scenario: Scenario
    steps: tuple[PlannedStep, ...]

    def to_json(self) -> dict[str, object]:
        """The document of `run --dry-run --json`."""
        scenario = self.scenario
        variant = {"variant": scenario.variant.name} if scenario.variant.name else {}
        return {
            "scenario": scenario.name,
            **variant,
            "seed": scenario.seed,
            "tags": list(scenario.content.tags),
            "parameters": dict(scenario.parameters),
            "world": dict(_world(scenario)),
            "steps": [step.to_json() for step in self.steps],
        }

    def lines(self) -> Iterator[str]:
        """The same for a person; times are Dutch civil time."""
        scenario = self.scenario
        yield f"{scenario.full_name} ({scenario.path}), seed {scenario.seed}"
        if scenario.content.tags:
            yield f"  tags        {' '.join(scenario.content.tags)}"
        for name, value in scenario.parameters.items():
            yield f"  parameter   {name} = {shown(value)}"
        for name, value in _world(scenario):
            yield f"  world       {name} {value}"
        for step in self.steps:
            day = f"{local(step.at):%d %b %H:%M:%S}"
            yield f"  {day}  {step.place:<10} {step.kind}: {step.gist}".rstrip(": ")


def plan(scenario: Scenario) -> Plan:
    """What a scenario would do."""
    rows = zip(scenario.content.steps, scenario.places, instants(scenario))
    return Plan(
        scenario,
        tuple(
            PlannedStep(
                at,
                where(*place),
                step.kind if step.expect is None else f"expect {step.expect.kind}",
                _gist(step.body),
            )
            for step, place, at in rows
        ),
    )


def _world(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """The settings that the scenario makes, and where it begins and ends."""
    world = scenario.world
    yield "from", _print(world.start)
    yield "to", _print(world.start + timedelta(days=world.days))
    for name in type(world).model_fields:
        value = getattr(world, name)
        if name not in ("start", "days") and name in world.model_fields_set:
            if value is not None:
                yield name, _print(value)


def _gist(body: Any) -> str:
    if isinstance(body, Expectation):
        spans = _given(body, ("within", "for_", "every"))
        text = ", ".join([_print(body.body), *spans])
    else:
        text = "the end" if body is None else _print(body)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _given(model: BaseModel, names: Iterable[str]) -> list[str]:
    """Those of its fields that a file gives, as it calls them, with their values."""
    fields = type(model).model_fields
    return [
        f"{fields[name].alias or name} {_print(getattr(model, name))}"
        for name in names
        if name in model.model_fields_set
    ]


def _print(value: object) -> str:
    """A value in words: what was given, as a file has it; instants in Dutch civil time."""
    match value:
        case BaseModel():
            return ", ".join(_given(value, type(value).model_fields))
        case datetime():
            return f"{local(value):%a %d %b %Y %H:%M:%S}"
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            return _duration(value)
        case Path():
            return value.name
        case tuple() | list():
            return f"[{'; '.join(_print(item) for item in value)}]"
        case dict():
            return ", ".join(f"{name} {_print(item)}" for name, item in value.items())
    return shown(value)


def _duration(value: timedelta) -> str:
    left_ms = round(value / timedelta(milliseconds=1))
    parts = []
    for unit, size_ms in (
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ):
        count, left_ms = divmod(left_ms, size_ms)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
