"""The AMR profile status: one octet that says how far to trust a captured row (P3, 4.2.5)."""

from __future__ import annotations

from meters.behaviour.alarms import Fault
from wire.zones import Zone

CRITICAL_ERROR = 0x01
CLOCK_INVALID = 0x02
DATA_NOT_VALID = 0x04
DAYLIGHT_SAVING = 0x08
CLOCK_ADJUSTED = 0x20
POWER_DOWN = 0x80

# The errors that a display tells of as critical, bits 8 to 11 (P3, annex B).
_CRITICAL = int(
    Fault.PROGRAM_MEMORY | Fault.RAM | Fault.NV_MEMORY | Fault.MEASUREMENT_SYSTEM
)
_INVALID_CLOCK = int(Fault.CLOCK_INVALID)


def fault_bits(errors: int) -> int:
    """What the errors that stand mean for the interval in which they do."""
    flags = 0
    if errors & _CRITICAL:
        flags |= CRITICAL_ERROR | DATA_NOT_VALID
    if errors & _INVALID_CLOCK:
        flags |= CLOCK_INVALID | DATA_NOT_VALID
    return flags


def summer_bit(zone: Zone, clock_s: int) -> int:
    """DST as the meter's zone has it at this time of its clock (epoch seconds)."""
    return DAYLIGHT_SAVING if zone.is_summer(clock_s) else 0
