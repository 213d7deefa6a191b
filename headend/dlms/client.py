"""The DLMS client on a wire: TCP with the COSEM wrapper, time-outs by an injected clock.

    async with DlmsClient(endpoint, credentials, next_counter, clock) as meter:
        value = await meter.get(attribute)

One association carries any number of operations, one at a time. Whatever breaks in the
middle of an answer ends the connection, for the answer to the next request would not be told
from the rest of this one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NoReturn, TypeVar, cast

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

from headend.dlms import services
from headend.dlms.credentials import Credentials
from headend.dlms.services import Reference
from headend.dlms.session import Dialogue, Session
from wire.dlms.association import State
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import LocalError, SimError, TransportError, WireError

Result = TypeVar("Result")

TIMEOUT_S = 30.0

Trace = Callable[[bool, bytes], None]
"""Sees each WPDU as it is on the wire, and whether we sent it; nothing is deciphered."""


class Line(Protocol):
    """A connection to a meter: one WPDU out, one WPDU in."""

    def __init__(self, client_sap: int, server_sap: int, trace: Trace | None) -> None:
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._trace = trace
        self._reader = WrapperReader()
        self._waiting: Deferred[bytes] | None = None
        self._fault: SimError | None = None

    def exchange(self, payload: bytes) -> Deferred[bytes]:
        """Sends an APDU; fires with the one that comes back, or fails with a `SimError`."""
        answer: Deferred[bytes] = Deferred()
        if self._fault is not None:
            answer.errback(Failure(self._fault))
            return answer
        self._waiting = answer
        assert self.transport is not None
        wpdu = encode_wpdu(self._client_sap, self._server_sap, payload)
        if self._trace is not None:
            self._trace(True, wpdu)
        self.transport.write(wpdu)
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

    def dataReceived(self, data: bytes) -> None:
        """Takes what the meter sends; only one answer, and only to a request, is in order."""
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
        self.end(TransportError("the meter closed the connection"))

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


class _LineFactory(Factory):
    noisy = False

    def __init__(self, credentials: Credentials, trace: Trace | None) -> None:
        self._credentials = credentials
        self._trace = trace

    def buildProtocol(self, addr: IAddress | None) -> Line:
        credentials = self._credentials
        return Line(credentials.client_sap, credentials.server_sap, self._trace)


class DlmsClient:
    """One meter at the end of an endpoint; see the module for how it is used.

    `next_counter` is asked once for each frame to be ciphered and once for the proof.
    `timeout_s` is how long connecting, and then each answer, may take.
    """

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        credentials: Credentials,
        next_counter: Callable[[], int],
        clock: IReactorTime,
        *,
        timeout_s: float = TIMEOUT_S,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        meter_counter: int | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._trace = trace
        self._clock = clock
        self._timeout_s = timeout_s
        self._session = Session(
            credentials,
            next_counter,
            random_bytes=random_bytes,
            meter_counter=meter_counter,
        )
        self._line: Line | None = None
        self._running = False

    @property
    def meter_title(self) -> bytes:
        """The meter's system title, empty until it is known."""
        return self._session.meter_title

    @property
    def meter_counter(self) -> int | None:
        """The last invocation counter that the meter used."""
        return self._session.meter_counter

    async def __aenter__(self) -> DlmsClient:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session.state is State.ASSOCIATED:
            try:
                await self.release()
            except SimError:
                pass  # what was asked is answered; how the meter parts changes nothing
        self.close()

    async def open(self) -> None:
        """Connects and associates.

        Raises `TransportError` when the meter is not reached, `PeerRefused` when it rejects
        us, `WireError` when its answers break a rule.
        """
        if self._line is not None or self._running:
            raise LocalError("this client has been opened before")
        self._running = True
        try:
            connecting = self._endpoint.connect(
                _LineFactory(self._session.credentials, self._trace)
            )
            connecting.addTimeout(self._timeout_s, self._clock, _not_connected)
            self._line = cast(Line, await connecting)
        except (ConnectError, OSError) as error:
            raise TransportError(f"no connection to the meter: {error}") from None
        finally:
            self._running = False
        try:
            await self._run(self._session.open())
        except BaseException:
            self.close()
            raise

    async def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Data:
        """Reads an attribute; `PeerRefused` keeps the meter's DataAccessResult."""
        return await self._run(services.get_value(self._session, attribute, selection))

    async def get_list(
        self, references: Sequence[Reference]
    ) -> tuple[Data | DataAccessResult, ...]:
        """Reads attributes together: for each a value, or why there is none."""
        return await self._run(services.get_values(self._session, references))

    async def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> None:
        """Writes an attribute; `PeerRefused` keeps the meter's DataAccessResult."""
        await self._run(services.set_value(self._session, attribute, value, selection))

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        """Writes attributes together; what became of each."""
        return await self._run(services.set_values(self._session, items))

    async def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Data | None:
        """Invokes a method and returns what it returned; `PeerRefused` keeps its ActionResult."""
        return await self._run(services.invoke(self._session, method, parameters))

    async def release(self) -> None:
        """Ends the association; the connection stays until `close`."""
        await self._run(self._session.release())

    def close(self) -> None:
        """Hangs up, at any time."""
        if self._line is not None:
            at_rest = self._session.state in (State.ASSOCIATED, State.IDLE)
            gone = TransportError("the connection to the meter was closed")
            self._line.end(gone, abort=not at_rest)
        self._session.abort()

    def replace_keys(
        self,
        *,
        next_counter: Callable[[], int] | None = None,
        encryption_key: bytes | None = None,
        authentication_key: bytes | None = None,
    ) -> None:
        """Ciphers with new keys from the next request on; see `Session.replace_keys`."""
        self._session.replace_keys(
            next_counter=next_counter,
            encryption_key=encryption_key,
            authentication_key=authentication_key,
        )

    async def _run(self, dialogue: Dialogue[Result]) -> Result:
        """Drives a dialogue over the line to its result."""
        line = self._line
        if line is None or self._running:
            raise LocalError(
                "a client does one thing at a time, between open and close"
            )
        self._running = True
        try:
            request = next(dialogue)
            while True:
                answer = line.exchange(request)
                answer.addTimeout(self._timeout_s, self._clock, _silent)
                request = dialogue.send(await answer)
        except StopIteration as done:
            result: Result = done.value
            return result
        finally:
            self._running = False
            if self._session.state not in (State.ASSOCIATED, State.IDLE):
                self.close()


def _not_connected(_: object, timeout_s: float) -> NoReturn:
    raise TransportError(f"the meter takes no connection within {timeout_s:g} s")


def _silent(_: object, timeout_s: float) -> NoReturn:
    raise TransportError(f"the meter was silent for {timeout_s:g} s")
