"""When a schedule is due: every so often, or at a time of each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wire.errors import LocalError
from wire.instants import SUMMER, WINTER, from_epoch, is_summer, local

DAY_S = 86_400
LONGEST_S = 31 * DAY_S


@dataclass(frozen=True, slots=True)
class Every:
    """Each multiple of `seconds` since 1970 in UTC: 900 is at each quarter of an hour."""

    seconds: int

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= LONGEST_S:
            raise LocalError(f"an interval is 1 to {LONGEST_S} s, not {self.seconds}")

    @property
    def period_s(self) -> int:
        """How long it is from one instant to the next."""
        return self.seconds

    def last_s(self, now_s: float) -> int:
        """The latest instant that has come by then."""
        return int(now_s // self.seconds) * self.seconds

    def next_s(self, now_s: float) -> int:
        """The first instant after that."""
        return self.last_s(now_s) + self.seconds


@dataclass(frozen=True, slots=True)
class Daily:
    """Each day so many minutes after midnight by the clock in the Netherlands.

    A time that a day does not have, when summer time begins, counts as an hour later; of one
    that it has twice, when summer time ends, the first counts.
    """

    minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.minute < 24 * 60:
            raise LocalError(f"a day has minutes 0 to 1439, not {self.minute}")

    @property
    def period_s(self) -> int:
        """How long it is from one instant to the next, but for changes of the season."""
        return DAY_S

    def last_s(self, now_s: float) -> int:
        """The latest instant that has come by then."""
        today = self._on(now_s, 0)
        return today if today <= now_s else self._on(now_s, -1)

    def next_s(self, now_s: float) -> int:
        """The first instant after that."""
        today = self._on(now_s, 0)
        return today if today > now_s else self._on(now_s, 1)

    def _on(self, now_s: float, days: int) -> int:
        """The instant on the day of `now_s`, or so many days from it."""
        day = local(from_epoch(now_s)).date() + timedelta(days)
        hour, minute = divmod(self.minute, 60)
        civil = datetime(day.year, day.month, day.day, hour, minute)
        summer = civil.replace(tzinfo=SUMMER)
        instant = summer if is_summer(summer) else civil.replace(tzinfo=WINTER)
        return int(instant.timestamp())


Rhythm = Every | Daily
