"""A device on the radio: when it transmits, and how it goes on in the window behind that.

In storage it is silent. In installation it sends SND_IR every minute for an hour, then every
hour, until the E-meter confirms it. A customer's sends its reading once an hour, SND_NR, within
the first ten minutes. Behind each transmission it listens for a moment; when the E-meter uses
that, a frequent access cycle of at most six transmissions begins (P2 4.0.7, 3.2.5, 4.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.p2 import battery, commands, readout
from meters.p2.battery import Load
from meters.p2.identity import NO_KEY
from meters.p2.state import DeviceState, Mode
from wire.errors import WireError
from wire.instants import NEVER
from wire.mbus import application, wireless
from wire.mbus.application import Application, Ci
from wire.mbus.headers import Configuration, LongHeader, ShortHeader
from wire.mbus.wireless import Service, Side, Telegram

if TYPE_CHECKING:
    from meters.p2.device import Device

MINUTE_S, HOUR_S = 60, 3600
MINUTELY_S = HOUR_S
"""So long every minute, after the button was pressed."""

WINDOW_S = 600
"""Readings are sent in the first ten minutes of the hour (DSMR-M 4.5.7)."""

TRANSMISSIONS = 6
"""In one frequent access cycle, at most."""

_AFTER_READING_S = 5
_SND_NR, _SND_IR, _RSP_UD, _ACK = 0x44, 0x46, 0x08, 0x00
# Limited access; synchronous are only the hourly readings (4.2.6).
_ASYNCHRONOUS = Configuration(bidirectional=True)
_SYNCHRONOUS = Configuration(bidirectional=True, synchronous=True)


class Dialogue:
    """The cycle of this moment: what the device sent last and how often it has sent.

    `heard` is the last telegram of the E-meter that it took; b"" before the first.
    """

    __slots__ = ("sent", "transmissions", "heard")

    def __init__(self, telegram: bytes) -> None:
        self.sent = telegram
        self.transmissions = 1
        self.heard = b""


def begin_installation(device: Device) -> None:
    """Asks for an E-meter every minute, from now on; keys stay as they are (appendix C)."""
    state = device.state
    state.mode = Mode.INSTALLATION
    state.minutely_until_s = state.at_s + MINUTELY_S
    state.transmit_s = state.at_s + 1
    device.changed()


def plan(device: Device) -> None:
    """Finds the next reading to send, after the mode or the clock has changed."""
    state = device.state
    if device.identity.wireless and state.mode == Mode.CUSTOMER:
        begun_s = state.clock_s - state.clock_s % device.identity.period_s
        state.transmit_s = _within(device, begun_s)
        if state.transmit_s <= state.at_s:
            state.transmit_s = _within(device, begun_s + device.identity.period_s)


def report(device: Device) -> None:
    """Something has changed that is to be told at once: the valve (6.2.2)."""
    state = device.state
    if device.identity.wireless and state.mode == Mode.CUSTOMER:
        state.transmit_s = state.at_s + 1


def transmit(device: Device) -> bytes:
    """The telegram that is due; what is next is planned then. b"" from an empty battery."""
    if not _ready(device):
        return b""
    if device.state.mode == Mode.INSTALLATION:
        made = _say(device, _SND_IR, b"", _ASYNCHRONOUS)
    else:
        made = _say(device, _SND_NR, readout.read(device), _SYNCHRONOUS)
    if made:
        device.dialogue = Dialogue(made)
        _spend(device.state)
    _plan_next(device)
    return made


def miss(device: Device) -> None:
    """The transmission that is due goes out unheard: as `transmit`, but for the telegram."""
    state = device.state
    if _ready(device):
        if state.user_key == NO_KEY or state.take_counter() is not None:
            device.next_access_number()
            _spend(state)
        _plan_next(device)


def react(device: Device, octets: bytes) -> bytes:
    """The next telegram, after what was heard in the window, which may be nothing.

    b"" when the cycle is over, or never began. In a cycle the device repeats what it sent last
    until it hears another message of the E-meter.
    """
    dialogue = device.dialogue
    if dialogue is None:
        return b""
    if octets != dialogue.heard or not octets:
        try:
            answered = _answer(device, octets)
        except WireError:
            if not dialogue.heard:
                return _end(device)
        else:
            if not answered:
                return _end(device)
            dialogue.heard, dialogue.sent = octets, answered
    if dialogue.transmissions == TRANSMISSIONS:
        return _end(device)
    dialogue.transmissions += 1
    _spend(device.state)
    return dialogue.sent


def _ready(device: Device) -> bool:
    """Whether it transmits at all; a cycle that was going on is over."""
    state = device.state
    device.dialogue = None
    if not battery.is_empty(device.identity, state) and state.mode != Mode.STORAGE:
        return True
    state.transmit_s = NEVER
    return False


def _plan_next(device: Device) -> None:
    """Finds when it transmits again, having just done so."""
    state, period_s = device.state, device.identity.period_s
    if state.mode == Mode.INSTALLATION:
        soon = state.at_s + MINUTE_S < state.minutely_until_s
        state.transmit_s = state.at_s + (MINUTE_S if soon else HOUR_S)
    else:
        begun_s = state.clock_s - state.clock_s % period_s
        state.transmit_s = _within(device, begun_s + period_s)


def _end(device: Device) -> bytes:
    """The cycle is over, and with it the selection (6.3.2)."""
    device.dialogue = None
    device.selection = ()
    return b""


def _answer(device: Device, octets: bytes) -> bytes:
    """What goes back for this telegram; b"" when it ends the cycle.

    Raises `WireError` for all that is to be ignored.
    """
    telegram = wireless.decode(octets, Side.E_METER)
    message = application.decode(telegram.ci, telegram.body)
    header = message.header
    assert isinstance(header, LongHeader)
    if header.device != device.identity.short_id:
        raise WireError("a telegram for another device")
    if message.ci is Ci.LINK_TO_DEVICE and message.body:
        raise WireError("octets behind the header of a message without body")
    match telegram.service:
        case Service.SND_NKE:
            return b""
        case Service.CNF_IR:
            _confirm(device, header.access_number)
            return b""
        case Service.REQ_UD2:
            return _respond(device, header.access_number)
    return _acknowledge(device, message, header.access_number)


def _confirm(device: Device, access_number: int) -> None:
    """An E-meter has the device: hourly readings begin (8.4.2.2)."""
    state = device.state
    asked = state.access_number - 1 & 0xFF
    if state.mode == Mode.INSTALLATION and access_number == asked:
        state.mode = Mode.CUSTOMER
        plan(device)
        device.changed()


def _respond(device: Device, access_number: int) -> bytes:
    records = readout.read(device)
    return _say(device, _RSP_UD, records, _ASYNCHRONOUS, access_number)


def _acknowledge(device: Device, message: Application, access_number: int) -> bytes:
    commands.obey(device, message)
    header = ShortHeader(access_number, 0, _ASYNCHRONOUS)
    return _telegram(device, _ACK, Ci.LINK_FROM_DEVICE, header.encode())


def _say(
    device: Device,
    c: int,
    records: bytes,
    word: Configuration,
    access_number: int | None = None,
) -> bytes:
    """A telegram with records; b"" when the frame counter has run out."""
    protected = readout.protect(device, records, word)
    if protected is None:
        return b""
    if access_number is None:
        access_number = device.next_access_number()
    header = ShortHeader(access_number, 0, protected.word)
    return _telegram(device, c, Ci.RESPONSE_SHORT, header.encode() + protected.body)


def _telegram(device: Device, c: int, ci: Ci, body: bytes) -> bytes:
    return Telegram(c, device.identity.short_id.link_address(), ci, body).encode()


def _spend(state: DeviceState) -> None:
    battery.drain(state, Load.TRANSMISSION)
    battery.drain(state, Load.RECEPTION)


def _within(device: Device, begun_s: int) -> int:
    """When the reading of the hour that began then, by the device's clock, is sent: true time.

    Each device has a moment of its own in the window. Around it the access number moves the
    transmission by up to a 32nd of the nominal interval, as in the synchronous algorithm of
    EN 13757-4, but without adding up from hour to hour.
    """
    period_s = device.identity.period_s
    most_s = period_s // 32
    first_s = _AFTER_READING_S + most_s
    own = int(device.identity.short_id.identification)
    middle_s = first_s + own % (min(WINDOW_S, period_s) - first_s - most_s)
    number = device.state.access_number
    moved_s = period_s * (abs(number - 128) - 64) // 2048
    return begun_s + middle_s + moved_s - device.state.clock_offset_s
