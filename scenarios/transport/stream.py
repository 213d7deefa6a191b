"""A stream in memory, in simulated time.

It behaves as TCP does for the protocols on it: bytes in order, chunks as written, flow control
through producers, a close that lets written bytes arrive and an abort that does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProtocol,
    IPushProducer,
    ITransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from scenarios.transport.clock import HeapClock

HIGH_WATER_BYTES = 65_536


@dataclass(slots=True)
class Link:
    """The state of the wire to one address: delay each way, and the share of connects lost."""

    latency_s: float = 0.0
    loss: float = 0.0
    cut: bool = False


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
    def protocol(self) -> IProtocol | None:
        """Who takes what arrives; somebody else from when it is set."""
        return self._protocol

    @protocol.setter
    def protocol(self, protocol: IProtocol) -> None:
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
            self._clock.after(self._link.latency_s, self._far._arrive, bytes(data))
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
        far = self._far
        far._in_flight -= len(data)
        if far._producer is not None and (far._producer_paused or not far._streaming):
            far._ask_for_more()
        self._protocol.dataReceived(data)

    def _ask_for_more(self) -> None:
        if self._in_flight <= HIGH_WATER_BYTES // 2:
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
