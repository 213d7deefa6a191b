"""What an E-meter answers by radio, in the window after a device's telegram (P2 4.0.7, 4.4).

A SND_IR of a registered device gets a CNF_IR and nothing more; in installation mode those of
others are offered on the display. Meter data begin a frequent access cycle when something
waits for the device: one message of the E-meter after each of the device, until SND_NKE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.mbus import errands, installation, keys, readings
from meters.mbus.binding import channel_with
from meters.mbus.channels import Channel, Pending, channels_of, used
from meters.mbus.dialogue import Dialogue
from wire.errors import WireError
from wire.mbus import application
from wire.mbus.application import Application, Ci
from wire.mbus.headers import ShortId
from wire.mbus.messages import Message, Nothing, SetClock
from wire.mbus.wireless import NO_LINK_ADDRESS, Service, Side, Telegram, decode

if TYPE_CHECKING:
    from meters.meter import Meter

_SND_UD, _REQ_UD2, _SND_NKE, _CNF_IR = 0x53, 0x5B, 0x40, 0x06
_MOST_FOUND = 64


def heard(meter: Meter, octets: bytes) -> bytes:
    """The E-meter's telegram in answer to one of a device; b"" for none."""
    try:
        telegram = decode(octets, Side.DEVICE)
        device = telegram.sender()
        said = application.decode(telegram.ci, telegram.body)
    except WireError:
        return b""
    number = channel_with(meter, device)
    if telegram.service is Service.SND_IR:
        return _install(meter, number, device, said)
    if number is None:
        return b""
    channels, at_s = channels_of(meter), meter.state.at_s
    dialogue = channels.dialogue
    going_on = dialogue is not None and (dialogue.number, dialogue.at_s) == (
        number,
        at_s,
    )
    if dialogue is not None and going_on and dialogue.heard == octets:
        return dialogue.reply
    if dialogue is None or not going_on or telegram.service is Service.SND_NR:
        dialogue = channels.dialogue = Dialogue(number, at_s)
    _listen(meter, dialogue, telegram.service, said)
    dialogue.heard, dialogue.reply = octets, _reply(meter, dialogue, device)
    return dialogue.reply


def _install(
    meter: Meter, number: int | None, device: ShortId, said: Application
) -> bytes:
    """Confirms the installation of a registered device; another may be chosen (8.4.2)."""
    if number is None:
        if installation.installing(meter):
            found = channels_of(meter).found
            if device.encode() not in found and len(found) < _MOST_FOUND:
                channels_of(meter).found = (*found, device.encode())
                meter.changed()
        return b""
    errands.heard(meter, number)
    assert said.header is not None
    return _link(_CNF_IR, device, said.header.access_number)


def _listen(
    meter: Meter, dialogue: Dialogue, service: Service, said: Application
) -> None:
    """Takes what the device says: its reading, what it was asked for, or that it has obeyed."""
    number = dialogue.number
    errands.heard(meter, number)
    if service is Service.ACK:
        _acknowledge(meter, dialogue, said)
        return
    message = keys.understand(meter, number, said)
    if message is None:
        return
    if dialogue.errand is Pending.VERSIONS:
        readings.versions(meter, number, message)
        errands.done(meter, number, Pending.VERSIONS)
    else:
        errands.take(meter, number, message)


def _acknowledge(meter: Meter, dialogue: Dialogue, said: Application) -> None:
    """An ACK copies the access number of what it acknowledges."""
    composed, header = dialogue.composed, said.header
    if composed is None or header is None or composed.application.header is None:
        return
    if header.access_number != composed.application.header.access_number:
        return
    keys.acknowledged(used(meter, dialogue.number), composed)
    dialogue.composed = None
    if dialogue.errand is not Pending.VERSIONS:
        errands.done(meter, dialogue.number, dialogue.errand)


def _reply(meter: Meter, dialogue: Dialogue, device: ShortId) -> bytes:
    """The next thing to tell or to ask; SND_NKE when that was all, nothing if it is nothing."""
    channel = used(meter, dialogue.number)
    if dialogue.errand is Pending.VERSIONS and Pending.VERSIONS in channel.pending:
        if dialogue.composed is None:
            return _ask(channel, device)
    for errand in Pending:
        if errand & errands.ready(channel) & ~dialogue.tried & ~Pending.BIND:
            dialogue.tried |= errand
            dialogue.errand = errand
            if errand is Pending.READ:
                dialogue.composed = None
                return _ask(channel, device)
            said = _tell(meter, channel, dialogue)
            if said:
                return said
    if not dialogue.tried:
        return b""
    dialogue.errand, dialogue.composed = Pending(0), None
    return _link(_SND_NKE, device, _next_number(channel))


def _tell(meter: Meter, channel: Channel, dialogue: Dialogue) -> bytes:
    message = errands.message_for(meter, channel, dialogue.errand)
    composed = keys.prepare(channel, _ci(message), message)
    dialogue.composed = composed
    if composed is None:
        return b""
    meter.state.unsaved = True
    channel.transmissions += 1
    said = composed.application
    return Telegram(_SND_UD, NO_LINK_ADDRESS, said.ci, said.encode()).encode()


def _ci(message: Message) -> Ci:
    return Ci.CLOCK if isinstance(message, SetClock) else Ci.COMMAND_LONG


def _ask(channel: Channel, device: ShortId) -> bytes:
    channel.transmissions += 1
    return _link(_REQ_UD2, device, _next_number(channel))


def _link(c: int, device: ShortId, access_number: int) -> bytes:
    """A telegram of the link alone; the long header says which device it is for."""
    said = application.compose(Ci.LINK_TO_DEVICE, Nothing(), device, access_number)
    return Telegram(c, NO_LINK_ADDRESS, said.ci, said.encode()).encode()


def _next_number(channel: Channel) -> int:
    channel.sent_number = channel.sent_number + 1 & 0xFF
    return channel.sent_number
