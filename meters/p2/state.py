"""Everything about one device that changes, and what a restart keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from meters.p2.identity import (
    BASE_TEMPERATURE_CK,
    KEY_OCTETS,
    NO_KEY,
    TEMPERATURES_CK,
)
from wire.instants import NEVER
from wire.mbus.frames import ADDRESSES
from wire.mbus.values import ValveState

# So many counters are set aside with one save: after a crash the rest of them is skipped.
COUNTER_BLOCK = 256
MAX_COUNTER = 0xFFFF_FFFF


class Mode(IntEnum):
    """The states of a device (P2 4.0.7, 8.2), but for Test mode: that is of its display."""

    STORAGE = 0
    INSTALLATION = 1
    CUSTOMER = 2


@dataclass(slots=True)
class DeviceState:
    """The state of a device.

    `at_s` is true time (epoch seconds) up to which it has counted; its own clock, UTC, is
    `clock_offset_s` ahead. `rate` is what flows, in the unit of its kind; the count and the
    converted count are rate times seconds, `converted_rest` what is not yet a whole one of
    the latter, in hundredths of a kelvin. `kept` are both counts as they were at the last full
    hour, `kept_s` by the device's clock.

    `frame_counter` is the last that was sent or validated; none is sent or accepted twice, for
    `reserved_counter` was saved before. `transfer_counter` is that of the last key (SMR 5).
    `errors` are the status bits that stay until the E-meter clears them. `drained_uas` is what
    the battery has given, in µA·s. `transmit_s` is when the radio sends next, true time, and
    `minutely_until_s` how long it asks for an E-meter every minute. `presses` were counted
    since `pressed_s`, the display stays dark until `blocked_until_s`.
    """

    at_s: int
    clock_offset_s: int = 0
    rate: int = 0
    temperature_ck: int = BASE_TEMPERATURE_CK
    counted: int = 0
    converted: int = 0
    converted_rest: int = 0
    kept: tuple[int, int] = (0, 0)
    kept_s: int = 0
    user_key: bytes = field(default=NO_KEY, repr=False)
    frame_counter: int = 0
    reserved_counter: int = 0
    transfer_counter: int = 0
    access_number: int = 0
    address: int = 0
    mode: int = Mode.INSTALLATION
    errors: int = 0
    valve: int = ValveState.OPEN
    drained_uas: int = 0
    transmit_s: int = NEVER
    minutely_until_s: int = 0
    presses: int = 0
    pressed_s: int = 0
    blocked_until_s: int = 0
    unsaved: bool = True

    @property
    def clock_s(self) -> int:
        """What the device's own clock says, in epoch seconds."""
        return self.at_s + self.clock_offset_s

    def take_counter(self) -> int | None:
        """The frame counter of the next message; never one twice, and None behind the last.

        The block that it is from must be saved, as `unsaved` says, before the frame leaves.
        """
        if self.frame_counter >= MAX_COUNTER:
            return None
        self._reach(self.frame_counter + 1)
        return self.frame_counter

    def accept_counter(self, counter: int) -> None:
        """A message of the E-meter with this counter was validated."""
        self._reach(counter)

    def _reach(self, counter: int) -> None:
        self.frame_counter = counter
        if counter > self.reserved_counter:
            self.reserved_counter = min(counter + COUNTER_BLOCK, MAX_COUNTER)
            self.unsaved = True


_LATEST_S = 1 << 33
_MOST = 1 << 63
# The least and the most that each number can be; those of `kept` together.
_BOUNDS = {
    "at_s": (0, _LATEST_S),
    "clock_offset_s": (-_LATEST_S, _LATEST_S),
    "rate": (0, 1 << 31),
    "temperature_ck": (TEMPERATURES_CK[0], TEMPERATURES_CK[-1]),
    "counted": (0, _MOST),
    "converted": (0, _MOST),
    "converted_rest": (0, TEMPERATURES_CK[-1]),
    "kept_s": (0, _LATEST_S),
    "reserved_counter": (0, MAX_COUNTER),
    "transfer_counter": (0, MAX_COUNTER),
    "access_number": (0, 0xFF),
    "address": (0, ADDRESSES[-1]),
    "mode": (min(Mode), max(Mode)),
    "errors": (0, 0xFF),
    "valve": (min(ValveState), max(ValveState)),
    "drained_uas": (0, _MOST),
    "transmit_s": (0, NEVER),
    "minutely_until_s": (0, _LATEST_S),
    "presses": (0, 1 << 16),
    "pressed_s": (0, _LATEST_S),
    "blocked_until_s": (0, _LATEST_S),
}


def to_json(state: DeviceState) -> dict[str, Any]:
    """What is kept; has the User key, so guard the file."""
    saved: dict[str, Any] = {name: getattr(state, name) for name in _BOUNDS}
    saved["kept"] = list(state.kept)
    saved["user_key"] = state.user_key.hex()
    return saved


def from_json(saved: dict[str, Any]) -> DeviceState:
    """The reverse; raises what Python does for content that is not a device's state."""
    state = DeviceState(0)
    for name, (low, high) in _BOUNDS.items():
        setattr(state, name, _judged(name, saved[name], low, high))
    counted, converted = (_judged("kept", n, 0, _MOST) for n in saved["kept"])
    state.kept = counted, converted
    state.user_key = bytes.fromhex(saved["user_key"])
    if len(state.user_key) != KEY_OCTETS:
        raise ValueError(f"a User key has {KEY_OCTETS} octets")
    if counted > state.counted or converted > state.converted:
        raise ValueError("a device has counted less than it keeps")
    state.frame_counter = state.reserved_counter
    state.unsaved = False
    return state


def _judged(name: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} of a device cannot be {str(value)[:40]}")
    return value
