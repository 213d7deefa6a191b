"""Units and scalers (IEC 62056-6-2, table 4): integers on the wire, Decimal when printing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

PerPhase = tuple[int, int, int]
"""One value for each of L1, L2 and L3, in the unit that the variable's name tells."""


class Unit(IntEnum):
    """The unit codes that Dutch meters use."""

    SECOND = 7
    CUBIC_METRE = 13
    JOULE = 25
    WATT = 27
    VAR = 29
    WATT_HOUR = 30
    AMPERE = 33
    VOLT = 35
    PERCENT = 56
    NONE = 255

    @property
    def symbol(self) -> str:
        """What a person reads: `Wh`, `m3`; empty for no unit."""
        return _SYMBOLS[self]


_SYMBOLS = {
    Unit.SECOND: "s",
    Unit.CUBIC_METRE: "m3",
    Unit.JOULE: "J",
    Unit.WATT: "W",
    Unit.VAR: "var",
    Unit.WATT_HOUR: "Wh",
    Unit.AMPERE: "A",
    Unit.VOLT: "V",
    Unit.PERCENT: "%",
    Unit.NONE: "",
}


@dataclass(frozen=True, slots=True)
class ScalerUnit:
    """`value * 10**scaler` in `unit`; attribute 3 of a register (IEC 62056-6-2, 4.3.2)."""

    scaler: int
    unit: Unit

    def decimal(self, value: int) -> Decimal:
        """The exact physical value, in the unit."""
        return Decimal(value).scaleb(self.scaler)
