"""One real socket and one real pseudo terminal, read by what users read them with."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import serial

from wire.p1 import Telegram, TelegramReader, TelegramReceived

ROOT = Path(__file__).resolve().parents[3]


class Served:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        port, self.path = process.stdout.readline().split()
        self.port = int(port)

    def finish(self) -> dict[str, Any]:
        output, errors = self.process.communicate(timeout=10)
        assert self.process.returncode == 0, errors
        assert not errors
        result: dict[str, Any] = json.loads(output)
        return result


@contextmanager
def served(text_length: int = 80) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.meters.p1.serve", str(text_length)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Served(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def telegrams(source: Source) -> Iterator[Telegram]:
    reader = TelegramReader()
    while True:
        data = source.read(64)
        assert data, "the port fell silent"
        for event in reader.feed(data):
            assert isinstance(event, TelegramReceived)
            yield event.telegram


def counters(found: Iterator[Telegram], number: int) -> list[int]:
    values = [next(found).values["1-0:1.8.1"] for _ in range(number)]
    assert all(isinstance(value, int) for value in values)
    return cast(list[int], values)


def test_tcp_consumers_come_go_and_stall() -> None:
    with served(text_length=1024) as meter:
        address = ("127.0.0.1", meter.port)
        stalled = socket.socket()
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        stalled.connect(address)
        for _ in range(2):
            with socket.create_connection(address, timeout=10) as connection:
                connection.sendall(b"nothing that a meter listens to" * 100)
                seen = counters(telegrams(connection.makefile("rb")), 12)
                # One each second, none lost to the consumer beside it that stalls.
                assert seen[1:] == list(range(seen[1], seen[1] + 11))
        with socket.create_connection(address, timeout=10) as connection:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        result = meter.finish()
        # Only the stalled one is left, with at most one telegram kept for it.
        (kept,), (skipped,) = result["kept"], result["skipped"]
        assert kept < 4096
        assert skipped > 10
        stalled.close()


def test_a_pseudo_terminal_read_by_pyserial() -> None:
    with served() as meter:
        with serial.Serial(meter.path, 115200, timeout=10) as port:
            found = telegrams(port)
            first = counters(found, 3)
            port.write(b"/?!\r\n")
            counters(found, 3)
        with serial.Serial(meter.path, 115200, timeout=10) as port:
            second = counters(telegrams(port), 3)
        assert second[0] > first[-1]
        assert meter.finish()["pty_skipped"] == 0


def test_a_terminal_left_in_line_mode_and_never_read() -> None:
    with served(text_length=1024) as meter:
        # As `cat` leaves it: the terminal echoes all that we write.
        consumer = os.open(meter.path, os.O_RDWR | os.O_NOCTTY)
        witness = socket.create_connection(("127.0.0.1", meter.port), timeout=10)
        counters(telegrams(witness.makefile("rb")), 40)
        result = meter.finish()
        assert result["pty_skipped"] > 0
        os.close(consumer)
        witness.close()


def test_the_terminal_goes_away_with_the_meter() -> None:
    with served() as meter:
        with serial.Serial(meter.path, 115200, timeout=10) as port:
            next(telegrams(port))
            meter.finish()
        assert not os.path.exists(meter.path)
