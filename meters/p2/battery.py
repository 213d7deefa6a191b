"""A device's battery: what each thing that it does takes, and when it is reported as low.

None of this is in the standard, but that a battery lasts 20 years of its regular messages and
of use of the display, and that its end is announced (DSMR-M 4.3.4, 4.6.66 to 4.6.68).
"""

from __future__ import annotations

from enum import Enum

from meters.p2.identity import DeviceIdentity
from meters.p2.state import DeviceState

_HOUR_S = 3600
# Lithium, what self-discharge and the cold leave of it: one cell of size C, or three of size D
# where the radio sends every five minutes.
_CAPACITY_UAS = 6_000_000 * _HOUR_S
_LARGE_CAPACITY_UAS = 39_000_000 * _HOUR_S
LOW_PERCENT = 10
"""With so much left, which lasts two years, its replacement is asked for."""


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


def capacity_uas(identity: DeviceIdentity) -> int:
    """What a new battery of the device gives."""
    often = identity.wireless and identity.period_s < _HOUR_S
    return _LARGE_CAPACITY_UAS if often else _CAPACITY_UAS


def leave(identity: DeviceIdentity, state: DeviceState, percent: int) -> None:
    """So much is left in it from now on."""
    state.drained_uas = capacity_uas(identity) * (100 - percent) // 100


def is_low(identity: DeviceIdentity, state: DeviceState) -> bool:
    """Whether its replacement is asked for (bit 2 of the status)."""
    left_uas = capacity_uas(identity) - state.drained_uas
    return 100 * left_uas <= LOW_PERCENT * capacity_uas(identity)


def is_empty(identity: DeviceIdentity, state: DeviceState) -> bool:
    """Whether there is nothing left for radio, display and valve."""
    return state.drained_uas >= capacity_uas(identity)
