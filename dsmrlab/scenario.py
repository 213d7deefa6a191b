"""`dsmrlab run`, `validate` and `schema`: scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dsmrlab.edge import (
    USAGE,
    LabCommand,
    Settings,
    complain,
    counted,
    pass_settings,
)
from wire.errors import ConfigError, SimError

Result = TypeVar("Result")

if TYPE_CHECKING:
    from scenarios.language.document import Scenario, Source

MAX = "max"


class ExpectationFailed(SimError):
    """A scenario was played, and not all was as it was expected to be."""


_OPTIONS = (
    click.argument("paths", metavar="SCENARIO...", nargs=-1, required=True),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter of the scenario; may be repeated.",
    ),
    click.option(
        "--vary",
        "varied",
        multiple=True,
        metavar="NAME=VALUE,VALUE…",
        help="A parameter, or the seed, and its values: an axis of the matrix.",
    ),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="TAG",
        help="Only scenarios with this tag, or with one of them.",
    ),
    click.option(
        "--not-tag",
        "not_tags",
        multiple=True,
        metavar="TAG",
        help="No scenario with this tag.",
    ),
)


def _scenario_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """What chooses scenarios: files or folders, tags, parameters, a matrix."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command(
    cls=LabCommand,
    example="run scenarios/files/sociale_module.yaml --report out/demo",
)
@_scenario_options
@click.option(
    "--speed",
    default=MAX,
    show_default=True,
    metavar="max|FACTOR",
    help="max: simulated time, in memory; 1, 60…: real sockets, so much faster than time.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    help="Of all that is drawn at random; the scenario's own unless told otherwise.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Processes at a time, when there is more than one to play; else one for each core.",
)
@click.option(
    "--fail-fast/--keep-going",
    help="Stop at the first that fails; else all are played.",
)
@click.option(
    "--dry-run", is_flag=True, help="Print what would be played, and play nothing."
)
@click.option(
    "--report",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write report.html, report.json and junit.xml there.",
)
@click.option(
    "--record",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write what was played, and what was seen, as a scenario into a new folder.",
)
@pass_settings
def run(
    settings: Settings,
    paths: tuple[str, ...],
    overrides: tuple[str, ...],
    varied: tuple[str, ...],
    tags: tuple[str, ...],
    not_tags: tuple[str, ...],
    speed: str,
    seed: int | None,
    jobs: int | None,
    fail_fast: bool,
    dry_run: bool,
    report: Path | None,
    record: Path | None,
) -> None:
    """Play scenarios and judge them.

    Exit code 1 when an expectation does not hold. A folder stands for the scenarios in it.
    With several scenarios, or a matrix, each has its own folder in DIR beside a page of all,
    and --json prints a line for each.
    """
    from dsmrlab.playing import Playing, groups_of
    from scenarios.language.document import Choices, scenarios_of
    from scenarios.playing.several import usable_cores
    from scenarios.recording.folder import check_new
    from scenarios.world.inputs import check_inputs

    chosen = Choices(_pairs("--set", overrides), seed, _pairs("--vary", varied))
    factor = _factor(speed)
    loaded = [scenarios_of(each, chosen) for each in _sources(paths, tags, not_tags)]
    check_inputs([scenario.world for each in loaded for scenario in each])
    if dry_run:
        _show_plans(settings, [scenario for each in loaded for scenario in each])
        return
    if record is not None:
        check_new(record)
    playing = Playing(settings, groups_of(loaded, report), report, fail_fast, record)
    failed = playing.play(jobs or usable_cores(), factor)
    if failed:
        raise ExpectationFailed(f"failed: {', '.join(failed)}")


