"""The COSEM wrapper on TCP (IEC 62056-47; Green Book 7.3.3): framing of WPDUs."""

from __future__ import annotations

from typing import NamedTuple

from wire.errors import WireError

VERSION = 1
HEADER_LENGTH = 8
MAX_LENGTH = 0xFFFF


class Wpdu(NamedTuple):
    """`source` and `destination` are wrapper ports (client and server SAPs)."""

    source: int
    destination: int
    payload: bytes


def encode_wpdu(source: int, destination: int, payload: bytes) -> bytes:
    """Header and payload; raises `LocalError` when the payload is longer than 65535."""
    raise NotImplementedError


class WrapperReader:
    """Splits a TCP stream into WPDUs, whatever the chunking.

    A wrong version or a length above `max_length` gives a `WireError` as the last event: the
    stream has lost its framing, `dead` is set, whatever follows is ignored, and the owner of the
    connection must close it. Never more than one WPDU is kept waiting.
    """

    dead: bool

    def __init__(self, max_length: int = MAX_LENGTH) -> None:
        raise NotImplementedError

    def feed(self, data: bytes) -> list[Wpdu | WireError]:
        """The WPDUs that `data` completes, in order; after a fault, that fault and no more."""
        raise NotImplementedError
