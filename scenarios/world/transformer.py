"""The transformer: what flows through it, what its DALI box reports, what it suffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wire.quantities import PerPhase

PHASES = (0, 1, 2)
MINUTE_S, QUARTER_S = 60, 900
NO_LOAD: PerPhase = (0, 0, 0)
NOMINAL_DV: PerPhase = (2300, 2300, 2300)


@dataclass(slots=True)
class _Mean:
    """Sums of W·s per phase over an interval of a fixed length."""

    length_s: int
    sums: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, work_ws: Sequence[int]) -> None:
        """So many W·s flowed per phase."""
        sums, (l1, l2, l3) = self.sums, work_ws
        sums[0] += l1
        sums[1] += l2
        sums[2] += l3

    def take(self) -> tuple[float, float, float]:
        """The means in W, and a fresh start."""
        l1, l2, l3 = (total / self.length_s for total in self.sums)
        self.sums = [0, 0, 0]
        return l1, l2, l3


@dataclass(slots=True)
class Flow:
    """What flows, in W per phase, and the W·s of it that nobody has taken yet."""

    since_s: int
    power_w: PerPhase = NO_LOAD
    _work_ws: list[int] = field(default_factory=lambda: [0, 0, 0])

    def turn(self, now_s: int, power_w: PerPhase) -> None:
        """So much flows from this second on."""
        self._count(now_s)
        self.power_w = power_w

    def take(self, now_s: int) -> list[int]:
        """The W·s per phase that flowed since they were last taken."""
        self._count(now_s)
        work, self._work_ws = self._work_ws, [0, 0, 0]
        return work

    def _count(self, now_s: int) -> None:
        seconds = now_s - self.since_s
        if seconds > 0:
            for phase, power_w in enumerate(self.power_w):
                self._work_ws[phase] += power_w * seconds
            self.since_s = now_s


@dataclass(slots=True)
class Quarters:
    """Quarter-hour means in W per phase, one for each quarter of the clock that has ended."""

    means: list[tuple[float, float, float]] = field(default_factory=list)
    _quarter: _Mean = field(default_factory=lambda: _Mean(QUARTER_S))

    def account(self, to_s: int, work_ws: Sequence[int]) -> None:
        """So many W·s flowed in the tick that ends at `to_s`, within one quarter."""
        self._quarter.add(work_ws)
        if to_s % QUARTER_S == 0:
            self.means.append(self._quarter.take())


@dataclass(slots=True)
class Transformer:
    """Load per phase over time, in W, and its figures against a third of the rating.

    `account` is told, tick by tick, what flowed; every minute and every quarter of the clock
    closes a mean, the former in `minute_w`. Overload is counted on one-minute means of the
    worst phase, whichever way it flows: what panels feed in heats a transformer as well.
    """

    rating_va: int
    overload_min: int = 0
    overload_pu_min: float = 0.0
    max_pu: float = 0.0
    quarters: list[tuple[float, float, float]] = field(default_factory=list)
    minutes: list[tuple[float, float, float]] = field(default_factory=list)
    _minute: _Mean = field(default_factory=lambda: _Mean(MINUTE_S))
    _quarter: _Mean = field(default_factory=lambda: _Mean(QUARTER_S))

    @property
    def phase_rating_w(self) -> float:
        """A third of the rating: what one phase may carry."""
        return self.rating_va / 3

    def account(self, to_s: int, work_ws: Sequence[int]) -> None:
        """So many W·s flowed in the tick that ends at `to_s`, within one minute of the clock."""
        self._minute.add(work_ws)
        self._quarter.add(work_ws)
        if to_s % MINUTE_S == 0:
            self._close_minute()
        if to_s % QUARTER_S == 0:
            self._close_quarter()

    @property
    def minute_w(self) -> tuple[float, float, float]:
        """The mean of the last whole minute, in W per phase."""
        return self.minutes[-1] if self.minutes else NO_LOAD

    def _close_minute(self) -> None:
        means = self._minute.take()
        self.minutes.append(means)
        worst_pu = max(map(abs, means)) / self.phase_rating_w
        if worst_pu > 1:
            self.overload_min += 1
            self.overload_pu_min += worst_pu - 1

    def _close_quarter(self) -> None:
        means = self._quarter.take()
        self.quarters.append(means)
        self.max_pu = max(self.max_pu, max(map(abs, means)) / self.phase_rating_w)


def dali_row(
    time: str, voltage_dv: PerPhase, apparent_va: PerPhase, power_w: PerPhase
) -> str:
    """One line of a DALI box's CSV: per phase V, A and W; `time` is the quarter's begin.

    The apparent power gives the current, as the box measures it.
    """
    cells = [time]
    for phase in PHASES:
        # What flows where there is no voltage is nobody's to measure.
        volts_dv = voltage_dv[phase]
        current_da = round(apparent_va[phase] * 100 / volts_dv) if volts_dv else 0
        cells += [
            f"{voltage_dv[phase] / 10:.1f}",
            f"{current_da / 10:.1f}",
            str(power_w[phase]),
        ]
    return ",".join(cells)
