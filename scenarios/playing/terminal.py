"""A run in the terminal: a bar per run while it plays, a summary table when it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from scenarios.language.document import Scenario
from scenarios.playing.results import RunResult
from scenarios.playing.runner import Progress as Step
from scenarios.report.index import Summary
from scenarios.report.page import HEADLINES, kpi_rows
from scenarios.report.words import clock, duration, run_title

# Of a table in characters: a key figure, and what stands beside the names and figures.
_COLUMN, _OTHER_COLUMNS = 14, 32
_STYLES = {"better": "green", "worse": "yellow"}


class Bars:
    """What plays now, as bars: the runs of one scenario, or several scenarios and all of them."""

    def __init__(self, console: Console, scenarios: Sequence[Scenario]) -> None:
        self._scenarios = scenarios
        self._alone = len(scenarios) == 1
        # What is printed between must reach stdout, whatever the terminal shows.
        self._bars = Progress(
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("[dim]{task.fields[doing]:<22}"),
            TimeElapsedColumn(),
            console=console,
            expand=True,
            transient=not self._alone,
            redirect_stdout=False,
            disable=not self._alone and not console.is_terminal,
        )
        self._tasks: dict[int | str, TaskID] = {}
        if self._alone:
            for controller in scenarios[0].world.controllers:
                self._add(controller.value, run_title(controller.value))
        else:
            self._add("all", "all", total=len(scenarios))

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bars.stop()

    def watch(self, index: int, step: Step) -> None:
        """Takes what `scenarios.playing.several.play_each` reports."""
        name = step.run if self._alone else index
        if name not in self._tasks:
            self._add(name, escape(self._scenarios[index].full_name))
        doing = f"{clock(step.now)} {step.doing}"
        self._bars.update(self._tasks[name], completed=step.share, doing=doing)

    @contextmanager
    def ended(self, index: int) -> Iterator[None]:
        """The next of them has ended; within this something may be printed."""
        if self._alone:
            for task in self._tasks.values():
                self._bars.update(task, completed=1.0)
        self._bars.stop()
        yield
        if not self._alone:
            if index in self._tasks:
                self._bars.remove_task(self._tasks.pop(index))
            self._bars.update(self._tasks["all"], completed=index + 1)
            self._bars.start()

    def _add(self, name: int | str, title: str, total: float = 1.0) -> None:
        self._tasks[name] = self._bars.add_task(title, total=total, doing="")


def print_summary(console: Console, result: RunResult) -> None:
    """The key figures side by side, what failed, and the verdict."""
    if kpi_rows(result):
        console.print(_figures(result))
    print_misses(console, result)
    word, style = _verdict(result.passed)
    _say(
        console,
        f"bold {style}",
        f"{result.full_name} {word}: {result.held} of {len(result.expectations)} "
        f"expectations hold, seed {result.seed}",
    )


def print_misses(console: Console, result: RunResult) -> None:
    """What failed, a line each."""
    for run in result.runs:
        run_name = f" ({run_title(run.name)})" if len(result.runs) > 1 else ""
        for seen in run.expectations:
            if not seen.passed:
                _say(
                    console,
                    "red",
                    f"✗ {seen.place}{run_name}: {seen.subject}: "
                    f"wanted {seen.wanted}, saw {seen.seen}",
                )
        for step in run.steps:
            if not step.passed and step.step != "expect":
                detail = f": {step.detail}" if step.detail else ""
                _say(
                    console,
                    "red",
                    f"✗ {step.place}: {step.step}: {step.result}{detail}",
                )
    if result.stopped:
        _say(console, "red", f"stopped at {result.stopped}")


def print_table(console: Console, summary: Summary) -> None:
    """All that was played together, a line each; of a matrix with the key figures that fit."""
    names = [
        each.result.variant if summary.axes else each.result.full_name
        for each in summary.ended
    ]
    room = (console.width - max(map(len, names)) - _OTHER_COLUMNS) // _COLUMN
    kpis = [kpi for kpi in summary.kpis if summary.axes and kpi.name in HEADLINES]
    kpis = kpis[: max(room, 0)]
    table = Table(title=escape(summary.title), title_justify="left", box=None)
    table.add_column("")
    table.add_column("", no_wrap=True)
    for kpi in kpis:
        table.add_column(f"{kpi.title} {kpi.unit}".strip(), justify="right", width=12)
    table.add_column("held", justify="right", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    for name, each in zip(names, summary.ended):
        result = each.result
        word, style = _verdict(result.passed)
        table.add_row(
            Text("stopped" if result.stopped else word, style=style),
            escape(name),
            *(
                kpi.number(result.kpis[kpi.name]) if kpi.name in result.kpis else "–"
                for kpi in kpis
            ),
            f"{result.held} of {len(result.expectations)}",
            duration(each.took_s),
        )
    console.print(table)


def _verdict(passed: bool) -> tuple[str, str]:
    return ("passed", "green") if passed else ("failed", "red")


def _say(console: Console, style: str, text: str) -> None:
    console.print(Text(text, style=style), highlight=False, soft_wrap=True)


def _figures(result: RunResult) -> Table:
    table = Table(title=escape(result.scenario), title_justify="left", box=None)
    table.add_column("", no_wrap=True)
    heads: Sequence[str] = [run_title(run.name) for run in result.runs]
    for head in heads:
        table.add_column(head, justify="right")
    table.add_column("")
    if len(heads) > 1:
        table.add_column("change", justify="right")
    for row in kpi_rows(result):
        change = Text(row.change, style=_STYLES.get(row.verdict, ""))
        cells: list[str | Text] = [row.kpi.title, *row.values]
        cells.append(Text(row.kpi.unit, style="dim"))
        if len(heads) > 1:
            cells.append(change)
        table.add_row(*cells)
    return table
