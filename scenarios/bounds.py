"""What a value that a scenario looks at must be."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from scenarios.values import Model, Real


def in_order(low: float | None, high: float | None) -> None:
    """Raises ValueError when nothing lies between two bounds."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"nothing lies between min {low:g} and max {high:g}")


class Bounds(Model):
    """What a value must be: the very value, or within bounds, which belong to it."""

    equals: Any = None
    min: Real | None = None
    max: Real | None = None

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        given = self.model_fields_set & {"equals", "min", "max"}
        if not given or "equals" in given and len(given) > 1:
            raise ValueError("needs either equals, or min, max or both")
        in_order(self.min, self.max)
        return self

    def hold(self, value: object) -> bool:
        """Whether a value is what was wanted; only a number can lie within bounds."""
        if "equals" in self.model_fields_set:
            same_type = isinstance(value, bool) == isinstance(self.equals, bool)
            return same_type and value == self.equals
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.min is None or value >= self.min) and (
            self.max is None or value <= self.max
        )

    def print(self) -> str:
        """The bounds for a person."""
        if "equals" in self.model_fields_set:
            return repr(self.equals)
        parts = [
            f"{sign} {bound:g}"
            for sign, bound in (("≥", self.min), ("≤", self.max))
            if bound is not None
        ]
        return " and ".join(parts)
