"""Serial lines: a device to connect to, and a pseudo-terminal that others can open as one."""

from __future__ import annotations

import os
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.fdesc import readFromFD, setNonBlocking, writeToFD
from twisted.internet.interfaces import (
    IAddress,
    IProtocol,
    IProtocolFactory,
    IReactorFDSet,
    IStreamClientEndpoint,
)
from twisted.internet.serialport import SerialPort
from twisted.python.failure import Failure
from zope.interface import implementer

from wire.errors import SurroundingsError

BAUD = 115_200


@implementer(IAddress)
@dataclass(frozen=True, slots=True)
class _Device:
    path: str


@implementer(IStreamClientEndpoint)
class SerialEndpoint:
    """A serial device (8N1) as something to connect to; it fails with an `OSError`."""

    def __init__(self, reactor: IReactorFDSet, path: str, baud: int = BAUD) -> None:
        self._reactor = reactor
        self._path = path
        self._baud = baud

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:
        """Opens the device and joins it to a protocol of the factory."""
        protocol = protocolFactory.buildProtocol(_Device(self._path))
        if protocol is None:
            return fail(ConnectionLost())
        try:
            SerialPort(protocol, self._path, self._reactor, baudrate=self._baud)
        except OSError:
            return fail(Failure())
        return succeed(protocol)


class Pty(FileDescriptor):
    """Our end of a pseudo-terminal; another program opens `path` as its serial device.

    The other end stays open here too, so that programs may come and go.
    """

    def __init__(self, reactor: IReactorFDSet, protocol: IProtocol) -> None:
        super().__init__(reactor)
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        setNonBlocking(self._ours)
        self.path = os.ttyname(self._theirs)
        self.protocol = protocol
        self.connected = 1
        protocol.makeConnection(self)
        self.startReading()  # type: ignore[no-untyped-call]  # Twisted's

    def fileno(self) -> int:
        """Our end's descriptor, -1 once closed."""
        return self._ours

    def doRead(self) -> Any:
        """Hands what has come to the protocol."""
        return readFromFD(self._ours, self.protocol.dataReceived)

    def writeSomeData(self, data: bytes) -> Any:
        """Writes what fits now."""
        return writeToFD(self._ours, data)

    def connectionLost(self, reason: Failure) -> None:
        """Closes both ends."""
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted's
        ours, self._ours = self._ours, -1
        os.close(ours)
        os.close(self._theirs)
        self.protocol.connectionLost(reason)

    def close(self) -> None:
        """Closes both ends once what was written is gone."""
        self.loseConnection()  # type: ignore[no-untyped-call]  # Twisted's


def open_pty(
    reactor: IReactorFDSet, protocol: IProtocol, link: str | None = None
) -> Pty:
    """A new pseudo-terminal with this protocol on it, `link` pointing at its path.

    `SurroundingsError` when the link's place is taken; a link to nothing is replaced.
    """
    if link is None:
        return Pty(reactor, protocol)
    place = Path(link)
    if place.exists():
        raise SurroundingsError(f"{link} exists; name a new path for the serial line")
    pty = Pty(reactor, protocol)
    try:
        place.unlink(missing_ok=True)
        place.symlink_to(pty.path)
    except OSError as error:
        pty.close()
        raise SurroundingsError(f"{link} cannot be made: {error.strerror}") from None
    return pty


def open_serial(
    reactor: IReactorFDSet, protocol: IProtocol, path: str, baud: int = BAUD
) -> SerialPort:
    """The serial device at `path` with this protocol on it."""
    try:
        return SerialPort(protocol, path, reactor, baudrate=baud)
    except OSError as error:
        raise SurroundingsError(f"{path} cannot be opened: {error}") from None
