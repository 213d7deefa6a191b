"""`python -m tests.bench [--only NAME]`: measures, prints the table, writes out/bench.json."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.bench import dlms, gas, mbus, meters, p1
from tests.bench.measure import Contest, Figure

OUT = Path("out") / "bench.json"


def _day() -> Figure:
    # Imported late: it brings the whole house, which the other rows do not need.
    from tests.bench.day import simulated_day

    return simulated_day()


def _congestion(row: str) -> Figure:
    from tests.bench import congestion

    figure: Figure = getattr(congestion, row)()
    return figure


def _contest(make: Callable[[], Contest]) -> Figure:
    # gurux-dlms prints as it ciphers; without a standard output that costs it nothing.
    with redirect_stdout(None):
        return make().measure()


ROWS: dict[str, Callable[[], Figure]] = {
    "get": partial(_contest, dlms.ciphered_get),
    "association": partial(_contest, dlms.association),
    "profile": partial(_contest, dlms.profile_by_blocks),
    "p1": partial(_contest, p1.p1_stream),
    "mbus-write": partial(_contest, mbus.write_hourly),
    "mbus-read": partial(_contest, mbus.read_hourly),
    "idle": meters.idle_meter,
    "printed": meters.printed_meter,
    "full": meters.full_meter,
    "whole": meters.whole_meter,
    "fleet": meters.fleet_day,
    "gas": gas.gas_day,
    "day": _day,
    "four-weeks": partial(_congestion, "four_weeks"),
    "300-stations": partial(_congestion, "many_stations"),
    "growth": partial(_congestion, "growth"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures the rows asked for. A missed target is said, and is no failure: no test, this."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append", metavar="NAME")
    only: list[str] | None = parser.parse_args(arguments).only
    # pyMeterBus turns on what everything logs, for a command line of its own.
    logging.getLogger().setLevel(logging.WARNING)
    console = Console()
    figures = []
    for name, measure in ROWS.items():
        if only is None or name in only:
            console.print(f"measuring: {name}", style="dim")
            figures.append(measure())
    console.print(table_of(figures))
    for figure in figures:
        if not figure.met:
            _say_missed(console, figure)
    OUT.parent.mkdir(exist_ok=True)
    rows = [figure.to_json() for figure in figures]
    OUT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")
    console.print(f"written: {OUT}")


def table_of(figures: Sequence[Figure]) -> Table:
    """The figures, one per line: CPU time in µs, wall time in s."""
    table = Table(title="our wires beside their peers", title_justify="left", box=None)
    table.add_column("work and peer")
    for head in ("ours", "peer's", "ratio", "target"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("met", no_wrap=True)
    for figure in figures:
        work = Text(figure.name)
        beside = figure.peer or figure.note
        if beside:
            work.append(f"\n  {beside}", "dim")
        table.add_row(
            work,
            f"{figure.value:,.{_decimals(figure)}f} {figure.unit}",
            "" if figure.peer_value is None else f"{figure.peer_value:,.0f} µs",
            "" if figure.ratio is None else f"{figure.ratio:.1f} ×",
            figure.target,
            Text("yes", "green") if figure.met else Text("MISSED", "bold red"),
        )
    return table


def _decimals(figure: Figure) -> int:
    return 0 if figure.value >= 100 else 1


def _say_missed(console: Console, figure: Figure) -> None:
    ratio = "" if figure.ratio is None else f", {figure.ratio:.2f} ×"
    console.print(
        Text(
            f"MISSED: {figure.name}: {figure.value:,.1f} {figure.unit}{ratio};"
            f" the target is {figure.target}",
            style="bold white on red",
        ),
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
