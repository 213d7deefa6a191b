"""The AMR profile status: one octet that says how far to trust a captured row (P3, 4.2.5).

Bits 0 (critical error) and 1 (clock invalid) are never set: these meters have no such fault.
"""

from __future__ import annotations

from wire.instants import from_epoch, is_summer

DATA_NOT_VALID = 0x04
DAYLIGHT_SAVING = 0x08
CLOCK_ADJUSTED = 0x20
POWER_DOWN = 0x80


def summer_bit(clock_s: int) -> int:
    """DST as it is at this time of the meter's clock (epoch seconds)."""
    return DAYLIGHT_SAVING if is_summer(from_epoch(clock_s)) else 0
