"""A capture of P3: each connection as it is sent and, beside it, deciphered.

Two interfaces. On the first the octets are as they pass, between the addresses and ports
that are. On the second each connection is the same conversation in clear: a client at
192.0.2.1 and a meter at an address of 198.18.0.0/15 (RFC 2544), in the order in which
meters are seen, at port 4059, where Wireshark looks for COSEM. So the two are not taken for
one stream. A comment on every packet names the meter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address

from wire.capture import blocks
from wire.capture.conversation import Conversation
from wire.capture.tap import Place
from wire.dlms.deciphering import Deciphering
from wire.dlms.security import Cipher

DLMS_PORT = 4059
AS_SENT, DECIPHERED = 0, 1
_CLIENT = "192.0.2.1"
_FIRST_METER = IPv4Address("198.18.0.1")
_ADDRESSES = 0x1_FFFE


class Capture:
    """Gives the blocks of a capture to `write`, each whole, as soon as it happens.

    `clock_s` says when that is, in epoch seconds.
    """

    def __init__(
        self, write: Callable[[bytes], None], clock_s: Callable[[], float]
    ) -> None:
        self._write = write
        self._clock_s = clock_s
        self._meters: dict[str, str] = {}
        write(
            blocks.section_header("dsmrlab")
            + blocks.interface_description("P3", "as sent")
            + blocks.interface_description("P3 deciphered", "the same in clear")
        )

    def tap(self, meter: str, ciphers: Callable[[], Iterable[Cipher]]) -> Connection:
        """What sees one connection to a meter, named by its equipment identifier."""
        return Connection(self, meter, ciphers)

    def put(self, interface: int, frames: Iterable[bytes], comment: str) -> None:
        """Writes frames that are seen now."""
        instant_us = int(self._clock_s() * 1e6)
        for octets in frames:
            self._write(blocks.enhanced_packet(interface, instant_us, octets, comment))

    def meter_address(self, meter: str) -> str:
        """Where a meter is on the second interface."""
        number = len(self._meters) % _ADDRESSES
        return self._meters.setdefault(meter, str(_FIRST_METER + number))


class Connection:
    """One connection in a capture: a `Tap`."""

    def __init__(
        self, capture: Capture, meter: str, ciphers: Callable[[], Iterable[Cipher]]
    ) -> None:
        self._capture = capture
        self._meter = meter
        self._deciphering = Deciphering(ciphers)
        self._conversations: list[Conversation] = []

    def opened(self, client: Place, server: Place) -> None:
        """The connection stands."""
        self._conversations = [
            Conversation(client, server),
            Conversation(
                Place(_CLIENT, client.port),
                Place(self._capture.meter_address(self._meter), DLMS_PORT),
            ),
        ]
        for interface, conversation in enumerate(self._conversations):
            self._capture.put(interface, conversation.open(), self._meter)

    def octets(self, from_client: bool, data: bytes) -> None:
        """Octets as they pass; the WPDUs that they complete appear in clear."""
        if self._conversations:
            self._carry(AS_SENT, from_client, data)
            for wpdu in self._deciphering.feed(from_client, data):
                self._carry(DECIPHERED, from_client, wpdu)

    def closed(self) -> None:
        """The connection is gone."""
        for interface, conversation in enumerate(self._conversations):
            self._capture.put(interface, conversation.close(), self._meter)
        self._conversations = []

    def _carry(self, interface: int, from_client: bool, data: bytes) -> None:
        frames = self._conversations[interface].carry(from_client, data)
        self._capture.put(interface, frames, self._meter)
