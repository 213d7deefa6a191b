"""`dsmrlab run`, `validate` and `schema`: scenarios."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dsmrlab.edge import USAGE, LabCommand, Settings, complain, pass_settings
from dsmrlab.loop import reactor_to_run, the_reactor
from wire.errors import ConfigError, SimError

Result = TypeVar("Result")

if TYPE_CHECKING:
    from scenarios.document import Scenario
    from scenarios.play import MakeWorld
    from scenarios.results import RunResult

MAX = "max"


class ExpectationFailed(SimError):
    """A scenario was played, and not all was as it was expected to be."""


def _scenario_arguments(command: Callable[..., Result]) -> Callable[..., Result]:
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter of the scenario; may be repeated.",
    )(command)
    return click.argument("paths", metavar="SCENARIO...", nargs=-1, required=True)(
        command
    )


@click.command(
    cls=LabCommand,
    example="run scenarios/files/sociale_module.yaml --report out/demo",
)
@_scenario_arguments
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
    "--report",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write report.html, report.json and junit.xml there.",
)
@pass_settings
def run(
    settings: Settings,
    paths: tuple[str, ...],
    overrides: tuple[str, ...],
    speed: str,
    seed: int | None,
    report: Path | None,
) -> None:
    """Play scenarios and judge them.

    Exit code 1 when an expectation does not hold. With several scenarios each has its own
    folder in DIR, and --json prints a line for each.
    """
    factor = _factor(speed)
    if factor is not None and len(paths) > 1:
        raise ConfigError("in real time one scenario is played at a time")
    loaded = _load_all(paths, overrides, seed)
    folders = _folders(loaded, report)
    failed = []
    for scenario, folder in zip(loaded, folders):
        result = _play(scenario, factor)
        _show(settings, result, folder, alone=len(loaded) == 1)
        if not result.passed:
            failed.append(result.scenario)
    if failed:
        raise ExpectationFailed(f"failed: {', '.join(failed)}")


@click.command(cls=LabCommand, example="validate scenarios/files/poc_tests.yaml")
@_scenario_arguments
@pass_settings
def validate(
    settings: Settings, paths: tuple[str, ...], overrides: tuple[str, ...]
) -> int:
    """Check scenarios, and the files that their worlds read, without playing them.

    Errors come as file:line:column, one for each scenario.
    """
    from scenarios.document import load
    from scenarios.world.inputs import check_inputs

    given = _overrides(overrides)
    documents = []
    for path in paths:
        document: dict[str, object] = {"file": path, "valid": True}
        try:
            scenario = load(path, given)
            check_inputs(scenario.world)
            steps = len(scenario.content.steps)
            document |= {"scenario": scenario.name, "steps": steps}
            if not settings.json:
                click.echo(f"{path}: fine, {steps} steps")
        except ConfigError as error:
            complain(str(error))
            document |= {
                "valid": False,
                "error": error.why,
                "input": error.file if error.file != path else None,
                "line": error.line,
                "column": error.column,
            }
        documents.append(document)
    if settings.json:
        settings.show(documents[0] if len(documents) == 1 else documents, "")
    return 0 if all(document["valid"] for document in documents) else USAGE


@click.command(cls=LabCommand, example="schema > scenario.schema.json")
@pass_settings
def schema(settings: Settings) -> None:
    """Print the JSON Schema of scenario files.

    Editors that know it help while a scenario is written.
    """
    from scenarios.schema import json_schema

    document = json_schema()
    settings.show(document, json.dumps(document, indent=2))


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


def _overrides(given: tuple[str, ...]) -> dict[str, str]:
    overrides = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigError(f"--set {text!r} is not NAME=VALUE")
        overrides[name] = value
    return overrides


def _load_all(
    paths: tuple[str, ...], overrides: tuple[str, ...], seed: int | None
) -> list[Scenario]:
    """All scenarios, checked before the first is played."""
    from scenarios.document import load

    given = _overrides(overrides)
    return [load(path, given, seed) for path in paths]


def _folders(loaded: list[Scenario], report: Path | None) -> list[Path | None]:
    """Where the report of each goes; made at once, so that no day is played in vain."""
    if report is None:
        return [None] * len(loaded)
    names = [scenario.name for scenario in loaded]
    if len(set(names)) < len(names):
        raise ConfigError("two scenarios have one name, so their reports would be one")
    folders = [report / name for name in names] if len(names) > 1 else [report]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return list(folders)


def _play(scenario: Scenario, factor: float | None) -> RunResult:
    """Plays, with bars on stderr."""
    from rich.console import Console

    from scenarios.play import play
    from scenarios.terminal import progress_bars
    from scenarios.world import make_world

    make: MakeWorld = make_world
    if factor is not None:
        make = functools.partial(make_world, speed=factor, get_reactor=the_reactor)
    with progress_bars(Console(stderr=True), scenario) as watch:
        if factor is None:
            return play(scenario, make, watch)
        with reactor_to_run():
            return play(scenario, make, watch)


def _show(
    settings: Settings, result: RunResult, folder: Path | None, alone: bool
) -> None:
    from rich.console import Console

    from scenarios.report import write
    from scenarios.terminal import print_summary

    page = write(result, folder) if folder is not None else None
    if not settings.json:
        print_summary(Console(), result)
        if page is not None:
            click.echo(f"report: {page}")
    elif alone:
        settings.show(result.to_json(), "")
    else:
        settings.show_line(result.to_json(), "")
