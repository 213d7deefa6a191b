"""A connection over a wire that can be disturbed while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from scenarios.transport.lane import Disturbed, Lane
from scenarios.transport.wire_faults import Direction


@implementer(IProtocol)
class Connection:
    """Stands between a protocol and its transport while the wire of both is disturbed.

    To the transport it is the protocol. What ends in silence ends at one end only: the other
    one learns of it when it next says something that passes, as with a connection that is
    half open.
    """

    def __init__(self, wire: Disturbed, protocol: IProtocol) -> None:
        self._wire = wire
        self._protocol: Any = protocol
        self._transport: Any = None
        self._in = Lane(wire, Direction.TO_METER, self._settle)
        self._out = Lane(wire, Direction.FROM_METER, self._settle)
        self._left = self._gone = False

    @property
    def ended(self) -> bool:
        """Whether the protocol is connected no more; one to be connected is not."""
        if self._transport is not None:
            return self._left
        transport = self._protocol.transport
        return transport is not None and not transport.connected

    def attend(self) -> None:
        """The faults of the wire are others now."""
        if self._transport is None and self._protocol.transport is not None:
            self._step_in()
        self._settle()

    def reset(self) -> None:
        """Both ends lose the connection."""
        transport = self._transport or self._protocol.transport
        self._in.clear()
        self._out.clear()
        if self._gone:
            self._lose(Failure(ConnectionLost()))
        elif transport is not None:
            if self._transport is not None and not self._left:
                self._step_out()
            transport.abortConnection()

    # To the transport

    def makeConnection(self, transport: Any) -> None:
        """The protocol is connected, over a wire that was disturbed before."""
        self._protocol.makeConnection(transport)
        if not self.ended:
            self._step_in()

    def connectionMade(self) -> None:
        """Not called: `makeConnection` is all."""

    def dataReceived(self, data: bytes) -> None:
        """Octets on their way to the protocol."""
        if not self._left:
            self._in.carry(data, self._take)
        elif not self._wire.silent(Direction.TO_METER):
            self._transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The other end has gone, which the protocol hears after all else."""
        self._gone = True
        if not self._wire.silent(Direction.TO_METER):
            self._in.follow(lambda: self._lose(reason))

    # To the protocol

    def write(self, data: bytes) -> None:
        """Octets on their way to the other end."""
        if self._left:
            return
        if not self._gone:
            self._out.carry(data, self._transport.write)
        elif not self._wire.silent(Direction.FROM_METER):
            self._lose_soon(ConnectionLost())

    def lose(self, part: Callable[[], None], reason: Exception) -> None:
        """The protocol hangs up; `part` is how."""
        if self._gone or self._wire.silent(Direction.FROM_METER):
            self._lose_soon(reason)
        else:
            self._out.follow(part)

    def shut(self) -> None:
        """The protocol says no more, and still listens."""
        if not (self._gone or self._wire.silent(Direction.FROM_METER)):
            self._out.follow(self._transport.loseWriteConnection)

    def _take(self, octets: bytes) -> None:
        if not self._left:
            self._protocol.dataReceived(octets)

    def _lose_soon(self, reason: Exception) -> None:
        self._wire.clock.callLater(0, self._lose, Failure(reason))

    def _lose(self, reason: Failure) -> None:
        if not self._left:
            self._left = True
            self._protocol.connectionLost(reason)

    def _step_in(self) -> None:
        transport = self._protocol.transport
        self._transport = transport
        transport.protocol = self
        self._protocol.transport = _Transport(self, transport)

    def _step_out(self) -> None:
        transport, self._transport = self._transport, None
        transport.protocol = self._protocol
        self._protocol.transport = transport

    def _settle(self) -> None:
        """Steps out of the way when it is not needed any more."""
        there = self._transport is not None and not (self._left or self._gone)
        if (
            there
            and self._wire.faults is None
            and not (self._in.busy or self._out.busy)
        ):
            self._step_out()


class _Transport:
    """What a protocol takes for its transport while the wire is disturbed."""

    def __init__(self, connection: Connection, transport: Any) -> None:
        directlyProvides(self, providedBy(transport))
        self._connection = connection
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._connection.write(data)

    def writeSequence(self, data: list[bytes]) -> None:
        self._connection.write(b"".join(data))

    def loseConnection(self) -> None:
        self._connection.lose(self._transport.loseConnection, ConnectionDone())

    def loseWriteConnection(self) -> None:
        self._connection.shut()

    def abortConnection(self) -> None:
        self._connection.lose(self._transport.abortConnection, ConnectionLost())
