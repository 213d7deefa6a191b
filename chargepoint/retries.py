"""When to try again."""

from __future__ import annotations

FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 64.0
POLL_S, LONGEST_POLLING_S = 1.0, 60.0


class Backoff:
    """A delay that doubles with each failure, up to a bound."""

    __slots__ = ("count", "until_s")

    def __init__(self) -> None:
        self.count = 0
        """Failures in a row."""
        self.until_s = 0.0
        """When the next attempt is due."""

    def failed(self, now_s: float) -> float:
        """Another failure; how long to wait."""
        # The exponent is bounded too: a count that grows for weeks must not overflow a float.
        delay_s = min(FIRST_DELAY_S * 2.0 ** min(self.count, 16), LONGEST_DELAY_S)
        self.count += 1
        self.until_s = now_s + delay_s
        return delay_s

    def reset(self) -> None:
        """It worked, or something else is wanted: no waiting any more."""
        self.count = 0
        self.until_s = 0.0

    def waits(self, now_s: float) -> bool:
        """Whether it is too early for the next attempt."""
        return now_s < self.until_s


class Patience:
    """Asks at a steady pace after what takes its time, and knows when that is too long."""

    __slots__ = ("until_s", "_since_s")

    def __init__(self) -> None:
        self.until_s = 0.0
        """When to ask next."""
        self._since_s: float | None = None

    def waits_on(self, now_s: float) -> bool:
        """It is not over yet; whether it may still be waited for."""
        if self._since_s is None:
            self._since_s = now_s
        self.until_s = now_s + POLL_S
        return now_s - self._since_s < LONGEST_POLLING_S

    def reset(self) -> None:
        """It is over."""
        self.until_s = 0.0
        self._since_s = None
