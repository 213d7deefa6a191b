"""The figures of a run that concern stations and cars rather than the transformer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """What one charging session wanted and got, in Wh."""

    wanted_wh: int
    served_wh: int

    @property
    def share(self) -> float:
        """The part of its wish that it got, 0 to 1."""
        return min(1.0, self.served_wh / self.wanted_wh) if self.wanted_wh else 1.0


def energy_served(sessions: Sequence[Served]) -> float:
    """Energy served over energy wanted; 1 when nothing was wanted."""
    wanted = sum(session.wanted_wh for session in sessions)
    return (
        sum(min(s.served_wh, s.wanted_wh) for s in sessions) / wanted if wanted else 1.0
    )


def fifth_percentile(sessions: Sequence[Served]) -> float:
    """The share that 95 % of the sessions reach at least, by nearest rank."""
    shares = sorted(session.share for session in sessions)
    return shares[max(0, -(-len(shares) // 20) - 1)] if shares else 1.0


def jain(sessions: Sequence[Served]) -> float:
    """Jain's index of the sessions' shares: 1 when all are served alike."""
    shares = [session.share for session in sessions]
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


class Reversals:
    """Counts how often a station's limit turns from rising to falling or back."""

    __slots__ = ("count", "_last", "_rising")

    def __init__(self) -> None:
        self.count = 0
        self._last: int | None = None
        self._rising: bool | None = None

    def forget(self) -> None:
        """The next limit is the first: without a car there is nothing to turn."""
        self._last = self._rising = None

    def see(self, limit_w: int) -> None:
        """Takes the limit in force, in W."""
        if self._last is not None and limit_w != self._last:
            rising = limit_w > self._last
            self.count += self._rising is not None and rising is not self._rising
            self._rising = rising
        self._last = limit_w
