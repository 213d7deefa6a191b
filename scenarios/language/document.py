"""Reads a scenario file: YAML, parameters, parts, models; every error with file, line, column."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, field_validator

from scenarios.acting.steps import Step
from scenarios.language.complaints import Faults, Found, build, raise_if_any
from scenarios.language.cross_check import check_devices, check_steps
from scenarios.language.matrix import SEED, Axis, Variant, axes_in, variants, vary
from scenarios.language.parameters import (
    Parameter,
    declared_in,
    referred_to,
    settle,
    substitute,
)
from scenarios.language.parts import Parts
from scenarios.language.settings import WorldSettings
from scenarios.language.values import Model
from scenarios.language.yaml_tree import MAX_BYTES, Node, read_yaml
from wire.errors import ScenarioError

# Where a reference to a parameter is none.
_LITERAL = ("parameters", "matrix", "tags")

# Of all variants of a matrix together.
MOST_STEPS = 100_000

Tag = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_.-]{0,39}$")]


class ScenarioFile(Model):
    """The language: what a scenario file holds."""

    scenario: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    version: Annotated[Literal[1], Field(description="of the scenario language")] = 1
    tags: Annotated[
        tuple[Tag, ...],
        Field(strict=False, max_length=40, description="to choose it by: --tag"),
    ] = ()
    seed: Annotated[
        int, Field(ge=0, lt=2**63, description="of everything drawn at random")
    ] = 1
    parameters: dict[str, Parameter] = {}
    matrix: Annotated[
        dict[str, Any],
        Field(
            description="parameters (or seed) and the values of each; played in every"
            " combination"
        ),
    ] = {}
    world: WorldSettings
    steps: Annotated[
        tuple[Step, ...], Field(strict=False, min_length=1, max_length=5000)
    ]

    @field_validator("tags")
    @classmethod
    def _once_each(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(given)) < len(given):
            raise ValueError("a tag stands once")
        return given


class Place(NamedTuple):
    """Where a step stands: its line, and the part's file; none is the scenario's own."""

    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario ready to play: parameters filled in, parts in place, everything checked.

    `written` are the steps as they stand in the files, with the values of the parameters.
    """

    path: Path
    content: ScenarioFile
    seed: int
    parameters: Mapping[str, Any]
    places: tuple[Place, ...]
    variant: Variant = Variant()
    written: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """What the scenario calls itself."""
        return self.content.scenario

    @property
    def full_name(self) -> str:
        """The same with the variant of a matrix that it is."""
        return f"{self.name}/{self.variant.name}" if self.variant.name else self.name

    @property
    def world(self) -> WorldSettings:
        """The world that it plays in."""
        return self.content.world


@dataclass(frozen=True, slots=True)
class Source:
    """A scenario file as it is written, before its parameters have their values.

    `axes` are those of its matrix. `found` is what is wrong with it whatever the values are;
    `parts` are the files that it has included so far, each read once.
    """

    path: Path
    tree: Node
    declared: Mapping[str, Parameter]
    axes: tuple[Axis, ...]
    found: tuple[ScenarioError, ...]
    parts: dict[Path, Node] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the paths in it count from."""
        return self.path.absolute().parent

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that it has, before anybody has checked them."""
        node = self.tree.value.get("tags")
        items = node.value if node is not None and isinstance(node.value, list) else ()
        return tuple(str(item.value) for item in items)

    def part(self, path: Path) -> Node:
        """A file that it includes."""
        if path not in self.parts:
            self.parts[path] = read_yaml(_read(path), str(path))
        return self.parts[path]


def load(
    path: Path | str,
    overrides: Mapping[str, str] | None = None,
    seed: int | None = None,
) -> Scenario:
    """Reads and checks a scenario file; `overrides` are parameters as typed by a person.

    Raises all that is wrong as `Faults`, a `ScenarioError`, or `ConfigError` for an override.
    """
    source = read(path)
    values = settle(source.declared, overrides or {}, source.folder)
    return check(source, values, seed)


def parse(
    text: str,
    path: Path,
    overrides: Mapping[str, str] | None = None,
    seed: int | None = None,
) -> Scenario:
    """The same for a text that stands for the file `path`."""
    source = source_of(text, path)
    values = settle(source.declared, overrides or {}, source.folder)
    return check(source, values, seed)


