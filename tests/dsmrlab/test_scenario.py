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
    pages = ["junit.xml", "other", "report.html", "report.json", "short"]
    assert sorted(path.name for path in out.iterdir()) == pages
    document = json.loads((out / "report.json").read_text())
    assert document["passed"] is True
    assert [row["report"] for row in document["results"]] == [
        "short/report.html",
        "other/report.html",
    ]


def test_several_end_with_a_table_and_stop_where_they_are_told(
    short: Path, tmp_path: Path, capsys: Capsys
) -> None:
    last = tmp_path / "third.yaml"
    last.write_text(SHORT.replace("scenario: short", "scenario: third"))
    other = tmp_path / "other.yaml"
    other.write_text(
        SHORT.replace("scenario: short", "scenario: other").replace("Hello", "Bye", 1)
    )
    ended = here(capsys, "run", other, short, last, "--jobs", 1)
    assert ended.code == 1 and ended.err.endswith("dsmrlab: failed: other\n")
    rows = [line.split()[:5] for line in ended.out.splitlines()[-3:]]
    assert rows == [
        ["failed", "other", "0", "of", "1"],
        ["passed", "short", "1", "of", "1"],
        ["passed", "third", "1", "of", "1"],
    ]
    ended = here(capsys, "run", other, short, last, "--jobs", 1, "--fail-fast")
    assert ended.code == 1 and "short" not in ended.out


MATRIX = SHORT.replace("Hello\nworld", "Hello\n  loss: 0.0\nworld").replace(
    "steps:", "  loss: ${loss}\nmatrix: {loss: [0, 1], text: [Hello, Bye]}\nsteps:"
)


def test_a_matrix_is_a_row_a_folder_and_a_line_for_each_variant(
    short: Path, tmp_path: Path, capsys: Capsys
) -> None:
    short.write_text(MATRIX)
    out = tmp_path / "out"
    ended = here(capsys, "run", short, "--set", "loss=0", "--json", "--report", out)
    assert ended.check_one_line(1) == "dsmrlab: failed: short/text-Bye"
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["parameters"]["text"] for line in lines] == ["Hello", "Bye"]
    assert [line["variant"] for line in lines] == ["text-Hello", "text-Bye"]
    assert [line["passed"] for line in lines] == [True, False]
    assert json.loads((out / "text-Bye/report.json").read_text()) == lines[1]
    first, *rows = (out / "results.csv").read_text().splitlines()
    assert first.startswith("variant,passed,stopped,seed,text,loss,")
    assert [row.split(",")[:6] for row in rows] == [
        ["text-Hello", "true", "", "1", "Hello", "0.0"],
        ["text-Bye", "false", "", "1", "Bye", "0.0"],
    ]
    page = (out / "report.html").read_text()
    assert 'href="text-Bye/report.html"' in page
    suites = (out / "junit.xml").read_text()
    assert suites.count("<testsuite ") == 2 and "short.text-Bye.none" in suites


def test_a_matrix_shows_what_failed_and_a_table(short: Path, capsys: Capsys) -> None:
    short.write_text(MATRIX)
    ended = here(capsys, "run", short, "--vary", "seed=1,2", "--set", "loss=0")
    assert "short/text-Bye_seed-1:\n✗ line 11: P1 text of meter 1: wanted" in ended.out
    assert "quarter-hour" in ended.out
    rows = [line.split()[:2] for line in ended.out.splitlines()[-4:]]
    assert rows == [
        ["passed", "text-Hello_seed-1"],
        ["passed", "text-Hello_seed-2"],
        ["failed", "text-Bye_seed-1"],
        ["failed", "text-Bye_seed-2"],
    ]


