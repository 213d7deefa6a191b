"""Wires that can be disturbed: a network around another one, in simulated or in real time.

Faults are applied at the station's end of a wire. On a sound one nothing stands between a
protocol and its transport: octets take the way that they take without this module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, cast

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import DatagramProtocol, Factory, connectionDone
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from scenarios.transport.network import Network, Port
from scenarios.transport.wire_faults import Direction, WireFaults


class Wire:
    """One wire, with what is connected over it; sound at first."""

    def __init__(self, clock: IReactorTime, random: Random) -> None:
        self.faults: WireFaults | None = None
        self.clock = clock
        self.random = random
        self._connections: list[_Connection] = []
        self._mending: IDelayedCall | None = None

    def disturb(self, faults: WireFaults | None, lasts_s: float | None = None) -> None:
        """From now on, or for so long, the wire has these faults and no others."""
        if self._mending is not None and self._mending.active():
            self._mending.cancel()
        self.faults = faults
        for connection in self._there():
            connection.attend()
        if lasts_s is not None:
            self._mending = self.clock.callLater(lasts_s, self.disturb, None)

    def reset(self) -> None:
        """What is connected now is cut off, both ends hear of it."""
        for connection in self._there():
            connection.reset()

    def silent(self, way: Direction) -> bool:
        """Whether nothing passes this way."""
        faults = self.faults
        return faults is not None and faults.silence and faults.concern(way)

    def join(self, protocol: IProtocol) -> IProtocol:
        """A protocol at the station's end of this wire; who is to be connected in its place.

        It may also be connected already.
        """
        connection = _Connection(self, protocol)
        self._connections = [*self._there(), connection]
        if self.faults is None:
            return protocol
        connection.attend()
        return connection

    def endpoint(self, inner: IStreamClientEndpoint) -> IStreamClientEndpoint:
        """An endpoint to which the station connects over this wire."""
        return _Endpoint(inner, lambda: self, calls=True)

    async def send(self, network: Network, host: str, port: int, octets: bytes) -> None:
        """Sends a datagram over this wire."""
        faults = self.faults
        if faults is None or not faults.concern(Direction.FROM_METER):
            await network.send(host, port, octets)
        elif not faults.lose(self.random):
            spoilt = faults.spoil(octets, self.random)
            self.clock.callLater(
                faults.delay_s(self.random),
                lambda: ensureDeferred(network.send(host, port, spoilt)),
            )

    def _there(self) -> list[_Connection]:
        return [each for each in self._connections if not each.ended]


class Wires:
    """The network of a world, each address of it at the end of a wire."""

    def __init__(self, network: Network, clock: IReactorTime, random: Random) -> None:
        self._network = network
        self._clock = clock
        self._random = random
        self._wires: dict[tuple[str, int], Wire] = {}

    def new(self) -> Wire:
        """A wire that leads to no address of its own."""
        return Wire(self._clock, self._random)

    def at(self, address: tuple[str, int]) -> Wire:
        """The wire to who listens at an address."""
        return self._wires[address]

    async def listen(self, host: str, port: int, factory: IProtocolFactory) -> Port:
        """Listens at the end of a wire; the same one whenever it is at the same address."""
        wire = self._wires.get((host, port)) or self.new()
        listening = await self._network.listen(host, port, _Tapped(factory, wire))
        for address in ((host, port), listening.address):
            if address[1]:
                self._wires[address] = wire
        return listening

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """An endpoint at the far end of the wire to that address."""
        inner = self._network.endpoint(host, port)
        return _Endpoint(inner, lambda: self._wires.get((host, port)))

    async def hear(self, host: str, port: int, protocol: DatagramProtocol) -> Port:
        """Hears the datagrams that come to an address."""
        return await self._network.hear(host, port, protocol)

    async def send(self, host: str, port: int, octets: bytes) -> None:
        """Sends a datagram over no wire in particular."""
        await self._network.send(host, port, octets)


@implementer(IStreamClientEndpoint)
class _Endpoint:
    """Connects over a wire if that lets it; `calls`: it is the station that does."""

    def __init__(
        self,
        inner: IStreamClientEndpoint,
        wire: Callable[[], Wire | None],
        calls: bool = False,
    ) -> None:
        self._inner = inner
        self._wire = wire
        self._calls = calls

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        wire = self._wire()
        if wire is not None and wire.faults and wire.faults.lose(wire.random):
            return Deferred()
        connecting = self._inner.connect(protocolFactory)
        if wire is not None and self._calls:
            connecting.addCallback(_joined, wire)
        return connecting


def _joined(protocol: Any, wire: Wire) -> Any:
    wire.join(protocol)
    return protocol


class _Tapped(Factory):
    """Makes what another factory makes, and lets the wire know of it."""

    noisy = False

    def __init__(self, factory: IProtocolFactory, wire: Wire) -> None:
        self._factory = factory
        self._wire = wire

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        protocol = self._factory.buildProtocol(cast(IAddress, addr))
        return None if protocol is None else self._wire.join(protocol)


@implementer(IProtocol)
class _Connection:
    """Stands between a protocol and its transport while the wire of both is disturbed.

    To the transport it is the protocol. What ends in silence ends at one end only: the other
    one learns of it when it next says something that passes, as with a connection that is
    half open.
    """

    def __init__(self, wire: Wire, protocol: IProtocol) -> None:
        self._wire = wire
        self._protocol: Any = protocol
        self._transport: Any = None
        self._in = _Lane(wire, Direction.TO_METER, self._settle)
        self._out = _Lane(wire, Direction.FROM_METER, self._settle)
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

    def __init__(self, connection: _Connection, transport: Any) -> None:
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


class _Lane:
    """One direction of a connection: what goes in comes out in order, however late.

    One thing at a time leaves it, so that pieces stay pieces on a real socket, too.
    """

    def __init__(
        self, wire: Wire, way: Direction, on_empty: Callable[[], None]
    ) -> None:
        self._wire = wire
        self._way = way
        self._on_empty = on_empty
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._timer: IDelayedCall | None = None

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._waiting)

    def carry(self, octets: bytes, deliver: Callable[[bytes], None]) -> None:
        """Octets come out, as far as the wire's faults let them."""
        wire, faults = self._wire, self._wire.faults
        if faults is None or not faults.concern(self._way):
            self._put(0.0, lambda: deliver(octets))
        elif not faults.silence:
            delay_s = faults.delay_s(wire.random)
            for piece in faults.slices(faults.spoil(octets, wire.random)):
                self._put(delay_s, lambda piece=piece: deliver(piece))  # type: ignore[misc]

    def follow(self, act: Callable[[], None]) -> None:
        """Something happens after all that is on its way."""
        faults = self._wire.faults
        late = faults is not None and faults.concern(self._way)
        self._put(faults.latency_s if faults and late else 0.0, act)

    def clear(self) -> None:
        """What is on its way is lost."""
        self._waiting.clear()

    def _put(self, delay_s: float, act: Callable[[], None]) -> None:
        due_s = self._wire.clock.seconds() + delay_s
        self._waiting.append((due_s, act))
        if self._timer is None:
            self._timer = self._wire.clock.callLater(delay_s, self._next)

    def _next(self) -> None:
        try:
            if self._waiting:
                _, act = self._waiting.popleft()
                act()
        finally:
            self._timer = None
            if self._waiting:
                left_s = self._waiting[0][0] - self._wire.clock.seconds()
                self._timer = self._wire.clock.callLater(max(0.0, left_s), self._next)
            else:
                self._on_empty()
