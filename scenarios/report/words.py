"""How the report words runs, instants and durations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from wire.instants import local

RUN_TITLES = {
    "none": "without control",
    "threshold": "L1 threshold",
    "headroom": "with control",
}


def run_title(name: str) -> str:
    """What a run is called on the page."""
    return RUN_TITLES.get(name, name)


def clock(instant: datetime) -> str:
    """Dutch civil time of the day."""
    return f"{local(instant):%H:%M:%S}"


def moment_within(start: datetime, end: datetime) -> Callable[[datetime], str]:
    """How an instant is printed among those of a span: with its day if there are several."""
    if local(start).date() == local(end).date():
        return clock

    def moment(instant: datetime) -> str:
        civil = local(instant)
        return f"{civil:%a} {civil.day} {civil:%b} {clock(instant)}"

    return moment


def span(start: datetime, end: datetime) -> str:
    """From when to when, in Dutch civil time, for people."""
    days = [f"{c:%A} {c.day} {c:%B %Y}, " for c in (local(start), local(end))]
    until = "" if days[0] == days[1] else days[1]
    return f"{days[0]}{local(start):%H:%M} to {until}{local(end):%H:%M}"


def duration(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < 0.0005:
        return "0"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min"


def brief(seconds: float) -> str:
    """A duration without a tenth that is none."""
    return duration(seconds).replace(".0 ", " ")
