"""What a line of a telegram can say, beyond a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


class Raw(str):
    """A line's characters from its first bracket to its last, unread.

    The line is not in the table, or what it says does not have the form that its row asks.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class MBusReading:
    """The last value of an M-Bus meter (0-n:24.2.1; 0-n:24.3.0 in 3.0).

    `value_milli` is in thousandths of `unit`: dm3 for `m3`, MJ for `GJ`, Wh for `kWh`.
    `decimals`, 2 or 3, is how many are printed: gas F8(3,3) up to G6 and F8(2,2) above, heat
    F(2,2), water and electricity F(3,3).
    """

    captured: datetime
    value_milli: int
    unit: str = "m3"
    decimals: int = 3


@dataclass(frozen=True, slots=True)
class PowerFailure:
    """An entry of the long power failure log: when it ended (not began), and how long it was."""

    ended: datetime
    duration_s: int


FailureLog = tuple[PowerFailure, ...]

Value = int | Decimal | str | bytes | datetime | MBusReading | FailureLog
"""A number is an int in its row's unit; a Decimal in that unit if it was printed finer."""
