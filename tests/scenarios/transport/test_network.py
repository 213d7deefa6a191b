"""In-memory streams behave as TCP does for the protocols on them."""

from random import Random

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import (
    CannotListenError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
)
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure

from scenarios.transport.clock import HeapClock
from scenarios.transport.network import ReactorNetwork, SimulatedNetwork
from scenarios.transport.stream import HIGH_WATER_BYTES, SimulatedTransport
from wire.errors import SurroundingsError


class Recorder(Protocol):
    """Keeps what happened to it."""

    transport: SimulatedTransport

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.ended: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.seen.append(data)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:
        self.ended = reason


class Recorders(Factory):
    def __init__(self) -> None:
        self.built: list[Recorder] = []

    def buildProtocol(self, addr: IAddress | None) -> Recorder:
        self.built.append(Recorder())
        return self.built[-1]


class Pair:
    """A client and a server that are connected."""

    def __init__(self) -> None:
        self.clock = HeapClock()
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.link = self.network.link("127.0.0.1", 4059)
        servers, clients = Recorders(), Recorders()

        async def connect() -> None:
            await self.network.listen("127.0.0.1", 4059, servers)
            await self.network.endpoint("127.0.0.1", 4059).connect(clients)

        self.clock.play(connect())
        self.client, self.server = clients.built[0], servers.built[0]


def test_bytes_arrive_in_order_both_ways() -> None:
    pair = Pair()
    pair.client.transport.write(b"one")
    pair.client.transport.writeSequence([b"t", b"wo"])
    pair.server.transport.write(b"back")
    pair.clock.advance(0)
    assert pair.server.seen == [b"one", b"two"]
    assert pair.client.seen == [b"back"]


def test_latency_delays_and_keeps_order() -> None:
    pair = Pair()
    pair.link.latency_s = 1.0
    pair.client.transport.write(b"one")
    pair.clock.advance(0.9)
    assert pair.server.seen == []
    pair.client.transport.write(b"two")
    pair.client.transport.loseConnection()
    pair.clock.advance(1.0)
    assert pair.server.seen == [b"one", b"two"]
    assert pair.server.ended and pair.server.ended.check(ConnectionDone)


def test_an_abort_is_seen_as_a_reset() -> None:
    pair = Pair()
    pair.client.transport.abortConnection()
    pair.clock.advance(0)
    assert pair.server.ended and pair.server.ended.check(ConnectionLost)
    assert pair.client.ended and pair.client.ended.check(ConnectionLost)


def test_nobody_listening_refuses() -> None:
    clock = HeapClock()
    network = SimulatedNetwork(clock, Random(1))

    async def connect() -> None:
        await network.endpoint("127.0.0.1", 1).connect(Recorders())

    with pytest.raises(ConnectionRefusedError):
        clock.play(connect())


def test_a_lossy_link_loses_about_its_share_of_connects() -> None:
    clock = HeapClock()
    network = SimulatedNetwork(clock, Random(1))
    network.link("127.0.0.1", 1).loss = 0.5
    clock.play(network.listen("127.0.0.1", 1, Recorders()))
    tries = [network.endpoint("127.0.0.1", 1).connect(Recorders()) for _ in range(400)]
    clock.advance(0)
    assert 150 < sum(bool(one.called) for one in tries) < 250


def test_a_cut_link_swallows_everything() -> None:
    pair = Pair()
    pair.link.cut = True
    pair.client.transport.write(b"lost")
    pair.clock.advance(1)
    assert pair.server.seen == [] and pair.server.ended is None


class Flood:
    """A streaming producer that writes until it is told to stop."""

    def __init__(self, protocol: Recorder) -> None:
        self.protocol = protocol
        self.paused = False
        self.written = 0

    def pump(self) -> None:
        while not self.paused and self.written < 1_000_000:
            self.written += 8192
            self.protocol.transport.write(bytes(8192))

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False
        self.pump()

    def stopProducing(self) -> None:
        self.paused = True


def test_a_reader_that_pauses_holds_the_writer() -> None:
    pair = Pair()
    pair.server.transport.pauseProducing()
    flood = Flood(pair.client)
    pair.client.transport.registerProducer(flood, True)
    flood.pump()
    pair.clock.advance(10)
    assert flood.written <= HIGH_WATER_BYTES + 8192
    pair.server.transport.resumeProducing()
    pair.clock.advance(10)
    assert sum(map(len, pair.server.seen)) == flood.written > 1_000_000 - 8192


class Datagrams(DatagramProtocol):
    """Keeps the datagrams that came."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.told: Deferred[None] | None = None

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        self.heard.append(datagram)
        if self.told is not None:
            self.told.callback(None)


def test_a_datagram_comes_after_the_latency_or_not_at_all() -> None:
    clock, hearer = HeapClock(), Datagrams()
    network = SimulatedNetwork(clock, Random(1))
    link = network.link("127.0.0.1", 9000)
    link.latency_s = 2.0

    async def play() -> None:
        port = await network.hear("127.0.0.1", 9000, hearer)
        await network.send("127.0.0.1", 9000, b"one")
        await network.send("127.0.0.1", 9001, b"nobody's")
        clock.advance(1)
        assert hearer.heard == []
        clock.advance(1)
        link.cut = True
        await network.send("127.0.0.1", 9000, b"cut")
        link.cut, link.loss = False, 1.0
        await network.send("127.0.0.1", 9000, b"lost")
        link.loss = 0.0
        await network.send("127.0.0.1", 9000, b"closed meanwhile")
        await port.close()
        clock.advance(10)

    clock.play(play())
    assert hearer.heard == [b"one"]


def test_a_datagram_goes_over_real_sockets() -> None:
    reactor = SelectReactor()
    network, hearer = ReactorNetwork(reactor), Datagrams()
    told = hearer.told = Deferred[None]()

    async def play() -> None:
        port = await network.hear("127.0.0.1", 0, hearer)
        await network.send(*port.address, b"gasp")
        await told
        await port.close()

    playing = ensureDeferred(play())
    playing.addBoth(lambda _: reactor.crash())
    reactor.run(installSignalHandlers=False)
    assert hearer.heard == [b"gasp"]


class FullHouse:
    """A reactor all of whose ports are taken."""

    def listenUDP(self, port: int, protocol: object, interface: str) -> None:
        raise CannotListenError(interface, port, OSError("taken"))


def test_a_port_for_datagrams_that_is_taken() -> None:
    failures: list[Failure] = []
    hearing = ReactorNetwork(FullHouse()).hear("127.0.0.1", 9000, Datagrams())
    ensureDeferred(hearing).addErrback(failures.append)
    (failure,) = failures
    assert str(failure.value) == "cannot listen on 127.0.0.1:9000: taken"
    assert failure.type is SurroundingsError
