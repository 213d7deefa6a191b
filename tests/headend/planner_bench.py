"""A congestion planner of three stations, asked each quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headend.dali import FeederSample
from headend.planner import Planner
from headend.planner_model import Command, Metered, Settings
from wire.quantities import PerPhase

START = datetime(2024, 1, 9, 12, tzinfo=UTC)


QUARTER = timedelta(minutes=15)


NO_CAR = (0, 0, 0)


def three(watts: int) -> PerPhase:
    return watts // 3, watts // 3, watts // 3


def sample(now: datetime, power_w: PerPhase) -> FeederSample:
    return FeederSample(now - QUARTER, (2300,) * 3, (0, 0, 0), power_w)


class Bench:
    """A planner of three stations on 30 kVA (9 kW target per phase), asked each quarter."""

    def __init__(
        self,
        *stations: str,
        transformer_va: int = 30_000,
        station_max_w: int = 22_000,
        preferred: frozenset[str] = frozenset(),
    ) -> None:
        self.stations = stations or ("A", "B", "C")
        settings = Settings(
            self.stations, transformer_va, station_max_w, preferred=preferred
        )
        self.planner = Planner(settings)
        self.now = START

    def step(self, premises_w: int | PerPhase, *powers: PerPhase) -> dict[str, int]:
        """The limits that are in force after a step; `powers` per station."""
        self.commands = self.plan(premises_w, dict(zip(self.stations, powers)))
        return {name: self.planner.in_force_w(name, self.now) for name in self.stations}

    def plan(self, premises_w: int | PerPhase, metered: Metered) -> list[Command]:
        self.now += QUARTER
        base = (premises_w,) * 3 if isinstance(premises_w, int) else premises_w
        drawn = [power for power in metered.values() if power is not None]
        one, two, tri = (
            base[phase] + sum(power[phase] for power in drawn) for phase in range(3)
        )
        return self.planner.plan(self.now, sample(self.now, (one, two, tri)), metered)
