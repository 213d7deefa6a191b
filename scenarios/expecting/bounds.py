"""What a value that a scenario looks at must be, or how many there must be of something."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from math import isfinite
from re import fullmatch
from typing import Annotated, Any, Self, TypeGuard

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import WithJsonSchema

from scenarios.language.values import Model, Real

_PERCENT = r"([0-9]{1,4}(?:\.[0-9]{1,6})?) ?%"
_MOST_SHOWN = 200


def in_order(low: float | None, high: float | None) -> None:
    """Raises ValueError when nothing lies between two bounds."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"nothing lies between min {low:g} and max {high:g}")


def between(low: float | None, high: float | None) -> str:
    """Two bounds for a person."""
    parts = [
        f"{sign} {bound:g}"
        for sign, bound in (("≥", low), ("≤", high))
        if bound is not None
    ]
    return " and ".join(parts)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value can lie near another: YAML's true and false do not."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and isfinite(value)
    )


def lies_between(value: object, low: float | None, high: float | None) -> bool:
    """Whether a value is a number within two bounds, which belong to them."""
    return (
        is_number(value)
        and (low is None or value >= low)
        and (high is None or value <= high)
    )


def is_like(value: object, pattern: str) -> bool:
    """Whether a text is as the pattern says, in which * stands for any characters, ? for one."""
    literal = pattern.replace("[", "[[]")
    return isinstance(value, str) and fnmatchcase(value, literal)


def shown(value: object) -> str:
    """A value for a person: whole when short, else its beginning and its length."""
    text = repr(value)
    if len(text) <= _MOST_SHOWN:
        return text
    return f"{text[:_MOST_SHOWN]}… ({len(text)} characters)"


def part_of(value: object, place: str) -> object:
    """What stands at `rows.-1.status` in JSON values; None when there is no such place."""
    for step in place.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and fullmatch("-?[0-9]{1,9}", step):
            at = int(step)
            value = value[at] if -len(value) <= at < len(value) else None
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be from another: so much, or so many per cent of that one."""

    amount: float
    percent: bool = False

    def reaches(self, wanted: float, value: float) -> bool:
        """Whether the value is near enough; decimals count as they are printed."""
        centre, amount = _exact(wanted), _exact(self.amount)
        if self.percent:
            amount *= abs(centre) / 100
        return abs(_exact(value) - centre) <= amount

    def __str__(self) -> str:
        return f"{self.amount:g} %" if self.percent else f"{self.amount:g}"


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _tolerance(value: object) -> Tolerance:
    match = fullmatch(_PERCENT, value) if isinstance(value, str) else None
    if match is not None:
        return Tolerance(float(match[1]), percent=True)
    if is_number(value) and value >= 0:
        return Tolerance(value)
    raise ValueError(f"{value!r} is neither a number from 0 on nor a share such as 2 %")


Near = Annotated[
    Tolerance,
    BeforeValidator(_tolerance),
    WithJsonSchema({"type": ["number", "string"], "examples": [0.5, "2 %"]}),
    Field(description="how far from equals it may be: a number, or 2 %"),
]


class Bounds(Model):
    """What a value must be: a value, one of several, like a pattern, or within bounds."""

    equals: Any = None
    tolerance: Near | None = None
    not_: Annotated[Any, Field(alias="not", description="any value but this")] = None
    one_of: Annotated[
        tuple[Any, ...] | None, Field(strict=False, min_length=1, max_length=100)
    ] = None
    matches: Annotated[
        str | None,
        Field(max_length=2048, description="a text; * is any characters, ? is one"),
    ] = None
    min: Real | None = None
    max: Real | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.model_fields_set & {"equals", "not_", "one_of", "matches"}
        if self.model_fields_set & {"min", "max"}:
            given.add("min and max")
        if len(given) != 1:
            raise ValueError(
                "needs either equals, or min, max or both, or not, one_of or matches"
            )
        if self.tolerance is not None and not is_number(self.equals):
            raise ValueError("tolerance goes with a number that it equals")
        in_order(self.min, self.max)
        return self

    def hold(self, value: object) -> bool:
        """Whether a value is what was wanted; only a number can lie within bounds."""
        if self.matches is not None:
            return is_like(value, self.matches)
        if self.one_of is not None:
            return any(same(value, choice) for choice in self.one_of)
        if "not_" in self.model_fields_set:
            return not same(value, self.not_)
        if self.tolerance is not None:
            return is_number(value) and self.tolerance.reaches(self.equals, value)
        if "equals" in self.model_fields_set:
            return same(value, self.equals)
        return lies_between(value, self.min, self.max)

    def print(self) -> str:
        """The bounds for a person."""
        if self.matches is not None:
            return f"like {shown(self.matches)}"
        if self.one_of is not None:
            return f"one of {', '.join(map(shown, self.one_of))}"
        if "not_" in self.model_fields_set:
            return f"not {shown(self.not_)}"
        if "equals" in self.model_fields_set:
            near = "" if self.tolerance is None else f" ± {self.tolerance}"
            return shown(self.equals) + near
        return between(self.min, self.max)


def same(value: object, wanted: object) -> bool:
    """Whether two values are equal, and true is not 1."""
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


class Counted(Model):
    """How many there must be: so many, or within bounds; else at least one."""

    times: Annotated[int | None, Field(ge=0, description="so many; else any")] = None
    min: Annotated[int | None, Field(ge=0)] = None
    max: Annotated[int | None, Field(ge=0)] = None

    @property
    def counts(self) -> bool:
        """Whether a number is said."""
        return bool(self.model_fields_set & {"times", "min", "max"})

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.times is not None and self.model_fields_set & {"min", "max"}:
            raise ValueError("times excludes min and max")
        in_order(self.min, self.max)
        return self

    def enough(self, found: int) -> bool:
        """Whether there are as many as there must be."""
        if not self.counts:
            return found > 0
        if self.times is not None:
            return found == self.times
        return lies_between(found, self.min, self.max)

    def print_times(self, which: str) -> str:
        """How many of what, for a person."""
        if not self.counts:
            return which
        if self.times is not None:
            return f"{self.times} × {which}"
        return f"{between(self.min, self.max)} × {which}"
