"""The gateway's clock: telegram time, carried on by the monotonic clock between telegrams."""

from __future__ import annotations

STEP_TELEGRAMS = 3
"""So many telegrams in a row must agree before a step of the meter's clock is believed."""

MAX_FORWARD_S = 60
"""A jump ahead of more than this is a step too: one odd telegram must not end a profile."""

_JITTER_S = 1.0


class TelegramClock:
    """What time it is by the meter, in epoch seconds UTC.

    A telegram's time is whole seconds and arrives late by its transfer, so within a second
    it only confirms the clock. A little ahead is followed at once. Backwards, or far ahead,
    needs `STEP_TELEGRAMS` in a row that tell the same.
    """

    __slots__ = ("_offset_s", "_candidate_s", "_agreeing", "steps")

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._candidate_s = 0.0
        self._agreeing = 0
        self.steps = 0
        """How many steps were believed."""

    def telegram(self, telegram_s: float, now_s: float) -> bool:
        """Takes a telegram's time as of `now_s` (monotonic); whether a step was believed."""
        offset_s = telegram_s - now_s
        if self._offset_s is None:
            self._offset_s = offset_s
            return False
        ahead_s = offset_s - self._offset_s
        if -_JITTER_S < ahead_s <= MAX_FORWARD_S:
            if ahead_s > 0:
                self._offset_s = offset_s
            self._agreeing = 0
            return False
        if self._agreeing and abs(offset_s - self._candidate_s) <= 2 * _JITTER_S:
            self._agreeing += 1
        else:
            self._candidate_s, self._agreeing = offset_s, 1
        if self._agreeing < STEP_TELEGRAMS:
            return False
        self._offset_s, self._agreeing = offset_s, 0
        self.steps += 1
        return True

    @property
    def doubtful(self) -> bool:
        """Whether the newest telegram tells a time that is not believed yet."""
        return self._agreeing > 0

    def at(self, now_s: float) -> float | None:
        """Telegram time at a monotonic instant; None before the first telegram."""
        return None if self._offset_s is None else now_s + self._offset_s

    def monotonic(self, telegram_s: float) -> float:
        """The monotonic instant at which telegram time will be that; the clock must run."""
        assert self._offset_s is not None
        return telegram_s - self._offset_s
