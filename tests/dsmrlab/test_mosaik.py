"""`dsmrlab mosaik`: what mosaik asks by its protocol, and its end, however it comes.

The protocol: a length of four octets, then `[type, id, content]` as JSON; type 0 is a request,
1 its result, 2 an error.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dsmrlab.commands import DEADLINE_S, Service, here

Capsys = pytest.CaptureFixture[str]
TEXT = """
scenario: asked
world: {start: 2024-01-10T12:00:00+01:00, stations: 2}
steps: [{run_until: end}]
"""


class Line:
    """Mosaik's end of the connection."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        line.settimeout(DEADLINE_S)

    def send(self, name: str, *arguments: object, **named: object) -> None:
        self.say(json.dumps([0, 7, [name, arguments, named]]).encode())

    def ask(self, name: str, *arguments: object, **named: object) -> tuple[int, Any]:
        """The type of the answer, and its content."""
        self.send(name, *arguments, **named)
        length = int.from_bytes(self._take(4), "big")
        kind, number, content = json.loads(self._take(length))
        assert number == 7
        return kind, content

    def say(self, body: bytes) -> None:
        """A message whose content may be anything."""
        self._line.sendall(len(body).to_bytes(4, "big") + body)

    def init(self, path: Path, **parameters: object) -> tuple[int, Any]:
        named = {"time_resolution": 1.0, "scenario": str(path), **parameters}
        return self.ask("init", "lab-0", **named)

    def close(self) -> None:
        self._line.close()

    def _take(self, length: int) -> bytes:
        octets = b""
        while len(octets) < length:
            piece = self._line.recv(length - len(octets))
            assert piece, "it hung up"
            octets += piece
        return octets


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "asked.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a world makes its own folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def called(tmp_path: Path, folder: Path) -> Iterator[tuple[Service, Line]]:
    """A command that has called us, and the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_S)
        service = Service(tmp_path, "mosaik", f"127.0.0.1:{server.getsockname()[1]}")
        try:
            line = Line(server.accept()[0])
            yield service, line
            line.close()
        finally:
            service.end(signal.SIGKILL)


def test_mosaik_asks_and_says_stop(
    called: tuple[Service, Line], scenario: Path, folder: Path
) -> None:
    service, line = called
    kind, meta = line.init(scenario, readings=["p1:1-0:1.7.0"], step_s=30)
    assert kind == 1 and meta["type"] == "time-based"
    assert "p1:1-0:1.7.0" in meta["models"]["Station"]["attrs"]
    assert line.ask("create", 1, "Station") == (
        1,
        [{"eid": "CP001", "type": "Station"}],
    )
    given = {"CP001": {"load_w": {"grid.house": [500.4, 0, 0]}}}
    assert line.ask("step", 0, given, 900) == (1, 30)
    assert line.ask("step", 30, {}, 900) == (1, 60)
    wanted = {"CP001": ["power_w", "p1:1-0:1.7.0"]}
    assert line.ask("get_data", wanted) == (
        1,
        {"CP001": {"power_w": [500, 0, 0], "p1:1-0:1.7.0": 0.5}},
    )
    kind, result = line.ask("result")
    assert kind == 1 and result["passed"] and result["scenario"] == "asked"
    kind, page = line.ask("report", str(folder / "report"))
    assert kind == 1 and Path(page).is_file()
    assert len(list(folder.glob("dsmrlab-*"))) == 1
    line.send("stop")
    assert service.wait() == 0
    assert list(folder.glob("dsmrlab-*")) == []
    assert service.rest() == ""


def test_mosaik_hears_what_is_wrong_and_may_go_on(
    called: tuple[Service, Line], scenario: Path, tmp_path: Path
) -> None:
    service, line = called
    kind, (name, why, *_) = line.init(scenario, readings=["p3:no"])
    assert (kind, name) == (2, "ConfigError")
    assert why == "dsmr-4.2.2 has no object named 'no'"
    kind, (name, why, *_) = line.ask("step", 0, {}, 900)
    assert (kind, name, why) == (2, "LocalError", "there is no world before init")
    assert line.init(scenario)[0] == 1
    kind, (name, why, *_) = line.init(scenario)
    assert (kind, name, why) == (2, "LocalError", "there is a world already")
    kind, (name, why, *_) = line.ask("step", 0, {"CP001": {"load_w": {"x": [1]}}}, 900)
    assert (kind, name) == (2, "LocalError") and "1 values are not 3" in why
    kind, (name, why, *_) = line.ask("get_data", {"CP003": ["power_w"]})
    assert (kind, name, why) == (2, "LocalError", "there is no CP003")
    kind, (name, why, *_) = line.ask("report", str(scenario / "report"))
    assert (kind, name) == (2, "SurroundingsError")
    line.send("stop")
    assert service.wait() == 0


def test_a_mosaik_that_goes_without_a_word_ends_the_world(
    called: tuple[Service, Line], scenario: Path, folder: Path
) -> None:
    service, line = called
    line.init(scenario)
    line.close()
    assert service.wait() == 3
    assert "is gone" in service.rest()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b"[" * 100_000, b"null", b"[1, 7, null]", b'[0, 7, ["stop"]]'],
)
def test_what_is_no_mosaik_ends_the_world(
    body: bytes, called: tuple[Service, Line], scenario: Path, folder: Path
) -> None:
    service, line = called
    line.init(scenario)
    line.say(body)
    assert service.wait() == 3
    assert "does not speak mosaik's protocol" in service.rest()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_world(
    number: int, called: tuple[Service, Line], scenario: Path, folder: Path
) -> None:
    service, line = called
    line.init(scenario)
    # The whole day at once: the signal comes while it is played, or before, or after.
    line.send("step", 86_400, {}, 900_000)
    assert service.end(number) == 130
    assert list(folder.iterdir()) == []
    assert "Traceback" not in service.rest()


def test_with_remote_it_waits_for_mosaik(tmp_path: Path, scenario: Path) -> None:
    service = Service(tmp_path, "mosaik", "127.0.0.1:0", "--remote", "--json")
    try:
        host, port = service.event("ready")["mosaik"].split(":")
        line = Line(socket.create_connection((host, int(port)), DEADLINE_S))
        assert line.init(scenario)[0] == 1
        line.send("stop")
        assert service.wait() == 0
        line.close()
    finally:
        service.end(signal.SIGKILL)


def test_where_no_mosaik_is_is_one_line(capsys: Capsys) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        line = here(capsys, "mosaik", address).check_one_line(3)
        assert f"mosaik at {address}: " in line
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = here(capsys, "mosaik", "--remote", address).check_one_line(3)
        assert f"mosaik at {address}: " in line


@pytest.mark.parametrize(
    "address",
    ["", "mosaik", "127.0.0.1", "127.0.0.1:x", ":5555", "host:5555:6", "a b:1"],
)
def test_what_is_no_address_is_one_line(address: str, capsys: Capsys) -> None:
    line = here(capsys, "mosaik", address).check_one_line(2)
    assert "is no HOST:PORT of mosaik" in line


def test_without_mosaik_s_api_it_says_how_to_get_it(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mosaik_api_v3", None)
    monkeypatch.delitem(sys.modules, "scenarios.cosimulation.component", raising=False)
    line = here(capsys, "mosaik", "127.0.0.1:5555").check_one_line(3)
    assert "pip install 'dsmrlab[mosaik]'" in line
