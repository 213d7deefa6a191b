"""`headend listen` and a meter that calls it, as processes of their own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dsmrlab.commands import (
    DEADLINE_S,
    Service,
    free_base_port,
    here,
    process,
    wait_until,
)

Capsys = pytest.CaptureFixture[str]
LISTEN = ("headend", "listen", "--listen", "127.0.0.1:0", "--json")


SERVE = ("headend", "serve", "--listen", "127.0.0.1:0", "--log", "json", "--json")


@dataclass(frozen=True)
class Calling:
    """A served meter and the process that it is to call, with what that needs to say."""

    home: Path
    hearing: Service

    def call(self, message: int) -> None:
        """Sets the meter up to call, and has it notice a change of its configuration."""
        place = self.hearing.event("ready")["pushes"].encode().hex()
        for name, value in (
            ("push_setup_alarm:3", json.dumps([0, {"hex": place}, message])),
            ("alarm_filter:2", "8192"),
            # A change of the configuration is a fraud attempt (event 47, alarm bit 13).
            ("alarm_filter:2", "8196"),
        ):
            done = process(self.home, "headend", "set", "E", name, value)
            assert done.code == 0, done.err
        push = self.hearing.event("push")
        assert (push["known"], push["alarms"]) == (True, ["fraud_attempt"])


@contextmanager
def calling(
    tmp_path: Path, capsys: Capsys, standard: str, *hearing: str
) -> Iterator[Calling]:
    fleet, home, port = tmp_path / "fleet", tmp_path / "home", free_base_port(1)
    create = ("fleet", "create", fleet, "--meters", 1, "--standard", standard)
    here(capsys, *create, "--base-port", port)
    assert process(home, "headend", "import", fleet / "shipment.json").code == 0
    meter = Service(home, "meters", "serve", fleet, "--json", "--p1", "none")
    heard = Service(home, *hearing, "--on-alarm", "clear")
    try:
        meter.event("ready")
        yield Calling(home, heard)
    finally:
        assert heard.end() == 0, heard.rest()
        assert meter.end() == 0, meter.rest()


@pytest.mark.parametrize(("standard", "message"), [("dsmr-4.2.2", 128), ("smr-5.0", 0)])
def test_a_meter_calls_and_its_alarm_is_read_and_cleared(
    standard: str, message: int, tmp_path: Path, capsys: Capsys
) -> None:
    with calling(tmp_path, capsys, standard, *LISTEN) as world:
        world.call(message)
        read, cleared = world.hearing.event("job"), world.hearing.event("job")
        assert read["result"]["value"] == 8192
        assert cleared["result"]["result"] == "success"


def test_the_service_hears_meters_beside_its_jobs(
    tmp_path: Path, capsys: Capsys
) -> None:
    trace = tmp_path / "p3.pcapng"
    pushes = ("--pushes", "127.0.0.1:0", "--trace", str(trace))
    with calling(tmp_path, capsys, "smr-5.0", *SERVE, *pushes) as world:
        world.call(0)
        done = [world.hearing.event("job-done")["operation"] for _ in range(2)]
        assert done == ["get", "set"]
        # The order that set the meter up may have raised the alarm once more meanwhile.
        read = ("headend", "get", "E", "alarm_register", "--json")
        wait_until(lambda: process(world.home, *read).document["result"]["value"] == 0)
    assert trace.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")


def test_whoever_else_calls_is_refused_and_a_stop_is_tidy(tmp_path: Path) -> None:
    listener = Service(tmp_path, *LISTEN)
    try:
        host, port = listener.event("ready")["pushes"].split(":")
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as line:
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert line.recv(1) == b""
        assert "no comma" in listener.event("refused")["error"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"gasp", (host, int(port)))
        assert "ends after 4 octets" in listener.event("refused")["error"]
    finally:
        assert listener.end() == 0, listener.rest()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_taken(kind: socket.SocketKind, tmp_path: Path) -> None:
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = process(tmp_path, "headend", "listen", "--listen", place)
    assert "cannot listen on" in done.check_one_line(3)


def test_a_place_that_is_none(tmp_path: Path) -> None:
    done = process(tmp_path, "headend", "listen", "--listen", "nowhere:x")
    assert "no place to listen" in done.check_one_line(2)
