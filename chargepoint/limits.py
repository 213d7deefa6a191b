"""Which limit applies, and which current the car is offered under it."""

from __future__ import annotations

from dataclasses import dataclass

from chargepoint.registers import (
    MINIMUM_DA,
    WATT_PER_DA,
    Source,
    hardware_max_w,
)


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a station is built and configured for: phases, 0.1 A per phase, W in all.

    `cable_da` is what the cable or the temperature leaves, None when neither limits.
    """

    phases: int
    hardware_max_da: int
    own_limit_w: int
    cable_da: int | None = None

    @property
    def hardware_max_w(self) -> int:
        """The hardware's maximum at 230 V."""
        return hardware_max_w(self.phases, self.hardware_max_da)


@dataclass(frozen=True, slots=True)
class Setpoints:
    """What governs now, in W; None where nothing of that kind does."""

    profile_w: int | None = None
    direct_w: int | None = None
    safe_w: int | None = None

    def commanded(self) -> bool:
        """Whether a profile or a direct limit takes part."""
        return self.profile_w is not None or self.direct_w is not None


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of the whole station, and what set it."""

    limit_w: int
    source: Source


def applied_limit(ratings: Ratings, setpoints: Setpoints) -> Limit:
    """The lowest of hardware, cable, own configuration and setpoints.

    Where two are equal, the setpoint is named before what the station is built for.
    """
    candidates = [
        (setpoints.safe_w, Source.SAFE),
        (setpoints.profile_w, Source.PROFILE),
        (setpoints.direct_w, Source.DIRECT),
        (ratings.own_limit_w, Source.OWN_CONFIGURATION),
        (ratings.hardware_max_w, Source.OWN_CONFIGURATION),
    ]
    if ratings.cable_da is not None:
        cable_w = hardware_max_w(ratings.phases, ratings.cable_da)
        candidates.append((cable_w, Source.CABLE_OR_THERMAL))
    lowest, source = min(
        (limit_w, order, source)
        for order, (limit_w, source) in enumerate(candidates)
        if limit_w is not None
    )[::2]
    return Limit(lowest, Source(source))


def offered_da(ratings: Ratings, limit_w: int, phases: int) -> int:
    """The current per phase, in 0.1 A, that keeps `phases` phases within the limit.

    0 pauses: below 6 A no car can charge (IEC 61851-1, annex A).
    """
    current_da = min(limit_w // (WATT_PER_DA * phases), ratings.hardware_max_da)
    if ratings.cable_da is not None:
        current_da = min(current_da, ratings.cable_da)
    return current_da if current_da >= MINIMUM_DA else 0
