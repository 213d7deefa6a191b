"""The parameters of a scenario: declared with a type and a default, set on the command line.

In a file `${name}` stands for a whole value, never for a part of a text: there are no
expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from scenarios.language.complaints import Found, build
from scenarios.language.values import Model, parse_duration, parse_instant
from scenarios.language.yaml_tree import Node
from wire.errors import ConfigError
from wire.spelling import meant, unknown

NAME = "^[a-z][a-z0-9_]{0,39}$"
Value = str | int | float | bool
_LONGEST_INTEGER = 20
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")


class Kind(StrEnum):
    """The type of a parameter."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    INSTANT = "instant"
    FILE = "file"


_WORDS = {"true": True, "false": False, "yes": True, "no": False}
_WHAT = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DURATION: "a duration such as 15s or 1h",
    Kind.INSTANT: "a date and time with offset",
    Kind.FILE: "a file's path",
}


class Parameter(Model):
    """What may be set from outside; without a type, the default's."""

    default: Value | None
    type: Annotated[Kind | None, Field(strict=False)] = None
    choices: Annotated[
        tuple[str | int | float, ...], Field(strict=False, min_length=1)
    ] = ()
    description: str = ""

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.default is None:
            if self.type is None:
                raise ValueError("a parameter without a default needs a type")
        else:
            self.check(self.default)
        return self

    @property
    def kind(self) -> Kind:
        """Its type, declared or the default's."""
        if self.type is not None:
            return self.type
        if isinstance(self.default, bool):
            return Kind.BOOLEAN
        if isinstance(self.default, int):
            return Kind.INTEGER
        return Kind.NUMBER if isinstance(self.default, float) else Kind.TEXT

    def check(self, value: object) -> None:
        """ValueError, in words for the user, when this value is not of its type."""
        kind = self.kind
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            Kind.INTEGER: number and isinstance(value, int),
            Kind.NUMBER: number,
            Kind.BOOLEAN: isinstance(value, bool),
        }.get(kind, isinstance(value, str))
        if not fits:
            raise ValueError(self._not_fitting(value))
        if kind is Kind.DURATION:
            parse_duration(str(value))
        elif kind is Kind.INSTANT:
            parse_instant(str(value))
        if self.choices and value not in self.choices:
            wanted = ", ".join(map(str, self.choices))
            near = meant(value, self.choices)
            raise ValueError(f"{value!r} should be one of: {wanted}{near}")

    def _not_fitting(self, value: object) -> str:
        why = f"{value!r} should be {_WHAT[self.kind]}"
        if self.type is None and self.kind is Kind.INTEGER and "." in str(value):
            return f"{why}, as its default is; or let that be {self.default}.0"
        return why

    def parse(self, text: str, folder: Path) -> Value:
        """The value that a person typed on the command line; ValueError when it is none.

        A file's path counts from where the person is, and then from the scenario's folder.
        """
        value: Value = text
        try:
            if self.kind is Kind.INTEGER:
                # As long a number as a file may have.
                fits = text.isascii() and len(text) <= _LONGEST_INTEGER
                value = int(text) if fits else text
            elif self.kind is Kind.NUMBER:
                number = float(text)
                value = number if text.isascii() and isfinite(number) else text
        except ValueError:
            raise ValueError(self._not_fitting(text)) from None
        if self.kind is Kind.BOOLEAN:
            value = _WORDS.get(text.lower(), text)
        self.check(value)
        if self.kind is Kind.FILE:
            here = Path(text).absolute()
            value = str(here if here.is_file() else (folder / text).absolute())
        return value


