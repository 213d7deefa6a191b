"""A matrix: parameters and the values that each is to have; every combination is a variant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path

from scenarios.language.complaints import Found
from scenarios.language.parameters import (
    Kind,
    Parameter,
    Value,
    named,
    referred_to,
    unfit,
)
from scenarios.language.yaml_tree import Node
from wire.errors import ConfigError

MOST_VARIANTS = 1000
SEED = "seed"


class _Seed(Parameter):
    """The seed can be varied like a parameter, unless a parameter has its name."""

    def check(self, value: object) -> None:
        """As any whole number, but one that is a seed."""
        super().check(value)
        if not isinstance(value, int) or not 0 <= value < 2**63:
            raise ValueError(f"{value} should be a whole number from 0 on")


_SEED = _Seed(type=Kind.INTEGER, default=1)
_UNSAFE = re.compile(r"[^A-Za-z0-9.+-]+")
_LONGEST_VALUE, _LONGEST_NAME = 32, 100


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter, and the values that it has one after the other."""

    name: str
    values: tuple[Value, ...]

    @property
    def numeric(self) -> bool:
        """Whether its values lie on a scale, which those of a seed do not."""
        numbers = all(
            isinstance(value, int | float) and not isinstance(value, bool)
            for value in self.values
        )
        return numbers and self.name != SEED


@dataclass(frozen=True, slots=True)
class Variant:
    """A value on each axis; `name` is made of them and fit for a folder.

    Without a matrix there is one, without a name.
    """

    name: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The values, for a person."""
        return ", ".join(f"{name} {shown(item)}" for name, item in self.values.items())


def shown(value: object) -> str:
    """A parameter's value, as a file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "–" if value is None else str(value)


def axes_in(
    tree: Node, declared: Mapping[str, Parameter], found: Found
) -> tuple[Axis, ...]:
    """The axes of a file's `matrix`; what is wrong with them is added to `found`."""
    node = tree.value.get("matrix")
    if node is None:
        return ()
    if not isinstance(node.value, dict):
        found.append(node.fault("matrix: should be a mapping of parameters to lists"))
        return ()
    axes = []
    used = referred_to(tree)
    for name, item in node.value.items():
        if not isinstance(item.value, list) or not item.value:
            found.append(item.fault(f"{name}: should be a list of values"))
            continue
        try:
            parameter = _varied(declared, name)
        except ValueError as error:
            found.append(node.key(name).fault(str(error)))
            continue
        if why := _unused(name, declared, used):
            found.append(node.key(name).fault(why))
        values: list[Value] = []
        for value in item.value:
            why = unfit(parameter, value)
            if not why and value.value in values:
                why = f"{shown(value.value)} stands twice"
            if why:
                found.append(value.fault(f"{name}: {why}"))
            else:
                values.append(value.value)
        axes.append(Axis(name, tuple(values)))
    if why := _too_many(axes):
        found.append(node.fault(why))
    return tuple(axes)


def vary(
    axes: Iterable[Axis],
    declared: Mapping[str, Parameter],
    given: Mapping[str, str],
    fixed: Iterable[str],
    folder: Path,
    used: Collection[str],
) -> tuple[Axis, ...]:
    """The axes after what was said on the command line.

    Each of `given` (`loss` to `0,0.25`) replaces the axis of its name or is a new one; what is
    `fixed` to one value is none; `used` are the names that the file refers to. Raises
    `ConfigError`.
    """
    varied = {axis.name: axis for axis in axes if axis.name not in fixed}
    for name, text in given.items():
        if name in fixed:
            raise ConfigError(f"--vary {name}: it is set to one value too")
        try:
            parameter = _varied(declared, name)
            values = [parameter.parse(item, folder) for item in text.split(",")]
        except ValueError as error:
            raise ConfigError(f"--vary {name}: {error}") from None
        if why := _unused(name, declared, used):
            raise ConfigError(f"--vary {why}")
        if len(set(values)) < len(values):
            raise ConfigError(f"--vary {name}: a value stands twice in {text}")
        varied[name] = Axis(name, tuple(values))
    if why := _too_many(varied.values()):
        raise ConfigError(f"--vary: {why}")
    return tuple(varied.values())


def variants(axes: Sequence[Axis]) -> list[Variant]:
    """Every combination, the last axis changing fastest; no name twice, in any case."""
    if not axes:
        return [Variant()]
    found: list[Variant] = []
    taken: set[str] = set()
    for values in product(*(axis.values for axis in axes)):
        chosen = dict(zip((axis.name for axis in axes), values))
        name = "_".join(f"{axis}-{_safe(item)}" for axis, item in chosen.items())
        name = base = name[:_LONGEST_NAME].rstrip(".")
        again = 1
        while name.lower() in taken:
            again += 1
            name = f"{base}_{again}"
        taken.add(name.lower())
        found.append(Variant(name, chosen))
    return found


def axes_of(played: Iterable[Variant]) -> tuple[Axis, ...]:
    """The axes that these variants are spread over."""
    values: dict[str, dict[Value, None]] = {}
    for variant in played:
        for name, value in variant.values.items():
            values.setdefault(name, {})[value] = None
    return tuple(Axis(name, tuple(found)) for name, found in values.items())


def _varied(declared: Mapping[str, Parameter], name: str) -> Parameter:
    return named({SEED: _SEED, **declared}, name)


def _unused(name: str, declared: Mapping[str, object], used: Collection[str]) -> str:
    """What is wrong when nothing would change with a parameter; empty when something does."""
    if name not in declared or name in used:
        return ""
    return f"{name}: nothing changes with it, for ${{{name}}} stands nowhere"


def _safe(value: Value) -> str:
    text = shown(value)
    if "/" in text:
        text = Path(text).stem
    return _UNSAFE.sub("_", text)[:_LONGEST_VALUE].strip(".") or "_"


def _too_many(axes: Iterable[Axis]) -> str:
    count = prod(len(axis.values) for axis in axes)
    if count <= MOST_VARIANTS:
        return ""
    return f"{count} variants are more than {MOST_VARIANTS}"
