"""A device on the wired bus: what it answers to the frames of the master (P2 4.0.7, 4.3).

It answers on its primary address alone, and to nothing that is not allowed: neither a frame
that DSMR lacks nor one that its User key forbids. The frame count bit is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.p2 import battery, commands, readout
from meters.p2.battery import Load
from wire.errors import WireError
from wire.mbus import application
from wire.mbus.application import Ci
from wire.mbus.frames import ACK, Direction, Long, Service, Short, decode
from wire.mbus.headers import LongHeader

if TYPE_CHECKING:
    from meters.p2.device import Device

_ACKNOWLEDGED = ACK.encode()
_RSP_UD, _RSP_SKE = 0x08, 0x0B


def answer(device: Device, octets: bytes) -> bytes:
    """What the device puts on the bus after these octets of the master; b"" for nothing.

    A control message that comes once more, access number and all, is acknowledged and not
    done again: its acknowledgement was lost.
    """
    try:
        frame = decode(octets, Direction.FROM_MASTER)
    except WireError:
        return b""
    if not isinstance(frame, (Short, Long)) or frame.address != device.state.address:
        return b""
    if octets == device.last_command:
        return _ACKNOWLEDGED
    device.last_command = b""
    match frame.service:
        case Service.SND_NKE:
            device.selection = ()
            return _ACKNOWLEDGED
        case Service.REQ_UD1:
            return _ACKNOWLEDGED
        case Service.REQ_SKE:
            return Short(_RSP_SKE, frame.address).encode()
        case Service.REQ_UD2:
            return _tell(device)
    assert isinstance(frame, Long)
    try:
        commands.obey(device, application.decode(frame.ci, frame.body))
    except WireError:
        return b""
    device.last_command = octets
    return _ACKNOWLEDGED


def _tell(device: Device) -> bytes:
    protected = readout.protect(device, readout.read(device))
    if protected is None:
        return b""
    battery.drain(device.state, Load.WIRED_ANSWER)
    header = LongHeader(
        *(device.identity.short_id, device.next_access_number(), 0, protected.word)
    )
    body = header.encode() + protected.body
    return Long(_RSP_UD, device.state.address, Ci.RESPONSE_LONG, body).encode()
