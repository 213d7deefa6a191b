"""The port that meters call: one push per connection or datagram, so many at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from twisted.internet.defer import ensureDeferred, maybeDeferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IListeningPort,
    IReactorTime,
)
from twisted.internet.protocol import (
    DatagramProtocol,
    Factory,
    Protocol,
    connectionDone,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

from headend.listening import listen, listen_datagrams
from headend.pushes import Heard
from wire.addresses import TcpAddress
from wire.cosem.pushes import Push, PushReader
from wire.errors import SimError, SurroundingsError, WireError

MOST_CONNECTIONS = 64
TIMEOUT_S = 10.0
"""How long a push may take; a wake-up message ends so, if the meter does not hang up."""

Take = Callable[[Push, float], Awaitable[Heard]]
OnHeard = Callable[[Heard, str], None]
OnRefused = Callable[[str, str], None]
_log = Logger()


class PushProtocol(Protocol):
    """One call of a meter; nothing is answered."""

    def __init__(self, factory: PushFactory, peer: str) -> None:
        self._factory = factory
        self._peer = peer
        self._reader = PushReader()
        self._timer: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Gives the meter its time; hangs up at once on one too many."""
        factory = self._factory
        if factory.busy:
            self.hang_up()
            return
        factory.calls.add(self)
        self._timer = factory.clock.callLater(TIMEOUT_S, self._end)

    def dataReceived(self, data: bytes) -> None:
        """Takes what comes until there is a push, or can be none."""
        if self in self._factory.calls and not self._reader.done:
            self._judge(self._reader.feed(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The meter has hung up, which ends a wake-up message."""
        if self in self._factory.calls:
            self._factory.calls.discard(self)
            if self._timer is not None and self._timer.active():
                self._timer.cancel()
            self._judge(self._reader.end())

    def hang_up(self) -> None:
        """Drops the connection now."""
        cast(Any, self.transport).abortConnection()

    def _end(self) -> None:
        self._judge(self._reader.end())
        self.hang_up()

    def _judge(self, outcome: Push | WireError | None) -> None:
        self._factory.judge(outcome, self._peer)
        if self._reader.done and self.transport is not None:
            self.transport.loseConnection()


class PushFactory(Factory):
    """Accepts the calls of meters.

    `take` makes of a push what was `Heard`; `on_heard` and `on_refused` are told of it, and of
    octets that are no push, with who sent them. `pending` pushes wait to be taken; they count
    as calls that go on.
    """

    noisy = False

    def __init__(
        self,
        take: Take,
        clock: IReactorTime,
        on_heard: OnHeard,
        on_refused: OnRefused = lambda peer, why: None,
    ) -> None:
        self.clock = clock
        self.calls: set[PushProtocol] = set()
        self.pending = 0
        self.on_refused = on_refused
        self._take = take
        self._on_heard = on_heard

    def buildProtocol(self, addr: IAddress | None) -> PushProtocol:
        """A protocol for a call that just came in."""
        return PushProtocol(
            self, _place(getattr(addr, "host", ""), getattr(addr, "port", 0))
        )

    @property
    def busy(self) -> bool:
        """Whether so much goes on that nothing more is heard."""
        return len(self.calls) + self.pending >= MOST_CONNECTIONS

    def judge(self, outcome: Push | WireError | None, peer: str) -> None:
        """Takes what a reader made of what has come, if it is complete."""
        if isinstance(outcome, Push):
            hearing = ensureDeferred(self._hear(outcome, peer))
            hearing.addErrback(lambda failure: _log.failure("a push was lost", failure))
        elif outcome is not None:
            self.on_refused(peer, str(outcome))

    def hang_up(self) -> None:
        """Drops every call."""
        for call in list(self.calls):
            call.hang_up()

    async def _hear(self, push: Push, peer: str) -> None:
        self.pending += 1
        try:
            heard = await self._take(push, self.clock.seconds())
        except SimError as error:
            self.on_refused(peer, f"{push.equipment_id}: {error}")
            return
        finally:
            self.pending -= 1
        self._on_heard(heard, peer)


class PushDatagrams(DatagramProtocol):
    """The same by UDP, as SMR 5.5 sends its last gasp: each datagram is one push."""

    noisy = False

    def __init__(self, factory: PushFactory) -> None:
        self._factory = factory

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """Takes a datagram; one too many is dropped, as the network may do anyway."""
        if not self._factory.busy:
            reader = PushReader()
            outcome = reader.feed(datagram) or reader.end()
            self._factory.judge(outcome, _place(addr[0], addr[1]))


def _place(host: str, port: int) -> str:
    return str(TcpAddress(host, port)).removeprefix("tcp://")


class PushListener:
    """The factory at an address, by TCP and by UDP, as a part of a service."""

    def __init__(self, factory: PushFactory, reactor: Any, address: TcpAddress) -> None:
        self._factory = factory
        self._reactor = reactor
        self._address = address
        self._ports: list[IListeningPort] = []

    async def start(self) -> Mapping[str, object]:
        """Listens; where, as the first line of a service says it.

        Raises what `listen` does.
        """
        port, bound = await listen(self._reactor, self._address, self._factory)
        self._ports.append(port)
        try:
            datagrams = PushDatagrams(self._factory)
            self._ports.append(listen_datagrams(self._reactor, port, datagrams))
        except SurroundingsError:
            await self.stop()
            raise
        return {"pushes": str(bound).removeprefix("tcp://")}

    async def stop(self) -> None:
        """Listens no more, and drops the calls that there are."""
        ports, self._ports = self._ports, []
        for port in ports:
            await maybeDeferred(port.stopListening)
        self._factory.hang_up()
