"""What a person does to a meter, or breaks in it: scenarios call it by name.

Wrong keys need no row here: they come over P3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from meters.behaviour import disturbance, events, harmonics
from meters.mbus import installation
from wire.cosem.events import Event

if TYPE_CHECKING:
    from meters.meter import Meter


class What(StrEnum):
    """The names of injections."""

    TERMINAL_COVER_REMOVED = "terminal_cover_removed"
    TERMINAL_COVER_CLOSED = "terminal_cover_closed"
    MBUS_COVER_REMOVED = "mbus_cover_removed"
    MBUS_COVER_CLOSED = "mbus_cover_closed"
    METER_COVER_REMOVED = "meter_cover_removed"
    METER_COVER_CLOSED = "meter_cover_closed"
    MAGNETIC_FIELD_ON = "magnetic_field_on"
    MAGNETIC_FIELD_OFF = "magnetic_field_off"
    CLOCK_FAULT = "clock_fault"
    PROGRAM_MEMORY_ERROR = "program_memory_error"
    RAM_ERROR = "ram_error"
    NV_MEMORY_ERROR = "nv_memory_error"
    WATCHDOG_RESET = "watchdog_reset"
    MEASUREMENT_ERROR = "measurement_error"
    BATTERY_LOW = "battery_low"
    BATTERY_EMPTY = "battery_empty"
    VOLTAGE_SAG = "voltage_sag"
    VOLTAGE_SWELL = "voltage_swell"
    THD = "thd"


EVENTS = {
    What.TERMINAL_COVER_REMOVED: Event.TERMINAL_COVER_REMOVED,
    What.TERMINAL_COVER_CLOSED: Event.TERMINAL_COVER_CLOSED,
    What.METER_COVER_REMOVED: Event.METER_COVER_REMOVED,
    What.METER_COVER_CLOSED: Event.METER_COVER_CLOSED,
    What.MAGNETIC_FIELD_ON: Event.STRONG_DC_FIELD,
    What.MAGNETIC_FIELD_OFF: Event.STRONG_DC_FIELD_GONE,
    What.CLOCK_FAULT: Event.CLOCK_INVALID,
    What.PROGRAM_MEMORY_ERROR: Event.PROGRAM_MEMORY_ERROR,
    What.RAM_ERROR: Event.RAM_ERROR,
    What.NV_MEMORY_ERROR: Event.NV_MEMORY_ERROR,
    What.WATCHDOG_RESET: Event.WATCHDOG_RESET,
    What.MEASUREMENT_ERROR: Event.MEASUREMENT_SYSTEM_ERROR,
    What.BATTERY_LOW: Event.BATTERY_VOLTAGE_LOW,
    What.BATTERY_EMPTY: Event.REPLACE_BATTERY,
}
# The terminals of P2 are under a cover of their own, or under that of all terminals.
COVERS = {
    What.TERMINAL_COVER_REMOVED: installation.cover_opened,
    What.TERMINAL_COVER_CLOSED: installation.end,
    What.MBUS_COVER_REMOVED: installation.cover_opened,
    What.MBUS_COVER_CLOSED: installation.end,
}
# What the voltage becomes unless it is said, in 0.1 V, and how much the current is distorted.
VOLTAGES_DV = {What.VOLTAGE_SAG: 1900, What.VOLTAGE_SWELL: 2600}
THD_PERCENT = 40


@dataclass(frozen=True, slots=True)
class Injection:
    """Something to inject; phase (1 to 3) and duration are for what a phase has.

    The voltage goes with sags and swells, the percentage with the distortion of the current.
    """

    what: What
    phase: int = 1
    voltage_dv: int | None = None
    duration_s: int = 60
    percent: int = THD_PERCENT


def inject(meter: Meter, injection: Injection) -> None:
    """Does it to a meter, now; raises `LocalError` when the meter cannot have it."""
    event, cover = EVENTS.get(injection.what), COVERS.get(injection.what)
    if event is not None:
        events.record(meter, event)
    if cover is not None and meter.powered:
        cover(meter)
    if event is not None or cover is not None:
        return
    if injection.what is What.THD:
        phase, percent = injection.phase - 1, injection.percent
        harmonics.begin(meter, phase, percent, injection.duration_s)
        return
    voltage_dv = injection.voltage_dv
    if voltage_dv is None:
        voltage_dv = VOLTAGES_DV[injection.what]
    disturbance.begin(meter, injection.phase - 1, voltage_dv, injection.duration_s)
