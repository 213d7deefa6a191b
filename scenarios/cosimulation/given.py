"""What other simulators give: numbers per phase, checked before they reach a meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from numbers import Real
from typing import Any, Final

from wire.errors import LocalError
from wire.quantities import PerPhase


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is given per phase: its unit, the bounds in it, and our steps to it.

    What several give is added up, or else only one may give it.
    """

    unit: str
    low: float
    high: float
    steps: int = 1
    adds_up: bool = True

    def take(self, given: Mapping[str, object], what: str) -> PerPhase:
        """One value per phase from those of all givers, who are named by the keys.

        Raises `LocalError` that names `what`, the giver, and what is wrong.
        """
        if len(given) > 1 and not self.adds_up:
            raise LocalError(f"{what} is given by more than one: {', '.join(given)}")
        phases = zip(
            *(self._phases(value, f"{what} from {who}") for who, value in given.items())
        )
        # Exact, so that the order of the givers does not matter.
        l1, l2, l3 = (round(fsum(numbers) * self.steps) for numbers in phases)
        return l1, l2, l3

    def _phases(self, value: object, what: str) -> list[float]:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            raise LocalError(
                f"{what}: {_shown(value)} is not one number for each phase"
            )
        numbers = list(value)
        if len(numbers) != 3:
            raise LocalError(f"{what}: {len(numbers)} values are not 3, one per phase")
        return [self._number(number, what) for number in numbers]

    def _number(self, value: object, what: str) -> float:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise LocalError(f"{what}: {_shown(value)} is not a number")
        number: Any = value
        # NaN lies nowhere.
        if not self.low <= number <= self.high:
            raise LocalError(
                f"{what}: {_shown(value)} {self.unit} is not within "
                f"{self.low:g} and {self.high:g}"
            )
        return float(number)


def _shown(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


POWER_W: Final = Quantity("W", -1e6, 1e6)
POWER_VAR: Final = Quantity("var", -1e6, 1e6)
VOLTAGE_V: Final = Quantity("V", 0, 500, steps=10, adds_up=False)
FEEDER_W: Final = Quantity("W", -1e9, 1e9)
