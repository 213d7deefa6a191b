"""The segments that would have carried a stream: from the handshake to the last FIN."""

from __future__ import annotations

from wire.capture.frames import Flag, frame
from wire.capture.tap import Place

# What fits an Ethernet frame beside the headers of IPv6 and TCP.
MOST_PAYLOAD = 1440


class Conversation:
    """One TCP connection, of which only the octets are known: the rest is made to fit them.

    Every method gives the frames of what happened, in order.
    """

    def __init__(self, client: Place, server: Place) -> None:
        self._client, self._server = client, server
        # The next sequence number of each, by whether it is the client.
        self._next = {True: 0, False: 0}

    def open(self) -> list[bytes]:
        """The three segments of the handshake."""
        opening = [self._segment(True, Flag.SYN)]
        opening.append(self._segment(False, Flag.SYN | Flag.ACK))
        return [*opening, self._segment(True, Flag.ACK)]

    def carry(self, from_client: bool, data: bytes) -> list[bytes]:
        """Octets of one side, in as many segments as they need."""
        return [
            self._segment(
                from_client, Flag.PSH | Flag.ACK, data[at : at + MOST_PAYLOAD]
            )
            for at in range(0, len(data), MOST_PAYLOAD)
        ]

    def close(self) -> list[bytes]:
        """Both sides end the stream; who did so first is not known, so the client."""
        return [
            self._segment(True, Flag.FIN | Flag.ACK),
            self._segment(False, Flag.FIN | Flag.ACK),
            self._segment(True, Flag.ACK),
        ]

    def _segment(self, from_client: bool, flags: Flag, payload: bytes = b"") -> bytes:
        ends = (self._client, self._server)
        source, destination = ends if from_client else ends[::-1]
        sequence = self._next[from_client]
        acknowledged = self._next[not from_client] if flags & Flag.ACK else 0
        taken = len(payload) + bool(flags & (Flag.SYN | Flag.FIN))
        self._next[from_client] = (sequence + taken) & 0xFFFF_FFFF
        return frame(source, destination, sequence, acknowledged, flags, payload)
