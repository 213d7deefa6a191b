"""The page of several scenarios, or of a matrix: one table, a figure for each key figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from scenarios.language.matrix import Axis, shown
from scenarios.playing.kpis import Kpi, in_order
from scenarios.playing.results import Run
from scenarios.playing.several import Ended
from scenarios.report.figure import direction, picture, sample
from scenarios.report.spread import Layout, Row, curves, layout, panels
from scenarios.report.template import inlined, template
from scenarios.report.words import duration, run_title

RUN = "run"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was played together: all of a matrix, or several files.

    `pages` are where the report of each stands, counted from the page's own folder; `axes`
    are those of the matrix.
    """

    title: str
    description: str
    ended: tuple[Ended, ...]
    pages: tuple[str, ...]
    axes: tuple[Axis, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all passed."""
        return all(each.result.passed for each in self.ended)

    @property
    def kpis(self) -> list[Kpi]:
        """The key figures that any of them has."""
        return in_order(
            name for each in self.ended for run in each.result.runs for name in run.kpis
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """The figures of one key figure, each with what it is of."""

    kpi: Kpi
    direction: str
    pictures: tuple[tuple[str, Markup], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: a run of a scenario, with what was varied and its key figures."""

    ended: Ended
    page: str
    name: str
    varied: tuple[str, ...]
    figures: tuple[str, ...]


def render_index(summary: Summary) -> str:
    """The page's HTML."""
    rows, axes = _rows(summary)
    spread = layout(axes)
    drawn, same = _panels(summary.kpis, rows, spread) if spread else ([], [])
    page = template("index.html.jinja", duration=duration, sample=sample)
    return page.render(
        summary=summary,
        style=inlined("report.css", "index.css"),
        kpis=summary.kpis if summary.axes else [],
        lines=_lines(summary),
        passed=sum(each.result.passed for each in summary.ended),
        took_s=sum(each.took_s for each in summary.ended),
        legend=list(enumerate(spread.labels)) if spread and spread.series else [],
        panels=drawn,
        same=same,
    )


def _lines(summary: Summary) -> list[Line]:
    """The table, a line for each run of each scenario."""
    kpis = summary.kpis
    return [
        Line(
            each,
            page,
            _name(summary, each, run),
            tuple(
                shown(each.scenario.variant.values.get(axis.name))
                for axis in summary.axes
            ),
            tuple(
                row.number(run.kpis[row.name]) if row.name in run.kpis else "–"
                for row in kpis
            ),
        )
        for each, page in zip(summary.ended, summary.pages, strict=True)
        for run in each.result.runs
    ]


def _name(summary: Summary, each: Ended, run: Run) -> str:
    name = each.result.variant if summary.axes else each.result.full_name
    return f"{name}, {run_title(run.name)}" if len(each.result.runs) > 1 else name


def _rows(summary: Summary) -> tuple[list[Row], tuple[Axis, ...]]:
    """The key figures by the values on the axes; runs side by side are an axis too."""
    runs: tuple[Axis, ...] = ()
    if summary.axes and any(len(each.result.runs) > 1 for each in summary.ended):
        names = [run.name for each in summary.ended for run in each.result.runs]
        runs = (Axis(RUN, tuple(dict.fromkeys(names))),)
    rows = [
        Row(
            {**each.scenario.variant.values, **({RUN: run.name} if runs else {})},
            run.kpis,
        )
        for each in summary.ended
        for run in each.result.runs
    ]
    return rows, (*summary.axes, *runs)


def _panels(
    kpis: Sequence[Kpi], rows: Sequence[Row], spread: Layout
) -> tuple[list[Panel], list[str]]:
    """A panel for each key figure; and those that are the same everywhere, with their value."""
    drawn, same = [], []
    for row in kpis:
        span = {each.kpis[row.name] for each in rows if row.name in each.kpis}
        if len(span) == 1:
            same.append(f"{row.title}: {row.print(span.pop())}")
            continue
        pictures = []
        for panel in panels(spread):
            found = curves(spread, panel, rows, row.name)
            title = ", ".join(f"{name} {shown(value)}" for name, value in panel.items())
            if found:
                name = f"{row.title} over {spread.x.name} {title}".strip()
                pictures.append((title, picture(row, spread, found, tuple(span), name)))
        if pictures:
            drawn.append(Panel(row, direction(row), tuple(pictures)))
    return drawn, same
