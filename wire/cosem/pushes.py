"""What a meter sends unasked (P3, 9.3), to a port of the central system.

DSMR 4: the octets of the wake-up message and no frame around them, to the end of the stream:
equipment identifier, `,` and either the 6 octets of a logical name, of what woke the meter
up, or the 4 of the alarm register. SMR 5: a WPDU with a DataNotification, whose body is a
structure of equipment identifier, logical name of the push setup and alarm registers. Both go
by TCP; by UDP, as SMR 5.5 sends its last gasp, a datagram is the whole of the stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from wire.dlms import apdu, axdr
from wire.dlms.axdr import Tag
from wire.dlms.notification import DataNotification
from wire.dlms.wrapper import WrapperReader, encode_wpdu
from wire.errors import WireError
from wire.obis import Obis

COMMA = b","
CENTRAL_SYSTEM = 102
"""The wrapper port that a notification goes to: the client that needs no association."""

# The example of the standard has an identifier of 16 octets, its text one of 17.
_IDENTIFIER_OCTETS = (17, 16)
_ALARM_OCTETS, _NAME_OCTETS = 4, 6
_MOST_REGISTERS = 3
MOST_OCTETS = 256


@dataclass(frozen=True, slots=True)
class Push:
    """`logical_name`: of what woke the meter up, or of the push setup; `alarms`: registers.

    The first alarm register is 0-0:97.98.0; SMR 5.2 and later have a second and a third.
    """

    equipment_id: str
    logical_name: Obis | None = None
    alarms: tuple[int, ...] = ()


def encode_wake_up(equipment_id: str, told: bytes) -> bytes:
    """The message of DSMR 4; `told` is a logical name or an alarm register."""
    return COMMA.join((equipment_id.encode("ascii"), told))


def encode_notification(logical_device: int, invoke_id: int, body: bytes) -> bytes:
    """The WPDU of SMR 5; `body` is the structure's A-XDR octets."""
    notification = DataNotification(invoke_id, b"", body)
    return encode_wpdu(logical_device, CENTRAL_SYSTEM, apdu.encode(notification))


class PushReader:
    """Reads the one push of a connection, whatever the chunking; keeps 256 octets at most.

    A notification is complete by itself, and what follows it is not looked at; a wake-up
    message is with the end of its stream. `done` is set once there is nothing more to be
    read: the owner closes the connection.
    """

    def __init__(self) -> None:
        self.done = False
        self._octets = b""

    def feed(self, data: bytes) -> Push | WireError | None:
        """The push that this completes, or why there will be none."""
        if self.done:
            return None
        self._octets += data[: MOST_OCTETS + 1 - len(self._octets)]
        octets = self._octets
        if len(octets) > MOST_OCTETS:
            return self._end(WireError(f"more than {MOST_OCTETS} octets are no push"))
        try:
            if octets[:1] == b"\x00":
                return self._notification()
            head = _head(octets)
            if head is not None and len(octets) - head > _NAME_OCTETS:
                raise WireError(f"{len(octets) - head} octets follow the identifier")
        except WireError as error:
            return self._end(error)
        return None

    def end(self) -> Push | WireError | None:
        """The same for the end of the stream, or when nothing more is waited for.

        None when there was nothing at all.
        """
        if self.done:
            return None
        octets = self._octets
        if not octets:
            self.done = True
            return None
        try:
            head = None if octets[:1] == b"\x00" else _head(octets)
            if head is None:
                raise WireError(f"the push ends after {len(octets)} octets")
            return self._end(_wake_up(octets, head))
        except WireError as error:
            return self._end(error)

    def _notification(self) -> Push | WireError | None:
        reader = WrapperReader(MOST_OCTETS)
        for event in reader.feed(self._octets):
            if isinstance(event, WireError):
                raise event
            return self._end(_read_notification(event.payload))
        return None

    def _end(self, outcome: Push | WireError) -> Push | WireError:
        self.done = True
        self._octets = b""
        return outcome


def _head(octets: bytes) -> int | None:
    """Where the part after the comma begins; None while the comma is still to come."""
    for length in sorted(_IDENTIFIER_OCTETS):
        if octets[length : length + 1] == COMMA:
            _identifier(octets[:length])
            return length + 1
    if len(octets) > max(_IDENTIFIER_OCTETS):
        raise WireError("no comma follows the equipment identifier", 17)
    return None


def _identifier(octets: bytes) -> str:
    text = octets.decode("ascii", "replace")
    if len(octets) not in _IDENTIFIER_OCTETS or not text.isalnum():
        raise WireError("no equipment identifier: 17 letters and digits are due", 0)
    return text


def _wake_up(octets: bytes, head: int) -> Push:
    identifier, told = _identifier(octets[: head - 1]), octets[head:]
    if len(told) == _NAME_OCTETS:
        return Push(identifier, Obis(told))
    if len(told) == _ALARM_OCTETS:
        return Push(identifier, None, (int.from_bytes(told, "big"),))
    raise WireError(
        f"a logical name of 6 octets or an alarm register of 4 is due, not {len(told)}",
        head,
    )


def _read_notification(octets: bytes) -> Push:
    notification = apdu.decode(octets)
    if not isinstance(notification, DataNotification):
        raise WireError(f"{type(notification).__name__} is no data-notification")
    body = axdr.decode(notification.body)
    parts = body.value if body.tag is Tag.STRUCTURE else ()
    tags = [part.tag for part in parts]
    registers = [Tag.DOUBLE_LONG_UNSIGNED] * (len(tags) - 2)
    if (
        tags != [Tag.OCTET_STRING, Tag.OCTET_STRING, *registers]
        or len(registers) > _MOST_REGISTERS
    ):
        raise WireError(
            "the notification is no structure of identifier, logical name and alarms"
        )
    identifier, name, *alarms = (part.value for part in parts)
    if len(name) != _NAME_OCTETS:
        raise WireError(f"a logical name has 6 octets, not {len(name)}")
    return Push(_identifier(identifier), Obis(name), tuple(alarms))
