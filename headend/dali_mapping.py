"""A mapping file: how the CSV of another box becomes what a controller reads, as strict YAML.

It names the column of times with its zone, and per quantity the column of each phase and the
unit; `docs/data.md` has an example.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from headend.dali_layout import (
    CURRENT,
    DUTCH,
    PHASES,
    POWER,
    VOLTAGE,
    Column,
    Layout,
    Times,
    Zone,
    fixed,
    offset_needed,
)
from wire.errors import ConfigError
from wire.spelling import meant

_LARGEST = 65_536
_Strict = ConfigDict(extra="forbid", frozen=True)
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Zone = Annotated[
    str, Field(pattern=r"^(UTC|Europe/Amsterdam|[-+](0[0-9]|1[0-4]):[0-5][0-9])$")
]
_DIRECTIVE = re.compile("%(.?)")
_DATE_AND_TIME = ({*"dmYHM"}, {*"dmYHMS"}, {*"dmyHM"}, {*"dmyHMS"})


class _Times(BaseModel):
    model_config = _Strict

    column: _Name
    zone: _Zone | None = None
    format: Annotated[str, Field(max_length=40)] | None = None
    marks: Literal["begin", "end"] = "begin"


class _Voltage(BaseModel):
    model_config = _Strict

    unit: Literal["V", "kV"]
    L1: _Name
    L2: _Name
    L3: _Name


class _Current(_Voltage):
    unit: Literal["A", "kA"]  # type: ignore[assignment]


class _Power(_Voltage):
    unit: Literal["W", "kW", "MW"]  # type: ignore[assignment]


class _MappingFile(BaseModel):
    model_config = _Strict

    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    time: _Times
    voltage: _Voltage
    current: _Current
    power: _Power


def read_mapping(path: str | Path) -> Layout:
    """The layout that a mapping file describes; raises `ConfigError` with line and column."""
    name = str(path)
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", name) from None
    except UnicodeDecodeError:
        raise ConfigError("is not text in UTF-8", name) from None
    if len(text) > _LARGEST:
        raise ConfigError("is too long for a mapping file", name)
    tree = _tree(text, name)
    try:
        return _layout(_MappingFile.model_validate(tree), tree, name)
    except ValidationError as error:
        first = error.errors()[0]
        place = _place(tree, first["loc"])
        raise ConfigError(_explain(first), name, *place) from None


def _tree(text: str, name: str) -> Any:
    try:
        return YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        # It goes on with the values of a key that is there twice.
        why = str(error.problem).partition(" with value")[0].splitlines()[0]
        raise ConfigError(f"is not YAML: {why}", name, *place) from None
    except YAMLError as error:
        raise ConfigError(f"is not YAML: {error}".splitlines()[0], name) from None
    except (ValueError, RecursionError):
        why = "nested too deep, or a number or date that is none"
        raise ConfigError(why, name) from None


def _layout(given: _MappingFile, tree: Any, name: str) -> Layout:
    if given.decimal == given.delimiter:
        why = "decimal and delimiter cannot both be a comma"
        raise ConfigError(why, name, *_place(tree, ("decimal",)))
    if given.time.format is not None:
        directives = _DIRECTIVE.findall(given.time.format)
        if set(directives) not in _DATE_AND_TIME or len(set(directives)) < len(
            directives
        ):
            why = "time.format needs each of %d %m %Y (or %y) %H %M once, maybe %S"
            raise ConfigError(why, name, *_place(tree, ("time", "format")))
    seen = {given.time.column}
    for quantity in ("voltage", "current", "power"):
        for phase in PHASES:
            column = getattr(getattr(given, quantity), f"L{phase}")
            if column in seen:
                why = f"column {column} is named twice"
                raise ConfigError(why, name, *_place(tree, (quantity, f"L{phase}")))
            seen.add(column)
    return Layout(
        Times(
            given.time.column,
            _zone(given.time.zone),
            given.time.format,
            given.time.marks == "end",
        ),
        tuple(
            Column(quantity, getattr(said, f"L{phase}"), said.unit)
            for phase in PHASES
            for quantity, said in (
                (VOLTAGE, given.voltage),
                (CURRENT, given.current),
                (POWER, given.power),
            )
        ),
        given.delimiter,
        given.decimal,
    )


def _zone(said: str | None) -> Zone:
    if said is None:
        return offset_needed
    if said == "Europe/Amsterdam":
        return DUTCH
    if said == "UTC":
        return fixed(timezone.utc)
    sign = -1 if said[0] == "-" else 1
    hours, minutes = said[1:].split(":")
    return fixed(timezone(sign * timedelta(hours=int(hours), minutes=int(minutes))))


_KEYS = [key for part in (_MappingFile, _Times, _Voltage) for key in part.model_fields]


def _explain(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is not known here{meant(error['loc'][-1], _KEYS)}"
        case "model_type" | "model_attributes_type":
            return f"{where or 'a mapping'} is a list of names with their values"
        case "string_pattern_mismatch":
            return f"{where} is UTC, Europe/Amsterdam or an offset such as '+01:00'"
    why = error["msg"].removeprefix("Input ")
    return f"{where} {why[0].lower()}{why[1:]}"


def _place(tree: Any, location: tuple[int | str, ...]) -> tuple[int, int]:
    """Line and column of a key, or of what should hold it."""
    node, place = tree, (1, 1)
    for key in location:
        marks = getattr(node, "lc", None)
        try:
            line, column = marks.key(key)  # type: ignore[union-attr]
            node = node[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        place = line + 1, column + 1
    return place
