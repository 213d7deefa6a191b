"""What the E-meter can tell a device to do, whichever way the message came (P2 4.0.7, 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from meters.p2 import readout
from meters.p2.identity import NO_KEY, Fitting
from meters.p2.state import Mode
from wire.errors import WireError
from wire.mbus import rows
from wire.mbus.frames import ADDRESSES
from wire.mbus.headers import Configuration, DsmrVersion
from wire.mbus.records import Record
from wire.mbus.security import (
    CLEAR,
    MODE_15,
    decode_key_transfer,
    open_mode_15,
    unwrap_user_key,
)
from wire.mbus.times import decode_set_clock
from wire.mbus.values import CLEARABLE, Status, ValveCommand, ValveState

if TYPE_CHECKING:
    from meters.p2.device import Device

CLOCK_DEVIATION_S = 60
"""More than that is a clock synchronisation error (6.2.1)."""

ANY_APPLICATION_ERROR = 0x02
"""Status bits 0 and 1: what was asked for cannot be done (EN 13757-3, 6.6)."""


def open_body(device: Device, configuration: Configuration, body: bytes) -> bytes:
    """The plaintext of a message to the device.

    With a User key only mode 15 is accepted, without one only clear text (5.1). Raises
    `WireError` for what is to be ignored; a counter that was validated is used up.
    """
    state = device.state
    if state.user_key == NO_KEY:
        if configuration.mode != CLEAR:
            raise WireError(f"mode {configuration.mode} without a User key")
        return body
    if configuration.mode != MODE_15:
        raise WireError(f"mode {configuration.mode} with a User key")
    opened = open_mode_15(
        state.user_key,
        device.identity.short_id,
        configuration.blocks,
        body,
        state.frame_counter,
    )
    state.accept_counter(opened.counter)
    return opened.plaintext


def obey(device: Device, plaintext: bytes) -> None:
    """Does what the records of a control message say, in their order.

    Raises `WireError`, with nothing done, when they cannot be read. What the device knows but
    cannot do is an application error in its status.
    """
    records = rows.decode(plaintext)
    asked = [record.head for record in records if record.selection]
    if asked:
        device.selection = readout.selected(device, asked)
    for record in records:
        if not record.selection:
            _DOERS.get(record.head, _refuse)(device, record)


def obey_clear(device: Device, plaintext: bytes) -> None:
    """A message that is never enciphered: a new address, or a new User key (6.2.3, 6.5.1).

    Raises `WireError` for every other, and for one that the device must not accept now.
    """
    records = rows.decode(plaintext)
    match [record.head for record in records]:
        case [rows.ADDRESS.head]:
            _take_address(device, records[0])
        case [rows.KEY_LOW.head, rows.KEY_HIGH.head]:
            _take_key(device, _octets(records[1]) + _octets(records[0]))
        case [rows.KEY_TRANSFER.head]:
            _take_transferred(device, _octets(records[0]))
        case _:
            raise WireError("neither an address nor a key")


def set_clock(device: Device, plaintext: bytes) -> None:
    """Takes over the E-meter's time, always; the status tells if it was far off (6.2.1)."""
    state = device.state
    offset_s = int(decode_set_clock(plaintext).timestamp()) - state.at_s
    if abs(offset_s - state.clock_offset_s) > CLOCK_DEVIATION_S:
        state.errors |= Status.CLOCK_DEVIATION
    state.clock_offset_s = offset_s
    device.changed()


def _take_address(device: Device, record: Record) -> None:
    state = device.state
    if device.identity.wireless or state.user_key != NO_KEY:
        raise WireError("an address, and a radio or a User key")
    (address,) = record.data
    if address not in ADDRESSES:
        raise WireError(f"{address} is not an address of a device")
    state.address = address
    state.mode = Mode.CUSTOMER
    device.changed()


def _take_key(device: Device, wrapped: bytes) -> None:
    identity = device.identity
    if identity.version is DsmrVersion.SMR_5_0:
        raise WireError("a key that was wrapped as before SMR 5")
    device.state.user_key = unwrap_user_key(identity.default_key, wrapped)
    device.changed()


def _take_transferred(device: Device, octets: bytes) -> None:
    identity, state = device.identity, device.state
    if identity.version is not DsmrVersion.SMR_5_0:
        raise WireError("a key that is wrapped as of SMR 5")
    transferred = decode_key_transfer(
        *(identity.default_key, identity.short_id, octets, state.transfer_counter)
    )
    state.transfer_counter = transferred.change_counter
    if transferred.key_id == _USER_KEY_ID:
        state.user_key = transferred.key
    device.changed()


_USER_KEY_ID = 0


def _clear_status(device: Device, record: Record) -> None:
    device.state.errors &= ~(int(record.data[0]) & CLEARABLE)
    device.changed()


def _move_valve(device: Device, record: Record) -> None:
    """The valve follows the command, or the alarm says that it did not (6.2.2)."""
    identity, state = device.identity, device.state
    if not identity.valve.usable or state.user_key == NO_KEY:
        _refuse(device, record)
        return
    command = ValveCommand(record.data[0])
    directly = identity.valve is Fitting.OPENED_DIRECTLY
    if (state.valve, command) in (_DIRECT_MOVES if directly else _VALVE_MOVES):
        device.move_valve(ValveState(command))
    if state.valve != command:
        state.errors |= Status.VALVE_ALARM
    device.changed()


def _refuse(device: Device, record: Record) -> None:
    device.state.errors |= ANY_APPLICATION_ERROR
    device.changed()


def _octets(record: Record) -> bytes:
    value = record.value
    assert isinstance(value, bytes)
    return value


_VALVE_MOVES = {
    (ValveState.OPEN, ValveCommand.CLOSE),
    (ValveState.RELEASED, ValveCommand.CLOSE),
    (ValveState.CLOSED, ValveCommand.RELEASE),
}
_DIRECT_MOVES = _VALVE_MOVES | {
    (ValveState.CLOSED, ValveCommand.OPEN),
    (ValveState.RELEASED, ValveCommand.OPEN),
}
_DOERS: dict[bytes, Callable[[Device, Record], None]] = {
    rows.CLEAR_STATUS.head: _clear_status,
    rows.VALVE_COMMAND.head: _move_valve,
}
