"""Errors: one line, the right exit code, never a traceback unless it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import click
import pytest

from dsmrlab.cli import cli
from dsmrlab.edge import DEBUG, LabCommand, run
from tests.dsmrlab.commands import (
    COMMAND,
    DEADLINE_S,
    REPOSITORY,
    environment,
    here,
    process,
)
from wire.errors import (
    ConfigError,
    LocalError,
    PeerRefused,
    ScenarioError,
    SimError,
    SurroundingsError,
    TransportError,
    WireError,
)

KEYS, TARIFF = (
    str(REPOSITORY / "scenarios" / "files" / name)
    for name in ("keys.yaml", "tariff.yaml")
)
CODES: list[tuple[BaseException, int, str]] = [
    (ConfigError("is odd", "a.csv", 3, 4), 2, "a.csv:3:4: is odd"),
    (ScenarioError("is odd", "a.yaml", 1), 2, "a.yaml:1: is odd"),
    (SurroundingsError("port 1 is taken"), 3, "port 1 is taken"),
    (PeerRefused("the meter says no", 3), 1, "the meter says no"),
    (TransportError("silent"), 1, "silent"),
    (WireError("a lie", 7), 1, "a lie (at byte 7)"),
    (LocalError("not now"), 1, "not now"),
    (OSError(28, "No space left on device", "f"), 3, "f: No space left on device"),
    (ZeroDivisionError("by zero"), 1, "internal error: ZeroDivisionError: by zero"),
    (RecursionError("deep"), 1, "internal error: RecursionError"),
    (MemoryError(), 1, "internal error: MemoryError"),
    (SimError("two\nlines"), 1, "two lines"),
]


def failing(error: BaseException) -> click.Command:
    def fail() -> None:
        raise error

    return LabCommand("fail", callback=fail, example="fail")


@pytest.mark.parametrize(
    "error, code, text", CODES, ids=lambda value: type(value).__name__
)
def test_each_error_has_its_exit_code_and_one_line(
    error: BaseException, code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(failing(error), []) == code
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith(f"dsmrlab: {text}")


def test_a_defect_shows_its_traceback_only_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(failing(KeyError("x")), [])
    quiet = capsys.readouterr().err
    assert f"set {DEBUG}=1" in quiet and "Traceback" not in quiet
    monkeypatch.setenv(DEBUG, "1")
    assert run(failing(KeyError("x")), []) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(failing(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err.strip() == ""


# Usage, in one line that says where help is.


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["headend", "nosuch"], "No such command 'nosuch'"),
        (["headend", "get"], "Missing argument 'METER'"),
        (["headend", "get", "a", "b", "c"], "unexpected extra argument"),
        (["fleet", "create", "x"], "Missing option '--meters'"),
        (["fleet", "create", "x", "--meters", "many"], "is not a valid integer"),
        (["meters", "serve", "x", "--p1", "usb"], "is not one of"),
        (["--nosuch"], "No such option"),
        (["headend", "message", "m"], "one of --text, --profile and --clear"),
        (["headend", "set", "m", "clock:2", "{"], "VALUE is not JSON"),
        (["headend", "set", "m", "clock:2", "[" * 100_000], "nested too deep"),
        (["headend", "set", "m", "clock:2", "NaN"], "NaN is no number"),
        (["headend", "set", "m", "clock:2", '"\udcff"'], "is not UTF-8 text"),
        (["run", "x", "--speed", "-1"], "--speed is max or a factor"),
        (["run", "x", "--speed", "nan"], "--speed is max or a factor"),
        (["run", KEYS, TARIFF, "--speed", "1"], "one scenario is played at a time"),
        (["run", "x", "--set", "a"], "is not NAME=VALUE"),
        (["chargepoint", "unit", "--listen", "udp://x"], "is not an address"),
        (["chargepoint", "unit", "--serial", "x" * 17], "at most 16"),
        (
            ["chargepoint", "gateway", "--p1", "rtu:x", "--modbus", "rtu:y"],
            "write tcp://HOST:PORT or serial:PATH",
        ),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = here(capsys, "--home", tmp_path, *arguments)
    assert says in ended.check_one_line(2)
    assert ended.out == ""


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "headend")
    assert ended.code == 2
    assert "Usage: dsmrlab headend" in ended.err


# Files and surroundings


@pytest.fixture(scope="module")
def odd_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("odd")
    (tmp_path / "binary").write_bytes(b"\x80\xff\n\xfe" * 10)
    (tmp_path / "cut.json").write_text('[{"equipment_id": ')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for arguments in (
        ("fleet", "create", tmp_path / "f", "--meters", 1),
        ("headend", "import", tmp_path / "f/shipment.json"),
    ):
        assert run(cli, ["--home", str(tmp_path / "home"), *map(str, arguments)]) == 0
    return tmp_path


READERS = [
    ("headend", "import"),
    ("validate",),
    ("run",),
    ("meters", "serve"),
    ("headend", "control", "--feeder"),
    ("explain", "00", "--keys"),
    ("headend", "message", "E0", "--profile"),
]


@pytest.mark.parametrize("reader", READERS, ids=" ".join)
@pytest.mark.parametrize(
    "name", ["binary", "cut.json", "deep.json", "empty", "folder", "absent"]
)
def test_files_that_cannot_be_used(
    reader: tuple[str, ...],
    name: str,
    odd_files: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = odd_files / name
    ended = here(capsys, "--home", odd_files / "home", *reader, file)
    assert ended.code in (2, 3), ended
    assert str(file) in ended.check_one_line(ended.code)
    if name != "absent" and name != "folder":
        assert ended.code == 2


def test_a_home_that_cannot_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "headend", "meters", "--home", "/dev/null/home")
    assert "/dev/null/home" in ended.check_one_line(3)


def test_a_database_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "text.sqlite"
    other.write_text("not a database at all, whatever it is called\n" * 50)
    for url, code, says in (
        (f"sqlite:///{other}", 3, "is not a database"),
        ("sqlite:////dev/null/x/y", 3, "/dev/null"),
        ("nonsense", 2, "database URL must be"),
        ("mysql://u:secret@h/d", 2, "database URL must be"),
    ):
        ended = here(capsys, "--home", tmp_path, "--db", url, "headend", "meters")
        line = ended.check_one_line(code)
        assert says in line and "secret" not in line


def test_home_and_database_are_taken_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b", "c"):
        assert (tmp_path / name).exists() is False
    here(capsys, "--home", tmp_path / "a", "headend", "meters")
    here(capsys, "headend", "meters", "--home", tmp_path / "b")
    here(
        capsys,
        *("--home", tmp_path / "x", "headend", "meters", "--home", tmp_path / "c"),
    )
    for name in ("a", "b", "c"):
        assert (tmp_path / name / "headend.sqlite").exists()
    assert not (tmp_path / "x").exists()
    before = here(capsys, "--json", "--home", tmp_path / "a", "headend", "meters")
    assert before.document == []


def test_the_environment_names_home_and_database(tmp_path: Path) -> None:
    done = process(
        tmp_path / "home",
        *("headend", "meters", "--json"),
        variables={"DSMRLAB_DB": f"sqlite:///{tmp_path / 'other.sqlite'}"},
    )
    assert done == (0, "[]\n", "")
    assert (tmp_path / "other.sqlite").exists()
    assert not (tmp_path / "home/headend.sqlite").exists()


# Output that nobody reads


def test_a_closed_stdout_ends_without_a_word(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "schema"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        timeout=DEADLINE_S,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 1


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
            timeout=DEADLINE_S,
        )
    assert done.returncode == 3
    assert done.stderr == b"dsmrlab: No space left on device\n"


def test_json_is_one_document(tmp_path: Path) -> None:
    done = process(
        tmp_path, "fleet", "create", tmp_path / "f", "--meters", "3", "--json"
    )
    assert done.code == 0 and done.err == ""
    assert len(json.loads(done.out)["meters"]) == 3
