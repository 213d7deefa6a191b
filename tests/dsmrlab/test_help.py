"""Every command: its help, its example, the options that all have."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dsmrlab import chargepoint, control, fleet, headend, jobs, meters
from dsmrlab.cli import cli
from dsmrlab.edge import LabCommand
from headend.controllers import CONTROLLERS
from headend.store.job import JobState
from meters.fleet import DEFAULT_BASE_PORT
from meters.serve import PortKind
from tests.dsmrlab.commands import here
from wire.cosem.image import Part
from wire.cosem.rows import Standard

ROOT = Path(__file__).resolve().parents[2]


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands(cli))
CONTRACT = {
    "fleet create",
    "fleet firmware",
    "meters serve",
    "headend import",
    "headend get",
    "headend set",
    "headend action",
    "headend message",
    "headend jobs list",
    "headend control",
    "headend schedules add",
    "headend schedules list",
    "headend schedules remove",
    "headend serve",
    "chargepoint unit",
    "chargepoint gateway",
    "run",
    "validate",
    "schema",
    "mosaik",
    "explain",
    "doctor",
    "completion",
}


def test_the_commands_of_the_contract_are_there() -> None:
    assert CONTRACT <= ALL.keys()


@pytest.mark.parametrize("name", ALL)
def test_its_options_stand_in_the_contract(name: str) -> None:
    contract = (ROOT / "docs" / "interfaces.md").read_text()
    for option in ALL[name].params:
        if isinstance(option, click.Option):
            assert any(word in contract for word in option.opts), option.opts


@pytest.mark.parametrize("name", ALL)
def test_its_help_has_an_example_and_the_common_options(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = here(capsys, *name.split(), "--help")
    assert ended.code == 0 and ended.err == ""
    assert f"Example:\n    dsmrlab {name}" in ended.out
    for option in ("--json", "--db URL", "--home DIR"):
        assert option in ended.out


@pytest.mark.parametrize(
    "path", ["", "fleet", "meters", "headend", "headend jobs", "chargepoint"]
)
def test_the_help_of_a_group_has_an_example(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = here(capsys, *path.split(), "--help")
    example = ended.out.partition("Example:\n")[2].strip()
    assert any(example.startswith(f"dsmrlab {name}") for name in ALL)
    assert example.startswith(f"dsmrlab {path}")


@pytest.mark.parametrize("name", ALL)
def test_its_example_can_be_parsed(name: str) -> None:
    """Names, options and choices of the example are real; shell redirections apart."""
    command = ALL[name]
    assert isinstance(command, LabCommand)
    words = shlex.split(command.example.partition(">")[0])
    arguments = words[len(name.split()) :]
    parsed = command.make_context(name, arguments)
    assert parsed.params.keys() >= {"json", "home", "db"}


def test_every_group_and_command_says_what_it_does() -> None:
    for name, command in [*ALL.items(), *cli.commands.items()]:
        assert command.help, name


def test_choices_are_those_of_the_products() -> None:
    """They are written out here so that help need not import what they name."""
    assert fleet.STANDARDS == tuple(Standard)
    assert meters.PORT_KINDS == tuple(PortKind)
    assert set(fleet.PARTS) == {part.name.lower().replace("_", "-") for part in Part}
    assert jobs.STATES == tuple(JobState)
    assert {"none", *control.CONTROLLERS} == CONTROLLERS.keys()
    assert headend.ENGINES == ("native", "gurux")
    defaults = {option.name: option.default for option in ALL["fleet create"].params}
    assert defaults["base_port"] == DEFAULT_BASE_PORT
    assert chargepoint.MODBUS_PORT == 5020


HEAVY = ("twisted", "sqlalchemy", "pydantic", "cryptography", "gurux_dlms", "rich")


def imported(*arguments: str) -> set[str]:
    """Which of the heavy libraries a command imports; help exits at its end."""
    program = (
        "import sys; from dsmrlab.cli import cli; from dsmrlab.edge import run;"
        f"run(cli, {list(arguments)!r});"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}),"
        " file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return set(done.stderr.split()) & set(HEAVY)


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    assert imported("headend", "get", "--help") == set()
    assert imported("headend", "serve", "--help") == set()


def test_gurux_is_imported_only_when_it_is_used() -> None:
    assert "gurux_dlms" not in imported("explain", "c001810003 0100010800ff 0200")
    octets = "c001810003 0100010800ff 0200"
    assert "gurux_dlms" in imported("explain", octets, "--xml")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "--version")
    assert ended.code == 0
    assert ended.out.startswith("dsmrlab ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "completion", shell)
    assert ended.code == 0
    assert "_DSMRLAB_COMPLETE" in ended.out
