"""The display of a battery device and its one button (P2 4.0.7, appendix C; seed 003).

It is off until the button is pressed and goes off by itself. Who presses too often finds it
dark for a day, so that the battery lasts. More than ten seconds bring the test mode, in which
short presses show the next of its screens.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from meters.p2 import battery, counting
from meters.p2.battery import Load
from meters.p2.media import DIGITS
from meters.p2.readout import LEGAL_SOFTWARE
from meters.p2.state import DeviceState, Mode
from wire.mbus.values import Status, ValveState

if TYPE_CHECKING:
    from meters.p2.device import Device

PRESSES_A_DAY = 50
DAY_S = 86_400
SHOWN_S, TEST_S = 30, 1800
"""How long it stays on without another press: short inactivity, and long (appendix C)."""


class Press(Enum):
    """How long the button was held: less than 5 s, up to 10, or longer."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


def press_of(seconds: int) -> Press:
    """What a press of so many seconds is."""
    if seconds < 5:
        return Press.SHORT
    return Press.MEDIUM if seconds <= 10 else Press.LONG


class Screen(Enum):
    """What it shows."""

    OFF = "nothing"
    READING = "the reading"
    TEST_READING = "the reading, with one digit more"
    SOFTWARE = "the version of the legally relevant software"
    ALL_ON = "all segments lit"
    ALL_OFF = "no segment lit"


TEST_SCREENS = {
    Screen.TEST_READING,
    Screen.SOFTWARE,
    Screen.ALL_ON,
    Screen.ALL_OFF,
}

MOVES = {
    **{(screen, Press.LONG): Screen.TEST_READING for screen in Screen},
    **{(screen, Press.MEDIUM): Screen.READING for screen in Screen},
    (Screen.OFF, Press.SHORT): Screen.READING,
    (Screen.READING, Press.SHORT): Screen.READING,
    (Screen.TEST_READING, Press.SHORT): Screen.SOFTWARE,
    (Screen.SOFTWARE, Press.SHORT): Screen.ALL_ON,
    (Screen.ALL_ON, Press.SHORT): Screen.ALL_OFF,
    (Screen.ALL_OFF, Press.SHORT): Screen.TEST_READING,
}

ALARM_MARK, INSTALLATION_MARK = "!", "Inst"


class Display:
    """What the display shows, until when (true time)."""

    __slots__ = ("screen", "until_s")

    def __init__(self) -> None:
        self.screen = Screen.OFF
        self.until_s = 0

    def at(self, now_s: int) -> Screen:
        """What it shows now: nothing, when the button was left alone for long enough."""
        return self.screen if now_s < self.until_s else Screen.OFF

    def press(self, state: DeviceState, press: Press) -> bool:
        """The button is pressed; says whether it does anything.

        A press that is one too many turns the display off for a day.
        """
        now_s = state.at_s
        if now_s < state.blocked_until_s:
            return False
        if now_s - state.pressed_s >= DAY_S:
            state.presses, state.pressed_s = 0, now_s
        state.presses += 1
        state.unsaved = True
        if state.presses > PRESSES_A_DAY:
            state.blocked_until_s = now_s + DAY_S
            self.until_s = now_s
            return False
        battery.drain(state, Load.DISPLAY)
        self.screen = MOVES[self.at(now_s), press]
        testing = self.screen in TEST_SCREENS
        self.until_s = now_s + (TEST_S if testing else SHOWN_S)
        return True


def text(device: Device) -> str:
    """What a person reads on it now; lines for marks beside the number."""
    match device.display.at(device.state.at_s):
        case Screen.READING:
            return _reading(device, 0)
        case Screen.TEST_READING:
            return _reading(device, 1)
        case Screen.SOFTWARE:
            return LEGAL_SOFTWARE
        case Screen.ALL_ON:
            return "8" * DIGITS
    return ""


def _reading(device: Device, more_digits: int) -> str:
    state, register = device.state, device.identity.kind.registers[0]
    scaler_unit = register.row.scaler_unit
    assert scaler_unit is not None
    counts = state.counted, state.converted
    value = counting.reading(register, counts, more_digits)
    width = DIGITS + more_digits + 1
    number = f"{scaler_unit.decimal(value).scaleb(-more_digits):0{width}f}"
    marks = [scaler_unit.unit.symbol]
    if device.status & (Status.FRAUD | Status.PERMANENT_ERROR):
        marks.append(ALARM_MARK)
    if device.identity.wireless and state.mode != Mode.CUSTOMER:
        marks.append(INSTALLATION_MARK if state.mode else "Storage")
    if state.valve == ValveState.RELEASED:
        marks.append("Knop in")
    return " ".join((number, *marks))
