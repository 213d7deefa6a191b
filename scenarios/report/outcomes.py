"""The rows of a page's tables of expectations and steps: what failed first, and so many at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from scenarios.playing.kpis import kpi
from scenarios.playing.results import ExpectationResult, RunResult, Sight, StepResult
from scenarios.report.words import brief

# A table lists so many rows; what does not fit stands in report.json.
MOST_ROWS = 1000
# So many failures are told at the top of the page.
MOST_TOLD = 8

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The rows that a table shows, and how many it has no place for."""

    rows: tuple[Row, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation with its place on the page, and that of its step, if there is one."""

    seen: ExpectationResult
    anchor: str
    step: str

    @property
    def what(self) -> str:
        """What was looked at."""
        seen = self.seen
        return kpi(seen.subject).title if seen.kind == "kpi" else seen.subject

    @property
    def when(self) -> str:
        """After how long it held and for how long, or until when it did not.

        Nothing for a single look.
        """
        seen = self.seen
        if not seen.passed:
            return (
                ""
                if seen.after_s is None
                else f"seen last, after {brief(seen.after_s)}"
            )
        parts = []
        if seen.after_s is not None:
            parts.append(f"after {brief(seen.after_s)}" if seen.after_s else "at once")
        if seen.within_s is not None:
            parts.append(f"of {brief(seen.within_s)} at most")
        if seen.held_s is not None:
            parts.append(f"for {brief(seen.held_s)}")
        return f"held {', '.join(parts)}" if parts else ""

    @property
    def before(self) -> tuple[Sight, ...]:
        """What was seen before the last look."""
        return self.seen.sights[:-1]


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step with its place on the page, and that of its expectation, if there is one."""

    step: StepResult
    anchor: str
    expectation: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure in a sentence, and where on the page the rest stands."""

    text: str
    place: str
    run: str
    anchor: str


def expected(result: RunResult) -> list[Expected]:
    """All expectations of all runs, in their order."""
    return [
        Expected(seen, f"e{n}-{count}", _step(n, seen.index) if seen.index else "")
        for n, run in enumerate(result.runs)
        for count, seen in enumerate(run.expectations)
    ]


def stepped(result: RunResult) -> list[Listed[Stepped]]:
    """The steps of each run."""
    links = {row.step: row.anchor for row in expected(result)}
    tables = []
    for n, run in enumerate(result.runs):
        anchors = [_step(n, step.index) for step in run.steps]
        rows = [
            Stepped(step, anchor, links.get(anchor, ""))
            for step, anchor in zip(run.steps, anchors, strict=True)
        ]
        tables.append(_listed(rows))
    return tables


def _step(run: int, index: int) -> str:
    return f"s{run}-{index}"


def _listed(rows: list[Stepped]) -> Listed[Stepped]:
    """In their order; what failed has its place before what passed."""
    kept = sorted(range(len(rows)), key=lambda n: rows[n].step.passed)[:MOST_ROWS]
    return Listed(tuple(rows[n] for n in sorted(kept)), len(rows) - len(kept))


def parted(rows: Iterable[Expected]) -> tuple[Listed[Expected], Listed[Expected]]:
    """The expectations that failed, and those that held."""
    missed: list[Expected] = []
    held: list[Expected] = []
    for row in rows:
        (held if row.seen.passed else missed).append(row)
    return (
        Listed(tuple(missed[:MOST_ROWS]), max(0, len(missed) - MOST_ROWS)),
        Listed(tuple(held[:MOST_ROWS]), max(0, len(held) - MOST_ROWS)),
    )


def failures(result: RunResult) -> list[Failure]:
    """All that failed, in the order of the runs: steps, then expectations."""
    found = [
        Failure(
            f"{step.step}: {step.result}" + (f", {step.detail}" if step.detail else ""),
            step.place,
            run.name,
            _step(n, step.index),
        )
        for n, run in enumerate(result.runs)
        for step in run.steps
        if not step.passed and step.step != "expect"
    ]
    return found + [
        Failure(
            f"{row.what}: wanted {row.seen.wanted}, saw {row.seen.seen}",
            row.seen.place,
            row.seen.run,
            row.anchor,
        )
        for row in expected(result)
        if not row.seen.passed
    ]
