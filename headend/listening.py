"""Listening on a TCP address, and bounds on who connects to it."""

from __future__ import annotations

from dataclasses import dataclass
from socket import gaierror
from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IListeningPort,
    IProtocolFactory,
    IReactorTime,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import DatagramProtocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure

from wire.addresses import TcpAddress
from wire.errors import ConfigError, SurroundingsError


async def listen(
    reactor: Any, address: TcpAddress, factory: IProtocolFactory
) -> tuple[IListeningPort, TcpAddress]:
    """Listens; where, with the port that was free if any was asked for.

    Raises `ConfigError` when the host is the name of nothing, and `SurroundingsError` when it
    is not ours or the port is taken.
    """
    kind = TCP6ServerEndpoint if ":" in address.host else TCP4ServerEndpoint
    endpoint: IStreamServerEndpoint = kind(
        reactor, address.port, interface=address.host
    )
    try:
        port = await endpoint.listen(factory)
    except CannotListenError as error:
        where = str(address).removeprefix("tcp://")
        if isinstance(error.socketError, gaierror):
            raise ConfigError(
                f"{where} is no place to listen: there is no host {address.host!r}"
            ) from None
        raise SurroundingsError(
            f"cannot listen on {where}: {error.socketError}"
        ) from None
    return port, TcpAddress(address.host, cast(IPv4Address, port.getHost()).port)


def listen_datagrams(
    reactor: Any, beside: IListeningPort, protocol: DatagramProtocol
) -> IListeningPort:
    """Hears datagrams where a TCP port listens; raises `SurroundingsError` when that is taken."""
    place = cast(IPv4Address, beside.getHost())
    try:
        port: IListeningPort = reactor.listenUDP(
            place.port, protocol, interface=place.host
        )
    except CannotListenError as error:
        where = str(TcpAddress(place.host, place.port)).removeprefix("tcp://")
        raise SurroundingsError(
            f"cannot listen on {where} for datagrams: {error.socketError}"
        ) from None
    return port


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be at a time, and how long each may last and say."""

    connections: int = 32
    seconds: float = 30.0
    octets: int = 16_384


class Bounded(WrappingFactory):
    """A factory that hangs up on who goes beyond its bounds, whatever is under way.

    Beside those that it has it takes no more connections. Those who keep silent, who send
    or read too slowly and who send too much are so many at most, and not for long.
    """

    noisy = False

    def __init__(
        self, factory: Any, clock: IReactorTime, bounds: Bounds = Bounds()
    ) -> None:
        super().__init__(factory)  # type: ignore[no-untyped-call]
        self.clock = clock
        self.bounds = bounds

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A protocol for a connection that just came in; None for one too many."""
        if len(self.protocols) >= self.bounds.connections:
            return None
        return _Connection(self, self.wrappedFactory.buildProtocol(addr))

    def hang_up(self) -> None:
        """Drops every connection."""
        for connection in list(self.protocols):
            connection.abortConnection()


class _Connection(ProtocolWrapper):
    """One connection of a `Bounded` factory."""

    def __init__(self, factory: Any, wrapped: Any) -> None:
        ProtocolWrapper.__init__(self, factory, wrapped)
        self._bounded: Bounded = factory
        self._octets = 0
        self._end: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """It has its time from now on."""
        bounded = self._bounded
        self._end = bounded.clock.callLater(
            bounded.bounds.seconds, self.abortConnection
        )
        ProtocolWrapper.connectionMade(self)

    def dataReceived(self, data: bytes) -> None:
        """Passes on what comes, until it is too much."""
        self._octets += len(data)
        if self._octets > self._bounded.bounds.octets:
            self.abortConnection()
        else:
            ProtocolWrapper.dataReceived(self, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It has ended."""
        if self._end is not None and self._end.active():
            self._end.cancel()
        ProtocolWrapper.connectionLost(self, reason)
