"""The valve of a device behind a channel, and its scheduler (P3 4.0.6, 7.6).

A command is carried out at the next opportunity on P2, and enciphered (P2, 6.2.2). Where the
valve is, the E-meter knows from what the device said last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour.disconnect import Cause, ControlState, fulfilled, move
from meters.behaviour.schedule import can_be, instant_of
from meters.behaviour.task import NEVER
from meters.mbus import orders
from meters.mbus.channels import NUMBERS, Pending, channel_of, channels_of, used
from wire.cosem.dsmr.mbus import connect_script
from wire.dlms.data import Data
from wire.mbus.values import MeterConfiguration, ValveState

if TYPE_CHECKING:
    from meters.meter import Meter

_SCHEDULER = "mbus_disconnect_control_scheduler"
_STATES = {
    ValveState.CLOSED: ControlState.DISCONNECTED,
    ValveState.OPEN: ControlState.CONNECTED,
    ValveState.RELEASED: ControlState.READY_FOR_RECONNECTION,
}
# What a device must be able to do to bring its valve there.
_NEEDED = {
    ControlState.DISCONNECTED: MeterConfiguration.VALVE,
    ControlState.CONNECTED: MeterConfiguration.DIRECT_OPEN_SUPPORTED,
    ControlState.READY_FOR_RECONNECTION: MeterConfiguration.RELEASE_SUPPORTED,
}
SCRIPTS = {
    script: (number, cause)
    for number in NUMBERS
    for script, cause in (
        (connect_script(number), Cause.REMOTE_CONNECT),
        (connect_script(number) + 1, Cause.REMOTE_DISCONNECT),
    )
}
"""The channel and the command of each script of the table."""


def control_state(meter: Meter, number: int) -> ControlState:
    """Where the valve was when the device told last; open when it never did."""
    valve = channel_of(meter, number).valve
    return ControlState.CONNECTED if valve < 0 else _STATES[ValveState(valve)]


def command(meter: Meter, number: int, cause: Cause) -> bool:
    """A command of the central system; whether the device has a valve that can obey it.

    Without one, without a user key, and where the mode does not let it: a logical error.
    """
    channel = channel_of(meter, number)
    configuration = max(channel.meter_configuration, 0)
    if not configuration & MeterConfiguration.VALVE or not channel.user_key:
        return False
    name = f"mbus_disconnect_control_{number}", "control_mode"
    mode, state = meter.setting(*name).value, control_state(meter, number)
    after = move(mode, state, cause)
    if after is None:
        return fulfilled(mode, state, cause)
    if not configuration & _NEEDED[after]:
        return False
    wanted = next(valve for valve, control in _STATES.items() if control is after)
    used(meter, number).valve_command = int(wanted)
    orders.ask(meter, number, Pending.VALVE)
    return True


def execute(meter: Meter, script: int) -> bool:
    """Executes a script of the table; whether it could be obeyed."""
    return script in SCRIPTS and command(meter, *SCRIPTS[script])


def schedule(meter: Meter, execution_time: Data) -> bool:
    """Sets when the scheduler's script is executed, or that it is not; whether it can be."""
    if not can_be(meter, execution_time):
        return False
    if execution_time.value or meter.state.mbus is not None:
        channels_of(meter).valve_scheduled = bool(execution_time.value)
    return True


def due(meter: Meter, after_s: int) -> int:
    """When the script is executed; at once where the time passed meanwhile."""
    channels = meter.state.mbus
    if channels is None or not channels.valve_scheduled:
        return NEVER
    clock_s = instant_of(meter.setting(_SCHEDULER, "execution_time"), meter.zone)
    if clock_s is None:
        return NEVER
    return max(clock_s - meter.state.clock_offset_s, after_s + 1)


def run(meter: Meter) -> None:
    """Executes the script, once."""
    channels_of(meter).valve_scheduled = False
    meter.changed()
    _, selector = meter.setting(_SCHEDULER, "executed_script").value
    execute(meter, selector.value)
