"""What a run leaves: step and expectation results, key figures, and the report's material.

Frozen values throughout, so that a run in another process comes back by pickle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from scenarios.playing.event_log import print_instant


@dataclass(frozen=True, slots=True)
class Series:
    """Evenly spaced values from `start`, one per `step_s` seconds; None where there is none."""

    start: datetime
    step_s: int
    values: tuple[float | None, ...]

    @property
    def end(self) -> datetime:
        """The end of the last interval."""
        return self.start + timedelta(seconds=self.step_s * len(self.values))


@dataclass(frozen=True, slots=True)
class Trace:
    """A value that holds from each instant to the next: `(instant, value)`, ascending.

    A value of None is a gap (nothing known, or nothing in force).
    """

    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class StationData:
    """One station over the run: the limit that its unit applied and what was drawn, in W."""

    name: str
    limit_w: Trace
    draw_w: Trace
    hardware_max_w: int


class Hop(Enum):
    """The stations on a message's way, in order; the value is what the report prints."""

    PLANNED = "planned"
    JOB = "job committed"
    IN_METER = "in the meter"
    ON_P1 = "on P1"
    GATEWAY_ACCEPTED = "gateway accepted"
    COMMITTED = "committed to the unit"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class HopLatency:
    """Seconds from the hop before to this one, over all messages that made it."""

    hop: Hop
    count: int
    median_s: float
    p95_s: float
    max_s: float


def hop_latency(hop: Hop, delays_s: Sequence[float]) -> HopLatency:
    """Sums up the delays of one hop; percentiles by nearest rank."""
    ranked = sorted(delays_s)
    if not ranked:
        return HopLatency(hop, 0, 0.0, 0.0, 0.0)
    count = len(ranked)
    return HopLatency(
        hop,
        count,
        ranked[(count - 1) // 2],
        ranked[-(-count * 95 // 100) - 1],
        ranked[-1],
    )


class Form(Enum):
    """How a stage of a followed message is to be shown."""

    TEXT = "text"
    HEX = "hex"
    XML = "xml"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stop of a followed message: the bytes or values there, and when they were there.

    `body` is text; for HEX a string of hex digits, for TABLE lines of cells parted by tabs,
    the first line being the heads. `marks` are parts of the body to highlight (for HEX: hex
    digits) with what they are, e.g. `("c1", "SET-request-normal")`.
    """

    title: str
    at: datetime
    form: Form
    body: str
    note: str = ""
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FollowedMessage:
    """One message on its whole way, byte by byte."""

    station: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class RunData:
    """What the report shows of one run beside its key figures.

    `phase_load_w` are three series of the transformer's total load (premises and cars), in
    quarter-hour means, `phase_minutes_w` the same in one-minute means; `rating_w` is a phase's
    share of the transformer's rating.
    """

    phase_load_w: tuple[Series, Series, Series] | None = None
    rating_w: float | None = None
    stations: tuple[StationData, ...] = ()
    latencies: tuple[HopLatency, ...] = ()
    followed: FollowedMessage | None = None
    phase_minutes_w: tuple[Series, Series, Series] | None = None


def where(line: int, file: str) -> str:
    """A place as a person is told it; without a file it is in the scenario's own."""
    return f"{file}:{line}" if file else f"line {line}"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step as it went; `line` is where it stands in the scenario's file, or in `file`."""

    run: str
    index: int
    line: int
    step: str
    at: datetime
    until: datetime
    passed: bool
    result: str
    detail: str = ""
    value: object = None
    file: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return where(self.line, self.file)

    def to_json(self) -> dict[str, object]:
        """The contract's form."""
        row: dict[str, object] = {
            "run": self.run,
            "index": self.index,
            "line": self.line,
            "step": self.step,
            "at": print_instant(self.at),
            "until": print_instant(self.until),
            "passed": self.passed,
            "result": self.result,
        }
        if self.file:
            row["file"] = self.file
        if self.detail:
            row["detail"] = self.detail
        if self.value is not None:
            row["value"] = self.value
        return row


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen so many seconds after an expectation was looked at first."""

    after_s: float
    seen: str


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """An expectation beside what was seen; `wanted` and `seen` are for people to read.

    `after_s` is when a look first found it, or was last taken, from the step's begin;
    `held_s` for how long it was so at the last. Both are None where nobody asked.
    `index` is that of its step, `within_s` what it might take; `sights` are what was seen
    meanwhile, whenever it changed; `file` is as of a step.
    """

    run: str
    line: int
    kind: str
    subject: str
    wanted: str
    seen: str
    passed: bool
    at: datetime
    after_s: float | None = None
    held_s: float | None = None
    index: int = 0
    within_s: float | None = None
    sights: tuple[Sight, ...] = ()
    file: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return where(self.line, self.file)

    def to_json(self) -> dict[str, object]:
        """The contract's form."""
        row: dict[str, object] = {
            "run": self.run,
            "line": self.line,
            "kind": self.kind,
            "subject": self.subject,
            "wanted": self.wanted,
            "seen": self.seen,
            "passed": self.passed,
            "at": print_instant(self.at),
        }
        if self.file:
            row["file"] = self.file
        if self.after_s is not None:
            row["after_s"] = self.after_s
        if self.held_s is not None:
            row["held_s"] = self.held_s
        if self.within_s is not None:
            row["within_s"] = self.within_s
        if len(self.sights) > 1:
            row["over_time"] = [
                {"after_s": sight.after_s, "seen": sight.seen} for sight in self.sights
            ]
        return row


@dataclass(frozen=True, slots=True)
class Run:
    """One variant of a scenario, played: `name` is its controller."""

    name: str
    steps: tuple[StepResult, ...]
    expectations: tuple[ExpectationResult, ...]
    kpis: Mapping[str, float]
    data: RunData = field(repr=False, default=RunData())
    events: tuple[str, ...] = field(repr=False, default=())
    events_sha256: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A played scenario: one run, or several side by side; the last is the one to judge.

    `variant` names which one of a matrix it is, if it is of one.
    """

    scenario: str
    description: str
    seed: int
    start: datetime
    end: datetime
    runs: tuple[Run, ...]
    stopped: str = ""
    variant: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """The scenario's name, with that of its variant."""
        return f"{self.scenario}/{self.variant}" if self.variant else self.scenario

    @property
    def expectations(self) -> tuple[ExpectationResult, ...]:
        """The expectations of all runs."""
        return tuple(seen for run in self.runs for seen in run.expectations)

    @property
    def held(self) -> int:
        """How many of them hold."""
        return sum(seen.passed for seen in self.expectations)

    @property
    def passed(self) -> bool:
        """Whether every step and every expectation of every run passed, to the last step."""
        return not self.stopped and all(
            all(step.passed for step in run.steps)
            and all(seen.passed for seen in run.expectations)
            for run in self.runs
        )

    @property
    def kpis(self) -> Mapping[str, float]:
        """The key figures of the last run."""
        return self.runs[-1].kpis

    def to_json(self) -> dict[str, object]:
        """The document that `run --json` prints and `report.json` holds."""
        return {
            "scenario": self.scenario,
            **({"variant": self.variant} if self.variant else {}),
            "seed": self.seed,
            "passed": self.passed,
            "steps": [step.to_json() for run in self.runs for step in run.steps],
            "expectations": [seen.to_json() for seen in self.expectations],
            "kpis": dict(self.kpis),
            "parameters": dict(self.parameters),
            "runs": [
                {
                    "run": run.name,
                    "kpis": dict(run.kpis),
                    "events_sha256": run.events_sha256,
                }
                for run in self.runs
            ],
            **({"stopped": self.stopped} if self.stopped else {}),
        }