def read(path: Path | str) -> Source:
    """A scenario file as it is written; raises `ScenarioError` when it is no mapping in YAML."""
    return source_of(_read(Path(path)), Path(path))


def source_of(text: str, path: Path) -> Source:
    """The same for a text that stands for the file `path`."""
    tree = read_yaml(text, str(path))
    if not isinstance(tree.value, dict):
        raise tree.fault("a scenario is a mapping: scenario, world, steps")
    found: Found = []
    declared = declared_in(tree, found)
    axes = axes_in(tree, declared, found)
    return Source(path, tree, declared, axes, tuple(found))


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose on the command line: parameters, a seed, axes of a matrix."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    vary: Mapping[str, str] = field(default_factory=dict)


def scenarios_of(source: Source, chosen: Choices = Choices()) -> list[Scenario]:
    """All that a file is to play: every variant of its matrix, or the one scenario that it is.

    Raises `Faults`, or `ConfigError` for what was chosen.
    """
    values = settle(source.declared, chosen.parameters, source.folder)
    if source.found:
        check(source, values, chosen.seed)
    fixed = {*chosen.parameters, *(() if chosen.seed is None else (SEED,))}
    used = referred_to(source.tree)
    axes = vary(source.axes, source.declared, chosen.vary, fixed, source.folder, used)
    found: list[Scenario] = []
    played = variants(axes)
    for variant in played:
        try:
            found.append(check(source, values, chosen.seed, variant))
        except Faults as faults:
            if variant.name:
                # It may be wrong whatever the values on the axes.
                check(source, values, chosen.seed)
                raise faults.among(variant.title) from None
            raise
        steps = len(found[-1].places)
        if len(played) > 1 and len(played) * steps > MOST_STEPS:
            why = f"{len(played)} variants of {steps} steps each are more than"
            raise ScenarioError(f"{why} {MOST_STEPS} steps", source.tree.file)
    return found


def check(
    source: Source,
    values: Mapping[str, Any],
    seed: int | None,
    variant: Variant = Variant(),
) -> Scenario:
    """The scenario with these values of its parameters, the variant's winning; raises `Faults`."""
    own_seed = None if SEED in source.declared else variant.values.get(SEED)
    values = {name: variant.values.get(name, value) for name, value in values.items()}
    found: Found = list(source.found)
    body = {
        key: node if key in _LITERAL else substitute(node, values, found)
        for key, node in source.tree.value.items()
    }
    chain = (source.path,)
    parts = Parts(source.part, found, source.tree.values)
    if "world" in body:
        body["world"] = parts.world(body["world"], chain)
    if "steps" in body and isinstance(body["steps"].value, list):
        steps = parts.steps(body["steps"], chain)
        body["steps"] = replace(body["steps"], value=steps)
    varied = bool(variant.values)
    content = _build(source, replace(source.tree, value=body), found, varied)
    raise_if_any(found, source.tree.file)
    assert content is not None
    steps = body["steps"].value
    places = tuple(_place(node, source.tree.file) for node in steps)
    written = tuple(node.plain() for node in steps)
    seeds = [item for item in (own_seed, seed) if item is not None]
    seed = int(seeds[0]) if seeds else content.seed
    return Scenario(source.path, content, seed, values, places, variant, written)


def _build(
    source: Source, tree: Node, found: Found, varied: bool
) -> ScenarioFile | None:
    """The models, each part with the folder of its own file; what is wrong goes to `found`."""
    plain = {key: node.plain() for key, node in tree.value.items()}
    plain["parameters"] = {} if source.found else dict(source.declared)
    world, steps = tree.value.get("world"), tree.value.get("steps")
    settings = None
    if world is not None:
        settings = build(WorldSettings, world, found, "world")
        plain["world"] = settings or WorldSettings.model_construct()
        if settings is not None:
            check_devices(settings, world, found)
    if steps is not None and isinstance(steps.value, list):
        built = [build(Step, node, found, "steps") for node in steps.value]
        good = [(step, node) for step, node in zip(built, steps.value) if step]
        check_steps(settings, good, found, varied=varied)
        # Of those that are wrong it is said already, here and in their parts.
        spare = Step(note="")
        plain["steps"] = tuple(step or spare for step in built or [None] * bool(found))
    return build(ScenarioFile, tree, found, plain=plain)


def _place(step: Node, own: str) -> Place:
    if step.file == own:
        return Place(step.line)
    return Place(step.line, os.path.relpath(step.file, Path(own).parent))


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
