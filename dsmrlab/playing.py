"""Plays the scenarios of a command: bars, results and reports as each ends, a page of all."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from dsmrlab.edge import Settings
from dsmrlab.loop import reactor_to_run, the_reactor
from scenarios.language.document import Scenario
from scenarios.language.matrix import axes_of
from scenarios.playing.play import MakeWorld
from scenarios.playing.several import Ended, play_each
from scenarios.playing.terminal import Bars, print_misses, print_summary, print_table
from scenarios.recording.played import keep
from scenarios.report import PAGE, write, write_index
from scenarios.report.index import Summary
from scenarios.world import make_world
from wire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Group:
    """What one file has to play: a scenario, or all variants of it; and where its report goes."""

    scenarios: tuple[Scenario, ...]
    folder: Path | None

    @property
    def is_matrix(self) -> bool:
        """Whether it is played in variants."""
        return bool(self.scenarios[0].variant.name)

    def folder_of(self, scenario: Scenario) -> Path | None:
        """Where the report of one of them goes."""
        return self.folder and self.folder / scenario.variant.name

    def summary(self, ended: Iterable[Ended]) -> Summary:
        """Those of its variants that have ended."""
        first = self.scenarios[0]
        mine = tuple(each for each in ended if each.scenario.name == first.name)
        return Summary(
            first.name,
            first.content.description,
            mine,
            tuple(f"{each.scenario.variant.name}/{PAGE}" for each in mine),
            axes_of(scenario.variant for scenario in self.scenarios),
        )


def groups_of(loaded: Sequence[Sequence[Scenario]], report: Path | None) -> list[Group]:
    """The scenarios of each file, with folders of their own when there are several files.

    The folders are made at once, so that no day is played in vain.
    """
    names = [each[0].name for each in loaded]
    if report is not None and len(set(names)) < len(names):
        raise ConfigError("two scenarios have one name, so their reports would be one")
    groups = []
    for name, each in zip(names, loaded):
        folder = report if report is None or len(names) == 1 else report / name
        groups.append(Group(tuple(each), folder))
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    return groups


class Playing:
    """Plays groups of scenarios, shows and writes each result as it ends.

    `record` is the folder of its recording, in which each of several has its own.
    """

    def __init__(
        self,
        settings: Settings,
        groups: Sequence[Group],
        report: Path | None,
        fail_fast: bool,
        record: Path | None = None,
    ) -> None:
        self._settings = settings
        self._groups = groups
        self._report = report
        self._fail_fast = fail_fast
        self._record = record
        self._all = [(group, each) for group in groups for each in group.scenarios]
        self._alone = len(self._all) == 1 and not groups[0].is_matrix

    def play(self, jobs: int, factor: float | None) -> list[str]:
        """Plays all; the names of those that failed."""
        if factor is not None and len(self._all) > 1:
            raise ConfigError("in real time one scenario is played at a time")
        make: MakeWorld = make_world
        if factor is not None:
            make = functools.partial(make_world, speed=factor, get_reactor=the_reactor)
        ended: list[Ended] = []
        scenarios = [scenario for _, scenario in self._all]
        bars = Bars(Console(stderr=True), scenarios)
        with nullcontext() if factor is None else reactor_to_run(), bars:
            with closing(play_each(scenarios, make, jobs, bars.watch)) as plays:
                for index, each in enumerate(plays):
                    if self._alone and each.error is not None:
                        raise each.error
                    with bars.ended(index):
                        self._take(self._all[index][0], each)
                        self._keep(each, simulated=factor is None)
                    ended.append(each.without_data())
                    if self._fail_fast and not each.result.passed:
                        break
        self._sum_up(ended)
        return [each.result.full_name for each in ended if not each.result.passed]

    def _take(self, group: Group, each: Ended) -> None:
        """Shows one that has ended, and writes its report."""
        result = each.result
        folder = group.folder_of(each.scenario)
        page = write(result, folder) if folder is not None else None
        if self._settings.json:
            show = self._settings.show if self._alone else self._settings.show_line
            show(result.to_json(), "")
        elif group.is_matrix:
            if not result.passed:
                click.echo(f"{result.full_name}:")
                print_misses(Console(), result)
        else:
            print_summary(Console(), result)
            if page is not None:
                click.echo(f"report: {page}")

    def _keep(self, each: Ended, simulated: bool) -> None:
        """Records one that was played."""
        if self._record is None or not each.result.runs:
            return
        alone = len(self._all) == 1
        folder = self._record if alone else self._record / each.result.full_name
        made = keep(folder, each.scenario, each.result.runs[-1], simulated=simulated)
        if not self._settings.json:
            click.echo(f"recording: {made}")

    def _sum_up(self, ended: Sequence[Ended]) -> None:
        """Shows all of a matrix, and of several files, and writes their pages."""
        for group in self._groups:
            summary = group.summary(ended)
            if group.is_matrix and summary.ended:
                self._show_all(summary, group.folder)
        if len(self._groups) > 1:
            pages = tuple(f"{each.result.full_name}/{PAGE}" for each in ended)
            summary = Summary("scenarios", "", tuple(ended), pages)
            self._show_all(summary, self._report)

    def _show_all(self, summary: Summary, folder: Path | None) -> None:
        page = write_index(summary, folder) if folder is not None else None
        if not self._settings.json:
            print_table(Console(), summary)
            if page is not None:
                click.echo(f"report: {page}")
