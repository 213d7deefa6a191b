"""The gateway's end of the P1 cable: connects, connects again, and splits telegrams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chargepoint.retries import Backoff
from wire.p1 import BytesDropped, TelegramReader, TelegramReceived

CONNECT_TIMEOUT_S = 10.0
IDLE_S = 60.0
"""A cable without a byte for so long, `idle_s`, is taken for dead and connected again."""

Events = list[TelegramReceived | BytesDropped]


class P1Link:
    """Keeps one P1 source connected; what it sends arrives at `on_events`.

    `on_connected` and `on_lost` (with the reason) tell of the cable itself. `monotonic` tells
    how long it was silent, where the clock may be set by hand.
    """

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        on_events: Callable[[Events], None],
        *,
        on_connected: Callable[[], None] = lambda: None,
        on_lost: Callable[[str], None] = lambda why: None,
        idle_s: float = IDLE_S,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._monotonic = monotonic or clock.seconds
        self._on_events = on_events
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._idle_s = idle_s
        self._backoff = Backoff()
        self._running = False
        self._protocol: _Cable | None = None
        self._connecting: Deferred[Any] | None = None
        self._timer: IDelayedCall | None = None
        self._data_s = 0.0

    def start(self) -> None:
        """Connects, now and whenever the connection is lost."""
        self._running = True
        self._connect()

    def stop(self) -> None:
        """Hangs up; nothing is called any more."""
        self._running = False
        self._set_timer(None)
        if self._connecting is not None:
            self._connecting.cancel()
        if self._protocol is not None:
            self._protocol.hang_up()

    def received(self, events: Events) -> None:
        """Bytes came; these are the events that they completed."""
        self._data_s = self._monotonic()
        if events and self._running:
            self._backoff.reset()
            self._on_events(events)

    def lost(self, protocol: _Cable, reason: Failure) -> None:
        """A connection is over."""
        if protocol is self._protocol:
            self._protocol = None
            self._again(reason.getErrorMessage())

    def _connect(self) -> None:
        factory = Factory.forProtocol(lambda: _Cable(self))
        factory.noisy = False
        self._connecting = connecting = self._endpoint.connect(
            cast(IProtocolFactory, factory)
        )
        self._set_timer(self._clock.callLater(CONNECT_TIMEOUT_S, connecting.cancel))
        connecting.addCallbacks(self._connected, self._refused)

    def _connected(self, protocol: _Cable) -> None:
        self._connecting = None
        self._set_timer(None)
        if not self._running:
            protocol.hang_up()
            return
        if protocol.over:
            # It was lost before the endpoint could say that it had been there.
            self._again("the connection was closed at once")
            return
        self._protocol = protocol
        self._data_s = self._monotonic()
        self._set_timer(self._clock.callLater(self._idle_s, self._check_idle))
        self._on_connected()

    def _refused(self, reason: Failure) -> None:
        self._connecting = None
        self._again(reason.getErrorMessage() or "no answer to the connect")

    def _again(self, why: str) -> None:
        if not self._running:
            return
        delay_s = self._backoff.failed(self._monotonic())
        self._set_timer(self._clock.callLater(delay_s, self._connect))
        self._on_lost(why)

    def _check_idle(self) -> None:
        left_s = self._data_s + self._idle_s - self._monotonic()
        if left_s > 0:
            self._set_timer(self._clock.callLater(left_s, self._check_idle))
            return
        self._timer = None
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.hang_up()
            # It was there all that time: a meter without supply, to be heard when it is back.
            self._backoff.reset()
            self._again(f"no byte for {self._idle_s:.0f} s")

    def _set_timer(self, timer: IDelayedCall | None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = timer


class _Cable(Protocol):
    """One connection, with the reader of its own byte stream."""

    def __init__(self, link: P1Link) -> None:
        self.over = False
        self._link = link
        # Before 4.0 telegrams have no CRC, and no time either to act on.
        self._reader = TelegramReader(require_crc=True)

    def dataReceived(self, data: bytes) -> None:
        self._link.received(self._reader.feed(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.over = True
        self._link.lost(self, reason)

    def hang_up(self) -> None:
        """Closes at once; what is still on the way is of no use."""
        if ITCPTransport.providedBy(self.transport):
            self.transport.abortConnection()
        elif self.transport is not None:
            self.transport.loseConnection()
