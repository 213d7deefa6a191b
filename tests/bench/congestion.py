"""The congestion loop over all wires: four weeks, many stations, and what each costs.

A span is played, from Saturday 27 January's afternoon on, and scaled to the length that the
target names; each row says which. More stations than the data have are the same cars again,
at a feeder and a transformer that are as many times as large.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

import scenarios
from scenarios.language.document import Scenario, parse
from scenarios.playing.play import play
from scenarios.world import make_world
from tests.bench.measure import Figure

DATA = Path(scenarios.__file__).parent / "data"
MOST_FOUR_WEEKS_S, MOST_DAY_S, MOST_GROWTH = 600, 300, 1.25
OF_THE_DATA = 30
RATING_VA = 160_000

TEXT = """
scenario: bench
world:
  start: 2024-01-27T13:00:00+01:00
  days: {days}
  stations: {stations}
  p1_period_s: 60
  feeder: {folder}/feeder.csv
  sessions: {folder}/sessions.csv
  rating_va: {rating_va}
  controller: headroom
  latency_s: 0.7
steps:
  - run_until: end
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a span of so many stations took; `messages` is that there was something to do."""

    stations: int
    hours: float
    wall_s: float
    cpu_s: float
    messages: float

    @property
    def cpu_of_a_station_day_s(self) -> float:
        """CPU seconds of one station for one day."""
        return self.cpu_s / self.stations / self.hours * 24


@contextmanager
def world_of(stations: int, hours: float) -> Iterator[Scenario]:
    """A scenario of so many stations, its files written for it."""
    times = stations / OF_THE_DATA
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_feeder(folder / "feeder.csv", times)
        _write_sessions(folder / "sessions.csv", stations)
        text = TEXT.format(
            days=hours / 24,
            stations=stations,
            folder=folder,
            rating_va=round(RATING_VA * times),
        )
        yield parse(text, folder / "bench.yaml")


def _write_feeder(path: Path, times: float) -> None:
    with (
        open(DATA / "lv_feeder_january.csv", newline="") as read,
        open(path, "w", newline="") as write,
    ):
        rows = csv.DictReader(read)
        table = csv.DictWriter(write, rows.fieldnames or ())
        table.writeheader()
        for row in rows:
            for name in row:
                if name.startswith("p_"):
                    row[name] = str(round(int(row[name]) * times))
                elif name.startswith("i_"):
                    row[name] = f"{float(row[name]) * times:.1f}"
            table.writerow(row)


def _write_sessions(path: Path, stations: int) -> None:
    with (
        open(DATA / "ev_sessions_january.csv", newline="") as read,
        open(path, "w", newline="") as write,
    ):
        rows = csv.DictReader(read)
        table = csv.DictWriter(write, rows.fieldnames or ())
        table.writeheader()
        for row in rows:
            first = int(row["station"][2:])
            for number in range(first, stations + 1, OF_THE_DATA):
                table.writerow(row | {"station": f"CP{number:03}"})


def cost(stations: int, hours: float) -> Cost:
    """Plays the span once."""
    with world_of(stations, hours) as scenario:
        begin, cpu_s = monotonic(), process_time()
        (run,) = play(scenario, make_world).runs
        return Cost(
            stations,
            hours,
            monotonic() - begin,
            process_time() - cpu_s,
            run.kpis["messages_per_station_per_day"],
        )


def four_weeks() -> Figure:
    """Thirty stations for four weeks, from one day of them."""
    return _scaled("four weeks, 30 stations", cost(30, 24), 28 * 24, MOST_FOUR_WEEKS_S)


def many_stations() -> Figure:
    """Three hundred stations for a day, from its three busiest hours."""
    return _scaled("one day, 300 stations", cost(300, 3), 24, MOST_DAY_S)


def growth() -> Figure:
    """What a station costs among 300, and among 100, in terms of what it costs among 30."""
    cost(
        OF_THE_DATA, 0.1
    )  # What is made or imported once is not the first row's alone.
    few, more, many = (cost(stations, 2) for stations in (30, 100, 300))
    ratios = [
        one.cpu_of_a_station_day_s / few.cpu_of_a_station_day_s for one in (more, many)
    ]
    return Figure(
        "cost of a station among 300 over that among 30",
        round(ratios[1], 2),
        "×",
        None,
        None,
        None,
        f"≤ {MOST_GROWTH:g} ×",
        ratios[1] <= MOST_GROWTH,
        note=f"CPU s per station and day: {few.cpu_of_a_station_day_s:.2f} among 30, "
        f"{more.cpu_of_a_station_day_s:.2f} among 100, "
        f"{many.cpu_of_a_station_day_s:.2f} among 300; two hours each",
    )


def _scaled(name: str, played: Cost, hours: float, at_most_s: int) -> Figure:
    times = hours / played.hours
    wall_s = played.wall_s * times
    return Figure(
        f"{name}, P1 every 60 s",
        round(wall_s, 1),
        "s",
        None,
        None,
        None,
        f"≤ {at_most_s} s",
        wall_s <= at_most_s,
        note=f"{played.hours:g} h played, times {times:g}; of CPU {played.cpu_s * times:.0f} s",
    )
