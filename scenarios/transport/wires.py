"""Wires that can be disturbed: a network around another one, in simulated or in real time.

Faults are applied at the station's end of a wire. On a sound one nothing stands between a
protocol and its transport: octets take the way that they take without this module.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import DatagramProtocol, Factory
from zope.interface import implementer

from scenarios.transport.connection import Connection
from scenarios.transport.network import Network, Port
from scenarios.transport.wire_faults import Direction, WireFaults


class Wire:
    """One wire, with what is connected over it; sound at first."""

    def __init__(self, clock: IReactorTime, random: Random) -> None:
        self.faults: WireFaults | None = None
        self.clock = clock
        self.random = random
        self._connections: list[Connection] = []
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
        connection = Connection(self, protocol)
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

    def _there(self) -> list[Connection]:
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
