"""The key figures that a world reports, and how they are printed.

Overload is counted on one-minute means of the worst phase against a third of the rating;
`max_pu` is the highest quarter-hour mean. Voltages are those of a power flow over quarter-hour
means on a typical network (`scenarios.world.voltages`), not of the feeder's file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final


class Better(Enum):
    """Which way is good."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure: its name in results, what it says, its unit, decimals to print.

    A share is printed in percent.
    """

    name: str
    title: str
    unit: str
    decimals: int
    better: Better

    def print(self, value: float) -> str:
        """The figure with its unit, for people."""
        return f"{self.number(value)} {self.unit}".strip()

    def telling(self, values: Iterable[float]) -> Kpi:
        """Itself, with as many decimals, up to nine, as it takes to tell these values apart."""
        apart = set(values)
        for decimals in range(self.decimals, 10):
            row = replace(self, decimals=decimals)
            if len({row.number(value) for value in apart}) == len(apart):
                return row
        return self

    def number(self, value: float) -> str:
        """The figure alone, thousands parted by a narrow space."""
        shown = value * 100 if self.unit == "%" else value
        return f"{shown:,.{self.decimals}f}".replace(",", "\u202f")


_ROWS = (
    Kpi("overload_min_per_week", "Above the rating", "min/week", 0, Better.LOWER),
    Kpi(
        "overload_pu_min_per_week", "Depth of overload", "pu·min/week", 1, Better.LOWER
    ),
    Kpi("max_pu", "Highest quarter-hour", "pu", 2, Better.LOWER),
    Kpi("energy_served", "Energy served", "%", 1, Better.HIGHER),
    Kpi(
        "energy_served_of_bound",
        "Of what was possible",
        "%",
        1,
        Better.HIGHER,
    ),
    Kpi("p5_session_served", "Served to the worst 5 %", "%", 1, Better.HIGHER),
    Kpi("jain", "Fairness (Jain index)", "", 3, Better.HIGHER),
    Kpi(
        "messages_per_station_per_day",
        "Messages",
        "/station/day",
        1,
        Better.NEITHER,
    ),
    Kpi(
        "reversals_per_station_per_day",
        "Reversals of a limit",
        "/station/day",
        1,
        Better.LOWER,
    ),
    Kpi(
        "min_below_6a_per_station_per_day",
        "Paused below 6 A",
        "min/station/day",
        1,
        Better.LOWER,
    ),
    Kpi("lowest_voltage", "Lowest voltage at a station", "V", 1, Better.HIGHER),
    Kpi("highest_voltage", "Highest voltage at a station", "V", 1, Better.NEITHER),
    Kpi(
        "voltage_outside_min_per_week",
        "Voltage beyond 230 V ± 10 %",
        "min/week",
        0,
        Better.LOWER,
    ),
)
KPIS: Final = {kpi.name: kpi for kpi in _ROWS}


def in_order(names: Iterable[str]) -> list[Kpi]:
    """The rows of these key figures: those of the table first and in its order."""
    given = set(names)
    return [
        kpi(name) for name in (*KPIS, *sorted(given - KPIS.keys())) if name in given
    ]


def kpi(name: str) -> Kpi:
    """The row of a key figure; one that is not in the table prints under its own name."""
    return KPIS.get(name) or Kpi(name, name.replace("_", " "), "", 3, Better.NEITHER)
