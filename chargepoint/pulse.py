"""The steady traffic with a control unit: its heartbeat, and the time that it is given."""

from __future__ import annotations

_BEAT_WITHOUT_WATCHDOG_S = 60.0
_LONGEST_BEAT_S = 300.0
_CLOCK_EVERY_S = 3600.0


class Pulse:
    """When the next heartbeat and the next setting of the clock are due; monotonic seconds.

    The heartbeat comes at a third of the unit's watchdog, so that two may be lost.
    """

    __slots__ = ("beat_at_s", "clock_at_s", "clock_given", "_counter", "_every_s")

    def __init__(self) -> None:
        self.beat_at_s = 0.0
        self.clock_at_s = 0.0
        self.clock_given = False
        """Whether the unit has the time from us, as far as we know."""
        self._counter = 0
        self._every_s = _BEAT_WITHOUT_WATCHDOG_S

    @property
    def next_counter(self) -> int:
        """What the next heartbeat writes: anything but what stands there."""
        return self._counter + 1 & 0xFFFF

    def found(self, counter: int, watchdog_s: int, now_s: float) -> None:
        """The unit shows this heartbeat and this time-out (0: off) of its watchdog."""
        self._counter = counter
        self._every_s = _BEAT_WITHOUT_WATCHDOG_S
        if watchdog_s:
            self._every_s = min(max(watchdog_s / 3, 1.0), _LONGEST_BEAT_S)
        self.look_by(now_s + self._every_s)

    def look_by(self, at_s: float) -> None:
        """A heartbeat, which shows the status too, is wanted by then at the latest."""
        self.beat_at_s = min(self.beat_at_s, at_s)

    def beaten(self, now_s: float) -> None:
        """The unit took the heartbeat."""
        self._counter = self.next_counter
        self.beat_at_s = now_s + self._every_s

    def beat_refused(self, now_s: float) -> None:
        """The unit took none: the same one again, in its turn."""
        self.beat_at_s = now_s + self._every_s

    def clock_set(self, now_s: float) -> None:
        """The unit took the time."""
        self.clock_given = True
        self.clock_at_s = now_s + _CLOCK_EVERY_S

    def clock_refused(self, now_s: float) -> None:
        """The unit did not take the time."""
        self.clock_at_s = now_s + self._every_s

    def clock_lost(self) -> None:
        """The unit has not the time any more."""
        self.clock_given = False
        self.set_clock_soon()

    def set_clock_soon(self) -> None:
        """The clock is due at once."""
        self.clock_at_s = 0.0
