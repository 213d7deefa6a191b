"""The service in real time: a process of its own, real sockets, and SIGTERM."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from meters.fleet import FLEET_FILE, create_fleet
from tests.meters.builders import CLIENT_TITLE
from wire.cosem.rows import Standard
from wire.dlms import acse, apdu
from wire.dlms.acse import Aare, Aarq, ApplicationContext
from wire.dlms.apdu import GetRequestNormal, GetResponseNormal, InitiateRequest
from wire.dlms.descriptors import AttributeDescriptor
from wire.dlms.initiate import Conformance
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.obis import Obis
from wire.p1 import TelegramReader, TelegramReceived

PROGRAM = """
import json, sys
from pathlib import Path
from twisted.internet import reactor
from meters.fleet import load_fleet
from meters.serve import PortKind, serve
from wire.errors import SimError
try:
    serve(
        load_fleet(Path(sys.argv[1])),
        reactor,
        PortKind(sys.argv[2]),
        lambda service: print(
            json.dumps(service.pty_paths), json.dumps(service.p2_paths), sep="\\n", flush=True
        ),
        p2=PortKind(sys.argv[3]),
    )
except SimError as error:
    print(type(error).__name__, error, file=sys.stderr)
    sys.exit(3)
"""


def free_base_port(offset: int = 10_000) -> int:
    """A port that is free now, with the one so much above, which is its P1 or P2, free too."""
    while True:
        with closing(socket.socket()) as low, closing(socket.socket()) as high:
            low.bind(("127.0.0.1", 0))
            port: int = low.getsockname()[1]
            try:
                if port + offset < 65_000:
                    high.bind(("127.0.0.1", port + offset))
                    return port
            except OSError:
                continue


@contextmanager
def serving(
    folder: Path, p1: str = "tcp", p2: str = "none"
) -> Iterator[tuple[Any, dict[str, str]]]:
    """The process, once it is ready, and its pseudo terminals; those of P2 are a line more."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), p1, p2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def connect(port: int) -> socket.socket:
    """A connection, with a patience of ten seconds."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def exchange(sock: socket.socket, payload: bytes) -> bytes:
    """One WPDU there, one back."""
    sock.sendall(encode_wpdu(16, 1, payload))
    reader = WrapperReader()
    while True:
        events = reader.feed(sock.recv(4096))
        if events:
            (event,) = events
            assert isinstance(event, Wpdu)
            return event.payload


def turned_away(port: int, data: bytes) -> bool:
    """Whether a connection ends without an answer; its reset may come at any step."""
    try:
        with connect(port) as sock:
            sock.sendall(data)
            return sock.recv(10) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def telegram(port: int) -> Any:
    """The first telegram that comes."""
    reader = TelegramReader()
    with connect(port) as sock:
        while True:
            for event in reader.feed(sock.recv(4096)):
                assert isinstance(event, TelegramReceived)
                return event.telegram


def test_a_fleet_is_served_and_ends_with_its_states_saved(tmp_path: Path) -> None:
    port = free_base_port()
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=3, base_port=port)
    shipment = json.loads((tmp_path / "shipment.json").read_text())
    with serving(tmp_path) as (process, _):
        with connect(port) as sock:
            initiate = apdu.encode(InitiateRequest(Conformance.GET, 1024))
            aarq = Aarq(ApplicationContext.LN, user_information=initiate)
            aare = acse.decode(exchange(sock, acse.encode(aarq)))
            assert isinstance(aare, Aare) and aare.result == 0
            title = AttributeDescriptor(1, Obis.parse("0-0:96.1.1"), 2)
            reply = exchange(sock, apdu.encode(GetRequestNormal(0xC1, title)))
            answer = apdu.decode(reply)
            assert isinstance(answer, GetResponseNormal)
            equipment_id = shipment[0]["equipment_id"].encode()
            assert answer.result == b"\x09\x11" + equipment_id
            assert turned_away(port, encode_wpdu(16, 1, acse.encode(aarq)))
        values = telegram(port + 10_000).values
        assert values["0-0:96.1.1"] == equipment_id
        assert values["1-0:1.7.0"] > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""
    saved = tmp_path / "state" / f"{shipment[0]['equipment_id']}.json"
    assert json.loads(saved.read_text())["at_s"] > 1_700_000_000
    assert CLIENT_TITLE.hex() not in saved.read_text()


def test_a_taken_port_is_told_and_nothing_stays_open(tmp_path: Path) -> None:
    port = free_base_port()
    create_fleet(tmp_path, 1, Standard.SMR_5_0, base_port=port)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port + 10_000))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), "tcp", "none"],
            capture_output=True,
            text=True,
            timeout=20,
            cwd=Path(__file__).parents[2],
        )
    assert ended.returncode == 3
    assert ended.stderr.startswith("SurroundingsError cannot listen on 127.0.0.1:")
    assert ended.stderr.count("\n") == 1


def test_p1_as_a_pseudo_terminal(tmp_path: Path) -> None:
    create_fleet(tmp_path, 1, Standard.SMR_5_0, base_port=free_base_port())
    with serving(tmp_path, "pty") as (process, paths):
        (path,) = paths.values()
        reader = TelegramReader()
        with open(path, "rb", buffering=0) as line:
            events: list[object] = []
            while not events:
                events = list(reader.feed(line.read(4096)))
        assert isinstance(events[0], TelegramReceived)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_meters_without_load_stand_still(tmp_path: Path) -> None:
    port = free_base_port()
    create_fleet(tmp_path, 1, Standard.SMR_5_0, base_port=port)
    text = (tmp_path / FLEET_FILE).read_text()
    (tmp_path / FLEET_FILE).write_text(text.replace("load: premises", "load: none"))
    with serving(tmp_path) as (process, _):
        assert telegram(port + 10_000).values["1-0:1.7.0"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
