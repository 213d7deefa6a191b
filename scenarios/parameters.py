"""The parameters of a scenario: declared with a type and a default, set on the command line.

In a file `${name}` stands for a whole value, never for a part of a text: there are no
expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from scenarios.values import Model, parse_duration, parse_instant
from scenarios.yaml_tree import Node
from wire.errors import ConfigError, ScenarioError

NAME = "^[a-z][a-z0-9_]{0,39}$"
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

    default: str | int | float | bool | None
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
            raise ValueError(f"{value!r} should be {_WHAT[kind]}")
        if kind is Kind.DURATION:
            parse_duration(str(value))
        elif kind is Kind.INSTANT:
            parse_instant(str(value))
        if self.choices and value not in self.choices:
            wanted = ", ".join(map(str, self.choices))
            raise ValueError(f"{value!r} should be one of: {wanted}")

    def parse(self, text: str, folder: Path) -> str | int | float | bool:
        """The value that a person typed on the command line; ValueError when it is none.

        A file's path counts from where the person is, and then from the scenario's folder.
        """
        value: str | int | float | bool = text
        try:
            if self.kind is Kind.INTEGER:
                value = int(text) if text.isascii() else text
            elif self.kind is Kind.NUMBER:
                value = float(text) if text.isascii() else text
        except ValueError:
            raise ValueError(f"{text!r} should be {_WHAT[self.kind]}") from None
        if self.kind is Kind.BOOLEAN:
            value = _WORDS.get(text.lower(), text)
        self.check(value)
        if self.kind is Kind.FILE:
            here = Path(text).absolute()
            value = str(here if here.is_file() else (folder / text).absolute())
        return value


def settle(
    declared: Mapping[str, Parameter], given: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """The value of every parameter: as given, else its default.

    Raises `ConfigError` for a name that the scenario does not declare and for a value that is
    not of the parameter's type.
    """
    values: dict[str, Any] = {name: item.default for name, item in declared.items()}
    for name, text in given.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise ConfigError(
                f"--set {name}: {unknown('parameter', name, declared)}; there are: {known}"
            )
        try:
            values[name] = declared[name].parse(text, folder)
        except ValueError as error:
            raise ConfigError(f"--set {name}: {error}") from None
    return values


def unknown(what: str, name: str, known: Mapping[str, object] | list[str]) -> str:
    """Says that a word is not known, and which one may be meant."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"unknown {what} {name[:60]!r}" + (
        f", did you mean {near[0]!r}?" if near else ""
    )


def substitute(node: Node, values: Mapping[str, Any], file: str) -> Node:
    """The tree with each `${name}` replaced, places kept.

    Raises `ScenarioError` for an unknown name and for a reference inside a longer text.
    """
    if isinstance(node.value, dict):
        items = {k: substitute(v, values, file) for k, v in node.value.items()}
        return replace(node, value=items)
    if isinstance(node.value, list):
        return replace(node, value=[substitute(v, values, file) for v in node.value])
    if not isinstance(node.value, str) or "${" not in node.value:
        return node
    match = _REFERENCE.fullmatch(node.value)
    place = file, node.line, node.column
    if match is None:
        if _REFERENCE.search(node.value) is None:
            return node
        raise ScenarioError("${name} must be the whole value, not a part of it", *place)
    if match[1] not in values:
        raise ScenarioError(unknown("parameter", match[1], values), *place)
    return replace(node, value=values[match[1]])
