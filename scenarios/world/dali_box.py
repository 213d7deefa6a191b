"""The DALI box of a world's transformer: its rows, true or not, and what becomes of them.

A row goes as a line of CSV, with whatever is wrong with it, through the reader of real files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headend.dali import COLUMNS, Fault, FeederRows, FeederSample, read_header
from scenarios.acting.feeder_faults import Disturbance, Wrong
from scenarios.playing.event_log import print_instant
from scenarios.world.feeder import Feeder
from scenarios.world.transformer import PHASES, QUARTER_S
from wire.instants import NEVER, from_epoch

NAME = "DALI"
_HEADER = ",".join(("time", *COLUMNS))

Cells = list[str]
"""Of a row: its time, then V, A and W of each phase in turn."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the head-end got since the report before: the newest good row, those that came with
    it from before, and what is wrong."""

    sample: FeederSample | None
    past: tuple[FeederSample, ...]
    faults: tuple[Fault, ...]


class DaliBox:
    """Reports a feeder's quarters, as long as nothing is wrong with it; `seconds` is the time.

    A quarter that a recorded feeder has no good row of is reported as that file has it.
    """

    def __init__(self, feeder: Feeder, seconds: Callable[[], float]) -> None:
        self._feeder = feeder
        self._seconds = seconds
        self._rows = FeederRows(now=lambda: from_epoch(seconds()))
        self._sheet = read_header(_HEADER, NAME)
        self._line = 1
        self._disturbance: Disturbance | None = None
        self._until_s: float = NEVER
        self._last: Cells | None = None
        # Rows and when they arrive; or the time of a quarter that the file has no row of.
        self._under_way: deque[tuple[int, list[Cells] | datetime]] = deque()

    def disturb(self, disturbance: Disturbance | None) -> None:
        """From now on this is wrong with what it reports; None: nothing."""
        self._disturbance, self._until_s = disturbance, NEVER
        if disturbance is not None and disturbance.lasts_s is not None:
            self._until_s = self._seconds() + disturbance.lasts_s

    def report(self, end_s: int, total_w: Sequence[float]) -> Report:
        """What arrives when the quarter is over that ends then.

        `total_w` is its mean load per phase. Rows that are late do not overtake each other.
        """
        begin_s = end_s - QUARTER_S
        found: list[FeederSample | Fault] = [*self._feeder.faults(begin_s)]
        self._send(begin_s, total_w)
        while self._under_way and self._under_way[0][0] <= end_s:
            _, rows = self._under_way.popleft()
            if isinstance(rows, datetime):
                self._rows.previous = rows
                continue
            for cells in rows:
                self._line += 1
                found += self._rows.read(self._sheet, self._line, ",".join(cells))
        samples = [item for item in found if isinstance(item, FeederSample)]
        faults = tuple(item for item in found if isinstance(item, Fault))
        newest = samples[-1] if samples else None
        return Report(newest, tuple(samples[:-1]), faults)

    def _send(self, begin_s: int, total_w: Sequence[float]) -> None:
        """The row of a quarter leaves, with what is wrong with it."""
        end_s = begin_s + QUARTER_S
        if end_s > self._until_s:
            self.disturb(None)
        wrong, due_s = self._disturbance, end_s
        if not self._feeder.is_measured(begin_s):
            self._under_way.append((end_s, from_epoch(begin_s)))
            return
        cells = self._feeder.row(begin_s, total_w).split(",")
        rows = [cells]
        if wrong is not None:
            due_s += wrong.by_s if wrong.wrong is Wrong.LATE else 0
            rows = _ROWS[wrong.wrong](cells, wrong, self._last or cells)
        if self._last is None or wrong is None or wrong.wrong is not Wrong.STUCK:
            self._last = cells
        if self._under_way:
            due_s = max(due_s, self._under_way[-1][0])
        self._under_way.append((due_s, rows))


def _power(change: Callable[[str], str]) -> Callable[..., list[Cells]]:
    """What is wrong with the cells of power on the phases that are disturbed."""

    def rows(cells: Cells, wrong: Disturbance, last: Cells) -> list[Cells]:
        changed = list(cells)
        for phase in wrong.phases:
            changed[3 * phase + 3] = change(cells[3 * phase + 3])
        return [changed]

    return rows


def _stuck(cells: Cells, wrong: Disturbance, last: Cells) -> list[Cells]:
    return [_with(cells, last, wrong.phases)]


def _zero(cells: Cells, wrong: Disturbance, last: Cells) -> list[Cells]:
    dead = [cells[0], *(cells[1], "0", "0"), *(cells[4], "0", "0")]
    return [_with(cells, [*dead, cells[7], "0", "0"], wrong.phases)]


def _swapped(cells: Cells, wrong: Disturbance, last: Cells) -> list[Cells]:
    return [[cells[0], *cells[4:], *cells[1:4]]]


def _with(cells: Cells, others: Cells, phases: Sequence[int]) -> Cells:
    """The row with the values of another one on some phases."""
    mixed = [cells[0]]
    for phase in PHASES:
        source = others if phase in phases else cells
        mixed += source[3 * phase + 1 : 3 * phase + 4]
    return mixed


def _clock(sign: int) -> Callable[..., list[Cells]]:
    """The box's clock is off by so much."""

    def rows(cells: Cells, wrong: Disturbance, last: Cells) -> list[Cells]:
        off = timedelta(seconds=sign * wrong.by_s)
        time = datetime.fromisoformat(cells[0]) + off
        return [[print_instant(time), *cells[1:]]]

    return rows


_ROWS: dict[Wrong, Callable[[Cells, Disturbance, Cells], list[Cells]]] = {
    Wrong.MISSING: lambda cells, wrong, last: [],
    Wrong.LATE: lambda cells, wrong, last: [cells],
    Wrong.STUCK: _stuck,
    Wrong.ZERO: _zero,
    Wrong.KILOWATTS: _power(lambda watt: f"{int(watt) / 1000:.1f}"),
    Wrong.NEGATED: _power(lambda watt: str(-int(watt))),
    Wrong.SWAPPED_PHASES: _swapped,
    Wrong.NAN: _power(lambda watt: "NaN"),
    Wrong.CUT_OFF: lambda cells, wrong, last: [cells[:5]],
    Wrong.DUPLICATE: lambda cells, wrong, last: [cells, cells],
    Wrong.BACK_IN_TIME: _clock(-1),
    Wrong.AHEAD: _clock(1),
}
"""The lines that a row becomes, given it and the last one that was right."""
