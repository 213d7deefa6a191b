"""Asking and telling the devices on the wired bus (P2 4.0.7, 4.3).

The master sends a frame and waits for its answer; without one, or with one that is not right,
it sends the same frame up to twice more (EN 13757-2, 5.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus import errands, keys, readings
from meters.mbus.channels import Channel, Pending, used
from meters.mbus.names import is_of
from wire.errors import WireError
from wire.mbus import application
from wire.mbus.application import Application, Ci
from wire.mbus.frames import (
    ACK,
    Direction,
    Frame,
    FrameReader,
    Long,
    OctetsDropped,
    Short,
    decode,
)
from wire.mbus.headers import LongHeader, ShortId
from wire.mbus.messages import (
    Data,
    Message,
    ReadOutList,
    SetAddress,
    SetClock,
    SetKey,
    TransferKey,
)

if TYPE_CHECKING:
    from meters.meter import Meter

ATTEMPTS = 3

_SND_NKE, _SND_UD, _REQ_UD2 = 0x40, 0x53, 0x5B
# A scan sends one to every address.
_NORMALISE = tuple(Short(_SND_NKE, address).encode() for address in range(251))
_CIS: dict[type[Message], Ci] = {
    SetAddress: Ci.SET_UP,
    SetKey: Ci.SET_UP,
    TransferKey: Ci.SET_UP,
    SetClock: Ci.CLOCK,
}


def present(meter: Meter, address: int) -> bool:
    """Whether some device acknowledges a SND_NKE at this address."""
    return _exchange(meter, _NORMALISE[address]) == ACK


def set_address(meter: Meter, former: int, address: int) -> bool:
    """Gives the device at an address another one (6.2.3); whether it took it."""
    set_up = application.compose(Ci.SET_UP, SetAddress(address))
    return _acknowledged(meter, _frame(former, set_up))


def identify(meter: Meter, address: int) -> tuple[ShortId, Application] | None:
    """Who is at an address, and what it says; None when no device answers clearly."""
    for _ in range(ATTEMPTS):
        answer = _answer(meter, address)
        if answer is not None:
            return answer
    return None


def ask(meter: Meter, number: int) -> Data | None:
    """What the device of a channel answers to REQ_UD2; None when it fails to, however often.

    An answer of another device, or one that is not validated, is none.
    """
    channel = used(meter, number)
    for _ in range(ATTEMPTS):
        channel.transmissions += 1
        answer = _answer(meter, channel.primary_address)
        if answer is not None and is_of(channel, answer[0]):
            message = keys.understand(meter, number, answer[1])
            if message is not None:
                return message
    return None


def read(meter: Meter, number: int) -> bool:
    """Reads the device of a channel; whether there is a reading.

    One that tells something else did not hear that its read-out list is the standard one again:
    it is told once more (6.3.2).
    """
    message = ask(meter, number)
    if message is not None and not readings.measured(message):
        _exchange(meter, _NORMALISE[used(meter, number).primary_address])
        message = ask(meter, number)
    if message is None:
        return False
    errands.heard(meter, number)
    errands.take(meter, number, message)
    return True


def run(meter: Meter, number: int, errand: Pending) -> bool:
    """Tells the device what an errand has to say; whether it is done."""
    channel = used(meter, number)
    message = errands.message_for(meter, channel, errand)
    if isinstance(message, ReadOutList):
        if not _read_versions(meter, number, message):
            return False
    elif not _tell(meter, number, message):
        return False
    errands.done(meter, number, errand)
    return True


def _read_versions(meter: Meter, number: int, wanted: ReadOutList) -> bool:
    """Changes the read-out list, reads it and puts it back; up to twice more (6.3.1, 6.3.2)."""
    channel = used(meter, number)
    for _ in range(ATTEMPTS):
        answer = ask(meter, number) if _tell(meter, number, wanted) else None
        _exchange(meter, _NORMALISE[channel.primary_address])
        if answer is not None:
            readings.versions(meter, number, answer)
            return True
    return False


def _tell(meter: Meter, number: int, message: Message) -> bool:
    """Sends a command; whether the device has taken it.

    One that does not react may be out of step: what it answers to REQ_UD2 has its frame counter,
    and the command goes once more with the next (5.2).
    """
    channel = used(meter, number)
    if _send(meter, channel, message):
        return True
    enciphered = type(message) not in _CIS or isinstance(message, SetClock)
    if not (enciphered and channel.user_key) or not read(meter, number):
        return False
    return _send(meter, channel, message)


def _send(meter: Meter, channel: Channel, message: Message) -> bool:
    ci = _CIS.get(type(message), Ci.COMMAND_SHORT)
    composed = keys.prepare(channel, ci, message)
    if composed is None:
        return False
    channel.transmissions += 1
    frame = _frame(channel.primary_address, composed.application)
    if not _acknowledged(meter, frame):
        return False
    keys.acknowledged(channel, composed)
    return True


def _frame(address: int, said: Application) -> bytes:
    return Long(_SND_UD, address, said.ci, said.encode()).encode()


def _acknowledged(meter: Meter, octets: bytes) -> bool:
    return any(_exchange(meter, octets) == ACK for _ in range(ATTEMPTS))


def _answer(meter: Meter, address: int) -> tuple[ShortId, Application] | None:
    """Who answers to one REQ_UD2 at an address, and what it says."""
    frame = _exchange(meter, Short(_REQ_UD2, address).encode())
    if not isinstance(frame, Long) or frame.address != address:
        return None
    try:
        said = application.decode(frame.ci, frame.body)
    except WireError:
        return None
    header = said.header
    return (header.device, said) if isinstance(header, LongHeader) else None


def _exchange(meter: Meter, octets: bytes) -> Frame | None:
    """The first frame of a slave among what is heard after sending; what follows it is lost."""
    attached = meter.state.attached
    heard = b"" if attached is None else attached.exchange(meter, octets)
    if not heard:
        return None
    try:
        return decode(heard, Direction.FROM_SLAVE)
    except WireError:
        reader = FrameReader(Direction.FROM_SLAVE)
        events = reader.feed(heard) + reader.silence()
        frames = (event for event in events if not isinstance(event, OctetsDropped))
        return next(frames, None)
