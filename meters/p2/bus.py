"""The wired bus for a tool that is master on it: frames in, answers out, at their time."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wire.mbus.frames import Direction, FrameReader, OctetsDropped

BITS_PER_S = 2400
"""DSMR has no other rate, 8E1 (P2 4.0.7, 3.1.4)."""

ANSWER_S = 11 / BITS_PER_S
"""A slave waits for so long before it answers (EN 13757-2, 5.5.2)."""

SILENCE_S = 330 / BITS_PER_S + 0.05
"""It has begun to by then; half a frame that is that old is thrown away."""


class Bus:
    """One master's end of the bus.

    Only one speaks at a time: what the master sends before the answer has left is not answered.
    `exchange` takes the octets of a frame and gives those of the answer, which may be none;
    `write` is called with each answer, when it is due.
    """

    __slots__ = (
        "_exchange",
        "_clock",
        "_write",
        "_reader",
        "_answer",
        "_idle",
        "_deaf",
    )

    def __init__(
        self,
        exchange: Callable[[bytes], bytes],
        clock: IReactorTime,
        write: Callable[[bytes], object],
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._write = write
        self._reader = FrameReader(Direction.FROM_MASTER)
        self._answer: IDelayedCall | None = None
        self._idle: IDelayedCall | None = None
        self._deaf = False

    def feed(self, octets: bytes) -> None:
        """Octets of the master, whatever the chunking."""
        self._cancel_idle()
        for event in self._reader.feed(octets):
            if not isinstance(event, OctetsDropped):
                self._ask(event.encode())
        self._idle = self._clock.callLater(SILENCE_S, self._silence)

    def block(self) -> None:
        """The last answer has not left yet."""
        self._deaf = True

    def unblock(self) -> None:
        """It has."""
        self._deaf = False

    def close(self) -> None:
        """The master is gone; what was to be said to it is not."""
        self._cancel_idle()
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None

    def _ask(self, frame: bytes) -> None:
        if self._deaf or self._answer is not None:
            return
        if answer := self._exchange(frame):
            self._answer = self._clock.callLater(ANSWER_S, self._say, answer)

    def _say(self, answer: bytes) -> None:
        self._answer = None
        self._write(answer)

    def _silence(self) -> None:
        self._idle = None
        self._reader.silence()

    def _cancel_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
