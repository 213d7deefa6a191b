"""Tools on the wired bus: frames whatever their chunking, timing, TCP and pseudo terminals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from meters.p2.bus import ANSWER_S, SILENCE_S, Bus
from meters.p2.port import TOOLS_MAX, P2Port, P2Tool
from meters.p2.pty import P2Pty
from tests.meters.p2.builders import EQUIPMENT_ID, Master, make_device
from wire.mbus.frames import Direction, Long, decode

SND_NKE = bytes.fromhex("1040004016")
REQ_UD2 = bytes.fromhex("105b005b16")


class End:
    """A master's end of the bus of one device, and what was written to it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.asked: list[bytes] = []
        self.written: list[bytes] = []
        self._device = make_device()
        self.bus = Bus(self._exchange, self.clock, self.written.append)

    def _exchange(self, octets: bytes) -> bytes:
        self.asked.append(octets)
        return self._device.answer(octets, self._device.state.at_s)


@given(st.lists(st.integers(1, 4), max_size=5))
def test_a_frame_is_answered_whatever_its_chunking(sizes: list[int]) -> None:
    end = End()
    rest = SND_NKE
    for size in sizes:
        end.bus.feed(rest[:size])
        rest = rest[size:]
    end.bus.feed(rest)
    assert end.asked == [SND_NKE]
    assert end.written == []
    end.clock.advance(ANSWER_S)
    assert end.written == [b"\xe5"]


@given(st.binary(max_size=80))
def test_no_octets_hurt(octets: bytes) -> None:
    end = End()
    end.bus.feed(octets)
    end.clock.advance(SILENCE_S)
    before = len(end.written)
    end.bus.feed(SND_NKE)
    end.clock.advance(ANSWER_S)
    assert end.written[before:] == [b"\xe5"]


def test_who_is_not_there_does_not_answer() -> None:
    end = End()
    end.bus.feed(bytes.fromhex("1040014116"))
    end.clock.advance(10)
    assert end.written == []


def test_half_a_frame_is_forgotten_when_the_line_is_silent() -> None:
    end = End()
    end.bus.feed(bytes.fromhex("6830306808"))
    end.clock.advance(SILENCE_S)
    end.bus.feed(SND_NKE)
    assert end.asked == [SND_NKE]


def test_who_speaks_before_the_answer_gets_none() -> None:
    end = End()
    end.bus.feed(SND_NKE + SND_NKE)
    end.clock.advance(ANSWER_S)
    assert end.written == [b"\xe5"]
    end.bus.block()
    end.bus.feed(REQ_UD2)
    end.clock.advance(ANSWER_S)
    end.bus.unblock()
    end.bus.feed(SND_NKE)
    end.clock.advance(ANSWER_S)
    assert end.written == [b"\xe5", b"\xe5"]


def test_nothing_is_left_on_the_clock_when_the_tool_is_gone() -> None:
    end = End()
    end.bus.feed(SND_NKE + b"\x68")
    end.bus.close()
    assert end.clock.getDelayedCalls() == []


# On TCP.


def connected(port: P2Port) -> tuple[P2Tool, StringTransport]:
    tool = port.buildProtocol(None)
    assert tool is not None
    transport = StringTransport()
    cast(Any, tool).makeConnection(transport)
    return tool, transport


def test_each_connection_is_a_master_on_the_bus() -> None:
    end, clock = Master(make_device()), Clock()
    port = P2Port(end.send, clock)
    (one, first), (two, second) = connected(port), connected(port)
    one.dataReceived(SND_NKE)
    clock.advance(ANSWER_S)
    assert (first.value(), second.value()) == (b"\xe5", b"")
    two.dataReceived(REQ_UD2)
    clock.advance(ANSWER_S)
    answer = decode(second.value(), Direction.FROM_SLAVE)
    assert isinstance(answer, Long)
    assert EQUIPMENT_ID[::-1].encode() in answer.body
    port.close()
    assert first.disconnecting and second.disconnecting


def test_a_tool_that_does_not_read_is_not_answered() -> None:
    end, clock = Master(make_device()), Clock()
    tool, transport = connected(P2Port(end.send, clock))
    tool.pauseProducing()
    for _ in range(1000):
        tool.dataReceived(REQ_UD2)
        clock.advance(1)
    assert transport.value() == b""
    tool.resumeProducing()
    tool.dataReceived(SND_NKE)
    clock.advance(ANSWER_S)
    assert transport.value() == b"\xe5"


def test_there_are_only_so_many_tools() -> None:
    port = P2Port(lambda octets: b"", Clock())
    tools = [connected(port)[0] for _ in range(TOOLS_MAX)]
    assert port.buildProtocol(None) is None
    tools[0].connectionLost()
    assert port.buildProtocol(None) is not None


# As a pseudo terminal.


class Reactor:
    """Who reads is all that it knows."""

    def __init__(self) -> None:
        self.readers: list[object] = []
        self.addReader = self.readers.append
        self.removeReader = self.readers.remove


@pytest.fixture
def terminal() -> Iterator[tuple[P2Pty, Clock, Callable[[], bytes], int]]:
    clock, reactor = Clock(), Reactor()
    pty = P2Pty(Master(make_device()).send, reactor, clock)
    assert reactor.readers == [pty]
    tool = os.open(pty.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def read() -> bytes:
        try:
            return os.read(tool, 4096)
        except BlockingIOError:
            return b""

    yield pty, clock, read, tool
    pty.close()
    assert reactor.readers == []
    pty.close()
    os.close(tool)


Terminal = tuple[P2Pty, Clock, Callable[[], bytes], int]


def test_a_pseudo_terminal_is_the_bus(terminal: Terminal) -> None:
    pty, clock, read, tool = terminal
    os.write(tool, SND_NKE)
    pty.doRead()
    assert read() == b""
    clock.advance(ANSWER_S)
    assert read() == b"\xe5"


def test_an_answer_that_nobody_read_does_not_wait_for_the_next_tool(
    terminal: Terminal,
) -> None:
    pty, clock, read, tool = terminal
    for _ in range(100):
        os.write(tool, REQ_UD2)
        pty.doRead()
        clock.advance(ANSWER_S)
    os.write(tool, SND_NKE)
    pty.doRead()
    clock.advance(ANSWER_S)
    assert read() == b"\xe5"


def test_a_tool_may_close_and_open_again(terminal: Terminal) -> None:
    pty, clock, read, tool = terminal
    again = os.open(pty.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    os.close(again)
    pty.doRead()
    os.write(tool, SND_NKE)
    pty.doRead()
    clock.advance(ANSWER_S)
    assert read() == b"\xe5"
