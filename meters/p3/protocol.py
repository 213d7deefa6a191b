"""The meter's P3 port on TCP: one COSEM connection at a time (P3, table 3-1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IPushProducer,
    IReactorTime,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.meter import Meter
from meters.objects.network import inactivity_time_out_s
from meters.p3.connection import P3Connection
from wire.capture import Place, Tap
from wire.errors import SurroundingsError

_log = Logger()


@implementer(IPushProducer)
class P3Protocol(Protocol):
    """Feeds a connection's octets to the meter, saves what must be kept, sends the answers."""

    # A TCP transport, or one in memory: a stream that can also be paused.
    transport: Any

    def __init__(self, factory: P3Factory) -> None:
        self._factory = factory
        self._connection = P3Connection(factory.meter)
        self._idle: IDelayedCall | None = None
        self._heard_s = 0.0
        self._time_out_s = 0
        self._tap: Tap | None = None

    def connectionMade(self) -> None:
        """Starts to wait for the client; hangs up at once when the meter is not free."""
        if not self._factory.admit(self):
            self.transport.abortConnection()
            return
        if self._factory.trace is not None:
            self._tap = self._factory.trace()
            ends = self.transport.getPeer(), self.transport.getHost()
            self._tap.opened(*(Place(end.host, end.port) for end in ends))
        # Whoever asks without reading the answers is not listened to for a while.
        self.transport.registerProducer(self, True)
        self._heard_s = self._factory.clock.seconds()
        self._watch()

    def dataReceived(self, data: bytes) -> None:
        """Answers; a meter without supply does not."""
        factory = self._factory
        if factory.current is not self:
            return
        if not factory.meter.powered:
            self.transport.abortConnection()
            return
        self._heard_s = factory.clock.seconds()
        if self._tap is not None:
            self._tap.octets(True, data)
        answers = self._connection.receive(data, int(self._heard_s))
        if factory.meter.state.unsaved and factory.save is not None:
            try:
                factory.save(factory.meter)
            except SurroundingsError as error:
                # What cannot be kept is not promised.
                _log.warn("{error}", error=error)
                self.hang_up()
                return
        if inactivity_time_out_s(factory.meter) != self._time_out_s:
            self._watch()
        if answers:
            octets = b"".join(answers)
            if self._tap is not None:
                self._tap.octets(False, octets)
            self.transport.write(octets)
        if self._connection.dead:
            self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The association ends with its connection; the meter is free for the next."""
        self._end_associations()
        self._factory.release(self)
        if self._tap is not None:
            self._tap.closed()
        if self._idle is not None and self._idle.active():
            self._idle.cancel()

    def hang_up(self) -> None:
        """Drops the connection now."""
        self._end_associations()
        self.transport.abortConnection()

    def pauseProducing(self) -> None:
        """Answers pile up: reads no more requests."""
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """The answers are gone: reads on."""
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """The transport is done with us."""

    def _end_associations(self) -> None:
        self._connection.close(int(self._factory.clock.seconds()))

    def _close(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def _watch(self) -> None:
        """Waits for the client to be silent as long as the meter's setting is now."""
        if self._idle is not None and self._idle.active():
            self._idle.cancel()
        self._time_out_s = inactivity_time_out_s(self._factory.meter)
        if self._time_out_s:
            left_s = self._heard_s + self._time_out_s - self._factory.clock.seconds()
            self._idle = self._factory.clock.callLater(
                max(0.0, left_s), self._check_idle
            )

    def _check_idle(self) -> None:
        # Looked at once per period, not rescheduled at every request.
        if self._heard_s + self._time_out_s > self._factory.clock.seconds():
            self._watch()
        else:
            # Not in good order: who takes no answer never would, and the meter stayed taken.
            self.hang_up()


class P3Factory(Factory):
    """Accepts the connections to one meter.

    `save` is called before any answer leaves that promises something which must outlive the
    process: a message, a key, a block of invocation counters. `trace` makes what sees each
    connection.
    """

    noisy = False

    def __init__(
        self,
        meter: Meter,
        clock: IReactorTime,
        save: Callable[[Meter], None] | None = None,
        trace: Callable[[], Tap] | None = None,
    ) -> None:
        self.meter = meter
        self.clock = clock
        self.save = save
        self.trace = trace
        self.current: P3Protocol | None = None

    def buildProtocol(self, addr: IAddress | None) -> P3Protocol:
        """A protocol for a connection that just came in."""
        return P3Protocol(self)

    def admit(self, protocol: P3Protocol) -> bool:
        """Whether this connection may be the one; not while another is, nor without supply."""
        if self.current is not None or not self.meter.powered:
            return False
        self.current = protocol
        return True

    def release(self, protocol: P3Protocol) -> None:
        """The connection is gone."""
        if self.current is protocol:
            self.current = None

    def hang_up(self) -> None:
        """Drops the connection that there is: the supply fails, or the service stops."""
        if self.current is not None:
            self.current.hang_up()
