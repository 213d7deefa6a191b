"""The COSEM wrapper on TCP (IEC 62056-47; Green Book 7.3.3): framing of WPDUs."""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from wire.errors import LocalError, WireError

VERSION = 1
HEADER_LENGTH = 8
MAX_LENGTH = 0xFFFF

_HEADER = Struct(">HHHH")


class Wpdu(NamedTuple):
    """`source` and `destination` are wrapper ports (client and server SAPs)."""

    source: int
    destination: int
    payload: bytes


def encode_wpdu(source: int, destination: int, payload: bytes) -> bytes:
    """Header and payload; raises `LocalError` when the payload is longer than 65535."""
    try:
        return _HEADER.pack(VERSION, source, destination, len(payload)) + payload
    except StructError as error:
        raise LocalError(f"a WPDU cannot be written: {error}") from None


class WrapperReader:
    """Splits a TCP stream into WPDUs, whatever the chunking.

    A wrong version or a length above `max_length` gives a `WireError` as the last event: the
    stream has lost its framing, `dead` is set, whatever follows is ignored, and the owner of the
    connection must close it. Never more than one WPDU is kept waiting.
    """

    def __init__(self, max_length: int = MAX_LENGTH) -> None:
        self.dead = False
        self._max_length = max_length
        self._pending = bytearray()

    @property
    def pending(self) -> int:
        """How many octets of an unfinished WPDU are kept."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[Wpdu | WireError]:
        """The WPDUs that `data` completes, in order; after a fault, that fault and no more."""
        events: list[Wpdu | WireError] = []
        if self.dead:
            return events
        pending = self._pending
        octets: bytes | bytearray = data
        if pending:
            pending += data
            octets = pending
        at, limit = 0, len(octets)
        while limit - at >= HEADER_LENGTH:
            version, source, destination, length = _HEADER.unpack_from(octets, at)
            if version != VERSION or length > self._max_length:
                events.append(self._fault(version, length))
                self.dead, at = True, limit
                break
            begin = at + HEADER_LENGTH
            if begin + length > limit:
                break
            at = begin + length
            events.append(Wpdu(source, destination, bytes(octets[begin:at])))
        if octets is pending:
            del pending[:at]
        elif at < limit:
            pending += octets[at:]
        return events

    def _fault(self, version: int, length: int) -> WireError:
        if version != VERSION:
            return WireError(f"the wrapper's version is {version}, not {VERSION}", 0)
        return WireError(
            f"a WPDU of {length} octets; {self._max_length} are accepted", 6
        )
