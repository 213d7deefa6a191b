"""The data-request line and the data line of one cable in a meter's P1 port."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

CHARACTERS_PER_S = 11_520
"""115200 baud, 8N1 (P1 5.0.2, 6.1)."""

CHUNK_S = 0.01


class Line:
    """One consumer's cable: while its request line is high, telegrams go down its data line.

    The first telegram leaves as soon as the line rises; dropping it stops the transfer at
    once, in the middle of a telegram if need be (P1 5.0.2, 5.7.1). A telegram whose
    predecessor has not left yet is skipped, so at most one is ever kept. With `paced` a
    telegram takes the time that its characters take at 115200 baud; else it leaves whole.
    """

    __slots__ = (
        "_render",
        "_clock",
        "_write",
        "_paced",
        "_high",
        "_plugged",
        "_blocked",
        "_rest",
        "_next_call",
        "_began_s",
        "_latest_s",
        "skipped",
    )

    def __init__(
        self,
        render: Callable[[int], bytes],
        clock: IReactorTime,
        write: Callable[[bytes], object],
        paced: bool = False,
        plugged: bool = True,
    ) -> None:
        self._render = render
        self._clock = clock
        self._write = write
        self._paced = paced
        self._high = False
        self._plugged = plugged
        self._blocked = False
        self._rest = b""
        self._next_call: IDelayedCall | None = None
        self._began_s = 0.0
        self._latest_s = -1
        self.skipped = 0

    @property
    def live(self) -> bool:
        """Whether telegrams are asked for, through a cable that is in the port."""
        return self._high and self._plugged

    @property
    def busy(self) -> bool:
        """Whether the previous telegram is still on its way."""
        return self._blocked or bool(self._rest)

    def request(self, high: bool) -> None:
        """The consumer raises or drops the request line."""
        self._change(high, self._plugged)

    def plug(self, plugged: bool) -> None:
        """The cable is put into the meter's port, or pulled out of it."""
        self._change(self._high, plugged)

    def block(self) -> None:
        """What was written has not left yet."""
        self._blocked = True

    def unblock(self) -> None:
        """All that was written has left."""
        self._blocked = False
        if self._rest and self._next_call is None:
            self._transfer()

    def send(self, telegram: bytes, now_s: int) -> None:
        """Begins a telegram; a second one within the same second is not sent."""
        if not self.live or not telegram or now_s == self._latest_s:
            return
        if self.busy:
            self.skipped += 1
            return
        self._latest_s = now_s
        if self._paced:
            self._rest = telegram
            self._began_s = self._clock.seconds()
            self._next_call = self._clock.callLater(CHUNK_S, self._transfer)
        else:
            self._write(telegram)

    def _change(self, high: bool, plugged: bool) -> None:
        was_live = self.live
        self._high, self._plugged = high, plugged
        if self.live and not was_live:
            now_s = int(self._clock.seconds())
            self._latest_s = -1
            self.send(self._render(now_s), now_s)
        elif was_live and not self.live:
            self._rest = b""
            if self._next_call is not None:
                self._next_call.cancel()
                self._next_call = None

    def _transfer(self) -> None:
        """Writes the characters that are due by now."""
        self._next_call = None
        if self._blocked:
            return
        now = self._clock.seconds()
        count = max(1, int((now - self._began_s) * CHARACTERS_PER_S))
        chunk, self._rest = self._rest[:count], self._rest[count:]
        self._began_s += count / CHARACTERS_PER_S
        if self._rest:
            self._next_call = self._clock.callLater(CHUNK_S, self._transfer)
        self._write(chunk)
