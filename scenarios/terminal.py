"""A run in the terminal: a bar per run while it plays, a summary table when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from scenarios.document import Scenario
from scenarios.report.page import kpi_rows
from scenarios.report.words import clock, run_title
from scenarios.results import RunResult
from scenarios.runner import Progress as Step

_STYLES = {"better": "green", "worse": "yellow"}


@contextmanager
def progress_bars(
    console: Console, scenario: Scenario
) -> Iterator[Callable[[Step], None]]:
    """Bars that follow what `scenarios.play.play` reports; give it what this yields."""
    bars = Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("[dim]{task.fields[doing]:<22}"),
        TimeElapsedColumn(),
        console=console,
        expand=True,
    )
    tasks: dict[str, TaskID] = {}
    with bars:
        for controller in scenario.world.controllers:
            title = run_title(controller.value)
            tasks[controller.value] = bars.add_task(title, total=1.0, doing="")

        def watch(step: Step) -> None:
            doing = f"{clock(step.now)} {step.doing}"
            bars.update(tasks[step.run], completed=step.share, doing=doing)

        yield watch
        for task in tasks.values():
            bars.update(task, completed=1.0)


def print_summary(console: Console, result: RunResult) -> None:
    """The key figures side by side, what failed, and the verdict."""
    rows = kpi_rows(result)
    if rows:
        console.print(_figures(result))
    held = failed = 0
    for run in result.runs:
        for seen in run.expectations:
            held, failed = held + seen.passed, failed + (not seen.passed)
            if not seen.passed:
                where = f" ({run_title(run.name)})" if len(result.runs) > 1 else ""
                _say(
                    console,
                    "red",
                    f"✗ line {seen.line}{where}: {seen.subject}: "
                    f"wanted {seen.wanted}, saw {seen.seen}",
                )
        for step in run.steps:
            if not step.passed and step.step != "expect":
                detail = f": {step.detail}" if step.detail else ""
                _say(
                    console,
                    "red",
                    f"✗ line {step.line}: {step.step}: {step.result}{detail}",
                )
    if result.stopped:
        _say(console, "red", f"stopped at {result.stopped}")
    word, style = ("passed", "green") if result.passed else ("failed", "red")
    _say(
        console,
        f"bold {style}",
        f"{result.scenario} {word}: {held} of {held + failed} expectations hold, "
        f"seed {result.seed}",
    )


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
