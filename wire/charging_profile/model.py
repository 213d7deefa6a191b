"""What a charging profile says: which power a station may draw, and from when."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

ACTION = "EBGDirectControl"
"""The one Action that the proof of concept has."""

MAX_CHARACTERS = 1024
"""Length of the consumer message (P1 5.0.2, 6.12: 2048 hex digits)."""

MAX_SPAN_S = 7 * 86_400
"""Longest distance from ValidFrom to ValidTo (rule 6)."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (aware, whole seconds) to the next period or ValidTo: at most `max_w`.

    `max_w` is watt for the whole station, 0 pauses; `phases` (1 or 3) asks for that many.
    """

    start: datetime
    max_w: int
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """Limits of one station from `valid_from` until, not including, `valid_to` (aware UTC).

    `seq` (u32) grows with every message to a station. `fallback_w` is the limit after
    `valid_to`; without it the station returns to its own configuration. `version` and `mac`
    are carried as they stand: nothing here reads them.
    """

    valid_from: datetime
    valid_to: datetime
    periods: tuple[Period, ...]
    action: str = ACTION
    seq: int | None = None
    fallback_w: int | None = None
    version: int | None = None
    mac: str | None = None

    def period_at(self, instant: datetime) -> Period | None:
        """The period that governs; None outside the validity or before the first Start."""
        if not self.valid_from <= instant < self.valid_to:
            return None
        index = bisect_right(self.periods, instant, key=lambda period: period.start)
        return self.periods[index - 1] if index else None
