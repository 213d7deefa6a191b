"""A device's battery: what each thing that it does takes, and when it is reported as low.

None of this is in the standard, but that a battery lasts 20 years of hourly messages and of use
of the display, and that its end is announced (DSMR-M 4.3.4, 4.6.66 to 4.6.68). The capacity
is that of one lithium cell of size C.
"""

from __future__ import annotations

from enum import Enum

from meters.p2.state import DeviceState

_HOUR_S = 3600
CAPACITY_UAS = 6_000_000 * _HOUR_S
"""6.0 Ah usable of the 8.5 Ah on its label: self-discharge and the cold take the rest."""

LOW_UAS = CAPACITY_UAS // 10
"""Reported as low with a tenth left: two years to change it."""


class Load(Enum):
    """What a use takes from the battery, in µAh; of what lasts, in µA."""

    IDLE = 16
    """µA: counting, keeping the time, listening to nothing."""
    WIRED_ANSWER = 1
    """The bus feeds the interface; the battery only wakes the counter."""
    TRANSMISSION = 12
    """40 mA for 30 ms with +5 dBm, the start of the crystal, and enciphering."""
    RECEPTION = 4
    """15 mA for 50 ms: the window after a transmission, and a message in it."""
    DISPLAY = 2
    """200 µA for the 30 s of a segment display."""
    VALVE = 300
    """500 mA for 2 s in its motor."""


def idle(state: DeviceState, duration_s: int) -> None:
    """So much time passes."""
    state.drained_uas += Load.IDLE.value * duration_s


def drain(state: DeviceState, load: Load) -> None:
    """It is used so once."""
    state.drained_uas += load.value * _HOUR_S


def is_low(state: DeviceState) -> bool:
    """Whether its replacement is asked for (bit 2 of the status)."""
    return CAPACITY_UAS - state.drained_uas <= LOW_UAS


def is_empty(state: DeviceState) -> bool:
    """Whether there is nothing left for radio, display and valve."""
    return state.drained_uas >= CAPACITY_UAS
