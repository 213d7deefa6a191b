"""The charts of a page, each with its heading."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from scenarios.playing.results import Run, RunResult, StationData
from scenarios.report.charts import WIDTH, Line, chart, of_series, of_trace
from scenarios.report.words import run_title

_MOST_STATIONS = 7


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its heading."""

    title: str
    note: str
    picture: Markup


def load_panels(result: RunResult) -> list[Panel]:
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


def station_panels(result: RunResult) -> list[Panel]:
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