@click.command(cls=LabCommand, example="validate scenarios/files/poc_tests.yaml")
@_scenario_options
@pass_settings
def validate(
    settings: Settings,
    paths: tuple[str, ...],
    overrides: tuple[str, ...],
    varied: tuple[str, ...],
    tags: tuple[str, ...],
    not_tags: tuple[str, ...],
) -> int:
    """Check scenarios, and the files that their worlds read, without playing them.

    Errors come as file:line:column, all of a file in the order of its lines.
    """
    from scenarios.language.document import Choices, Source, read, scenarios_of
    from scenarios.language.selection import files_in, tagged

    chosen = Choices(_pairs("--set", overrides), vary=_pairs("--vary", varied))
    read_all: dict[str, Source | ConfigError] = {}
    for path in files_in(paths):
        try:
            read_all[str(path)] = read(path)
        except ConfigError as error:
            read_all[str(path)] = error
    if tags or not_tags:
        sources = [each for each in read_all.values() if isinstance(each, Source)]
        left = tagged(sources, tags, not_tags)
        read_all = {
            name: each
            for name, each in read_all.items()
            if isinstance(each, ConfigError) or each in left
        }
    documents = []
    for name, found in read_all.items():
        document: dict[str, object] = {"file": name, "valid": True}
        try:
            if isinstance(found, ConfigError):
                raise found
            document |= _sound(settings, name, scenarios_of(found, chosen))
        except ConfigError as error:
            document |= _faulty(name, error)
        documents.append(document)
    if settings.json:
        settings.show(documents[0] if len(documents) == 1 else documents, "")
    return 0 if all(document["valid"] for document in documents) else USAGE


def _sound(
    settings: Settings, path: str, scenarios: Sequence[Scenario]
) -> dict[str, object]:
    """What is said of a file that can be played."""
    from scenarios.world.inputs import check_inputs

    check_inputs([scenario.world for scenario in scenarios])
    first = scenarios[0]
    steps = len(first.content.steps)
    document: dict[str, object] = {"scenario": first.name, "steps": steps}
    also = ""
    if first.variant.name:
        document["variants"] = len(scenarios)
        also = f", {counted(len(scenarios), 'variant')}"
    if not settings.json:
        click.echo(f"{path}: fine, {steps} steps{also}")
    return document


def _faulty(path: str, error: ConfigError) -> dict[str, object]:
    """What is said of a file that cannot."""
    from scenarios.language.complaints import Faults

    found = error.found if isinstance(error, Faults) else (error,)
    for fault in found:
        complain(str(fault))
    if isinstance(error, Faults) and error.left_out:
        complain(f"{path}: {counted(error.left_out, 'more error')} left out")
    return {
        "valid": False,
        **_place(error),
        "input": error.file if error.file != path else None,
        "errors": [{"file": fault.file, **_place(fault)} for fault in found],
    }


@click.command(cls=LabCommand, example="schema > scenario.schema.json")
@click.option("--part", is_flag=True, help="Of parts that scenarios include.")
@pass_settings
def schema(settings: Settings, part: bool) -> None:
    """Print the JSON Schema of scenario files.

    Editors that know it help while a scenario is written.
    """
    from scenarios.language.schema import json_schema

    document = json_schema(part)
    settings.show(document, json.dumps(document, indent=2))


def _place(error: ConfigError) -> dict[str, object]:
    return {"error": error.why, "line": error.line, "column": error.column}


def _factor(speed: str) -> float | None:
    """The multiple of real time; None for simulated time."""
    if speed == MAX:
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1e6:
        raise ConfigError(f"--speed is {MAX} or a factor such as 60, not {speed!r}")
    return factor


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigError(f"{option} {text!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _sources(
    paths: tuple[str, ...], tags: tuple[str, ...], not_tags: tuple[str, ...]
) -> list[Source]:
    """The scenarios that are meant, read but not checked."""
    from scenarios.language.document import read
    from scenarios.language.selection import files_in, tagged

    sources = [read(path) for path in files_in(paths)]
    return tagged(sources, tags, not_tags) if tags or not_tags else sources


def _show_plans(settings: Settings, scenarios: Sequence[Scenario]) -> None:
    from scenarios.playing.plan import plan

    for scenario in scenarios:
        planned = plan(scenario)
        text = "\n".join(planned.lines())
        if len(scenarios) == 1:
            settings.show(planned.to_json(), text)
        else:
            settings.show_line(planned.to_json(), text)
