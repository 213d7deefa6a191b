"""How a figure is taken: ours and the peer's work in turn, CPU time, medians of rounds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from time import process_time_ns
from typing import Any

Work = Callable[[], object]

ROUNDS = 15
WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `ratio` is the peer's figure over ours where there is a peer.

    `note` is for who reads the table, and not for the file.
    """

    name: str
    value: float
    unit: str
    peer: str | None
    peer_value: float | None
    ratio: float | None
    target: str
    met: bool
    note: str = ""

    def to_json(self) -> dict[str, object]:
        """The row of `out/bench.json`."""
        row = asdict(self)
        del row["note"]
        return row


@dataclass(frozen=True, slots=True)
class Contest:
    """The same work done by us and by a peer, and how much faster ours must be.

    `same` judges both results. Per round each is done so many times, ours also within
    `at_most_us` each where that is given.
    """

    name: str
    peer: str
    ours: Work
    theirs: Work
    same: Callable[[Any, Any], bool]
    at_least: float
    ours_times: int
    theirs_times: int
    at_most_us: float | None = None

    def agree(self) -> bool:
        """Does both once; whether the results are the same."""
        return self.same(self.ours(), self.theirs())

    def measure(self, rounds: int = ROUNDS) -> Figure:
        """The figure; a result that differs from the peer's is not worth measuring."""
        for _ in range(WARM_UP):
            if not self.agree():
                raise AssertionError(f"{self.name}: {self.peer} disagrees")
        gc.collect()
        ours, theirs = in_turn(
            (self.ours, self.ours_times), (self.theirs, self.theirs_times), rounds
        )
        target = f"≥ {self.at_least:g} ×"
        met = theirs / ours >= self.at_least
        if self.at_most_us is not None:
            target += f", ≤ {self.at_most_us:g} µs"
            met = met and ours <= self.at_most_us
        return Figure(
            self.name,
            round(ours, 2),
            "µs",
            self.peer,
            round(theirs, 2),
            round(theirs / ours, 2),
            target,
            met,
        )


def cpu_us(work: Work, times: int) -> float:
    """CPU microseconds of one call, from `times` calls in a row."""
    begin = process_time_ns()
    for _ in range(times):
        work()
    return (process_time_ns() - begin) / times / 1000


def in_turn(
    ours: tuple[Work, int], theirs: tuple[Work, int], rounds: int
) -> tuple[float, float]:
    """The medians of both in µs, measured in turn so that a slow moment hits both."""
    pairs = [(cpu_us(*ours), cpu_us(*theirs)) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs)
