"""What the congestion planner is told, what it remembers, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headend.forecast import History
from headend.trust import Trust
from wire.charging_profile import ChargingProfile
from wire.quantities import PerPhase


@dataclass(frozen=True, slots=True)
class Command:
    """A profile for a station; its text is what the consumer message must become."""

    station: str
    profile: ChargingProfile


@dataclass(frozen=True, slots=True)
class Settings:
    """What the planner must know of the grid, and how cautious it is.

    Shares are permille of the transformer's rating per phase. Cars share what is below
    `target_permille`, and one pauses only where the minimum of all would go above
    `pause_permille`; `unknown_permille` is the premises' load where nothing was measured yet.
    Stations that are `preferred` get two shares, and pause last.
    """

    stations: tuple[str, ...]
    transformer_va: int
    station_max_w: int = 22_000
    target_permille: int = 900
    pause_permille: int = 950
    unknown_permille: int = 700
    tail_s: int = 20 * 3600
    jitter_s: int = 3600
    renew_s: int = 3 * 3600
    turn_s: int = 3600
    stale_s: int = 2700
    preferred: frozenset[str] = frozenset()

    def per_phase_w(self, permille: int) -> int:
        """A share of the rating of one phase."""
        return self.transformer_va * permille // 3000


@dataclass(slots=True)
class StationState:
    """What the planner remembers of one station.

    `phases` is on which its car charges, empty without a car; `demand_w` is the most that the
    car can draw and `energy_wh` what it has got; `profile` is the last one sent, and `before`
    the one before that.
    """

    phases: tuple[int, ...] = ()
    power_w: PerPhase | None = None
    metered_s: int = 0
    charging_slots: int = 0
    demand_w: int = 0
    energy_wh: int = 0
    turn_until_s: int = 0
    seq: int = 0
    profile: ChargingProfile | None = None
    before: ChargingProfile | None = None


@dataclass(slots=True)
class PlannerState:
    """All that the planner keeps from one step to the next.

    `late_s` is how long messages took of late, from the plan to the meter; `trust` what
    speaks for or against the transformer's measurement, `drawn_w` what the stations drew in
    the slots of late.
    """

    history: History = field(default_factory=History)
    stations: dict[str, StationState] = field(default_factory=dict)
    late_s: float = 0.0
    trust: Trust = field(default_factory=Trust)
    drawn_w: dict[int, PerPhase] = field(default_factory=dict)


Metered = Mapping[str, PerPhase | None]
