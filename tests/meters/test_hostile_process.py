"""The fleet as a process among hostile peers, and killed in the middle of its saves."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from pathlib import Path
from threading import Timer
from typing import Any

from meters.fleet import create_fleet
from tests.meters.builders import make_meter
from tests.meters.p3.driver import INVOKE, Driver
from tests.meters.test_serve import connect, free_base_port, serving, telegram
from wire.cosem.rows import Standard
from wire.dlms import apdu, axdr
from wire.dlms.apdu import GetRequestNormal
from wire.dlms.descriptors import AttributeDescriptor
from wire.dlms.security import Cipher, unprotect
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.obis import Obis

GET = apdu.encode(
    GetRequestNormal(INVOKE, AttributeDescriptor(1, Obis.parse("0-0:96.1.1"), 2))
)


def hang_up_hard(sock: socket.socket) -> None:
    """Closes as a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def come(port: int, clients: int) -> list[socket.socket]:
    """As many clients at once; those that are turned away may hear so before they are there."""
    made = []
    for _ in range(clients):
        try:
            made.append(connect(port))
        except ConnectionResetError:
            pass
    return made


def push(sock: socket.socket, octets: bytes, times: int) -> None:
    """Sends as long as the meter takes it."""
    try:
        for _ in range(times):
            sock.sendall(octets)
    except OSError:
        pass


def is_answered(port: int) -> bool:
    """Whether a client that comes now is spoken to; a refused one comes again."""
    for _ in range(100):
        try:
            with connect(port) as sock:
                sock.sendall(encode_wpdu(16, 1, GET))
                if sock.recv(100):
                    return True
        except OSError:
            pass
    return False


def memory_mb(pid: int) -> float:
    """What a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_floods_and_half_open_connections_neither_end_nor_fatten_it(
    tmp_path: Path,
) -> None:
    port = free_base_port()
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=3, base_port=port)
    with serving(tmp_path) as (process, _):
        assert is_answered(port)
        before_mb = memory_mb(process.pid)
        for octets in (
            os.urandom(65_536),
            encode_wpdu(16, 1, b"") * 8000,
            encode_wpdu(99, 1, b"") * 8000,
            b"\x00\x01\x00\x10\x00\x01\x04\x40",
        ):
            sock = connect(port)
            sock.settimeout(0.3)
            push(sock, octets, 12)
            hang_up_hard(sock)
            assert is_answered(port)
        for sock in (*come(port + 10_000, 40), *come(port, 30)):
            hang_up_hard(sock)
        assert is_answered(port)
        assert telegram(port + 10_000).values["0-0:96.13.0"] == b""
        assert memory_mb(process.pid) < before_mb + 20
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


class Wire:
    """Carries a driver's octets over TCP."""

    def __init__(self, port: int) -> None:
        self._sock = connect(port)
        self._reader = WrapperReader()

    def receive(self, data: bytes, now_s: int) -> list[bytes]:
        """One WPDU there, one back."""
        self._sock.sendall(data)
        while True:
            octets = self._sock.recv(4096)
            if not octets:
                raise ConnectionResetError
            for event in self._reader.feed(octets):
                assert isinstance(event, Wpdu)
                return [encode_wpdu(*event)]

    def close(self) -> None:
        """Hangs up."""
        self._sock.close()


class Caller(Driver):
    """A driver of the meter of a shipment; notes the counters that the meter uses."""

    def __init__(self, entry: dict[str, Any], counter: int) -> None:
        super().__init__(make_meter())
        self._title = bytes.fromhex(entry["system_title"])
        self.cipher = Cipher(
            bytes.fromhex(entry["encryption_key"]),
            bytes.fromhex(entry["authentication_key"]),
        )
        self.counter = counter
        self.heard: list[int] = []

    def open(self, octets: bytes) -> bytes:
        """Deciphers as the meter's own title says."""
        opened = unprotect(octets, self.cipher, self._title)
        self.heard.append(opened.counter)
        return opened.apdu


def test_killed_while_messages_come_it_forgets_none_that_it_took(
    tmp_path: Path,
) -> None:
    port = free_base_port()
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=3, base_port=port)
    (entry,) = json.loads((tmp_path / "shipment.json").read_text())
    taken = sent = b"\x09\x00"
    counter = 1000
    heard: list[int] = []
    for life in range(3):
        with serving(tmp_path) as (process, _):
            caller = Caller(entry, counter)
            wire = Wire(port)
            caller.connection = wire  # type: ignore[assignment]
            caller.prove(caller.request().authentication_value)
            assert caller.get(1, "0-0:96.13.0") in (taken, sent)
            killer = Timer(0.03 * life, process.kill)
            try:
                for number in range(10_000):
                    if number == 10:
                        killer.start()
                    text = f"{life}-{number} ".encode() + b"x" * 700
                    sent = axdr.encode(axdr.octet_string(text))
                    assert caller.set(1, "0-0:96.13.0", 2, sent) == 0
                    taken = sent
                raise AssertionError("it was never killed")
            except OSError:
                pass
            killer.join()
            wire.close()
            counter = caller.counter + 1
            heard += caller.heard
    assert len(heard) > 20
    assert heard == sorted(set(heard)), "a counter of the meter came twice"
