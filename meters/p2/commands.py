"""What the E-meter can tell a device to do, whichever way the message came (P2 4.0.7, 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from meters.p2 import readout
from meters.p2.identity import NO_KEY, Fitting
from meters.p2.state import Mode
from wire.errors import WireError
from wire.mbus.application import Application, Opening, interpret
from wire.mbus.frames import ADDRESSES, UNCONFIGURED_ADDRESS
from wire.mbus.headers import DsmrVersion, LongHeader
from wire.mbus.messages import (
    ClearStatus,
    Message,
    OperateValve,
    ReadOutList,
    SetAddress,
    SetClock,
    SetKey,
    TransferKey,
)
from wire.mbus.security import decode_key_transfer, unwrap_user_key
from wire.mbus.values import CLEARABLE, Status, ValveCommand, ValveState

if TYPE_CHECKING:
    from meters.p2.device import Device

CLOCK_DEVIATION_S = 60
"""More than that is a clock synchronisation error (6.2.1)."""

ANY_APPLICATION_ERROR = Status(0x02)
"""Status bits 0 and 1: what was asked for cannot be done (EN 13757-3, 6.6)."""

_ALWAYS_CLEAR = (SetKey, TransferKey)
_USER_KEY_ID = 0


def obey(device: Device, application: Application) -> None:
    """Does what a message says, if it is for the device and it may.

    With a User key only mode 15 is accepted, but for a new key (6.5). Raises `WireError` for
    what is to be ignored; nothing has changed then, nor is its frame counter used up.
    """
    identity, state = device.identity, device.state
    header = application.header
    if isinstance(header, LongHeader) and header.device != identity.short_id:
        raise WireError("a message for another device")
    keyed = state.user_key != NO_KEY
    opening = Opening(state.user_key, state.frame_counter) if keyed else None
    message, counter = interpret(application, identity.short_id, opening)
    if counter is not None:
        state.accept_counter(counter)
    elif keyed and not isinstance(message, _ALWAYS_CLEAR):
        raise WireError("a message in clear, and a User key")
    _DOERS[type(message)](device, message)
    device.changed()


def _select(device: Device, message: ReadOutList) -> None:
    device.selection = readout.selected(device, message.content)


def _set_clock(device: Device, message: SetClock) -> None:
    """Takes over the E-meter's time, always; the status tells if it was far off (6.2.1)."""
    state = device.state
    offset_s = int(message.instant.timestamp()) - state.at_s
    if abs(offset_s - state.clock_offset_s) > CLOCK_DEVIATION_S:
        state.errors |= Status.CLOCK_DEVIATION
    device.set_clock_error(offset_s)


def _set_address(device: Device, message: SetAddress) -> None:
    """A new address (6.2.3); 0, that of a device without one, after it was deinstalled."""
    state, address = device.state, message.address
    if state.user_key != NO_KEY or address not in (UNCONFIGURED_ADDRESS, *ADDRESSES):
        raise WireError(f"no new address {address}")
    state.address = address
    state.mode = Mode.CUSTOMER if address else Mode.INSTALLATION


def _set_key(device: Device, message: SetKey) -> None:
    identity = device.identity
    if identity.version is DsmrVersion.SMR_5_0:
        raise WireError("a key that was wrapped as before SMR 5")
    device.state.user_key = unwrap_user_key(identity.default_key, message.wrapped)


def _transfer_key(device: Device, message: TransferKey) -> None:
    identity, state = device.identity, device.state
    if identity.version is not DsmrVersion.SMR_5_0:
        raise WireError("a key that is wrapped as of SMR 5")
    transferred = decode_key_transfer(
        identity.default_key, identity.short_id, message.octets, state.transfer_counter
    )
    state.transfer_counter = transferred.change_counter
    if transferred.key_id == _USER_KEY_ID:
        state.user_key = transferred.key


def _clear_status(device: Device, message: ClearStatus) -> None:
    device.state.errors &= ~(message.mask & CLEARABLE)


def _operate_valve(device: Device, message: OperateValve) -> None:
    """The valve follows the command, or the alarm says that it did not (6.2.2)."""
    fitting, state = device.identity.valve, device.state
    if state.user_key == NO_KEY:
        raise WireError("a command for the valve, and no User key")
    if not fitting.usable:
        state.errors |= ANY_APPLICATION_ERROR
        return
    moves = _DIRECT_MOVES if fitting is Fitting.OPENED_DIRECTLY else _MOVES
    if (state.valve, message.command) in moves:
        device.move_valve(ValveState(message.command))
    if state.valve == message.command:
        state.errors &= ~Status.VALVE_ALARM
    else:
        state.errors |= Status.VALVE_ALARM


_MOVES = {
    (ValveState.OPEN, ValveCommand.CLOSE),
    (ValveState.RELEASED, ValveCommand.CLOSE),
    (ValveState.CLOSED, ValveCommand.RELEASE),
}
_DIRECT_MOVES = _MOVES | {
    (ValveState.CLOSED, ValveCommand.OPEN),
    (ValveState.RELEASED, ValveCommand.OPEN),
}
_DOERS: dict[type[Message], Callable[[Device, Any], None]] = {
    ReadOutList: _select,
    SetClock: _set_clock,
    SetAddress: _set_address,
    SetKey: _set_key,
    TransferKey: _transfer_key,
    ClearStatus: _clear_status,
    OperateValve: _operate_valve,
}
