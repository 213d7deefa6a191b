"""Reads a scenario file: YAML, parameters, models; every error with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from chargepoint.registers import BY_NAME
from scenarios.complaints import first_error
from scenarios.devices import named_in
from scenarios.jobs import gives_name, wants_name
from scenarios.kpis import KPIS
from scenarios.parameters import NAME, Parameter, settle, substitute, unknown
from scenarios.settings import WorldSettings
from scenarios.steps import Step
from scenarios.values import Model
from scenarios.yaml_tree import MAX_BYTES, Node, read_yaml
from wire.errors import LocalError, ScenarioError


class ScenarioFile(Model):
    """The language: what a scenario file holds."""

    scenario: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    version: Annotated[Literal[1], Field(description="of the scenario language")] = 1
    seed: Annotated[
        int, Field(ge=0, lt=2**63, description="of everything drawn at random")
    ] = 1
    parameters: dict[str, Parameter] = {}
    world: WorldSettings
    steps: Annotated[
        tuple[Step, ...], Field(strict=False, min_length=1, max_length=5000)
    ]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario ready to play: parameters filled in, everything checked."""

    path: Path
    content: ScenarioFile
    seed: int
    parameters: Mapping[str, Any]
    step_lines: tuple[int, ...]

    @property
    def name(self) -> str:
        """What the scenario calls itself."""
        return self.content.scenario

    @property
    def world(self) -> WorldSettings:
        """The world that it plays in."""
        return self.content.world


def load(
    path: Path | str,
    overrides: Mapping[str, str] | None = None,
    seed: int | None = None,
) -> Scenario:
    """Reads and checks a scenario file; `overrides` are parameters as typed by a person.

    Raises the first of `problems` as `ScenarioError`, or `ConfigError` for an override.
    """
    path = Path(path)
    return parse(_read(path), path, overrides, seed)


def parse(
    text: str,
    path: Path,
    overrides: Mapping[str, str] | None = None,
    seed: int | None = None,
) -> Scenario:
    """The same for a text that stands for the file `path`."""
    file = str(path)
    tree = read_yaml(text, file)
    if not isinstance(tree.value, dict):
        raise ScenarioError(
            "a scenario is a mapping: scenario, world, steps",
            file,
            tree.line,
            tree.column,
        )
    declared = _parameters(tree, file)
    values = settle(declared, overrides or {}, path.absolute().parent)
    body = {
        key: node if key == "parameters" else substitute(node, values, file)
        for key, node in tree.value.items()
    }
    tree = Node(body, tree.line, tree.column, keys=tree.keys)
    try:
        content = ScenarioFile.model_validate(
            tree.plain(), context={"folder": path.absolute().parent}
        )
    except ValidationError as error:
        raise first_error(
            error.errors(include_url=False), tree, ScenarioFile, file
        ) from None
    steps = tree.value["steps"]
    _check_devices(content.world, tree.value["world"], file)
    _cross_check(content, steps, file)
    return Scenario(
        path,
        content,
        content.seed if seed is None else seed,
        values,
        tuple(node.line for node in steps.value),
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            octets = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScenarioError(f"cannot be read: {reason}", str(path)) from None
    if len(octets) > MAX_BYTES:
        raise ScenarioError(f"larger than {MAX_BYTES} bytes", str(path))
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        column = error.start - octets.rfind(b"\n", 0, error.start)
        raise ScenarioError("is not UTF-8 here", str(path), line, column) from None


def _parameters(tree: Node, file: str) -> dict[str, Parameter]:
    """The declared parameters; `name: value` is short for a default without more."""
    node = tree.value.get("parameters")
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        raise ScenarioError("should be a mapping", file, node.line, node.column)
    declared = {}
    for name, item in node.value.items():
        if not re.fullmatch(NAME, name):
            place = (node.keys or {}).get(name, node)
            raise ScenarioError(
                f"{name!r}: a parameter's name is lower-case letters, digits and _",
                file,
                place.line,
                place.column,
            )
        try:
            declared[name] = Parameter.model_validate(_spelled_out(item).plain())
        except ValidationError as error:
            details = error.errors(include_url=False)
            raise first_error(details, _spelled_out(item), Parameter, file) from None
        node.value[name] = _spelled_out(item)
    return declared


def _spelled_out(item: Node) -> Node:
    if isinstance(item.value, dict):
        return item
    return Node({"default": item}, item.line, item.column, keys={"default": item})


def _check_devices(world: WorldSettings, node: Node, file: str) -> None:
    """Devices that cannot be, are there twice, or hang on meters that are not there."""
    seen: set[object] = set()
    rows = node.value["devices"].value if world.devices else ()
    for device, row in zip(world.devices, rows):
        why = ""
        try:
            short_id = device.entry(world.standard).identity().short_id
            if short_id in seen:
                why = f"another device has the number {short_id.identification} on P2"
            seen.add(short_id)
        except LocalError as error:
            why = str(error)
        if device.equipment_id in seen:
            why = f"device {device.equipment_id} is there twice"
        if device.meter > world.stations:
            why = f"there is no meter {device.meter}: the last is {world.stations}"
        if why:
            raise ScenarioError(why, file, row.line, row.column)
        seen.add(device.equipment_id)


def _cross_check(content: ScenarioFile, steps: Node, file: str) -> None:
    """What one model cannot see: meters that are not there, names that nothing has."""
    stations = content.world.stations
    controllers = content.world.controllers
    devices = [device.equipment_id for device in content.world.devices]
    named: list[str] = []
    for path, node in _walk(steps, ()):
        why, name = "", str(node.value)
        match path:
            case (*_, "meter" | "station" as what) if _beyond(node, stations):
                why = f"there is no {what} {name}: the last is {stations}"
            case (*_, "kpi", "name") if name not in KPIS:
                why = unknown("key figure", name, KPIS)
            case (*_, "register", "name") if name not in BY_NAME:
                why = unknown("register", name, BY_NAME)
            case (*_, "kpi", "run" | "below_run") if node.value not in controllers:
                why = f"no run with controller {name!r} is played"
            case path if gives_name(path):
                named.append(name)
            case path if wants_name(path) and name not in named:
                why = unknown("job or schedule", name, named)
            case path if named_in(path) and node.value not in devices:
                why = unknown("device", name, devices)
        if why:
            raise ScenarioError(why, file, node.line, node.column)
    earliest = content.world.start
    for step, node in zip(content.steps, steps.value):
        if isinstance(until := step.run_until, datetime):
            if until < earliest:
                place = node.value["run_until"]
                why = f"run_until: {until.isoformat()} has passed by then"
                raise ScenarioError(why, file, place.line, place.column)
            earliest = until


def _beyond(node: Node, last: int) -> bool:
    """Whether it is a number, and there are not so many."""
    return isinstance(node.value, int) and node.value > last


def _walk(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The single values of a tree, each with the keys that lead to it."""
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from _walk(inner, path)
    else:
        yield path, node
