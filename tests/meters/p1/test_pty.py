"""The pseudo terminal, turn by turn: consumers that stall, leave and come back."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from meters.p1.pty import P1Pty
from scenarios.transport.clock import HeapClock

START = 1_700_000_000


class Wires:
    """What the port asks of a reactor: whom to call when the terminal is ready."""

    def __init__(self) -> None:
        self.readers: set[object] = set()
        self.writers: set[object] = set()
        self.addReader, self.removeReader = self.readers.add, self.readers.discard
        self.addWriter, self.removeWriter = self.writers.add, self.writers.discard


class Bench:
    def __init__(self) -> None:
        self.wires = Wires()
        self.clock = HeapClock(START)
        self.pty = P1Pty(self.render, self.wires, self.clock, period_s=1)

    def render(self, now_s: int) -> bytes:
        return b"/%d" % (now_s - START) + b"." * 1500 + b"\r\n"

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            self.pty.tick(int(self.clock.seconds()))

    def plug(self) -> int:
        return os.open(self.pty.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)

    def unplug(self, consumer: int) -> None:
        os.close(consumer)
        self.pty.doRead()

    def read(self, consumer: int) -> list[bytes]:
        """The telegrams that come until nothing is left to write."""
        octets = b""
        while True:
            try:
                octets += os.read(consumer, 4096)
            except BlockingIOError:
                if not self.wires.writers:
                    break
                self.pty.doWrite()
        *lines, rest = octets.split(b"\r\n")
        assert not rest
        assert all(len(line.lstrip(b"/0123456789")) == 1500 for line in lines)
        return [line.strip(b"/.") for line in lines]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.pty.close()


def test_a_stalled_consumer_finds_whole_telegrams(bench: Bench) -> None:
    consumer = bench.plug()
    bench.run(20)
    assert bench.wires.writers == {bench.pty}
    kept = bench.read(consumer)
    assert kept == [b"%d" % second for second in range(1, len(kept) + 1)]
    bench.run(1)
    assert bench.read(consumer) == [b"21"]
    os.close(consumer)


def test_who_comes_after_a_stalled_one_reads_nothing_old(bench: Bench) -> None:
    stalled = bench.plug()
    bench.run(20)
    bench.unplug(stalled)
    assert not bench.wires.readers | bench.wires.writers
    bench.run(3)
    consumer = bench.plug()
    bench.run(2)
    assert bench.read(consumer) == [b"24", b"25"]
    os.close(consumer)