def test_a_dry_run_plays_nothing(short: Path, capsys: Capsys) -> None:
    short.write_text(MATRIX)
    ended = here(capsys, "run", short, "--dry-run")
    assert ended.code == 0 and ended.err == ""
    assert ended.out.count("short/loss-") == 4
    assert "08 Jan 13:00:00  line 10    send_message: text Bye" in ended.out
    ended = here(capsys, "run", short, "--dry-run", "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["variant"] for line in lines][0] == "loss-0_text-Hello"
    assert here(capsys, "validate", short).out.endswith("fine, 2 steps, 4 variants\n")


def test_tags_and_folders_choose(tmp_path: Path, capsys: Capsys) -> None:
    for name, tag in (("a", "p3"), ("b", "slow")):
        text = SHORT.replace("scenario: short", f"scenario: {name}\ntags: [{tag}]")
        (tmp_path / f"{name}.yaml").write_text(text)
    ended = here(capsys, "run", tmp_path, "--not-tag", "slow", "--dry-run", "--json")
    assert ended.document["scenario"] == "a"
    ended = here(capsys, "validate", tmp_path, "--tag", "slow", "--json")
    assert ended.document["scenario"] == "b"
    (tmp_path / "c.yaml").write_text("steps: [")
    ended = here(capsys, "validate", tmp_path, "--tag", "slow")
    assert ended.code == 2 and "c.yaml:1:9: not YAML" in ended.err
    assert "b.yaml: fine" in ended.out and "a.yaml" not in ended.out
    (tmp_path / "c.yaml").unlink()
    for command in (("validate",), ("run",), ("run", "--dry-run")):
        ended = here(capsys, *command, tmp_path, "--tag", "slw")
        line = ended.check_one_line(2)
        assert line.endswith("did you mean 'slow'?; there are the tags: p3, slow")


EVENTFUL = """scenario: eventful
world:
  start: 2024-01-08T12:00:00Z
  days: 0.05
  stations: 3
  loss: 0.2
  push_port: 4060
  controller: headroom
  rating_va: 12000
  devices:
    - {equipment_id: G0042000000000118, medium: gas, link: wireless}
    - {equipment_id: W0042000000000218, medium: water, meter: 2}
steps:
  - plug_car: {station: 1, energy_kwh: 10, max_w: 11000}
  - plug_car: {station: 2, energy_kwh: 10, max_w: 7000, phases: 1}
  - inject: {meter: 1, what: terminal_cover_removed}
  - operate: {meter: 2, operation: configuration}
  - send_message: {meter: 3, repeat: {text: AB, length: 900}}
  - power_cycle: {meter: 2, off_for: 30s}
  - run_until: end
"""


def test_the_same_seed_gives_the_same_events_whatever_the_order_of_hashes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "eventful.yaml"
    path.write_text(EVENTFUL)
    logs = []
    for hash_seed in ("1", "2"):
        out = tmp_path / hash_seed
        variables = {"PYTHONHASHSEED": hash_seed}
        done = process(tmp_path, "run", path, "--report", out, variables=variables)
        assert done.code in (0, 1), done.err
        logs.append((out / "events-headroom.jsonl").read_bytes())
    assert logs[0] == logs[1] and logs[0].count(b"\n") > 30


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


def test_all_errors_of_a_file_are_said_up_to_twenty(
    tmp_path: Path, capsys: Capsys
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SHORT.replace("  - expect", "  - note: ${nix}\n  - exspect"))
    ended = here(capsys, "validate", wrong, "--json")
    assert [line.split(": ")[1] for line in ended.err.splitlines()] == [
        f"{wrong}:8:11",
        f"{wrong}:9:5",
    ]
    assert [error["line"] for error in ended.document["errors"]] == [8, 9]
    assert [error["file"] for error in ended.document["errors"]] == [str(wrong)] * 2
    wrong.write_text(SHORT + "  - run_for: 1x\n" * 25)
    ended = here(capsys, "validate", wrong)
    assert len(ended.err.splitlines()) == 21
    assert ended.err.endswith(f"dsmrlab: {wrong}: 5 more errors left out\n")
    wrong.write_text(SHORT + "  - run_for: 1x\n" * 21)
    assert here(capsys, "validate", wrong).err.endswith("1 more error left out\n")


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


ALONE = LONG.replace("[none, ", "[")
VARIANTS = LONG.replace("steps:", "matrix: {seed: [1, 2, 3, 4, 5, 6]}\nsteps:")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (LONG, ()),
        (ALONE, ("--speed", "1")),
        (VARIANTS, ("--jobs", "4")),
        (VARIANTS, ("--jobs", "1")),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_all_its_processes(
    text: str, options: tuple[str, ...], number: int, tmp_path: Path
) -> None:
    """Ctrl-C reaches every process of the terminal; SIGTERM the first alone."""
    path = tmp_path / "long.yaml"
    path.write_text(text)
    running = subprocess.Popen(
        [*COMMAND, "run", str(path), *options],
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
