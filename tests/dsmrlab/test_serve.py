"""`headend serve`: a process that runs jobs, says how it is, ends tidily, and may be killed."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from headend.store.job import JobState
from tests.dsmrlab.commands import Service, here, process, wait_until
from tests.dsmrlab.conftest import Lab
from tests.dsmrlab.grid import SERVE, Grid


def get(address: str, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}/{page}", timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_service_runs_jobs_and_says_how_it_is(lab: Lab) -> None:
    service = Service(lab.home, *SERVE)
    added = ("schedules", "add", "get", '{"object": "clock"}', "--every", 1, "--json")
    try:
        address = service.event("ready")["listen"]
        schedule = lab.run("headend", *added, "--meter", lab.meters[0]).document
        events = [service.event("job-claimed")]
        for name in ("connecting", "associated", "job-done"):
            events.append(service.event(name))
        assert {each["meter"] for each in events} == {lab.meters[0]}
        assert len({each["job"] for each in events}) == 1
        assert {each["session"] for each in events} == {f"{events[0]['job']}.1"}
        assert all(each["time"].endswith("Z") for each in events)
        status, text = get(address, "health")
        assert status == 200 and json.loads(text)["status"] == "ok"
        status, text = get(address, "metrics")
        assert status == 200
        assert 'dsmrlab_jobs{state="done",operation="get"}' in text
        assert "dsmrlab_association_failures_total 0\n" in text
        assert get(address, "")[0] == get(address, "health/x")[0] == 404
        removed = lab.run("headend", "schedules", "remove", schedule["schedule"])
        assert removed.code == 0
    finally:
        code = service.end()
    assert (code, "Traceback" in service.rest()) == (0, False)


def test_a_place_that_is_taken_is_exit_code_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = process(tmp_path, "headend", "serve", "--listen", where)
    assert where in done.check_one_line(3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--listen", "127.0.0.1:99999"),
        ("--listen", "127.0.0.1:x"),
        ("--pushes", "127.0.0.1:x"),
        ("--db", "sqlite://"),
        ("--connections-per-second", "0"),
        ("--per-cell", "0"),
    ],
)
def test_words_that_cannot_be(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here(capsys, "--home", tmp_path, "headend", "serve", *arguments).check_one_line(2)


@pytest.mark.parametrize("command", ["serve", "listen"])
def test_a_host_that_is_none(command: str, tmp_path: Path) -> None:
    done = process(tmp_path, "headend", command, "--listen", "nonsense.invalid:0")
    assert "'nonsense.invalid'" in done.check_one_line(2)


@pytest.mark.parametrize("answered", [True, False])
def test_sigterm_waits_for_an_association_as_long_as_an_answer_may_take(
    grid: Grid, answered: bool
) -> None:
    running = grid.hand_in(grid.meters[0], "action", object="load_profile:reset")
    waiting = grid.hand_in(grid.meters[0], "get", object="clock")
    service = Service(grid.home, *SERVE, "--timeout", 15 if answered else 0.5)
    address = service.event("ready")["listen"]
    seen: list[str] = []

    def is_stopping() -> bool:
        return "stopping" in get(address, "health")[1]

    def stop_meanwhile() -> bool:
        if not grid.proxies[0].actions or seen:
            return True
        service.send(signal.SIGTERM)
        if answered:
            wait_until(is_stopping)
        seen.append("stopping")
        return answered

    grid.proxies[0].on_frame = stop_meanwhile
    assert service.wait() == 0, service.rest()
    assert seen == ["stopping"]
    first, second = grid.jobs()
    assert (first.id, second.id) == (running, waiting)
    assert (second.state, second.attempts) == (JobState.QUEUED, 0)
    if answered:
        assert first.state is JobState.DONE
    else:
        assert first.state is JobState.FAILED and "may have done" in str(first.error)
    assert len(grid.proxies[0].actions) == 1
