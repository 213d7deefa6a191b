"""The wired bus of an E-meter on TCP: each connection is a tool that is master on it.

It stands for a level converter behind a serial device server, as M-Bus tools for TCP expect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from twisted.internet.interfaces import IAddress, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.p2.bus import Bus

TOOLS_MAX = 16


@implementer(IPushProducer)
class P2Tool(Protocol):
    """One connection."""

    def __init__(self, port: P2Port) -> None:
        self._port = port
        self._bus = Bus(port.exchange, port.clock, self._write)

    def connectionMade(self) -> None:
        """The tool is on the bus."""
        self._port.tools[self] = None
        cast(Any, self.transport).registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        """Octets of the tool."""
        self._bus.feed(data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The tool is gone."""
        self._port.tools.pop(self, None)
        self._bus.close()

    def close(self) -> None:
        """Ends the connection from the bus's side."""
        transport = cast(Any, self.transport)
        transport.unregisterProducer()
        transport.loseConnection()

    def pauseProducing(self) -> None:
        """The tool does not read."""
        self._bus.block()

    def resumeProducing(self) -> None:
        """It has read everything."""
        self._bus.unblock()

    def stopProducing(self) -> None:
        """The connection is about to be lost."""
        self._bus.block()

    def _write(self, octets: bytes) -> None:
        cast(Any, self.transport).write(octets)


class P2Port(Factory):
    """The bus of one E-meter; `exchange` is as for `Bus`."""

    noisy = False

    def __init__(self, exchange: Callable[[bytes], bytes], clock: IReactorTime) -> None:
        self.exchange = exchange
        self.clock = clock
        self.tools: dict[P2Tool, None] = {}

    def buildProtocol(self, addr: IAddress | None) -> P2Tool | None:
        """A place on the bus; None, which refuses it, when there are too many."""
        return P2Tool(self) if len(self.tools) < TOOLS_MAX else None

    def close(self) -> None:
        """Ends all connections."""
        for tool in list(self.tools):
            tool.close()
