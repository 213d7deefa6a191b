"""How a line ends on a TCP transport: only when the meter knows it is over."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import directlyProvides

from headend.dlms.line import Line
from scenarios.transport.clock import HeapClock
from wire.errors import TransportError


class TcpEnd(StringTransport):
    """A TCP transport that keeps what was asked of it."""

    def __init__(self) -> None:
        StringTransport.__init__(self)
        self.calls: list[str] = []
        directlyProvides(self, ITCPTransport)

    def loseWriteConnection(self) -> None:
        self.calls.append("half-close")

    def abortConnection(self) -> None:
        self.calls.append("abort")


def finishing() -> tuple[HeapClock, Any, TcpEnd, list[Any]]:
    clock, transport = HeapClock(0), TcpEnd()
    line: Any = Line(1, 1, clock, 30)
    line.makeConnection(transport)
    done: list[Any] = []
    ensureDeferred(line.finish()).addBoth(done.append)
    return clock, line, transport, done


def test_it_is_over_when_the_meter_hung_up_too() -> None:
    clock, line, transport, done = finishing()
    assert transport.calls == ["half-close"] and done == []
    line.connectionLost(Failure(ConnectionDone()))
    assert done == [None]
    assert clock.getDelayedCalls() == []


def test_a_meter_that_never_hangs_up_is_left_after_a_while() -> None:
    clock, line, transport, done = finishing()
    clock.advance(1.9)
    assert done == []
    clock.advance(0.2)
    assert done == [None] and transport.calls == ["half-close", "abort"]
    line.connectionLost(Failure(ConnectionDone()))


def test_nothing_can_be_asked_any_more() -> None:
    clock, line, _, _ = finishing()
    failures: list[Any] = []
    line.exchange(b"\xc0").addErrback(failures.append)
    assert failures[0].check(TransportError)
    clock.advance(3)
