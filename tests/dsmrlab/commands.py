"""Runs `dsmrlab` as a user does: in this process, or as a process or service of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dsmrlab.cli import cli
from dsmrlab.edge import run

DEADLINE_S = 60.0
COMMAND = [sys.executable, "-m", "dsmrlab"]
REPOSITORY = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed on stdout, as JSON."""
        return json.loads(self.out)

    def check_one_line(self, code: int) -> str:
        """Holds the command to one line of complaint and this exit code; the line."""
        assert self.code == code, self
        assert "Traceback" not in self.err + self.out
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("dsmrlab")
        return lines[0]


def here(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ended:
    """Runs a command in this process; not for those that need the reactor.

    What it does about signals ends with it: later tests' commands would inherit that.
    """
    capsys.readouterr()
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    try:
        code = run(cli, [str(argument) for argument in arguments])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Ended(code, *capsys.readouterr())


def environment(home: Path, variables: Mapping[str, str] = {}) -> Mapping[str, str]:
    """Ours, with that home folder and none of the user's own settings."""
    mine = {name: v for name, v in os.environ.items() if not name.startswith("DSMRLAB")}
    return {
        **mine,
        "DSMRLAB_HOME": str(home),
        "PYTHONPATH": str(REPOSITORY),
        **variables,
    }


def process(
    home: Path,
    *arguments: object,
    stdin: bytes = b"",
    variables: Mapping[str, str] = {},
) -> Ended:
    """Runs a command as a process of its own."""
    done = subprocess.run(
        COMMAND + [str(argument) for argument in arguments],
        input=stdin,
        capture_output=True,
        env=environment(home, variables),
        timeout=DEADLINE_S * 2,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


class Service:
    """A command that goes on, and the lines that it prints."""

    def __init__(self, home: Path, *arguments: object) -> None:
        self._process = subprocess.Popen(
            COMMAND + [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(home),
            text=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def line(self, wanted: Callable[[str], bool] = lambda line: True) -> str:
        """The next line that is wanted; fails when the service ends or the deadline passes."""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0, deadline_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not in time: {self.seen}") from None
            assert line is not None, f"ended early: {self.seen}"
            self.seen.append(line)
            if wanted(line):
                return line

    def event(self, name: str) -> dict[str, Any]:
        """The next JSON line with that event."""
        line = self.line(lambda line: json.loads(line)["event"] == name)
        event: dict[str, Any] = json.loads(line)
        return event

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal; the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def send(self, number: int) -> None:
        """Sends a signal, and does not wait for what it does."""
        self._process.send_signal(number)

    def wait(self, most_s: float = DEADLINE_S) -> int:
        """The exit code, once it has ended by itself or was killed."""
        return self._process.wait(most_s)

    def rest(self) -> str:
        """What it printed after the lines that were asked for; once it has ended."""
        lines = []
        while (line := self._lines.get(timeout=DEADLINE_S)) is not None:
            lines.append(line)
        return "\n".join(lines)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as out:
            for line in out:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


def free_base_port(meters: int) -> int:
    """A port from which P3 and P1 of so many meters find free ones."""
    # Below the ports that the system gives to who asks for any.
    for base in range(11_000 + os.getpid() % 9_000, 22_000, 7):
        ports = [base + i for i in range(meters)]
        if all(_is_free(port) for port in [*ports, *(p + 10_000 for p in ports)]):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def read_u32(address: tuple[str, int], register: int) -> int:
    """Two registers of the unit there, read with a request written by hand."""
    request = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, register, 2)
    with socket.create_connection(address, timeout=DEADLINE_S) as line:
        line.sendall(request)
        answer = b""
        while len(answer) < 13:
            piece = line.recv(64)
            assert piece, "the unit hung up"
            answer += piece
    high, low = struct.unpack(">HH", answer[9:13])
    return int(high << 16 | low)


def wait_until(what: Callable[[], bool], most_s: float = DEADLINE_S) -> None:
    """Looks again and again until it holds; fails at the deadline."""
    deadline_s = time.monotonic() + most_s
    while not what():
        assert time.monotonic() < deadline_s, "not in time"
        time.sleep(0.05)
