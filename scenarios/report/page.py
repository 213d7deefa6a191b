"""Makes the report page of a played scenario: one file of HTML that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from scenarios.playing.kpis import Better, Kpi, in_order
from scenarios.playing.results import FollowedMessage, HopLatency, Run, RunResult
from scenarios.report import stages
from scenarios.report.outcomes import MOST_TOLD, expected, failures, parted, stepped
from scenarios.report.panels import load_panels, station_panels
from scenarios.report.template import inlined, template
from scenarios.report.words import (
    brief,
    clock,
    duration,
    moment_within,
    run_title,
    span,
)

HEADLINES = (
    "overload_min_per_week",
    "max_pu",
    "energy_served",
    "messages_per_station_per_day",
)


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A key figure over all runs, as printed without its unit.

    `verdict` compares the last run with the first: better, worse, neither, same, or nothing.
    """

    kpi: Kpi
    values: tuple[str, ...]
    verdict: str
    change: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A hop's latency with its lengths on the page, in percent of the longest."""

    hop: HopLatency
    median: str
    p95: str
    longest: str
    median_percent: float
    p95_percent: float


def render(result: RunResult) -> str:
    """The page's HTML."""
    page = template(
        "report.html.jinja",
        brief=brief,
        clock=clock,
        duration=duration,
        moment=moment_within(result.start, result.end),
        span=lambda result: span(result.start, result.end),
        run_title=run_title,
        stage=stages.body,
    )
    last, flowed = result.runs[-1], _flowed(result)
    kpis = kpi_rows(result) if flowed else []
    missed, held = parted(expected(result))
    steps = stepped(result)
    return page.render(
        result=result,
        runs=result.runs,
        last=last,
        style=style(),
        script=script(),
        headlines=[row for row in kpis if row.kpi.name in HEADLINES],
        kpis=kpis,
        loads=load_panels(result) if flowed else [],
        stations=station_panels(result) if flowed else [],
        bars=bars(last.data.latencies),
        followed=last.data.followed,
        journey=_journey(last.data.followed),
        missed=missed,
        held=held,
        steps=steps,
        anchors={row.anchor for table in (missed, held) for row in table.rows}
        | {row.anchor for table in steps for row in table.rows},
        failures=failures(result),
        MOST_TOLD=MOST_TOLD,
    )


def style() -> Markup:
    """The style sheet of every page."""
    return inlined("report.css")


def script() -> Markup:
    """What makes the charts of a page zoom."""
    return inlined("chart.js", "zoom.js")


def _flowed(result: RunResult) -> bool:
    """Whether any power flowed, or a message went to a charge point: else charts say nothing."""
    return any(
        any(hop.count for hop in run.data.latencies)
        or any(any(series.values) for series in run.data.phase_load_w or ())
        or any(
            power_w
            for station in run.data.stations
            for _, power_w in station.draw_w.points
        )
        for run in result.runs
    )


def kpi_rows(result: RunResult) -> list[KpiRow]:
    """The key figures of all runs."""
    rows = in_order(name for run in result.runs for name in run.kpis)
    return [_kpi_row(row, result.runs) for row in rows]


def _kpi_row(row: Kpi, runs: tuple[Run, ...]) -> KpiRow:
    values = tuple(
        row.number(run.kpis[row.name]) if row.name in run.kpis else "–" for run in runs
    )
    first, last = runs[0].kpis.get(row.name), runs[-1].kpis.get(row.name)
    if len(runs) < 2 or first is None or last is None:
        return KpiRow(row, values, "", "")
    if values[0] == values[-1]:
        return KpiRow(row, values, "same", "same")
    if row.unit == "%":
        change = f"{(last - first) * 100:+.{row.decimals}f} points"
    elif first:
        change = f"{(last - first) / first:+.0%}"
    else:
        change = f"{last - first:+.{row.decimals}f}"
    verdict = "neither"
    if row.better is not Better.NEITHER:
        lower = row.better is Better.LOWER
        verdict = "better" if (last < first) is lower else "worse"
    return KpiRow(row, values, verdict, change.replace("-", "−"))


def bars(latencies: tuple[HopLatency, ...]) -> list[Bar]:
    """The hops with the lengths of their bars; none when no message went anywhere."""
    if not any(hop.count for hop in latencies):
        return []
    longest = max((hop.p95_s for hop in latencies), default=0.0) or 1.0
    return [
        Bar(
            hop,
            duration(hop.median_s),
            duration(hop.p95_s),
            duration(hop.max_s),
            round(hop.median_s / longest * 100, 2),
            round(hop.p95_s / longest * 100, 2),
        )
        for hop in latencies
    ]


def _journey(followed: FollowedMessage | None) -> list[str]:
    """The time of each stage after the first."""
    if followed is None or not followed.stages:
        return []
    first = followed.stages[0].at
    waits = [(stage.at - first).total_seconds() for stage in followed.stages]
    return [f"+{duration(wait)}" if wait else "" for wait in waits]
