"""The meter's own calls to the central system: one TCP connection per attempt, one at a time.

The last gasp goes in a datagram instead, for which there is no connection to wait for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from twisted.internet.defer import (
    CancelledError,
    Deferred,
)
from twisted.internet.defer import TimeoutError as NoAnswer
from twisted.internet.defer import ensureDeferred, maybeDeferred
from twisted.internet.error import ConnectError, ConnectionClosed, ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IReactorTime,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import (
    DatagramProtocol,
    Factory,
    Protocol,
    connectionDone,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

from meters.behaviour import push
from meters.behaviour.push import Attempt
from meters.meter import Meter
from wire.errors import SurroundingsError

TIMEOUT_S = 30.0
"""How long connecting may take, and then how long the other end to hang up."""

Endpoint = Callable[[str, int], IStreamClientEndpoint]
Datagram = Callable[[str, int, bytes], Awaitable[None]]
_FAILURES = (
    *(CancelledError, NoAnswer),
    *(ConnectError, ConnectionClosed, OSError, ValueError),
)
_log = Logger()


class PushLine:
    """Tries the pushes that a meter has planned, when they are due.

    `endpoint` makes the way to a host and port. `save` is called before an attempt begins, so
    that a crash does not lead to more of them than the setup allows. `datagram` sends one;
    where there is no way to, no attempt at it succeeds.
    """

    def __init__(
        self,
        meter: Meter,
        endpoint: Endpoint,
        clock: IReactorTime,
        save: Callable[[Meter], None] | None = None,
        datagram: Datagram | None = None,
    ) -> None:
        self._meter = meter
        self._endpoint = endpoint
        self._clock = clock
        self._save = save
        self._datagram = datagram
        self._calling: Deferred[None] | None = None

    def tick(self, now_s: int) -> None:
        """Lets the meter do what has become due, and begins an attempt if that is one."""
        meter = self._meter
        if meter.wake_s <= now_s:
            meter.advance(now_s)
        if meter.state.pushing is None or self._calling is not None:
            return
        meter.advance(now_s)
        due = push.attempt(meter)
        if due is not None and self._kept():
            calling = self._calling = ensureDeferred(self._call(due))
            calling.addBoth(self._called)

    def hang_up(self) -> None:
        """Breaks off what is under way: the supply fails, or the service stops."""
        if self._calling is not None:
            self._calling.cancel()

    def _kept(self) -> bool:
        """Whether it is saved that there will be an attempt; else there is none."""
        if self._save is not None and self._meter.state.unsaved:
            try:
                self._save(self._meter)
            except SurroundingsError as error:
                _log.warn("{error}", error=error)
                return False
        return True

    async def _call(self, due: Attempt) -> None:
        try:
            if due.datagram:
                await self._send(due)
                push.delivered(self._meter, due.setup)
                return
            connecting = self._endpoint(due.host, due.port).connect(_Callers())
            connecting.addTimeout(TIMEOUT_S, self._clock)
            await cast(_Caller, await connecting).say(due.octets, self._clock)
        except _FAILURES:
            push.failed(self._meter, due.setup)
        else:
            push.delivered(self._meter, due.setup)

    async def _send(self, due: Attempt) -> None:
        if self._datagram is None:
            raise ConnectError()
        await self._datagram(due.host, due.port, due.octets)

    def _called(self, result: Any) -> Any:
        self._calling = None
        if isinstance(result, Failure):
            _log.failure("a push failed", failure=result)


class _Caller(Protocol):
    """One call: says its message, and takes no answer."""

    def __init__(self) -> None:
        self._gone: Deferred[None] = Deferred(lambda _: self._abort())

    async def say(self, octets: bytes, clock: IReactorTime) -> None:
        """Returns when the other end has hung up, or has long had the time to.

        Raises `ConnectionClosed` when the connection broke.
        """
        transport: Any = self.transport
        transport.write(octets)
        if ITCPTransport.providedBy(transport):
            transport.loseWriteConnection()
        else:
            transport.loseConnection()
        self._gone.addTimeout(TIMEOUT_S, clock, lambda result, timeout_s: None)
        await self._gone

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Whether in good order tells whether the message has arrived."""
        if self._gone.called:
            return
        if reason.check(ConnectionDone):
            self._gone.callback(None)
        else:
            self._gone.errback(reason)

    def _abort(self) -> None:
        cast(ITCPTransport, self.transport).abortConnection()


class _Callers(Factory):
    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> _Caller:
        return _Caller()


async def send_datagram(reactor: Any, host: str, port: int, octets: bytes) -> None:
    """Sends one datagram; raises `OSError` when the host is none or the network says no."""
    address = await reactor.resolve(host)
    interface = "::" if ":" in address else ""
    way = reactor.listenUDP(0, DatagramProtocol(), interface)
    try:
        way.write(octets, (address, port))
    finally:
        await maybeDeferred(way.stopListening)