def declared_in(tree: Node, found: Found) -> dict[str, Parameter]:
    """The parameters that a file declares; `name: value` is short for a default without more."""
    node = tree.value.get("parameters")
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        found.append(node.fault("parameters: should be a mapping of keys to values"))
        return {}
    declared = {}
    for name, item in node.value.items():
        if not re.fullmatch(NAME, name):
            why = "a parameter's name is lower-case letters, digits and _"
            found.append(node.key(name).fault(f"{name!r}: {why}"))
        written = spelled_out(item, "default")
        # One that is wrong is still known by its name.
        default = written.value.get("default", item).value
        spare = default if isinstance(default, Value) else None
        declared[name] = build(Parameter, written, found) or Parameter.model_construct(
            default=spare
        )
    return declared


def spelled_out(item: Node, key: str) -> Node:
    """The long form of what may be written short: a mapping with that key."""
    if isinstance(item.value, dict):
        return item
    return replace(item, value={key: item}, keys={key: item})


def settle(
    declared: Mapping[str, Parameter], given: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """The value of every parameter: as given on the command line, else its default.

    Raises `ConfigError` for a name that the scenario does not declare and for a value that is
    not of the parameter's type.
    """
    values: dict[str, Any] = {name: item.default for name, item in declared.items()}
    for name, text in given.items():
        try:
            values[name] = named(declared, name).parse(text, folder)
        except ValueError as error:
            raise ConfigError(f"--set {name}: {error}") from None
    return values


def named(declared: Mapping[str, Parameter], name: str) -> Parameter:
    """The parameter of that name; ValueError, in words for the user, when there is none."""
    if name not in declared:
        known = ", ".join(declared) or "none"
        raise ValueError(f"{unknown('parameter', name, declared)}; there are: {known}")
    return declared[name]


def hand_over(
    declared: Mapping[str, Parameter], given: Node | None, found: Found
) -> dict[str, Any]:
    """The value of every parameter of a part: as the file that includes it sets it, or its
    default, also where null is set. A path counts from the file in which it is written.
    """
    values: dict[str, Any] = {name: item.default for name, item in declared.items()}
    if given is None:
        return values
    for name, node in given.value.items():
        if node.value is None and name in declared:
            continue
        try:
            item = named(declared, name)
        except ValueError as error:
            found.append(given.key(name).fault(str(error)))
            continue
        if why := unfit(item, node):
            found.append(node.fault(f"{name}: {why}"))
            continue
        values[name] = node.value
        if item.kind is Kind.FILE:
            values[name] = from_its_file(node)
    return values


def unfit(parameter: Parameter, node: Node) -> str:
    """Why what stands here is no value of a parameter; empty when it is one."""
    if not isinstance(node.value, Value):
        return "should be a single value"
    try:
        parameter.check(node.value)
    except ValueError as error:
        return str(error)
    return ""


def from_its_file(node: Node) -> str:
    """The path that a node holds, counted from the folder of its file, as an absolute one."""
    return str(Path(node.file).parent.absolute() / str(node.value))


def referred_to(node: Node) -> set[str]:
    """The names that stand as `${name}` somewhere in a tree."""
    if isinstance(node.value, dict):
        return set().union(*map(referred_to, node.value.values()))
    if isinstance(node.value, list):
        return set().union(*map(referred_to, node.value))
    match = _REFERENCE.fullmatch(node.value) if isinstance(node.value, str) else None
    return {match[1]} if match else set()


def substitute(node: Node, values: Mapping[str, Any], found: Found) -> Node:
    """The tree with each `${name}` replaced, places kept.

    What remains is an unknown name, or a reference inside a longer text, and is a fault.
    """
    if isinstance(node.value, dict):
        items = {k: substitute(v, values, found) for k, v in node.value.items()}
        return replace(node, value=items)
    if isinstance(node.value, list):
        return replace(node, value=[substitute(v, values, found) for v in node.value])
    if not isinstance(node.value, str) or "${" not in node.value:
        return node
    match = _REFERENCE.fullmatch(node.value)
    if match is not None and match[1] in values:
        return replace(node, value=values[match[1]])
    if match is not None:
        found.append(node.fault(unknown("parameter", match[1], values)))
    elif _REFERENCE.search(node.value):
        found.append(node.fault("${name} must be the whole value, not a part of it"))
    return node
