"""The time that a process lives by: the host's, without its steps back."""

from __future__ import annotations

import time
from collections.abc import Callable


class SteadySeconds:
    """Seconds since 1970 that never run back, as Twisted's timers need them.

    When the host's clock is put back, all that was to happen in between would wait for as
    long: heartbeats, time-outs, telegrams. So time goes on here from where it was, ahead of
    the host's until that has caught up. A step forward, as after a suspension, is followed.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._ahead_s = wall() - monotonic()

    def __call__(self) -> float:
        """Now."""
        now_s = self._monotonic()
        self._ahead_s = max(self._ahead_s, self._wall() - now_s)
        return now_s + self._ahead_s
