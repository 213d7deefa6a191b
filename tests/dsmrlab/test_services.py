"""Commands that go on: how they begin, what ends them, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dsmrlab.commands import (
    COMMAND,
    DEADLINE_S,
    Service,
    environment,
    free_base_port,
    here,
    process,
    wait_until,
)

Capsys = pytest.CaptureFixture[str]
UNIT = ("chargepoint", "unit", "--listen", "tcp://127.0.0.1:0", "--json")
NOWHERE = "tcp://127.0.0.1:1"
GATEWAY = ("chargepoint", "gateway", "--p1", NOWHERE, "--modbus", NOWHERE, "--json")


@pytest.fixture
def fleet(tmp_path: Path, capsys: Capsys) -> tuple[Path, int]:
    """A fleet's folder, and its base port."""
    port = free_base_port(1)
    folder = tmp_path / "fleet"
    command = ("fleet", "create", folder, "--meters", 1, "--base-port", port)
    assert here(capsys, *command).code == 0
    return folder, port


@pytest.mark.parametrize(
    "command, first, number, code",
    [(UNIT, "ready", signal.SIGINT, 130), (GATEWAY, "started", signal.SIGTERM, 0)],
)
def test_a_charge_points_part_ends_tidily(
    command: tuple[str, ...], first: str, number: int, code: int, tmp_path: Path
) -> None:
    service = Service(tmp_path, *command)
    service.event(first)
    assert service.end(number) == code
    assert "Traceback" not in service.rest()


def test_meters_end_tidily_and_save(fleet: tuple[Path, int], tmp_path: Path) -> None:
    folder, _ = fleet
    service = Service(tmp_path, "meters", "serve", folder, "--json", "--p1", "none")
    assert service.line() == '{"event": "ready", "meters": 1}'
    assert service.end(signal.SIGINT) == 130
    assert service.rest() == ""
    assert len(list((folder / "state").iterdir())) == 1


def test_meters_with_p1_on_serial_devices(
    fleet: tuple[Path, int], tmp_path: Path
) -> None:
    folder, _ = fleet
    service = Service(tmp_path, "meters", "serve", folder, "--json", "--p1", "pty")
    try:
        service.event("ready")
        assert Path(service.event("p1")["path"]).is_char_device()
    finally:
        assert service.end() == 0, service.rest()


def test_a_taken_port_is_exit_code_3(fleet: tuple[Path, int], tmp_path: Path) -> None:
    folder, port = fleet
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = process(tmp_path, "meters", "serve", folder)
        assert f"127.0.0.1:{port}" in done.check_one_line(3)
        listen = f"tcp://127.0.0.1:{port}"
        done = process(tmp_path, "chargepoint", "unit", "--listen", listen)
        assert listen in done.check_one_line(3)


def test_a_damaged_state_is_exit_code_2(
    fleet: tuple[Path, int], tmp_path: Path
) -> None:
    state = tmp_path / "unit.json"
    state.write_text("{")
    done = process(tmp_path, *UNIT, "--state", state)
    assert str(state) in done.check_one_line(2)


def test_a_damaged_journal_is_an_alarm_and_no_end(tmp_path: Path) -> None:
    journal = tmp_path / "journal.json"
    journal.write_bytes(b"\xff{")
    service = Service(tmp_path, *GATEWAY, "--journal", journal)
    try:
        service.event("started")
        assert str(journal) in service.event("alarm-raised")["detail"]
    finally:
        assert service.end() == 0


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize("command", [UNIT, GATEWAY])
def test_a_service_that_nobody_listens_to_ends(
    command: tuple[str, ...], closed_pipe: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*COMMAND, *command],
        stdout=closed_pipe,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        timeout=DEADLINE_S,
    )
    assert (done.returncode, done.stderr) == (1, b"")


def test_meters_that_nobody_listens_to_end(
    fleet: tuple[Path, int], closed_pipe: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*COMMAND, "meters", "serve", str(fleet[0])],
        stdout=closed_pipe,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        timeout=DEADLINE_S,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert len(list((fleet[0] / "state").iterdir())) == 1


def test_ctrl_c_does_not_reach_a_background_job(tmp_path: Path) -> None:
    """A shell lets its background jobs ignore SIGINT, and so does the command."""
    begun = subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *COMMAND, *UNIT],
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
        text=True,
    )
    with begun:
        assert begun.stdout is not None
        assert json.loads(begun.stdout.readline())["event"] == "ready"
        begun.send_signal(signal.SIGINT)
        begun.send_signal(signal.SIGTERM)
        assert begun.wait(DEADLINE_S) == 0


def test_a_serial_line_for_the_unit(tmp_path: Path) -> None:
    line = tmp_path / "modbus"
    unit = Service(tmp_path, "chargepoint", "unit", "--listen", f"rtu:{line}", "--json")
    try:
        assert unit.event("ready")["listen"] == f"rtu:{line}"
        gateway = Service(tmp_path, *GATEWAY[:-3], "--modbus", f"rtu:{line}", "--json")
        try:
            gateway.event("unit-found")
        finally:
            assert gateway.end() == 0, gateway.rest()
    finally:
        assert unit.end() == 0, unit.rest()
    wait_until(lambda: not line.exists())
