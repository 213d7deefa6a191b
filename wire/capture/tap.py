"""Who sees the octets of one TCP connection between a client and a meter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """One end of a connection; `host` is an IP address as text."""

    host: str
    port: int


class Tap(Protocol):
    """Is told of a connection's life, at either of its ends; it must not raise."""

    def opened(self, client: Place, server: Place) -> None:
        """The connection stands."""

    def octets(self, from_client: bool, data: bytes) -> None:
        """Octets of the stream, ciphered as they are: the client's, or the meter's."""

    def closed(self) -> None:
        """The connection is gone."""


@dataclass(frozen=True, slots=True)
class OnOctets:
    """A tap for who wants nothing but the octets."""

    octets: Callable[[bool, bytes], None]

    def opened(self, client: Place, server: Place) -> None:
        """Says nothing."""

    def closed(self) -> None:
        """Says nothing."""
