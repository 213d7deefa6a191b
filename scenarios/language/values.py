"""The scalar types of the scenario language: durations, instants, files, names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.json_schema import WithJsonSchema

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = r"\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)( ?\d{1,9}(\.\d{1,3})?(ms|s|m|h|d))*"
# A telegram's time stamp reaches from 2001 to 2098, and a scenario goes on after its start.
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2001, 2090))
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
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError(f"{text} is not in the years 2001 to 2089")
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


def _signed(value: object) -> timedelta:
    if isinstance(value, str) and value.startswith("-"):
        return -parse_duration(value[1:])
    return _duration(value)


# A duration, or one with a minus.
SignedDuration = Annotated[
    timedelta,
    BeforeValidator(_signed),
    WithJsonSchema(
        {"type": "string", "pattern": f"^-?{_DURATION}$", "examples": ["2h", "-90s"]}
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _file(value: object, info: ValidationInfo) -> Path:
    path = Path(_text(value, "data/feeder.csv"))
    folder = (info.context or {}).get("folder")
    if folder is not None:
        path = Path(folder) / path
    try:
        found = path.is_file()
    except OSError as error:
        raise ValueError(f"{error.strerror}: {str(path)[:80]}") from None
    if not found:
        raise ValueError(f"there is no file {path}")
    return path


# A relative path counts from the folder in the validation's context: the scenario file's.
File = Annotated[
    Path, BeforeValidator(_file), WithJsonSchema({"type": "string", "format": "path"})
]


class Model(BaseModel):
    """A part of a scenario: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def one_of(model: Model, names: tuple[str, ...]) -> str:
    """The one of these fields that the file gives; ValueError when it is not exactly one."""
    given = [name for name in names if name in model.model_fields_set]
    if len(given) != 1:
        wanted = ", ".join(names)
        raise ValueError(
            f"{' and '.join(given)} exclude each other"
            if given
            else f"needs one of: {wanted}"
        )
    return given[0]


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"should be a number, not {str(value).lower()}")
    return value


# A number; YAML's true and false are none.
Real = Annotated[float, BeforeValidator(_no_boolean)]


def _moment(value: object) -> datetime | timedelta:
    if isinstance(value, str) and value.startswith("+"):
        return parse_duration(value[1:])
    try:
        return _instant(value)
    except ValueError as error:
        raise ValueError(f"{error}; +10m counts from the step") from None


# An instant, or `+10m`: that long after the step is played.
Moment = Annotated[
    datetime | timedelta,
    BeforeValidator(_moment),
    WithJsonSchema(
        {"type": "string", "examples": ["+10m", "2024-01-27T18:00:00+01:00"]}
    ),
]


def _until(value: object) -> datetime | time | None:
    if value == "end":
        return None
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    return _instant(value)


# An instant, `end` (None), or a time of the day in Dutch civil time.
Until = Annotated[
    datetime | time | None,
    BeforeValidator(_until),
    WithJsonSchema(
        {"type": "string", "examples": ["end", "18:00", "2024-01-27T18:00:00+01:00"]}
    ),
]
Number = Annotated[int, Field(ge=1, le=10_000, description="1 is the first")]
