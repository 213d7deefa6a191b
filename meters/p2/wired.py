"""A device on the wired bus: what it answers to the frames of the master (P2 4.0.7, 4.3).

It answers on its primary address alone, and to nothing that is not allowed: neither a frame
that DSMR lacks nor one that its User key forbids. The frame count bit is ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from meters.p2 import battery, commands, readout
from meters.p2.battery import Load
from meters.p2.identity import NO_KEY
from wire.errors import WireError
from wire.mbus.frames import ACK, Direction, Long, Service, Short, decode
from wire.mbus.headers import Configuration, LongHeader, ShortHeader
from wire.mbus.security import BLOCK_OCTETS, MODE_15, filled, seal_mode_15

if TYPE_CHECKING:
    from meters.p2.device import Device

_ACKNOWLEDGED = ACK.encode()
_RSP_UD, _RSP_UD_CI, _RSP_SKE = 0x08, 0x72, 0x0B
_CONTROL, _CLOCK, _CLEAR = 0x5A, 0x6C, 0x51


def answer(device: Device, octets: bytes) -> bytes:
    """What the device puts on the bus after these octets of the master; b"" for nothing.

    A control message that comes once more, access number and all, is acknowledged and not
    done again: its acknowledgement was lost.
    """
    try:
        frame = decode(octets, Direction.FROM_MASTER)
    except WireError:
        return b""
    if isinstance(frame, (Short, Long)) and frame.address == device.state.address:
        repeated = octets == device.last_command
        device.last_command = b""
        if repeated:
            device.last_command = octets
            return _ACKNOWLEDGED
        return _react(device, frame, octets)
    return b""


def protect(device: Device, records: bytes) -> tuple[Configuration, bytes] | None:
    """Records as the body of a message of the device, and what its header says of them.

    Enciphered in mode 15 as soon as there is a User key; None when its counter has run out.
    """
    state = device.state
    if state.user_key == NO_KEY:
        return Configuration(), records
    counter = state.take_counter()
    if counter is None:
        return None
    plaintext = filled(records)
    body = seal_mode_15(state.user_key, device.identity.short_id, counter, plaintext)
    return Configuration(MODE_15, len(plaintext) // BLOCK_OCTETS), body


def _react(device: Device, frame: Short | Long, octets: bytes) -> bytes:
    match frame.service:
        case Service.SND_NKE:
            device.selection = ()
            return _ACKNOWLEDGED
        case Service.REQ_UD2:
            return _tell(device)
        case Service.REQ_UD1:
            return _ACKNOWLEDGED
        case Service.REQ_SKE:
            return Short(_RSP_SKE, frame.address).encode()
        case Service.SND_UD if isinstance(frame, Long):
            try:
                _TAKERS[frame.ci](device, frame.body)
            except WireError:
                return b""
            device.last_command = octets
            return _ACKNOWLEDGED
    return b""


def _tell(device: Device) -> bytes:
    state = device.state
    protected = protect(device, readout.read(device))
    if protected is None:
        return b""
    configuration, body = protected
    battery.drain(state, Load.WIRED_ANSWER)
    number = device.next_access_number()
    header = LongHeader(device.identity.short_id, number, 0, configuration)
    return Long(_RSP_UD, state.address, _RSP_UD_CI, header.encode() + body).encode()


def _take_control(device: Device, body: bytes) -> None:
    header = ShortHeader.decode(body[: ShortHeader.OCTETS])
    content = body[ShortHeader.OCTETS :]
    commands.obey(device, commands.open_body(device, header.configuration, content))


def _take_clock(device: Device, body: bytes) -> None:
    header = LongHeader.decode(body[: LongHeader.OCTETS])
    if header.device != device.identity.short_id:
        raise WireError("the time of another device")
    content = body[LongHeader.OCTETS :]
    commands.set_clock(
        device, commands.open_body(device, header.configuration, content)
    )


_TAKERS: dict[int, Callable[[Device, bytes], None]] = {
    _CONTROL: _take_control,
    _CLOCK: _take_clock,
    _CLEAR: commands.obey_clear,
}
