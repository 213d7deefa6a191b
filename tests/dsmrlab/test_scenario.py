"""`run`, `validate` and `schema`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.dsmrlab.commands import (
    COMMAND,
    DEADLINE_S,
    REPOSITORY,
    environment,
    here,
    process,
    wait_until,
)

FILES = sorted((REPOSITORY / "scenarios/files").glob("*.yaml"))
Capsys = pytest.CaptureFixture[str]

SHORT = """\
scenario: short
parameters:
  text: Hello
world:
  start: 2024-01-08T12:00:00Z
steps:
  - send_message: {text: "${text}"}
  - expect: {p1_text: {text: Hello}, within: 15s}
"""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    return path


def test_a_scenario_that_holds(short: Path, tmp_path: Path, capsys: Capsys) -> None:
    ended = here(capsys, "run", short, "--seed", 5, "--report", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "short passed: 1 of 1 expectations hold, seed 5" in ended.out
    for name in ("report.html", "report.json", "junit.xml"):
        assert (tmp_path / "out" / name).stat().st_size


def test_an_expectation_that_fails_is_exit_code_1(short: Path, capsys: Capsys) -> None:
    ended = here(capsys, "run", short, "--set", "text=Goodbye", "--json")
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "dsmrlab: failed: short"
    document = ended.document
    assert document["scenario"] == "short" and document["passed"] is False
    assert document.keys() >= {"seed", "steps", "expectations", "kpis"}


def test_several_scenarios_are_a_line_and_a_folder_each(
    short: Path, tmp_path: Path, capsys: Capsys
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SHORT.replace("scenario: short", "scenario: other"))
    out = tmp_path / "out"
    ended = here(capsys, "run", short, other, "--json", "--report", out)
    assert ended.code == 0, ended.err
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["scenario"] for line in lines] == ["short", "other"]
    assert sorted(path.name for path in out.iterdir()) == ["other", "short"]


def test_two_of_one_name_cannot_share_a_report(
    short: Path, tmp_path: Path, capsys: Capsys
) -> None:
    ended = here(capsys, "run", short, short, "--report", tmp_path / "out")
    assert "two scenarios have one name" in ended.check_one_line(2)


def test_nothing_is_played_when_one_file_is_wrong(short: Path, capsys: Capsys) -> None:
    ended = here(capsys, "run", short, short.parent / "absent.yaml")
    assert "absent.yaml" in ended.check_one_line(2)
    assert ended.out == ""


def test_a_report_that_cannot_be_written_is_known_at_once(
    short: Path, capsys: Capsys
) -> None:
    ended = here(capsys, "run", short, "--report", "/dev/null/out")
    assert "/dev/null/out" in ended.check_one_line(3)


def test_real_time_over_sockets(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    done = process(tmp_path, "run", path, "--speed", "20", "--json")
    assert done.code == 0, done.err
    assert done.document["passed"] is True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_our_own_scenarios_are_valid(path: Path, capsys: Capsys) -> None:
    ended = here(capsys, "validate", path, "--json")
    assert ended.code == 0 and ended.err == ""
    assert ended.document["valid"] is True and ended.document["steps"] > 0


def test_every_wrong_file_is_named_with_its_place(
    short: Path, tmp_path: Path, capsys: Capsys
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SHORT.replace("  - expect", "  - exspect"))
    ended = here(capsys, "validate", wrong, short, tmp_path / "absent.yaml")
    assert ended.code == 2
    first, last = ended.err.splitlines()
    assert first.startswith(f"dsmrlab: {wrong}:8:5: ")
    assert "absent.yaml" in last
    assert ended.out == f"{short}: fine, 2 steps\n"
    documents = here(capsys, "validate", wrong, short, "--json").document
    assert [document["valid"] for document in documents] == [False, True]
    assert (documents[0]["line"], documents[0]["column"]) == (8, 5)


def test_an_unknown_parameter_is_an_error(short: Path, capsys: Capsys) -> None:
    for command in ("run", "validate"):
        ended = here(capsys, command, short, "--set", "nosuch=1")
        assert "nosuch" in ended.check_one_line(2)


def test_the_schema_is_one_document(capsys: Capsys) -> None:
    plain, as_json = here(capsys, "schema"), here(capsys, "schema", "--json")
    assert plain.document == as_json.document
    assert plain.document["title"] == "dsmrlab scenario"


LONG = """\
scenario: long
world:
  start: 2024-01-08T12:00:00Z
  days: 300
  stations: 3
  compare: [none, threshold]
steps:
  - run_until: end
"""


@pytest.mark.parametrize("speed", ["max", "1"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_all_its_processes(
    speed: str, number: int, tmp_path: Path
) -> None:
    """Ctrl-C reaches every process of the terminal; SIGTERM the first alone."""
    path = tmp_path / "long.yaml"
    path.write_text(LONG if speed == "max" else LONG.replace("[none, ", "["))
    running = subprocess.Popen(
        [*COMMAND, "run", str(path), "--speed", speed],
        env=environment(tmp_path, {"TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with running:
        try:
            wait_until(lambda: any(tmp_path.glob("dsmrlab-*/fleet/shipment.json")))
            if number == signal.SIGINT:
                os.killpg(running.pid, number)
            else:
                running.send_signal(number)
            assert running.wait(DEADLINE_S) == 130
            # Both ends of the pipes are closed only when no child has them any more.
            out, err = running.communicate(timeout=DEADLINE_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert b"Traceback" not in err and b"ignored" not in err, err.decode()
    assert out == b""
    assert not any(tmp_path.glob("dsmrlab-*")), "a world's folder stays behind"
