"""What an operation is: a row of a table, and a plan made from its arguments."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred

from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.errors import ConfigError, SimError
from wire.instants import DEVIATION_NOT_SPECIFIED, DateTime
from wire.spelling import meant

Plan = Callable[[Visit], Coroutine[Deferred[Any], Any, Any]]
"""What is done with a meter that is associated; the result is JSON."""

Preparing = Callable[[Standard | str, Mapping[str, Any]], Plan]
"""Judges the arguments without a meter; raises `ConfigError` for those that will never do."""

_YEARS = range(2000, 2100)


class OutcomeUnknown(SimError):
    """The answer to an action was lost; another attempt might do it twice."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the head-end.

    `summary` is a line for people, `clause` where the standard has it (of P3 4.2.2, unless
    another release is named), `objects` those that the meter's standard must have. `once` is set
    when it must not be done twice, `recovers` when keys that had expired may be tried too,
    `alone` when it cannot be a part of a bundle.
    """

    prepare: Preparing
    summary: str
    clause: str
    objects: tuple[str, ...] = ()
    once: bool = False
    recovers: bool = False
    alone: bool = False


def only(
    arguments: Mapping[str, Any], needed: set[str], optional: set[str]
) -> Mapping[str, Any]:
    """The arguments, none missing and none unknown; those that are null are left out."""
    given = {
        name: value
        for name, value in arguments.items()
        if value is not None or name == "value"
    }
    if strange := given.keys() - needed - optional:
        near = meant(min(strange), needed | optional)
        raise ConfigError(f"unknown argument {', '.join(sorted(strange))}{near}")
    if missing := needed - given.keys():
        raise ConfigError(f"missing argument {', '.join(sorted(missing))}")
    return given


def text(given: Mapping[str, Any], name: str) -> str:
    """An argument that is a text."""
    value = given[name]
    if not isinstance(value, str):
        raise ConfigError(f"{name} is a text, not {value!r}")
    return value


def number(given: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """An argument that is a whole number from `least` to `most`."""
    value = given[name]
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(f"{name} is a whole number from {least} to {most}")
    return value


def truth(given: Mapping[str, Any], name: str) -> bool:
    """An argument that is true or false."""
    value = given[name]
    if not isinstance(value, bool):
        raise ConfigError(f"{name} is true or false, not {value!r}")
    return value


def one_of(given: Mapping[str, Any], name: str, choices: Mapping[str, Any]) -> Any:
    """What an argument that is one of some words stands for."""
    word = text(given, name)
    if word not in choices:
        near = meant(word, choices)
        raise ConfigError(f"{name} is one of {', '.join(choices)}, not {word!r}{near}")
    return choices[word]


def instant(given: Mapping[str, Any], name: str) -> datetime | None:
    """An argument that is a time in ISO 8601; without an offset it is Dutch civil time.

    None when it was left out.
    """
    if name not in given:
        return None
    written = text(given, name)
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ConfigError(
            f"{name} is {written!r}, not a time such as 2019-01-07T10:00:00Z"
        ) from None
    if found.year not in _YEARS:
        raise ConfigError(f"{name} is {written}, which no meter has lived to see")
    if found.tzinfo is not None:
        return found
    civil = DateTime(
        found.year,
        found.month,
        found.day,
        found.isoweekday(),
        found.hour,
        found.minute,
        found.second,
        0,
        DEVIATION_NOT_SPECIFIED,
        0,
    )
    return civil.instant()
