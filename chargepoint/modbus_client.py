"""The gateway's end of Modbus: one master of one unit, on TCP or on a serial line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import (
    IDelayedCall,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from chargepoint.modbus import (
    READ_HOLDING,
    WRITE_MULTIPLE,
    WRITE_SINGLE,
    Answer,
    ClientCodec,
    Framing,
)
from chargepoint.registers import MAX_READ_WORDS, MAX_WRITE_WORDS, ExceptionCode
from wire.errors import LocalError, PeerRefused, SimError, TransportError, WireError

TIMEOUT_S = 2.0
SERIAL_ATTEMPTS = 3
QUIET_S = 0.1
"""How long a serial line must rest after a missed answer, which may still come."""


class _Question(NamedTuple):
    """A request; `words` is None for a read."""

    function: int
    address: int
    quantity: int
    words: tuple[int, ...] | None = None

    def fits(self, answer: Answer) -> bool:
        """Whether this can be the answer to it."""
        if answer.function != self.function:
            return False
        if answer.exception:
            return True
        if self.words is None:
            return len(answer.words) == self.quantity
        if answer.address != self.address:
            return False
        if self.function == WRITE_SINGLE:
            return tuple(answer.words) == self.words
        return answer.quantity == self.quantity


class ModbusClient:
    """Reads and writes registers, one request at a time, in the order of the calls.

    It connects at first use, and again after a failure. Every call raises `PeerRefused` with
    the exception code as its result, `TransportError` when there is no connection or no answer
    in time, or `WireError` when what comes is no Modbus. On a serial line noise is expected:
    a request is repeated before it fails.
    """

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        *,
        framing: Framing = Framing.TCP,
        unit_id: int = 1,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._framing = framing
        self._unit_id = unit_id
        self._timeout_s = timeout_s
        self._turn = DeferredLock()
        self._line: _Line | None = None

    async def read(self, address: int, count: int) -> list[int]:
        """The words of `count` registers from `address` on."""
        if not 1 <= count <= MAX_READ_WORDS:
            raise LocalError(f"one request reads 1 to {MAX_READ_WORDS} registers")

        question = _Question(READ_HOLDING, address, count)
        return list((await self._exchange(question)).words)

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Writes the words to the registers from `address` on, in one request."""
        if not 1 <= len(words) <= MAX_WRITE_WORDS:
            raise LocalError(f"one request writes 1 to {MAX_WRITE_WORDS} registers")

        function = WRITE_SINGLE if len(words) == 1 else WRITE_MULTIPLE
        await self._exchange(_Question(function, address, len(words), tuple(words)))

    @property
    def connected(self) -> bool:
        """Whether there is a connection; it may be dead without our knowing."""
        return self._line is not None and self._line.usable

    def close(self) -> None:
        """Hangs up; a call that waits fails, and a later one connects again."""
        line, self._line = self._line, None
        if line is not None:
            line.hang_up()

    async def _exchange(self, question: _Question) -> Answer:
        # A lock that is free costs more than the rest when it is waited for.
        if self._turn.locked:
            await self._turn.acquire()
        self._turn.locked = True
        try:
            answer = await self._ask_until_answered(question)
        finally:
            self._turn.release()
        if answer.exception:
            raise PeerRefused(_refusal(answer.exception), answer.exception)
        return answer

    async def _ask_until_answered(self, question: _Question) -> Answer:
        attempts_left = SERIAL_ATTEMPTS if self._framing is Framing.RTU else 1
        while True:
            attempts_left -= 1
            try:
                line = self._line
                if line is None or not line.usable:
                    line = await self._connect()
                if line.doubtful:
                    await line.rest()
                return await line.ask(question)
            except TransportError:
                if not attempts_left:
                    self.close()
                    raise
            except WireError:
                self.close()
                raise

    async def _connect(self) -> _Line:
        line = _Line(self._framing, self._clock, self._unit_id, self._timeout_s)
        connecting = self._endpoint.connect(Factory.forProtocol(lambda: line))
        late = self._clock.callLater(self._timeout_s, connecting.cancel)
        try:
            await connecting
        except (CancelledError, TimeoutError):
            raise TransportError("the control unit cannot be reached in time") from None
        except (ConnectError, OSError) as error:
            raise TransportError(
                f"the control unit cannot be reached: {error}"
            ) from None
        finally:
            if late.active():
                late.cancel()
        self._line = line
        return line


