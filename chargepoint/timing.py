"""What the control unit times by: its watchdog, and a clock of its own that may be wrong."""

from __future__ import annotations

NEVER_S = 1 << 62
"""An instant that does not come."""

_MILLION = 1_000_000


class Watchdog:
    """Trips when no heartbeat came for the time-out; 0 switches it off."""

    __slots__ = ("timeout_s", "due_s", "tripped", "_heard_s")

    def __init__(self, timeout_s: int, now_s: int) -> None:
        self.timeout_s = timeout_s
        self.tripped = False
        self.hear(now_s)

    def hear(self, now_s: int) -> None:
        """A heartbeat: not tripped any more, and the time-out starts anew."""
        self.tripped = False
        self._heard_s = now_s
        self.due_s = now_s + self.timeout_s if self.timeout_s else NEVER_S

    def set_timeout(self, timeout_s: int) -> None:
        """Another time-out, counted from the last heartbeat; a trip stays unless it is 0."""
        self.timeout_s = timeout_s
        if not timeout_s:
            self.tripped = False
        ticking = timeout_s and not self.tripped
        self.due_s = self._heard_s + timeout_s if ticking else NEVER_S

    def check(self, now_s: int) -> None:
        """Trips if it is due."""
        if now_s >= self.due_s:
            self.tripped = True
            self.due_s = NEVER_S

    def remaining_s(self, now_s: int) -> int | None:
        """Until the trip; 0 when tripped, None when off."""
        if self.tripped:
            return 0
        return max(0, self.due_s - now_s) if self.timeout_s else None


class DriftingClock:
    """The unit's own clock, so many seconds wrong and fast by `drift_ppm` until it is set."""

    __slots__ = ("_set_at_s", "_set_to_s", "_rate")

    def __init__(self, now_s: int, error_s: int, drift_ppm: int) -> None:
        self._rate = _MILLION + drift_ppm
        self.set(now_s, now_s + error_s)

    def set(self, now_s: int, clock_s: int) -> None:
        """Makes it show `clock_s` now."""
        self._set_at_s = now_s
        self._set_to_s = clock_s

    def at(self, now_s: int) -> int:
        """What it shows then, in epoch seconds."""
        return self._set_to_s + (now_s - self._set_at_s) * self._rate // _MILLION

    def when(self, clock_s: int) -> int:
        """The first true second in which it shows that or more."""
        passed = (clock_s - self._set_to_s) * _MILLION
        return self._set_at_s - (-passed // self._rate)
