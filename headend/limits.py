"""How much a scheduler does at a time, so that neither it nor the network is overrun."""

from __future__ import annotations

from dataclasses import dataclass

# An instant in epoch seconds is a fraction of a microsecond wide, so a token may seem to lack
# that part; what is taken early is missing later.
_SLACK = 1e-3
_BURST_S = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """`sessions` at a time and `connections_per_s` begun, here; `per_cell` at a time, anywhere."""

    sessions: int = 16
    connections_per_s: float | None = None
    per_cell: int | None = None


class Bucket:
    """Tokens that come in at `per_s`; those of a tenth of a second are kept, and always one.

    So in any T seconds no more than `per_s * (T + 0.1)`, and one, are taken.
    """

    def __init__(self, per_s: float, now_s: float) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s * _BURST_S)
        self._level = self._most
        self._at_s = now_s

    def available(self, now_s: float) -> int:
        """How many whole tokens there are now."""
        came = max(0.0, now_s - self._at_s) * self._per_s
        self._level = min(self._most, self._level + came)
        self._at_s = max(self._at_s, now_s)
        return int(max(0.0, self._level + _SLACK))

    def take(self, count: int) -> None:
        """Takes so many of those that are available."""
        self._level -= count

    def give_back(self, count: int) -> None:
        """So many were taken and not used."""
        self._level += count

    def reserve(self, now_s: float) -> float:
        """Takes the next one that nobody has taken; when it is there, which may be now."""
        self.available(now_s)
        self._level -= 1
        return self._at_s + max(0.0, -self._level - _SLACK) / self._per_s

    @property
    def next_s(self) -> float:
        """When there is at least one, as things are now."""
        return self._at_s + max(0.0, 1.0 - self._level) / self._per_s
