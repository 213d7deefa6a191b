"""A meter's P1 port on TCP: each connection is a cable in it.

A TCP consumer stands for a serial device server, which raises the data-request line when it
connects and drops it when it goes. No timer runs per meter: one tick per fleet drives all.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any, cast

from twisted.internet.interfaces import IAddress, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.p1.line import Line

CABLES_MAX = 16


@implementer(IPushProducer)
class P1Cable(Protocol):
    """One connection; what the consumer sends is ignored, for P1 has no way back."""

    def __init__(self, port: P1Port) -> None:
        self._port = port
        self.line = Line(port.render, port.clock, self._write, port.paced, port.plugged)

    def request_line(self, high: bool) -> None:
        """Raises or drops the data-request line of this cable."""
        self.line.request(high)

    def close(self) -> None:
        """Ends the connection from the meter's side."""
        transport = cast(Any, self.transport)
        transport.unregisterProducer()
        transport.loseConnection()

    def connectionMade(self) -> None:
        """The request line is high from the start."""
        transport = cast(Any, self.transport)
        if isinstance(transport, Connection):
            # So that we are told when a telegram has not left whole, and little that is
            # old waits in the kernel for a consumer that does not read.
            transport.bufferSize = 16
            transport.getHandle().setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
            cast(Any, transport).setTcpKeepAlive(1)
        transport.registerProducer(self, True)
        self._port.cables[self] = None
        self.line.request(True)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The request line drops, and the transfer stops."""
        self._port.cables.pop(self, None)
        self.line.request(False)

    def pauseProducing(self) -> None:
        """The consumer is slow."""
        self.line.block()

    def resumeProducing(self) -> None:
        """The consumer has taken everything."""
        self.line.unblock()

    def stopProducing(self) -> None:
        """The connection is about to be lost."""
        self.line.request(False)

    def _write(self, octets: bytes) -> None:
        cast(Any, self.transport).write(octets)


class P1Port(Factory):
    """The P1 port of one meter.

    `render` gives the telegram of a second since 1970, or nothing while the meter is without
    power. `tick` must be called at least once per `period_s`; more often does no harm.
    """

    noisy = False

    def __init__(
        self,
        render: Callable[[int], bytes],
        clock: IReactorTime,
        period_s: int,
        paced: bool = False,
    ) -> None:
        self.render = render
        self.clock = clock
        self.period_s = period_s
        self.paced = paced
        self.plugged = True
        # In the order of their connecting, so that a run can be repeated.
        self.cables: dict[P1Cable, None] = {}
        self._due_s = 0

    def buildProtocol(self, addr: IAddress | None) -> P1Cable | None:
        """A cable for a new connection; None, which refuses it, when there are too many."""
        return P1Cable(self) if len(self.cables) < CABLES_MAX else None

    def tick(self, now_s: int) -> None:
        """Sends the telegram of this second to all cables that ask, if one is due."""
        if now_s < self._due_s:
            return
        self._due_s = now_s - now_s % self.period_s + self.period_s
        lines = [cable.line for cable in self.cables if cable.line.live]
        if lines:
            telegram = self.render(now_s)
            for line in lines:
                line.send(telegram, now_s)

    def unplug(self) -> None:
        """Pulls all cables out of the meter; connections stay, and fall silent."""
        self._plug(False)

    def replug(self) -> None:
        """Puts them back: the first telegram follows at once."""
        self._plug(True)

    def close(self) -> None:
        """Ends all connections."""
        for cable in list(self.cables):
            cable.close()

    def _plug(self, plugged: bool) -> None:
        self.plugged = plugged
        for cable in list(self.cables):
            cable.line.plug(plugged)
