"""What is said to a device and what it says, under the keys and the counter of its channel.

One frame counter serves both directions (P2 4.0.7, 5.2). It is the highest that was validated:
by the E-meter in a message of the device, or by the device in one that it acknowledged. While a
key is exchanged the device may still use the former one, or the new one already: both are tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meters.mbus.channels import NO_KEY, Channel, KeyStatus, Pending, used
from meters.mbus.names import device_of
from wire.errors import WireError
from wire.mbus.application import (
    Application,
    Ci,
    Opening,
    Sealing,
    compose,
    interpret,
)
from wire.mbus.messages import SEALABLE, Data, Message
from wire.mbus.security import CLEAR, KEY_OCTETS, MAX_COUNTER, WrongFillers

if TYPE_CHECKING:
    from meters.meter import Meter

ZERO_KEY = bytes(KEY_OCTETS)
"""A user key of nothing but zeros is none (P2 4.0.7, 6.5.1)."""


class Composed(NamedTuple):
    """What goes to a device, and the frame counter in it; None when it goes in clear."""

    application: Application
    counter: int | None


def understand(meter: Meter, number: int, application: Application) -> Data | None:
    """What the device of a channel says; None for what is not validated.

    Enciphered, it needs one of the channel's keys and a counter above all before (5.2); in
    clear it is taken as well, for P1 (6.4). The mode is shown either way.
    """
    channel = used(meter, number)
    assert application.header is not None
    channel.configuration = application.mode
    try:
        if application.mode == CLEAR:
            message = interpret(application).message
            told = channel.forwarded or not channel.wrapped_key
            adopted = channel.next_key == ZERO_KEY and told
        else:
            message, adopted = _decipher(channel, application)
    except WireError:
        channel.bad_frames += 1
        return None
    if not isinstance(message, Data):
        return None
    channel.good_frames += 1
    channel.access_number = application.header.access_number
    if adopted:
        _adopt(channel)
        meter.changed()
    return message


def _decipher(channel: Channel, application: Application) -> tuple[Message, bool]:
    """The message, and whether it is under the key that was set last; `WireError` as `interpret`.

    Only what is right in all of it has a counter to keep.
    """
    last_counter = channel.frame_counter if channel.frame_counter >= 0 else None
    for key in (channel.user_key, channel.next_key):
        if key not in (NO_KEY, ZERO_KEY):
            opening = Opening(key, last_counter)
            try:
                message, counter = interpret(application, device_of(channel), opening)
            except WrongFillers:
                continue
            if counter is not None:
                channel.frame_counter = counter
            return message, key == channel.next_key
    raise WrongFillers("none of the keys deciphers it")


def _adopt(channel: Channel) -> None:
    """The device uses the key that was set last: what follows a change of keys is due.

    So it has got it, though the acknowledgement was lost; sent once more, its change counter
    would be an old one to a device of SMR 5.
    """
    key = channel.next_key
    channel.user_key = NO_KEY if key == ZERO_KEY else key
    channel.next_key = NO_KEY
    channel.key_status = KeyStatus.IN_USE if channel.user_key else KeyStatus.NONE
    if channel.forwarded:
        channel.wrapped_key = b""
        channel.pending &= ~Pending.KEY
    channel.pending |= Pending.CLOCK | Pending.VERSIONS


def prepare(channel: Channel, ci: Ci, message: Message) -> Composed | None:
    """A message for the device of a channel, enciphered when there is a key for it.

    None when it cannot be: the channel names no device, or its counter is used up.
    """
    device, counter = device_of(channel), channel.frame_counter + 1
    if device is None:
        return None
    sealing = None
    if channel.user_key and type(message) in SEALABLE:
        if counter > MAX_COUNTER:
            return None
        sealing = Sealing(channel.user_key, counter)
    channel.sent_number = channel.sent_number + 1 & 0xFF
    application = compose(ci, message, device, channel.sent_number, sealing=sealing)
    return Composed(application, counter if sealing else None)


def acknowledged(channel: Channel, composed: Composed) -> None:
    """The device has taken a message: its counter is validated."""
    if composed.counter is not None:
        channel.frame_counter = max(channel.frame_counter, composed.counter)