class _Line(Protocol):
    """One connection, at most one question on it at a time."""

    def __init__(
        self, framing: Framing, clock: IReactorTime, unit_id: int, timeout_s: float
    ) -> None:
        self.usable = True
        self.doubtful = 0
        """So many more questions may be met by an answer that is late."""
        self._codec = ClientCodec(framing)
        self._on_serial_line = framing is Framing.RTU
        self._clock = clock
        self._unit_id = unit_id
        self._timeout_s = timeout_s
        self._transaction = 0
        self._question: _Question | None = None
        self._answered: Deferred[Answer] | None = None
        self._late: IDelayedCall | None = None

    async def rest(self) -> None:
        """Lets a late answer come before the next question."""
        self.doubtful -= 1
        await deferLater(self._clock, QUIET_S)
        if not self.usable:
            raise TransportError("the line to the control unit was closed")

    def ask(self, question: _Question) -> Deferred[Answer]:
        """Sends the question; fires with what fits it, or fails with a `SimError`."""
        assert self.transport is not None
        if self._on_serial_line:
            self._codec.reset()
        self._question = question
        answered = self._answered = Deferred(self._cancelled)
        self._late = self._clock.callLater(self._timeout_s, self._give_up)
        self._transaction = self._transaction % 0xFFFF + 1
        self.transport.write(self._octets(question))
        return answered

    def hang_up(self) -> None:
        """Closes the connection at once."""
        self.usable = False
        if self.transport is not None:
            abort = getattr(self.transport, "abortConnection", None)
            (abort or self.transport.loseConnection)()
        self._fail(TransportError("the line to the control unit was closed"))

    def dataReceived(self, data: bytes) -> None:
        """Takes the answer; what nobody asked for is dropped."""
        try:
            for answer in self._codec.feed(data):
                self._take(answer)
        except WireError as error:
            if not self._on_serial_line:
                self._fail(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fails the question that waits."""
        self.usable = False
        self._fail(TransportError("the control unit closed the connection"))

    def _octets(self, question: _Question) -> bytes:
        if question.words is None:
            return self._codec.read_request(
                self._unit_id, self._transaction, question.address, question.quantity
            )
        return self._codec.write_request(
            self._unit_id, self._transaction, question.address, question.words
        )

    def _take(self, answer: Answer) -> None:
        if self._question is None or answer.unit_id != self._unit_id:
            return
        if not self._on_serial_line and answer.transaction_id != self._transaction:
            return
        if self._question.fits(answer):
            answered = self._over()
            if answered is not None:
                answered.callback(answer)
        elif not self._on_serial_line:
            raise WireError("the answer does not fit what the control unit was asked")

    def _give_up(self) -> None:
        # The repeat may be answered by the late answer; then its own is late for the next.
        self.doubtful = 2
        self._fail(
            TransportError(
                f"the control unit does not answer within {self._timeout_s} s"
            )
        )

    def _fail(self, error: SimError) -> None:
        answered = self._over()
        if answered is not None:
            answered.errback(error)

    def _cancelled(self, answered: Deferred[Answer]) -> None:
        """Nobody waits any more."""
        self._over()

    def _over(self) -> Deferred[Answer] | None:
        """The question has come to its end; who waits is to be told."""
        answered, self._answered, self._question = self._answered, None, None
        late, self._late = self._late, None
        if late is not None and late.active():
            late.cancel()
        return answered


def _refusal(code: int) -> str:
    try:
        name = ExceptionCode(code).name.lower().replace("_", " ")
    except ValueError:
        name = "unknown to Modbus"
    return f"the control unit refuses: {name} (exception {code})"
