"""One TCP connection to a meter, sans-IO: octets in, octets out, associations by wrapper port.

Each client port has an association of its own (IEC 62056-47): a head-end may read the
invocation counter as public client, then associate as management client, on one connection.
"""

from __future__ import annotations

from meters.meter import Meter
from meters.p3.association import P3Association
from meters.p3.limits import MAX_RECEIVE_PDU_SIZE
from wire.cosem.rows import Client
from wire.dlms.association import State
from wire.dlms.wrapper import WrapperReader, encode_wpdu
from wire.errors import WireError

# A plain APDU of the longest length, and the most that ciphering adds to it.
MAX_WPDU = MAX_RECEIVE_PDU_SIZE + 64

_CLIENTS = {int(client): client for client in Client}


class P3Connection:
    """Routes WPDUs to the association of their client port.

    A port that no client has gets no answer, as does one that is not the logical device's:
    nobody listens there. `dead` is set when the stream has lost its framing; then the owner
    must hang up.
    """

    __slots__ = ("dead", "_meter", "_reader", "_associations")

    def __init__(self, meter: Meter) -> None:
        self.dead = False
        self._meter = meter
        self._reader = WrapperReader(MAX_WPDU)
        self._associations: dict[Client, P3Association] = {}

    @property
    def associated(self) -> bool:
        """Whether any client is associated, or about to be."""
        return any(
            association.state is not State.IDLE
            for association in self._associations.values()
        )

    def close(self, now_s: int) -> None:
        """The stream is gone, and with it every association."""
        self._meter.advance(now_s)
        for association in self._associations.values():
            association.drop()

    def receive(self, data: bytes, now_s: int) -> list[bytes]:
        """The WPDUs to send for the octets that came; some requests are not answered."""
        answers = []
        for event in self._reader.feed(data):
            if isinstance(event, WireError):
                self.dead = True
                break
            source, destination, payload = event
            client = _CLIENTS.get(source)
            if client is None or destination != self._meter.identity.logical_device:
                continue
            association = self._associations.get(client)
            if association is None:
                association = P3Association(self._meter, client)
                self._associations[client] = association
            self._meter.advance(now_s)
            answer = association.receive(payload)
            if answer is not None:
                answers.append(encode_wpdu(destination, source, answer))
        return answers
