"""The wire to a meter: TCP with the COSEM wrapper, one question and one answer at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn, cast

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import (
    IAddress,
    IReactorTime,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from wire.capture import Place, Tap
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import ConfigError, SimError, TransportError, WireError

_CLOSING_S = 2.0


class Unanswered(TransportError):
    """The meter hung up, or was silent, where an answer was due."""


class Line(Protocol):
    """A connection to a meter; an answer may take `timeout_s`."""

    def __init__(
        self,
        client_sap: int,
        server_sap: int,
        clock: IReactorTime,
        timeout_s: float,
        trace: Tap | None = None,
    ) -> None:
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._clock = clock
        self._timeout_s = timeout_s
        self._trace = trace
        self._reader = WrapperReader()
        self._waiting: Deferred[bytes] | None = None
        self._fault: SimError | None = None
        self._lost: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """The meter has taken the connection."""
        if self._trace is not None:
            transport = cast(ITCPTransport, self.transport)
            self._trace.opened(_place(transport.getHost()), _place(transport.getPeer()))

    def exchange(self, payload: bytes) -> Deferred[bytes]:
        """Sends an APDU; fires with the one that comes back, or fails with a `SimError`."""
        answer: Deferred[bytes] = Deferred()
        if self._fault is not None:
            answer.errback(Failure(self._fault))
            return answer
        self._waiting = answer
        answer.addTimeout(self._timeout_s, self._clock, _silent)
        octets = encode_wpdu(self._client_sap, self._server_sap, payload)
        if self._trace is not None:
            self._trace.octets(True, octets)
        assert self.transport is not None
        self.transport.write(octets)
        return answer

    def end(self, fault: SimError, *, abort: bool = True) -> None:
        """Hangs up, not waiting for anything if `abort`; who still waits is told why."""
        if self._fault is None:
            self._fault = fault
            transport = cast(ITCPTransport, self.transport)
            if abort:
                transport.abortConnection()
            else:
                transport.loseConnection()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.errback(Failure(self._fault))

    async def finish(self) -> None:
        """Hangs up in good order: nothing is said any more, and the meter has seen it.

        A meter takes one connection at a time; the next one must not come before it knows
        that this one is over.
        """
        if self._fault is not None:
            return
        self._fault = TransportError("the connection to the meter was closed")
        transport = self.transport
        assert transport is not None
        if not ITCPTransport.providedBy(transport):
            transport.loseConnection()
            return
        self._lost.addTimeout(_CLOSING_S, self._clock, _gave_up)
        transport.loseWriteConnection()
        await self._lost
        transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        """Takes what the meter sends; only one answer, and only to a request, is in order."""
        if self._trace is not None:
            self._trace.octets(False, data)
        events = self._reader.feed(data)
        if not events or self._fault is not None:
            return
        fault = self._fault_in(events)
        if fault is not None:
            self.end(fault)
            return
        waiting, self._waiting = self._waiting, None
        if waiting is not None and isinstance(events[0], Wpdu):
            waiting.callback(events[0].payload)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The meter hung up, or we did."""
        if self._trace is not None:
            self._trace.closed()
        if not self._lost.called:
            self._lost.callback(None)
        self.end(Unanswered("the meter closed the connection"))

    def _fault_in(self, events: Sequence[Wpdu | WireError]) -> WireError | None:
        for event in events:
            if isinstance(event, WireError):
                return event
            if (event.source, event.destination) != (
                self._server_sap,
                self._client_sap,
            ):
                return WireError("the meter's answer is to another client")
        # What came with an answer came before the next request: it is no answer to that.
        if len(events) > 1 or self._waiting is None or self._waiting.called:
            return WireError("the meter speaks without being asked")
        return None


async def connect(
    endpoint: IStreamClientEndpoint,
    client_sap: int,
    server_sap: int,
    clock: IReactorTime,
    timeout_s: float,
    trace: Tap | None = None,
) -> Line:
    """A line to the meter at an endpoint; raises `TransportError` when there is none to be had."""
    factory = _LineFactory(
        lambda: Line(client_sap, server_sap, clock, timeout_s, trace)
    )
    connecting = endpoint.connect(factory)
    connecting.addTimeout(timeout_s, clock, _not_connected)
    try:
        return cast(Line, await connecting)
    except (ConnectError, OSError) as error:
        raise TransportError(f"no connection to the meter: {error}") from None
    except ValueError as error:
        raise ConfigError(f"the meter's address cannot be used: {error}") from None


class _LineFactory(Factory):
    noisy = False

    def __init__(self, make: Callable[[], Line]) -> None:
        self._make = make

    def buildProtocol(self, addr: IAddress | None) -> Line:
        return self._make()


def _place(address: IAddress) -> Place:
    return Place(getattr(address, "host", "0.0.0.0"), getattr(address, "port", 0))


def _not_connected(_: object, timeout_s: float) -> NoReturn:
    raise TransportError(f"the meter takes no connection within {timeout_s:g} s")


def _gave_up(_: object, timeout_s: float) -> None:
    """A meter that does not hang up in its turn is left."""


def _silent(_: object, timeout_s: float) -> NoReturn:
    raise Unanswered(f"the meter was silent for {timeout_s:g} s")
