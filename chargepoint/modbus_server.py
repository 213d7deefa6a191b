"""The control unit's end of Modbus: a Twisted factory for TCP, a protocol for serial lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol as Interface
from typing import cast

from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chargepoint.modbus import BROADCAST, Framing, Request, ServerCodec
from chargepoint.registers import RequestRefused
from wire.errors import WireError

MAX_CONNECTIONS = 8
SILENCE_S = 0.5
"""On a serial line, a frame that stops for so long is given up."""

_OWN_ON_TCP = (0, 255)


class Registers(Interface):
    """What is served: a `ControlUnit`."""

    def advance(self, now_s: int) -> None:
        """Lets time pass."""

    def read(self, address: int, count: int) -> list[int]:
        """The words; raises `RequestRefused`."""

    def write(self, address: int, words: Sequence[int]) -> None:
        """Writes all words or none; raises `RequestRefused`."""


class UnitProtocol(Protocol):
    """One line to the unit; what another line does, and garbage here, do not disturb it.

    Requests for another unit are not answered. On TCP, 0 and 255 also mean this unit; on a
    serial line 0 is a broadcast, which is obeyed and not answered.
    """

    def __init__(
        self, unit: Registers, clock: IReactorTime, framing: Framing, unit_id: int = 1
    ) -> None:
        self.heard_s = clock.seconds()
        self._unit = unit
        self._clock = clock
        self._codec = ServerCodec(framing)
        self._hung_up = False
        self._on_serial_line = framing is Framing.RTU
        self._unit_ids = (unit_id,) if self._on_serial_line else (unit_id, *_OWN_ON_TCP)

    def connectionMade(self) -> None:
        """Stops reading while the answers are not taken."""
        reader = cast(IPushProducer, self.transport)
        IConsumer(self.transport).registerProducer(reader, True)

    def dataReceived(self, data: bytes) -> None:
        """Answers the requests that are whole now."""
        if self._hung_up:
            return
        now_s = self._clock.seconds()
        if self._on_serial_line and now_s - self.heard_s > SILENCE_S:
            self._codec.reset()
        self.heard_s = now_s
        assert self.transport is not None
        self._unit.advance(int(now_s))
        try:
            for request in self._codec.feed(data):
                self.transport.write(self._answer(request))
        except WireError:
            self._hung_up = True
            IConsumer(self.transport).unregisterProducer()
            self.transport.loseConnection()

    def _answer(self, request: Request) -> bytes:
        is_broadcast = self._on_serial_line and request.unit_id == BROADCAST
        if request.unit_id not in self._unit_ids and not is_broadcast:
            return b""
        answer = self._obey(request)
        return b"" if is_broadcast else answer

    def _obey(self, request: Request) -> bytes:
        if request.fault is not None:
            return self._codec.refusal(request, request.fault)
        try:
            if request.words is None:
                words = self._unit.read(request.address, request.quantity)
                return self._codec.read_answer(request, words)
            self._unit.write(request.address, request.words)
            return self._codec.write_answer(request)
        except RequestRefused as refusal:
            return self._codec.refusal(request, refusal.code)


class UnitServerFactory(Factory):
    """Serves one unit on TCP to some masters; a new one takes the place of the most silent."""

    noisy = False

    def __init__(
        self,
        unit: Registers,
        clock: IReactorTime,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._unit = unit
        self._clock = clock
        self._max_connections = max_connections
        self._lines: list[_TcpLine] = []

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """A line of its own for each connection."""
        if len(self._lines) >= self._max_connections:
            min(self._lines, key=lambda line: line.heard_s).abort()
        line = _TcpLine(self._unit, self._clock, self._lines)
        self._lines.append(line)
        return line

    def hang_up(self) -> None:
        """Closes all connections."""
        for line in tuple(self._lines):
            line.abort()


class _TcpLine(UnitProtocol):
    def __init__(
        self, unit: Registers, clock: IReactorTime, lines: list[_TcpLine]
    ) -> None:
        super().__init__(unit, clock, Framing.TCP)
        self._lines = lines

    def abort(self) -> None:
        self._lines.remove(self)
        if self.transport is not None:
            cast(ITCPTransport, self.transport).abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self in self._lines:
            self._lines.remove(self)
