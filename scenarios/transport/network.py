"""The wires of a scenario: in-memory streams in simulated time, loopback sockets in real time.

In memory too a connect may be refused, or never answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.error import (
    CannotListenError,
    ConnectionRefusedError,
)
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.push_line import send_datagram
from scenarios.transport.clock import HeapClock
from scenarios.transport.stream import Link, SimulatedTransport
from wire.errors import SurroundingsError


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

    async def hear(self, host: str, port: int, protocol: DatagramProtocol) -> Port:
        """Hears the datagrams that come to an address."""

    async def send(self, host: str, port: int, octets: bytes) -> None:
        """Sends a datagram, which nobody may hear."""


class SimulatedNetwork:
    """Streams between factories of one process, moved by a `HeapClock`."""

    def __init__(self, clock: HeapClock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._factories: dict[tuple[str, int], IProtocolFactory] = {}
        self._hearers: dict[tuple[str, int], DatagramProtocol] = {}
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

    async def hear(self, host: str, port: int, protocol: DatagramProtocol) -> Port:
        """Hears the datagrams that come to an address of this network."""
        self._hearers[host, port] = protocol
        return _SimulatedEar((host, port), self._hearers)

    async def send(self, host: str, port: int, octets: bytes) -> None:
        """Sends a datagram; it is lost as often as a connect is."""
        link = self.link(host, port)
        if not link.cut and not (link.loss and self._random.random() < link.loss):
            self._clock.callLater(link.latency_s, self._deliver, (host, port), octets)

    def _deliver(self, address: tuple[str, int], octets: bytes) -> None:
        if (hearer := self._hearers.get(address)) is not None:
            hearer.datagramReceived(octets, ("127.0.0.1", self._next_port))

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


@dataclass(slots=True)
class _SimulatedEar:
    address: tuple[str, int]
    hearers: dict[tuple[str, int], DatagramProtocol]

    async def close(self) -> None:
        self.hearers.pop(self.address, None)


@implementer(IStreamClientEndpoint)
class _SimulatedEndpoint:
    def __init__(self, network: SimulatedNetwork, address: tuple[str, int]) -> None:
        self._network = network
        self._address = address

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        return self._network.connect(self._address, protocolFactory)


class ReactorNetwork:
    """Real sockets on a reactor."""

    def __init__(self, reactor: Any) -> None:
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
        return _reactor_port(listening)

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """A TCP endpoint."""
        return cast(
            IStreamClientEndpoint, TCP4ClientEndpoint(self._reactor, host, port)
        )

    async def hear(self, host: str, port: int, protocol: DatagramProtocol) -> Port:
        """Hears on a UDP socket; raises `SurroundingsError` when the port is taken."""
        try:
            return _reactor_port(self._reactor.listenUDP(port, protocol, host))
        except CannotListenError as error:
            raise SurroundingsError(
                f"cannot listen on {host}:{port}: {error.socketError}"
            ) from None

    async def send(self, host: str, port: int, octets: bytes) -> None:
        """Sends a datagram from a socket of its own."""
        await send_datagram(self._reactor, host, port, octets)


def _reactor_port(listening: Any) -> _ReactorPort:
    bound = listening.getHost()
    return _ReactorPort((bound.host, bound.port), listening.stopListening)


@dataclass(slots=True)
class _ReactorPort:
    address: tuple[str, int]
    stop: Callable[[], Any]

    async def close(self) -> None:
        await maybeDeferred(self.stop)
