"""The wires of a scenario: in-memory streams in simulated time, loopback sockets in real time.

An in-memory stream behaves as TCP does for the protocols on it: bytes in order, chunks as
written, flow control through producers, a connect that is refused or never answered, a
close that lets written bytes arrive and an abort that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.error import (
    CannotListenError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
)
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProtocol,
    IProtocolFactory,
    IPushProducer,
    IReactorTCP,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from scenarios.clock import HeapClock
from wire.errors import SurroundingsError

HIGH_WATER_BYTES = 65_536


class Port(Protocol):
    """Something that listens, at an address."""

    address: tuple[str, int]

    async def close(self) -> None:
        """Stops listening; what is connected stays."""


class Network(Protocol):
    """Where a world's servers listen and its clients connect."""

    async def listen(self, host: str, port: int, factory: IProtocolFactory) -> Port:
        """Listens; port 0 takes a free one."""

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """An endpoint to connect to that address."""


@dataclass(slots=True)
class Link:
    """The state of the wire to one address: delay each way, and the share of connects lost."""

    latency_s: float = 0.0
    loss: float = 0.0
    cut: bool = False


class SimulatedNetwork:
    """Streams between factories of one process, moved by a `HeapClock`."""

    def __init__(self, clock: HeapClock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._factories: dict[tuple[str, int], IProtocolFactory] = {}
        self._links: dict[tuple[str, int], Link] = {}
        self._next_port = 49_152

    def link(self, host: str, port: int) -> Link:
        """The wire to an address, to be slowed, made lossy or cut."""
        return self._links.setdefault((host, port), Link())

    async def listen(self, host: str, port: int, factory: IProtocolFactory) -> Port:
        """Listens at an address of this network."""
        if port == 0:
            port, self._next_port = self._next_port, self._next_port + 1
        self._factories[host, port] = factory
        factory.doStart()
        return _SimulatedPort((host, port), self)

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """An endpoint whose connect is answered by who listens there then."""
        return _SimulatedEndpoint(self, (host, port))

    def forget(self, address: tuple[str, int]) -> None:
        """Nobody listens there any more."""
        factory = self._factories.pop(address, None)
        if factory is not None:
            factory.doStop()

    def connect(
        self, address: tuple[str, int], client: IProtocolFactory
    ) -> Deferred[Any]:
        """Connects a client factory; the Deferred fires with its protocol.

        It fails with `ConnectionRefusedError` when nobody listens, and never fires when the
        link is cut or loses this connect: time-outs are the caller's.
        """
        connected: Deferred[Any] = Deferred()
        link = self.link(*address)
        if link.cut or (link.loss and self._random.random() < link.loss):
            return connected
        self._clock.callLater(
            2 * link.latency_s, self._meet, address, client, connected
        )
        return connected

    def _meet(
        self,
        address: tuple[str, int],
        client: IProtocolFactory,
        connected: Deferred[Any],
    ) -> None:
        if connected.called:
            return
        here = IPv4Address("TCP", "127.0.0.1", self._next_port)
        there = IPv4Address("TCP", *address)
        self._next_port = self._next_port + 1 if self._next_port < 65_535 else 49_152
        factory = self._factories.get(address)
        server_side = factory.buildProtocol(here) if factory is not None else None
        if server_side is None:
            connected.errback(Failure(ConnectionRefusedError()))
            return
        client_side = client.buildProtocol(there)
        if client_side is None:
            connected.errback(Failure(ConnectionRefusedError()))
            return
        link = self.link(*address)
        near = SimulatedTransport(self._clock, link, here, there)
        far = SimulatedTransport(self._clock, link, there, here)
        near.join(far, client_side)
        far.join(near, server_side)
        server_side.makeConnection(far)
        client_side.makeConnection(near)
        connected.callback(client_side)


@dataclass(slots=True)
class _SimulatedPort:
    address: tuple[str, int]
    network: SimulatedNetwork

    async def close(self) -> None:
        self.network.forget(self.address)


@implementer(IStreamClientEndpoint)
class _SimulatedEndpoint:
    def __init__(self, network: SimulatedNetwork, address: tuple[str, int]) -> None:
        self._network = network
        self._address = address

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        return self._network.connect(self._address, protocolFactory)


@implementer(ITransport, IConsumer, IPushProducer)
class SimulatedTransport:
    """One end of an in-memory stream."""

    disconnecting = False

    def __init__(
        self, clock: HeapClock, link: Link, host: IAddress, peer: IAddress
    ) -> None:
        self._clock = clock
        self._link = link
        self._host = host
        self._peer_address = peer
        self._far: SimulatedTransport
        self._protocol: IProtocol | None = None
        self._arrived: list[bytes] = []
        self._in_flight = 0
        self._paused = False
        self._producer: Any = None
        self._streaming = False
        self._producer_paused = False

    def join(self, far: SimulatedTransport, protocol: IProtocol) -> None:
        """Makes the two ends know each other, and this end its protocol."""
        self._far = far
        self._protocol = protocol

    @property
    def connected(self) -> bool:
        """Whether this end is open."""
        return self._protocol is not None

    def write(self, data: bytes) -> None:
        """Sends; bytes written after a close, or into a cut wire, are lost."""
        if not data or self.disconnecting or self._protocol is None or self._link.cut:
            return
        self._in_flight += len(data)
        if self._link.latency_s:
            self._clock.callLater(self._link.latency_s, self._far._arrive, bytes(data))
        else:
            self._clock.soon(self._far._arrive, bytes(data))
        if self._producer is not None and self._in_flight > HIGH_WATER_BYTES:
            self._producer_paused = True
            self._producer.pauseProducing()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Sends the pieces as one chunk."""
        self.write(b"".join(data))

    def loseConnection(self, reason: Failure | None = None) -> None:
        """Closes after what was written has arrived."""
        if self.disconnecting or self._protocol is None:
            return
        self.disconnecting = True
        if self._producer is None:
            self._finish()

    def abortConnection(self) -> None:
        """Closes at once, as a reset."""
        if self._protocol is None:
            return
        lost = Failure(ConnectionLost())
        self._clock.soon(self._far._drop, lost)
        self._clock.soon(self._drop, lost)

    def getPeer(self) -> IAddress:
        """The other end's address."""
        return self._peer_address

    def getHost(self) -> IAddress:
        """This end's address."""
        return self._host

    def pauseProducing(self) -> None:
        """Stops reading: what arrives waits."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Reads again."""
        if self._paused:
            self._paused = False
            self._clock.soon(self._deliver)

    def stopProducing(self) -> None:
        """Closes."""
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Lets a producer know when to pause and to resume."""
        self._producer = producer
        self._streaming = streaming
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Forgets the producer, and closes if that was waited for."""
        self._producer = None
        if self.disconnecting:
            self._finish()

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing is ever delayed here."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Nothing dies silently here unless the link is cut."""

    def _arrive(self, data: bytes) -> None:
        if self._protocol is None or self._link.cut:
            return
        if self._paused or self._arrived:
            self._arrived.append(data)
        else:
            self._take(data)

    def _deliver(self) -> None:
        while self._arrived and not self._paused and self._protocol is not None:
            self._take(self._arrived.pop(0))

    def _take(self, data: bytes) -> None:
        assert self._protocol is not None
        self._far._left(len(data))
        self._protocol.dataReceived(data)

    def _left(self, count: int) -> None:
        self._in_flight -= count
        wants_more = self._in_flight <= HIGH_WATER_BYTES // 2
        if self._producer is not None and wants_more:
            if self._producer_paused or not self._streaming:
                self._producer_paused = False
                self._producer.resumeProducing()

    def _finish(self) -> None:
        done = Failure(ConnectionDone())
        self._clock.callLater(self._link.latency_s, self._far._close, done)
        self._clock.soon(self._drop, done)

    def _close(self, reason: Failure) -> None:
        if self._arrived:
            self._clock.callLater(1, self._close, reason)
        else:
            self._drop(reason)

    def _drop(self, reason: Failure) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            self.disconnecting = True
            if self._producer is not None:
                self._producer.stopProducing()
            protocol.connectionLost(reason)


class ReactorNetwork:
    """Real sockets on a reactor."""

    def __init__(self, reactor: IReactorTCP) -> None:
        self._reactor = reactor

    async def listen(self, host: str, port: int, factory: IProtocolFactory) -> Port:
        """Listens on a TCP socket; raises `SurroundingsError` when the port is taken."""
        server = TCP4ServerEndpoint(self._reactor, port, interface=host)
        try:
            listening = await server.listen(factory)
        except CannotListenError as error:
            raise SurroundingsError(
                f"cannot listen on {host}:{port}: {error.socketError}"
            ) from None
        bound = listening.getHost()
        return _ReactorPort((bound.host, bound.port), listening.stopListening)

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """A TCP endpoint."""
        return cast(
            IStreamClientEndpoint, TCP4ClientEndpoint(self._reactor, host, port)
        )


@dataclass(slots=True)
class _ReactorPort:
    address: tuple[str, int]
    stop: Callable[[], Any]

    async def close(self) -> None:
        await self.stop()
