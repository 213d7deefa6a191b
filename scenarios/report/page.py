"""Makes the report page of a played scenario: one file of HTML that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scenarios.kpis import KPIS, Better, Kpi, kpi
from scenarios.report import stages
from scenarios.report.charts import WIDTH, Line, chart, of_series, of_trace
from scenarios.results import FollowedMessage, HopLatency, Run, RunResult, StationData
from wire.instants import local

_HEADLINES = (
    "overload_min_per_week",
    "max_pu",
    "energy_served",
    "messages_per_station_per_day",
)
RUN_TITLES = {
    "none": "without control",
    "threshold": "L1 threshold",
    "headroom": "with control",
}
_MOST_STATIONS = 7
_FOLDER = Path(__file__).parent
_SCRIPTS = ("chart.js", "zoom.js")


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


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its heading."""

    title: str
    note: str
    picture: Markup


def render(result: RunResult) -> str:
    """The page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=clock,
        day=day,
        duration=duration,
        kpi=kpi,
        run_title=run_title,
        stage=stages.body,
    )
    last, flowed = result.runs[-1], _flowed(result)
    kpis = kpi_rows(result) if flowed else []
    expectations = [seen for run in result.runs for seen in run.expectations]
    page = environment.get_template("report.html.jinja").render(
        result=result,
        runs=result.runs,
        last=last,
        style=style(),
        script=script(),
        headlines=[row for row in kpis if row.kpi.name in _HEADLINES],
        kpis=kpis,
        loads=_load_panels(result) if flowed else [],
        stations=_station_panels(result) if flowed else [],
        bars=bars(last.data.latencies),
        followed=last.data.followed,
        journey=_journey(last.data.followed),
        expectations=expectations,
        held=sum(seen.passed for seen in expectations),
    )
    return page


def style() -> Markup:
    """The style sheet of every page."""
    return Markup((_FOLDER / "report.css").read_text("utf-8"))


def script() -> Markup:
    """What makes the charts of a page zoom."""
    return Markup("".join((_FOLDER / name).read_text("utf-8") for name in _SCRIPTS))


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


def run_title(name: str) -> str:
    """What a run is called on the page."""
    return RUN_TITLES.get(name, name)


def clock(instant: datetime, precise: bool = False) -> str:
    """Dutch civil time of the day."""
    civil = local(instant)
    shown = f"{civil:%H:%M:%S}"
    return f"{shown}.{civil.microsecond // 1000:03d}" if precise else shown


def day(instant: datetime) -> str:
    """Dutch civil date and time, for people."""
    civil = local(instant)
    return f"{civil:%A} {civil.day} {civil:%B %Y}, {civil:%H:%M}"


def duration(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < 0.0005:
        return "0"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min"


def kpi_rows(result: RunResult) -> list[KpiRow]:
    """The key figures of all runs, those of the table first and in its order."""
    names = dict.fromkeys(
        name for run in result.runs for name in sorted(run.kpis) if name not in KPIS
    )
    known = [name for name in KPIS if any(name in run.kpis for run in result.runs)]
    return [_kpi_row(kpi(name), result.runs) for name in (*known, *names)]


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


def _load_panels(result: RunResult) -> list[Panel]:
    shown = [run for run in result.runs if run.data.phase_load_w is not None]
    lines = {run.name: _phase_lines(run) for run in shown}
    levels = [
        level or 0.0
        for phases in lines.values()
        for line in phases
        for _, level in line.points
    ]
    ratings = [run.data.rating_w or 0.0 for run in shown]
    highest = max([*levels, *(rating / 1000 * 1.05 for rating in ratings)], default=1.0)
    lowest = min(levels, default=0.0)
    panels = []
    for run in shown:
        rating = run.data.rating_w
        picture = chart(
            lines[run.name],
            start=result.start,
            end=result.end,
            name=f"load {run_title(run.name)}",
            unit="kW",
            highest=highest,
            lowest=lowest,
            rating=None if rating is None else rating / 1000,
            height=230,
        )
        panels.append(Panel(run_title(run.name), _over(run), picture))
    return panels


def _phase_lines(run: Run) -> list[Line]:
    assert run.data.phase_load_w is not None
    return [
        of_series(f"L{n}", f"l{n}", series, 0.001, minutes)
        for n, (series, minutes) in enumerate(
            zip(run.data.phase_load_w, run.data.phase_minutes_w or (None,) * 3), 1
        )
    ]


def _over(run: Run) -> str:
    """In how many quarter-hours some phase was above its rating."""
    loads, rating = run.data.phase_load_w, run.data.rating_w
    if loads is None or rating is None:
        return ""
    worst = [
        max(value or 0.0 for value in values)
        for values in zip(*(series.values for series in loads), strict=False)
    ]
    count = sum(value > rating for value in worst)
    if not count:
        return "never above the rating"
    hours = count * loads[0].step_s / 3600
    return f"{hours:g} h above the rating"


def _station_panels(result: RunResult) -> list[Panel]:
    last = result.runs[-1]
    first = result.runs[0]
    before = {station.name: station for station in first.data.stations}
    compared = before if len(result.runs) > 1 else {}
    panels = []
    for index, station in enumerate(last.data.stations[:_MOST_STATIONS]):
        lines = [of_trace("drawn", "draw", station.draw_w, 0.001, filled=True)]
        if station.name in compared:
            ghost = compared[station.name].draw_w
            label = f"drawn {run_title(first.name)}"
            lines.insert(0, of_trace(label, "ghost", ghost, 0.001))
        lines.append(of_trace("limit", "limit", station.limit_w, 0.001))
        picture = chart(
            lines,
            start=result.start,
            end=result.end,
            name=f"station {station.name}",
            unit="kW",
            highest=_station_top(station, lines),
            width=WIDTH if index == 0 else WIDTH // 2,
            height=230 if index == 0 else 150,
        )
        panels.append(Panel(station.name, "", picture))
    return panels


def _station_top(station: StationData, lines: list[Line]) -> float:
    levels = [level or 0.0 for line in lines for _, level in line.points]
    return max(*levels, station.hardware_max_w / 1000, 1.0)


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
