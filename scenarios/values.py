"""The scalar types of the scenario language: durations, instants, files, names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import WithJsonSchema

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = r"\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)( ?\d{1,9}(\.\d{1,3})?(ms|s|m|h|d))*"
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(text: str) -> timedelta:
    """`15s`, `1h 30m`, `500ms`, `2d`, `1.5h`: a number and its unit, or several.

    Raises ValueError with a text for the user.
    """
    if not re.fullmatch(_DURATION, text, re.ASCII):
        raise ValueError(f"{text!r} is not a duration such as 15s, 10m, 1h 30m or 1d")
    total_ms = sum(float(n) * _UNITS_MS[unit] for n, unit in _PART.findall(text))
    if total_ms > 366 * _UNITS_MS["d"]:
        raise ValueError(f"{text} is more than 366 days")
    return timedelta(milliseconds=round(total_ms))


def parse_instant(text: str) -> datetime:
    """An aware instant, ISO 8601 with its offset; raises ValueError with a text for the user."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or "T" not in text.upper() and " " not in text:
        raise ValueError(
            f"{text!r} is not a date and time such as 2024-01-27T18:00:00+01:00"
        )
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} lacks its offset from UTC, such as +01:00 or Z")
    return instant


def _text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} should be text such as {example}")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(
            f"{value} lacks its unit: write {value}s, {value}m or {value}h"
        )
    return parse_duration(_text(value, "15s"))


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    return parse_instant(_text(value, "2024-01-27T18:00:00+01:00"))


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_DURATION}$", "examples": ["15s", "1h 30m"]}
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _file(value: object) -> Path:
    path = value if isinstance(value, Path) else Path(_text(value, "data/feeder.csv"))
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


# The document resolves a relative path against the scenario's folder before it comes here.
File = Annotated[
    Path,
    BeforeValidator(_file),
    WithJsonSchema({"type": "string", "format": "path"}),
]


class Model(BaseModel):
    """A part of a scenario: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


MeterNumber = Annotated[int, Field(ge=1, le=10_000, description="counts from 1")]
Json = Any
