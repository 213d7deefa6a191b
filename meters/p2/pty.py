"""The wired bus of an E-meter as a pseudo terminal, which M-Bus tools for serial ports open.

A pseudo terminal keeps no parity; a tool that insists on it, as libmbus does, needs TCP.
"""

from __future__ import annotations

import os
import termios
import tty
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from meters.p2.bus import Bus
from wire.errors import SurroundingsError


@implementer(IReadDescriptor)
class P2Pty:
    """The bus; `path` is what the tool opens.

    `reactor` needs `addReader`; `clock` and `exchange` are as for `Bus`. Raises
    `SurroundingsError` when there is no pseudo terminal to be had.
    """

    def __init__(
        self, exchange: Callable[[bytes], bytes], reactor: Any, clock: IReactorTime
    ) -> None:
        self._reactor = reactor
        self._bus = Bus(exchange, clock, self._write)
        try:
            self._master, self._tool = os.openpty()
        except OSError as error:
            raise SurroundingsError(
                f"no pseudo terminal for P2: {error.strerror}"
            ) from None
        os.set_blocking(self._master, False)
        # Kept open, so that a tool which closes its end is no end of file here.
        tty.setraw(self._tool)
        self.path = os.ttyname(self._tool)
        reactor.addReader(self)

    def close(self) -> None:
        """Takes the terminal away; a tool that has it open reads end of file."""
        if self._master >= 0:
            self._reactor.removeReader(self)
            self._bus.close()
            os.close(self._tool)
            os.close(self._master)
            self._master = -1

    def fileno(self) -> int:
        """For the reactor."""
        return self._master

    def logPrefix(self) -> str:
        """For the reactor."""
        return "p2-pty"

    def doRead(self) -> None:
        """Octets of the tool."""
        try:
            octets = os.read(self._master, 4096)
        except OSError:
            return
        self._bus.feed(octets)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The reactor ends."""
        self.close()

    def _write(self, octets: bytes) -> None:
        """An answer; one that nobody read is thrown away, for the next tool must not find it."""
        termios.tcflush(self._tool, termios.TCIFLUSH)
        os.write(self._master, octets)
