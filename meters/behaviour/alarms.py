"""The error and the alarm register: one layout of 32 bits, set by events (P3, 4.2.3 and 4.2.4).

An error bit tells what is wrong. An alarm bit tells that something was, to who asked for it
by the filter; it stays until it is written. When the alarm register is no longer 0, the
register monitor acts: it asks for the push that its script names (P3, 9.1.2). SMR 5.2
adds a second alarm register with its filter, SMR 5.5 a third; they have no monitor of their
own. The one monitor acts for the second too, and the third, of the last gasp, sets off the
push by UDP, for there is no time for more.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from meters.behaviour import push
from wire.cosem.dsmr.alarms import NO_SCRIPT
from wire.cosem.dsmr.push import UDP_SETUP
from wire.cosem.events import CHANNELS, Event, MBusEvent
from wire.cosem.rows import SMR5
from wire.dlms.data import Tag

if TYPE_CHECKING:
    from meters.meter import Meter


class Fault(IntFlag):
    """The bits of both registers that these meters can set; bit 0 is the least one."""

    CLOCK_INVALID = 1 << 0
    REPLACE_BATTERY = 1 << 1
    POWER_UP = 1 << 2
    CONFIGURATION_CHANGED = 1 << 4
    PROGRAM_MEMORY = 1 << 8
    RAM = 1 << 9
    NV_MEMORY = 1 << 10
    MEASUREMENT_SYSTEM = 1 << 11
    WATCHDOG = 1 << 12
    FRAUD_ATTEMPT = 1 << 13
    MBUS_COMMUNICATION = 1 << 16
    MBUS_FRAUD_ATTEMPT = 1 << 20
    MBUS_NEW_DEVICE = 1 << 24
    PHASE_OUTAGE_L1 = 1 << 28
    PHASE_OUTAGE_L2 = 1 << 29
    PHASE_OUTAGE_L3 = 1 << 30
    PHASE_OUTAGE_TEST = 1 << 31

    def on(self, channel: int) -> int:
        """The bit of an M-Bus channel; named above is that of the first."""
        return int(self) << channel - 1


_MBUS = {
    MBusEvent.COMMUNICATION_ERROR: Fault.MBUS_COMMUNICATION,
    MBusEvent.FRAUD_ATTEMPT: Fault.MBUS_FRAUD_ATTEMPT,
    MBusEvent.NEW_DEVICE_DISCOVERED: Fault.MBUS_NEW_DEVICE,
}
RAISED_BY: dict[int, int] = {
    Event.CLOCK_INVALID: Fault.CLOCK_INVALID,
    Event.REPLACE_BATTERY: Fault.REPLACE_BATTERY,
    Event.POWER_UP: Fault.POWER_UP,
    Event.PROGRAM_MEMORY_ERROR: Fault.PROGRAM_MEMORY,
    Event.RAM_ERROR: Fault.RAM,
    Event.NV_MEMORY_ERROR: Fault.NV_MEMORY,
    Event.MEASUREMENT_SYSTEM_ERROR: Fault.MEASUREMENT_SYSTEM,
    Event.WATCHDOG_RESET: Fault.WATCHDOG,
    Event.TERMINAL_COVER_REMOVED: Fault.FRAUD_ATTEMPT,
    Event.STRONG_DC_FIELD: Fault.FRAUD_ATTEMPT,
    Event.METER_COVER_REMOVED: Fault.FRAUD_ATTEMPT,
    Event.FAILED_LOGIN: Fault.FRAUD_ATTEMPT,
    Event.CONFIGURATION_CHANGED: Fault.FRAUD_ATTEMPT,
    **{
        event.on(channel): fault.on(channel)
        for event, fault in _MBUS.items()
        for channel in CHANNELS
    },
}
# What SMR 5 has beside these, as a running central system names the bits.
RAISED_BY_SMR5: dict[int, int] = RAISED_BY | {
    Event.CONFIGURATION_CHANGED: Fault.FRAUD_ATTEMPT | Fault.CONFIGURATION_CHANGED,
    Event.PHASE_OUTAGE_L1: Fault.PHASE_OUTAGE_L1,
    Event.PHASE_OUTAGE_L2: Fault.PHASE_OUTAGE_L2,
    Event.PHASE_OUTAGE_L3: Fault.PHASE_OUTAGE_L3,
    Event.PHASE_OUTAGE_TEST: Fault.PHASE_OUTAGE_TEST,
}
# A test is an alarm, and nothing is wrong.
_NO_ERROR = int(Fault.PHASE_OUTAGE_TEST)
# The alarm registers that came later: which one an event raises, and the bit.
LATER: dict[int, tuple[int, int]] = {
    **{Event(Event.VOLTAGE_SAG_L1 + n): (2, 1 << n) for n in range(6)},
    **{Event(Event.THD_OVER_LIMIT_L1 + n): (2, 1 << 8 + n) for n in range(3)},
    **{Event(Event.THD_LONG_OVER_LIMIT_L1 + n): (2, 1 << 11 + n) for n in range(3)},
    Event.LAST_GASP: (3, 1 << 0),
    Event.LAST_GASP_TEST: (3, 1 << 1),
}
MENDED_BY: dict[int, int] = {
    Event.PHASE_RETURNED_L1: Fault.PHASE_OUTAGE_L1,
    Event.PHASE_RETURNED_L2: Fault.PHASE_OUTAGE_L2,
    Event.PHASE_RETURNED_L3: Fault.PHASE_OUTAGE_L3,
    **{
        MBusEvent.COMMUNICATION_OK.on(channel): Fault.MBUS_COMMUNICATION.on(channel)
        for channel in CHANNELS
    },
}

PHASE_OUTAGES = Fault.PHASE_OUTAGE_L1 | Fault.PHASE_OUTAGE_L2 | Fault.PHASE_OUTAGE_L3
# Error bits that go with their cause and not by writing.
SELF_CLEARING = int(Fault.CLOCK_INVALID | PHASE_OUTAGES) | sum(
    fault.on(channel)
    for fault in (Fault.MBUS_COMMUNICATION, Fault.MBUS_FRAUD_ATTEMPT)
    for channel in CHANNELS
)

# The scripts of the push script table 0-0:10.0.108 (P3, 9.2).
PUSH_ON_SCHEDULE, PUSH_ON_ALARM, PUSH_ON_CALL = 1, 2, 3


def notice(meter: Meter, event: int) -> None:
    """What an event does to the registers."""
    raised = RAISED_BY_SMR5 if meter.identity.standard in SMR5 else RAISED_BY
    if event in MENDED_BY:
        mend(meter, MENDED_BY[event])
    bits = int(raised.get(event, 0))
    if bits:
        state = meter.state
        state.errors |= bits & ~_NO_ERROR
        write_alarms(
            meter, state.alarms | bits & meter.setting("alarm_filter", "value").value
        )
    if event in LATER:
        register, bit = LATER[event]
        if bit & meter.setting(f"alarm_filter_{register}", "value").value:
            write_later(meter, register, later(meter, register) | bit)


def mend(meter: Meter, fault: int) -> None:
    """The cause of an error is gone."""
    meter.state.errors &= ~int(fault)


def write_errors(meter: Meter, value: int) -> None:
    """Management writes the error register: bits that clear themselves stay as they are."""
    state = meter.state
    state.errors = value & ~SELF_CLEARING | state.errors & SELF_CLEARING


def write_alarms(meter: Meter, value: int) -> None:
    """Gives the alarm register a value; no longer 0, it sets off the monitor."""
    before, meter.state.alarms = meter.state.alarms, value
    if value and not before:
        set_off(meter)


def later(meter: Meter, register: int) -> int:
    """The second or the third alarm register."""
    return meter.state.later_alarms[register - 2]


def write_later(meter: Meter, register: int, value: int) -> None:
    """Gives the second or the third alarm register a value."""
    second, third = meter.state.later_alarms
    before = later(meter, register)
    meter.state.later_alarms = (value, third) if register == 2 else (second, value)
    if value and not before:
        _set_off_for(meter, register)


def compare_anew(meter: Meter) -> None:
    """At power-up the monitor compares as if all had been 0 before (P3, register monitor)."""
    if meter.state.alarms:
        set_off(meter)
    for register in (2, 3):
        if later(meter, register):
            _set_off_for(meter, register)


def _set_off_for(meter: Meter, register: int) -> None:
    if register == 2:
        set_off(meter)
    else:
        push.trigger(meter, UDP_SETUP)


def set_off(meter: Meter) -> None:
    """The monitored value is above the threshold: executes the script of its action up.

    What it asks for waits in `pushes` until it is sent; the message tells of the register
    as it is then, so none waits twice.
    """
    for action_set in meter.setting("alarm_monitor", "actions").value:
        action_up = action_set.value[0]
        if action_up.tag is not Tag.NULL_DATA:
            script, selector = (part.value for part in action_up.value)
            if script != NO_SCRIPT and selector not in meter.state.pushes:
                meter.state.pushes = (*meter.state.pushes, selector)
                meter.changed()
