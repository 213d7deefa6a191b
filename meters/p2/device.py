"""A device on P2: what it is, how it lives, and what it answers."""

from __future__ import annotations

from collections.abc import Callable

from meters.p2 import battery, counting, radio, wired
from meters.p2.battery import Load
from meters.p2.display import TEST_SCREENS, Display, Press, press_of, text
from meters.p2.identity import DeviceIdentity, Fitting
from meters.p2.radio import Dialogue
from meters.p2.readout import Answer
from meters.p2.state import DeviceState, Mode
from wire.errors import LocalError
from wire.mbus.values import MeterConfiguration, Status, ValveState

_CONFIGURATIONS = {
    Fitting.NONE: MeterConfiguration(0),
    Fitting.LOCKED: MeterConfiguration(0),
    Fitting.RELEASED_BY_HAND: MeterConfiguration.VALVE
    | MeterConfiguration.RELEASE_SUPPORTED,
    Fitting.OPENED_DIRECTLY: MeterConfiguration.VALVE
    | MeterConfiguration.RELEASE_SUPPORTED
    | MeterConfiguration.DIRECT_OPEN_SUPPORTED,
}


class Device:
    """One simulated device, wired or wireless.

    All instants are true time in epoch seconds. Call `advance` before changing anything: it
    counts up to now. `state.unsaved` says that the state must be saved before what the device
    answered leaves.
    """

    __slots__ = (
        *("identity", "state", "display", "selection", "last_command", "dialogue"),
    )

    identity: DeviceIdentity
    state: DeviceState

    def __init__(self, identity: DeviceIdentity, state: DeviceState) -> None:
        self.identity = identity
        self.state = state
        self.display = Display()
        # What the next answers tell instead of the standard list; gone with a restart (6.3.2).
        self.selection: tuple[Answer, ...] = ()
        # The last control message that was taken, as it came.
        self.last_command = b""
        self.dialogue: Dialogue | None = None

    def advance(self, now_s: int) -> None:
        """Counts and drains the battery up to now, and keeps the reading of a full hour."""
        elapsed_s = now_s - self.state.at_s
        if elapsed_s > 0:
            battery.idle(self.state, elapsed_s)
            counting.advance(self.identity, self.state, now_s)

    @property
    def next_s(self) -> int:
        """When its radio transmits next; `NEVER` if it does not by itself."""
        return self.state.transmit_s

    def answer(self, octets: bytes, now_s: int) -> bytes:
        """What it puts on the wired bus after these octets of the master; b"" for nothing."""
        if self.identity.wireless:
            return b""
        self.advance(now_s)
        return wired.answer(self, octets)

    def transmit(self, now_s: int) -> bytes:
        """The telegram of its radio that is due; b"" if it has nothing to send."""
        self.advance(now_s)
        return radio.transmit(self)

    def miss(self, now_s: int) -> None:
        """The transmission that is due goes out unheard."""
        self.advance(now_s)
        radio.miss(self)

    def react(self, octets: bytes, now_s: int) -> bytes:
        """Its next telegram, after what it heard in its window; b"" when the cycle is over."""
        self.advance(now_s)
        return radio.react(self, octets)

    @property
    def mode(self) -> str:
        """Which of the four states of 8.2 it is in, as a word."""
        if self.display.at(self.state.at_s) in TEST_SCREENS:
            return "test"
        return Mode(self.state.mode).name.lower()

    @property
    def status(self) -> Status:
        """The status record (6.3.3): what was registered, and the battery as it is."""
        low = battery.is_low(self.identity, self.state)
        return Status(self.state.errors) | (Status.LOW_BATTERY if low else Status(0))

    @property
    def configuration(self) -> MeterConfiguration:
        """The meter configuration record (6.4.9): what it has and can."""
        found = MeterConfiguration.CLOCK | _CONFIGURATIONS[self.identity.valve]
        if self.identity.kind.registers[0].unconverted is not None:
            found |= MeterConfiguration.TEMPERATURE_CONVERTED
        return found

    @property
    def counts(self) -> tuple[int, int]:
        """What it has counted, and the same converted."""
        return self.state.counted, self.state.converted

    @property
    def shown(self) -> str:
        """What the display shows now."""
        return text(self)

    def next_access_number(self) -> int:
        """The number of its next message (EN 13757-3, 5.9); after 255 comes 0."""
        number = self.state.access_number
        self.state.access_number = (number + 1) & 0xFF
        return number

    def changed(self) -> None:
        """Something that must outlive the process is not as it was."""
        self.state.unsaved = True

    def set_flow(self, rate: int) -> None:
        """So much flows from now on: dm³/h or W, as its kind has it (`LocalError`)."""
        counting.set_rate(self.identity, self.state, rate)

    def set_gas_temperature(self, temperature_ck: int) -> None:
        """The gas is so warm from now on, in 0.01 K (`LocalError`)."""
        counting.set_temperature(self.state, temperature_ck)

    def set_clock_error(self, seconds: int) -> None:
        """Its clock is so far ahead of true time from now on."""
        self.state.clock_offset_s = seconds
        radio.plan(self)
        self.changed()

    def press_button(self, seconds: int) -> None:
        """Someone presses the button: the display, a released valve, the installation mode."""
        press = press_of(seconds)
        if battery.is_empty(self.identity, self.state):
            return
        if not self.display.press(self.state, press) or press is not Press.MEDIUM:
            return
        if self.state.valve == ValveState.RELEASED:
            self.move_valve(ValveState.OPEN)
        elif self.identity.wireless:
            radio.begin_installation(self)

    def move_valve(self, to: ValveState) -> None:
        """The motor turns, if the battery can; a radio tells of it at once (6.2.2)."""
        state = self.state
        if not battery.is_empty(self.identity, state):
            battery.drain(state, Load.VALVE)
            state.valve = to
            radio.report(self)
            self.changed()

    def break_seal(self) -> None:
        """Someone breaks the seal of the display: a fraud attempt (seed 003)."""
        self.tamper()

    def tamper(self) -> None:
        """A fraud attempt is registered, a magnet say; it stands until the E-meter clears it."""
        self._err(Status.FRAUD)

    def fail(self, permanent: bool) -> None:
        """The self-check finds an error, one that stays or one that may be cleared."""
        self._err(Status.PERMANENT_ERROR if permanent else Status.TEMPORARY_ERROR)

    def drain_battery(self, left_percent: int) -> None:
        """So much is left of it."""
        if not 0 <= left_percent <= 100:
            raise LocalError(f"a battery holds 0 to 100 %, not {left_percent}")
        battery.leave(self.identity, self.state, left_percent)
        self.changed()

    def battery_low(self) -> None:
        """The battery comes to where its replacement is asked for."""
        self.drain_battery(battery.LOW_PERCENT)

    def replace_battery(self) -> None:
        """A new battery: its count begins again, and it is low no more (DSMR-M 4.6.18)."""
        self.state.drained_uas = 0
        self.changed()

    def _err(self, bit: Status) -> None:
        self.state.errors |= bit
        self.changed()


def new_state(
    identity: DeviceIdentity, now_s: int, random_bytes: Callable[[int], bytes]
) -> DeviceState:
    """A device as it leaves the factory, its clock right; a wireless one sleeps (8.2)."""
    mode = Mode.STORAGE if identity.wireless else Mode.INSTALLATION
    state = DeviceState(
        now_s,
        temperature_ck=identity.base_temperature_ck,
        user_key=identity.user_key,
        access_number=random_bytes(1)[0],
        mode=mode,
    )
    state.kept_s = now_s - now_s % identity.period_s
    return state
