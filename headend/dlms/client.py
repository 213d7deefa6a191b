"""The DLMS client on a wire, with time-outs by an injected clock.

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
from typing import Protocol, Self, TypeVar

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from headend.dlms import line
from headend.dlms.credentials import Credentials
from headend.dlms.line import Line
from headend.dlms.services import Association, Reference
from headend.dlms.session import Dialogue
from wire.capture import Tap
from wire.dlms.association import State
from wire.dlms.axdr import Data
from wire.dlms.descriptors import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.errors import LocalError, SimError, TransportError

Result = TypeVar("Result")

TIMEOUT_S = 30.0
_AT_REST = (State.ASSOCIATED, State.IDLE)


class Dialogues(Protocol):
    """What speaks for a client: an `Association`, or another engine's like it."""

    credentials: Credentials
    state: State
    meter_title: bytes
    meter_counter: int | None

    def open(self) -> Dialogue[None]:
        """Associates."""

    def release(self) -> Dialogue[None]:
        """Ends the association."""

    def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Dialogue[Data]:
        """Reads an attribute."""

    def get_list(
        self, references: Sequence[Reference]
    ) -> Dialogue[tuple[Data | DataAccessResult, ...]]:
        """Reads attributes together."""

    def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> Dialogue[None]:
        """Writes an attribute."""

    def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> Dialogue[tuple[DataAccessResult, ...]]:
        """Writes attributes together."""

    def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Dialogue[Data | None]:
        """Invokes a method."""

    def abort(self) -> None:
        """Gives the association up."""

    def replace_keys(
        self,
        *,
        next_counter: Callable[[], int] | None = None,
        encryption_key: bytes | None = None,
        authentication_key: bytes | None = None,
    ) -> None:
        """Uses new keys from the next request on."""


class Client:
    """One meter at the end of an endpoint, whichever engine speaks to it.

    `timeout_s` is how long connecting, and then each answer, may take.
    """

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        dialogues: Dialogues,
        clock: IReactorTime,
        timeout_s: float,
        trace: Tap | None,
    ) -> None:
        self._endpoint = endpoint
        self._dialogues = dialogues
        self._clock = clock
        self._timeout_s = timeout_s
        self._trace = trace
        self._line: Line | None = None
        self._running = False

    @property
    def meter_title(self) -> bytes:
        """The meter's system title, empty until it is known."""
        return self._dialogues.meter_title

    @property
    def meter_counter(self) -> int | None:
        """The last invocation counter that the meter used."""
        return self._dialogues.meter_counter

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()

    async def open(self) -> None:
        """Connects and associates; nothing is left behind when that fails.

        Raises `TransportError` when the meter is not reached, `PeerRefused` when it rejects
        us, `WireError` when its answers break a rule.
        """
        if self._line is not None or self._running:
            raise LocalError("this client has been opened before")
        credentials = self._dialogues.credentials
        self._running = True
        try:
            self._line = await line.connect(
                self._endpoint,
                credentials.client_sap,
                credentials.server_sap,
                self._clock,
                self._timeout_s,
                self._trace,
            )
        finally:
            self._running = False
        try:
            await self._run(self._dialogues.open())
        except BaseException:
            self.close()
            raise

    async def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Data:
        """Reads an attribute; `PeerRefused` keeps the meter's DataAccessResult."""
        return await self._run(self._dialogues.get(attribute, selection))

    async def get_list(
        self, references: Sequence[Reference]
    ) -> tuple[Data | DataAccessResult, ...]:
        """Reads attributes together: for each a value, or why there is none."""
        return await self._run(self._dialogues.get_list(references))

    async def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> None:
        """Writes an attribute; `PeerRefused` keeps the meter's DataAccessResult."""
        await self._run(self._dialogues.set(attribute, value, selection))

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        """Writes attributes together; what became of each."""
        return await self._run(self._dialogues.set_list(items))

    async def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Data | None:
        """Invokes a method and returns what it returned; `PeerRefused` keeps its ActionResult."""
        return await self._run(self._dialogues.action(method, parameters))

    async def release(self) -> None:
        """Ends the association, and the connection with it, in good order."""
        await self._run(self._dialogues.release())
        if self._line is not None:
            await self._line.finish()

    async def leave(self) -> None:
        """Releases if that can be done, and hangs up in any case."""
        if self._dialogues.state is State.ASSOCIATED:
            try:
                await self.release()
            except SimError:
                pass  # what was asked is answered; how the meter parts changes nothing
        self.close()

    def close(self) -> None:
        """Hangs up at once, at any time."""
        if self._line is not None:
            gone = TransportError("the connection to the meter was closed")
            self._line.end(gone, abort=self._dialogues.state not in _AT_REST)
        self._dialogues.abort()

    def replace_keys(
        self,
        *,
        next_counter: Callable[[], int] | None = None,
        encryption_key: bytes | None = None,
        authentication_key: bytes | None = None,
    ) -> None:
        """Ciphers with new keys from the next request on; see `Session.replace_keys`."""
        self._dialogues.replace_keys(
            next_counter=next_counter,
            encryption_key=encryption_key,
            authentication_key=authentication_key,
        )

    async def _run(self, dialogue: Dialogue[Result]) -> Result:
        """Drives a dialogue over the line to its result."""
        if self._line is None or self._running:
            raise LocalError(
                "a client does one thing at a time, between open and close"
            )
        self._running = True
        try:
            request = next(dialogue)
            while True:
                request = dialogue.send(await self._line.exchange(request))
        except StopIteration as done:
            result: Result = done.value
            return result
        finally:
            self._running = False
            if self._dialogues.state not in _AT_REST:
                self.close()


class DlmsClient(Client):
    """A client of our own engine; see the module for how it is used.

    `next_counter` is asked once for each frame to be ciphered and once for the proof;
    `meter_counter` is the last of the meter's own counters that is known.
    """

    association: Callable[..., Dialogues] = Association

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
        trace: Tap | None = None,
    ) -> None:
        association = self.association(
            credentials,
            next_counter,
            random_bytes=random_bytes,
            meter_counter=meter_counter,
        )
        super().__init__(endpoint, association, clock, timeout_s, trace)
