"""`headend serve`: a process that runs jobs, says how it is, ends tidily, and may be killed."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headend.store import Store, counters, jobs, keys, meters, open_store, schedules
from headend.store.job import ENDS, Job, JobState
from headend.store.keys import KeyKind
from headend.store.rhythm import Every
from tests.dsmrlab.commands import Service, free_base_port, here, process, wait_until
from tests.dsmrlab.conftest import Lab
from tests.dsmrlab.proxy import Proxy
from wire.dlms.security import Cipher

SERVE = ("headend", "serve", "--listen", "127.0.0.1:0", "--json", "--log", "json")


def get(address: str, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}/{page}", timeout=15) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def store_of(home: Path) -> Store:
    return open_store(f"sqlite:///{home / 'headend.sqlite'}")


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


@dataclass(frozen=True)
class Grid:
    """Two meters behind proxies, served by a process, and the head-end that knows them."""

    home: Path
    store: Store
    proxies: list[Proxy]
    meters: list[int]

    def hand_in(self, meter_id: int, operation: str, **arguments: Any) -> int:
        with self.store.begin() as connection:
            return jobs.enqueue(
                connection,
                meter_id,
                operation,
                arguments,
                now_s=time.time(),
                max_attempts=30,
            )

    def jobs(self) -> list[Job]:
        with self.store.read() as connection:
            return jobs.listing(connection, limit=1000)[::-1]

    def check_counters(self) -> None:
        """Each was used once, in frames each higher than the one before."""
        for proxy in self.proxies:
            assert proxy.frames == sorted(proxy.frames)
            used = proxy.frames + proxy.proofs
            assert len(used) == len(set(used)), "a nonce was used twice"


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[Grid]:
    folder, home, count = tmp_path / "fleet", tmp_path / "home", 2
    port = free_base_port(count)
    make = ("fleet", "create", folder, "--meters", count, "--base-port", port)
    assert process(home, *make, "--standard", "dsmr-4.2.2").code == 0
    shipment = folder / "shipment.json"
    entries = json.loads(shipment.read_text())
    proxies = []
    for entry in entries:
        encryption, authentication = (
            bytes.fromhex(entry[kind])
            for kind in ("encryption_key", "authentication_key")
        )
        proxies.append(Proxy(entry["port"], Cipher(encryption, authentication)))
        entry["port"] = proxies[-1].port
    at_proxies = tmp_path / "shipment.json"
    at_proxies.write_text(json.dumps(entries))
    at_proxies.chmod(0o600)
    fleet = Service(home, "meters", "serve", folder, "--json", "--p1", "none")
    try:
        fleet.event("ready")
        assert process(home, "headend", "import", at_proxies).code == 0
        store = store_of(home)
        with store.read() as connection:
            known = [meter.id for meter in meters.every(connection)]
        with store.begin() as connection:
            # They were talked with before, so no public client asks for their counters first.
            for meter_id in known:
                key = keys.active(connection, meter_id, KeyKind.ENCRYPTION)
                assert key is not None
                counters.raise_to(connection, meter_id, key.id, counters.FIRST)
        yield Grid(home, store, proxies, known)
        store.close()
    finally:
        for proxy in proxies:
            proxy.close()
        fleet.end()


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


def test_a_service_that_is_killed_loses_nothing_and_repeats_nothing(grid: Grid) -> None:
    """It is killed at each frame to the first meter, before or after the meter has it."""
    for number in range(6):
        for meter_id in grid.meters:
            grid.hand_in(meter_id, "action", object="load_profile:reset", value=number)
            grid.hand_in(meter_id, "message", text=f"message {number}")
    with grid.store.begin() as connection:
        schedules.add(
            connection, "get", {"object": "clock"}, Every(1), now_s=time.time()
        )
    for at in range(10):
        service = Service(grid.home, *SERVE, "--lease", 1)
        before = len(grid.proxies[0].frames)

        def kill(service: Service = service, last: int = before + at + 1) -> bool:
            if len(grid.proxies[0].frames) < last:
                return True
            service.send(signal.SIGKILL)
            return last % 2 == 0

        grid.proxies[0].on_frame = kill
        assert service.wait() == -signal.SIGKILL
    grid.proxies[0].on_frame = lambda: True
    with grid.store.begin() as connection:
        schedules.remove(connection, 1, time.time())
    service = Service(grid.home, *SERVE, "--lease", 1)
    wait_until(lambda: all(job.state in ENDS for job in grid.jobs()))
    assert service.end() == 0, service.rest()
    grid.check_counters()
    found = grid.jobs()
    for meter_id, proxy in zip(grid.meters, grid.proxies, strict=True):
        check_meter([job for job in found if job.meter_id == meter_id], proxy)
    states = {job.state for job in found if job.operation == "action"}
    assert states == {JobState.DONE, JobState.FAILED}, "no kill fell on an action"


def check_meter(found: list[Job], proxy: Proxy) -> None:
    """Holds the jobs of a meter against what was said to it."""
    actions = [each[-1] for each in proxy.actions]
    for job in found:
        if job.operation == "message":
            assert job.state is JobState.DONE, job
        elif job.operation == "action":
            times = actions.count(job.arguments["value"])
            assert times == 1 if job.state is JobState.DONE else times <= 1, job
            assert job.error is None or "may have done it" in job.error
    messages = [each.rpartition(b"message ")[2] for each in proxy.sets]
    assert messages == sorted(messages), "an old message came after a new one"
    assert set(messages) == {b"%d" % number for number in range(6)}
    instants = [job.due_s for job in found if job.schedule_id is not None]
    assert instants and len(instants) == len(set(instants))
