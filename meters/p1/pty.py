"""A meter's P1 port as a pseudo terminal, which any program for serial ports can open."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime, IReadWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.p1.line import Line
from wire.errors import SurroundingsError


@implementer(IReadWriteDescriptor)
class P1Pty:
    """The port; `path` is what the consumer opens.

    Opening it raises the data-request line, which `tick` notices: call it every second, and
    the first telegram follows within one. While nobody has it open nothing is written, and
    what a consumer left unread is thrown away, so the next never reads old telegrams.
    `reactor` needs `addReader` and `addWriter`; `clock` and `render` are as for `P1Port`.
    Raises `SurroundingsError` when there is no pseudo terminal to be had.
    """

    def __init__(
        self,
        render: Callable[[int], bytes],
        reactor: Any,
        clock: IReactorTime,
        period_s: int,
        paced: bool = False,
    ) -> None:
        self._reactor = reactor
        self._period_s = period_s
        self._due_s = 0
        self._unsent = b""
        self._open = False
        self.line = Line(render, clock, self._write, paced)
        self._render = render
        try:
            self._master, consumer = os.openpty()
        except OSError as error:
            raise SurroundingsError(
                f"no pseudo terminal for P1: {error.strerror}"
            ) from None
        os.set_blocking(self._master, False)
        # The settings outlive this descriptor, and with it closed the kernel tells us
        # (POLLHUP) whether a consumer has the other side open.
        tty.setraw(consumer)
        self.path = os.ttyname(consumer)
        os.close(consumer)
        self._poll = select.poll()
        self._poll.register(self._master, 0)

    def tick(self, now_s: int) -> None:
        """Notices a consumer that opened the terminal; sends a telegram when one is due."""
        if self._master < 0:
            return
        if not self._open:
            if self._poll.poll(0):
                return
            self._open = True
            self._reactor.addReader(self)
            self.line.request(True)
        if now_s < self._due_s:
            return
        self._due_s = now_s - now_s % self._period_s + self._period_s
        if self.line.live:
            self.line.send(self._render(now_s), now_s)

    def unplug(self) -> None:
        """Pulls the cable out: silence, even if a consumer has the terminal open."""
        self.line.plug(False)

    def replug(self) -> None:
        """Puts it back: the first telegram follows at once."""
        self.line.plug(True)

    def close(self) -> None:
        """Takes the terminal away; a consumer that has it open reads end of file."""
        if self._master >= 0:
            self._consumer_gone()
            os.close(self._master)
            self._master = -1

    def fileno(self) -> int:
        """For the reactor."""
        return self._master

    def logPrefix(self) -> str:
        """For the reactor."""
        return "p1-pty"

    def doRead(self) -> None:
        """Throws away what the consumer sends, or its terminal echoes."""
        try:
            os.read(self._master, 4096)
        except BlockingIOError:
            pass
        except OSError:
            self._consumer_gone()

    def doWrite(self) -> None:
        """Goes on with a telegram that the kernel did not take whole."""
        try:
            count = os.write(self._master, self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._consumer_gone()
            return
        self._unsent = self._unsent[count:]
        if not self._unsent:
            self._reactor.removeWriter(self)
            self.line.unblock()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The consumer closed the terminal."""
        self._consumer_gone()

    def _write(self, octets: bytes) -> None:
        self._unsent = octets
        self.line.block()
        self._reactor.addWriter(self)
        self.doWrite()

    def _consumer_gone(self) -> None:
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._open = False
        self._unsent = b""
        self.line.request(False)
        self.line.unblock()
        self._forget_unread()

    def _forget_unread(self) -> None:
        """Throws away what the consumer left: the kernel would keep it for the next.

        The master reaches what is under way; what has arrived only the other side.
        """
        try:
            consumer = os.open(self.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return
        termios.tcflush(self._master, termios.TCIOFLUSH)
        termios.tcflush(consumer, termios.TCIFLUSH)
        os.close(consumer)
