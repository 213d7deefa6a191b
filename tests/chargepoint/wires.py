"""A meter, a unit and a gateway on simulated wires."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chargepoint.edge import Gateway
from chargepoint.journal import Journal, MemoryJournal
from chargepoint.notices import Alarm, Notice
from chargepoint.registers import RequestRefused, register, u32_from
from chargepoint.unit import ControlUnit
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from scenarios.transport.stream import SimulatedTransport
from tests.chargepoint.rig import START_S
from wire.errors import PeerRefused, TransportError
from wire.p1 import TEXT_MESSAGE, Encoder, P1Version

METER = ("meter", 2000)


class P1Server(Factory):
    """A meter that prints a telegram every 10 s to each cable, in chunks of 100 bytes."""

    noisy = False

    def __init__(self, clock: HeapClock) -> None:
        self.clock = clock
        self.text = b""
        self.prints = True
        self.accepts = True
        self.cables: list[Cable] = []
        self.connects: list[float] = []
        self._encoder = Encoder(P1Version.DSMR_4_2_2, r"ISk5\2MT382-1000")
        self._tick()

    def buildProtocol(self, addr: IAddress | None) -> Cable | None:
        self.connects.append(self.clock.seconds())
        return Cable(self) if self.accepts else None

    def hang_up(self) -> None:
        """All cables are pulled out."""
        for cable in list(self.cables):
            cable.transport.loseConnection()

    def octets(self) -> bytes:
        """The telegram of now."""
        now_s = int(self.clock.seconds())
        return self._encoder.encode({"0-0:1.0.0": now_s, TEXT_MESSAGE: self.text})

    def _tick(self) -> None:
        if self.prints:
            octets = self.octets()
            for cable in self.cables:
                for at in range(0, len(octets), 100):
                    cable.transport.write(octets[at : at + 100])
        self.clock.callLater(10, self._tick)


class Cable(Protocol):
    """The meter's end of a cable."""

    transport: SimulatedTransport

    def __init__(self, server: P1Server) -> None:
        self.server = server

    def connectionMade(self) -> None:
        self.server.cables.append(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.server.cables.remove(self)


class Unit:
    """A unit client whose answers take their time."""

    def __init__(self, clock: HeapClock) -> None:
        self.clock = clock
        self.unit = ControlUnit("edge", now_s=START_S)
        self.takes_s = 0.1
        self.answers = True
        self.under_way = 0
        self.most_at_once = 0
        self.short = False

    async def read(self, address: int, count: int) -> Sequence[int]:
        await self._travel()
        try:
            words = self.unit.read(address, count)
        except RequestRefused as error:
            raise PeerRefused(str(error), error.code) from None
        return words[1:] if self.short else words

    async def write(self, address: int, words: Sequence[int]) -> None:
        await self._travel()
        try:
            self.unit.write(address, words)
        except RequestRefused as error:
            raise PeerRefused(str(error), error.code) from None

    async def _travel(self) -> None:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        arrived: Deferred[None] = Deferred()
        self.clock.callLater(self.takes_s, arrived.callback, None)
        await arrived
        self.under_way -= 1
        self.unit.advance(int(self.clock.seconds()))
        if not self.answers:
            raise TransportError("no answer")

    @property
    def applied_w(self) -> int:
        """The unit's applied limit now."""
        self.unit.advance(int(self.clock.seconds()))
        return u32_from(self.unit.read(register("applied_limit").address, 2))


class Bench:
    """A meter, a unit, a gateway and the clock that moves them."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.clock = HeapClock(START_S)
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.meter = P1Server(self.clock)
        self.unit = Unit(self.clock)
        self.journal = journal or MemoryJournal()
        self.notices: list[Notice] = []
        self.plug()
        self.gateway = self.new_gateway()
        self.gateway.start()

    def new_gateway(self) -> Gateway:
        """A gateway on the same wires and journal."""
        return Gateway(
            p1=self.network.endpoint(*METER),
            unit=self.unit,
            clock=self.clock,
            journal=self.journal,
            on_notice=self.notices.append,
        )

    def plug(self) -> None:
        """The meter listens."""
        self.clock.play(self.network.listen(*METER, self.meter))

    def unplug(self) -> None:
        """The meter hangs up and listens no more."""
        self.network.forget(METER)
        self.meter.hang_up()

    def alarmed(self, alarm: Alarm) -> bool:
        """Whether an alarm stands."""
        return alarm in self.gateway.logic.alarms
