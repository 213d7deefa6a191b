"""`headend` against live meters: each command is a process with its exit code."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headend.keys import VARIABLE
from headend.store import jobs
from headend.store.engine import open_store
from tests.dsmrlab.commands import (
    COMMAND,
    DEADLINE_S,
    Ended,
    environment,
    free_base_port,
    here,
    process,
    wait_until,
)
from tests.dsmrlab.conftest import Lab


def test_get_prints_a_register_with_its_unit(lab: Lab) -> None:
    """The meter named by a part that no other one has."""
    done = lab.run("headend", "get", lab.meters[0][-6:], "1-0:1.8.1")
    assert done.code == 0 and done.err == ""
    assert done.out.startswith("energy_import_rate_1.value: ")
    assert done.out.endswith(" Wh\n")


@pytest.mark.parametrize("engine", ["native", "gurux"])
def test_both_engines_set_and_get(lab: Lab, engine: str) -> None:
    def run(*arguments: object) -> object:
        done = lab.run("headend", *arguments, "--engine", engine, "--json")
        assert done.code == 0, done.err
        return done.document

    meter = lab.meters[1]
    text = {"hex": engine.encode().hex()}
    run("set", meter, "consumer_message:2", json.dumps(text))
    document = run("get", meter, "0-0:96.13.0")
    assert isinstance(document, dict)
    assert document["state"] == "done" and document["attempts"] == 1
    assert document["meter"] == meter and document["error"] is None
    assert document["result"]["value"] == text
    assert document["result"]["text"] == engine


def test_a_profile_is_a_table(lab: Lab) -> None:
    done = lab.run("headend", "get", lab.meters[0], "1-0:99.1.0")
    assert done.code == 0, done.err
    head = done.out.splitlines()[0].split("\t")
    assert head[:2] == ["time", "status"]
    assert head[2].startswith("energy_import [")


def test_an_action_that_the_meter_carries_out(lab: Lab) -> None:
    done = lab.run("headend", "action", lab.meters[1], "1-0:99.1.0:1")
    assert done.code == 0, done.err
    assert done.out.endswith(": done\n")


def test_a_refusal_is_exit_code_1_with_the_meters_words(lab: Lab) -> None:
    command = ("headend", "set", lab.meters[0], "9/9-9:9.9.9:2", '{"unsigned": 1}')
    told = lab.run(*command, "--json")
    line = told.check_one_line(1)
    assert lab.meters[0] in line and "object-undefined" in line
    assert told.document["state"] == "failed"
    assert told.document["result"] == {"refused": 4}


def test_a_negative_value_is_no_option(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("headend", "set", lab.meters[0], "clock:2", "-60")
    ended = here(capsys, "--home", lab.home, *command)
    assert "'-60' is not an octet-string" in ended.check_one_line(2)


def test_the_jobs_are_listed_and_shown(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    def jobs(*arguments: object) -> Ended:
        return here(capsys, "--home", lab.home, "headend", "jobs", *arguments)

    done = lab.run("headend", "get", lab.meters[0], "clock", "--json").document
    listed = jobs("list", "--json", "--limit", 1, "--meter", lab.meters[0]).document
    assert listed == [done]
    assert jobs("show", done["job"], "--json").document == done
    line = jobs("cancel", done["job"]).check_one_line(1)
    assert "done already" in line
    assert "is no job" not in jobs("show", done["job"]).out
    assert "there is no job 9999" in jobs("show", 9999).check_one_line(2)


def test_the_wrong_master_key_names_itself(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "0" * 64)
    ended = here(capsys, "--home", lab.home, "headend", "get", lab.meters[0], "clock")
    line = ended.check_one_line(2)
    assert "wrong master key" in line and VARIABLE in line


@pytest.mark.parametrize(
    "wanted, says",
    [("nosuch", "is not known; there are E0500"), ("E0500", "is ambiguous"), ("", "")],
)
def test_a_meter_that_is_not_one(
    wanted: str, says: str, lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = here(capsys, "--home", lab.home, "headend", "get", wanted, "clock")
    line = ended.check_one_line(2)
    assert says in line and lab.meters[0] in line and lab.meters[1] in line


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where somebody listens and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", free_base_port(1)))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def silent_home(
    silent: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A head-end that knows one meter, there."""
    home = tmp_path / "home"
    for arguments in (
        ("fleet", "create", tmp_path / "f", "--meters", 1, "--base-port", silent),
        ("headend", "import", tmp_path / "f/shipment.json"),
    ):
        assert here(capsys, "--home", home, *arguments).code == 0
    return home


def test_a_silent_meter_is_exit_code_1(silent_home: Path) -> None:
    quick = ("--timeout", "0.2", "--attempts", "1")
    done = process(silent_home, "headend", "get", "E0", "clock", *quick)
    assert "silent for 0.2 s" in done.check_one_line(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_cancels_its_job(
    silent_home: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def states() -> list[str]:
        listed = here(
            capsys, "--home", silent_home, "headend", "jobs", "list", "--json"
        )
        return [job["state"] for job in listed.document]

    running = subprocess.Popen(
        [*COMMAND, "headend", "get", "E0", "clock", "--timeout", "60"],
        env=environment(silent_home),
        stderr=subprocess.PIPE,
    )
    with running:
        try:
            wait_until(lambda: states() == ["claimed"])
            running.send_signal(number)
            assert running.wait(DEADLINE_S) == 130
        finally:
            running.kill()
        assert running.stderr is not None
        assert running.stderr.read().strip() == b""
    assert states() == ["cancelled"]


def test_jobs_that_wait_are_run(
    silent_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(f"sqlite:///{silent_home / 'headend.sqlite'}")
    with store.begin() as connection:
        for _ in range(2):
            jobs.enqueue(
                connection,
                1,
                "get",
                {"object": "clock"},
                now_s=time.time(),
                max_attempts=1,
            )
    store.close()
    done = process(silent_home, "headend", "jobs", "run", "--timeout", 0.2, "--json")
    assert done.check_one_line(1) == "dsmrlab: 2 jobs failed"
    ended = [json.loads(line) for line in done.out.splitlines()]
    assert [job["state"] for job in ended] == ["failed", "failed"]
    again = here(capsys, "--home", silent_home, "headend", "jobs", "run")
    assert again == (0, "no jobs wait\n", "")
