"""What the runner asks of a world: its stations, its devices, its head-end, its time.

A world is one fleet of meters with their charge points, one head-end and one transformer,
on one clock. Meter n hangs at station n; both count from 1. The runner never touches a clock:
every wait is `await world.run_until(...)`, so the same runner plays in simulated and in real
time. What a person's hand would do (power, plugs) takes effect at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chargepoint.notices import Alarm, Metrics
from chargepoint.unit import ControlUnit
from meters.behaviour.injections import Injection
from meters.behaviour.wakeup import By
from meters.meter import Meter
from meters.p2.device import Device
from meters.p2.faults import Faults
from scenarios.acting.feeder_faults import Disturbance
from scenarios.playing.event_log import EventLog
from scenarios.playing.results import Hop, RunData
from scenarios.playing.trouble_protocol import Cables, Processes
from wire.dlms.acse import Mechanism
from wire.p1 import Telegram
from wire.quantities import PerPhase

if TYPE_CHECKING:
    from scenarios.playing.desk_protocol import Books, Jobs

T = TypeVar("T")


class Refuser(Enum):
    """Who said no."""

    HEADEND = "head-end"
    METER = "meter"
    UNIT = "unit"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command of the head-end ended; a refusal is an outcome, not an exception.

    `result` is `success`, or the DLMS result in the standard's words (`other-reason`,
    `object-undefined`), or for the transport a short reason; `detail` is one sentence for a
    person. `value` is what a read gave, as JSON values (octets as `{"hex": …}`).
    """

    result: str = "success"
    refused_by: Refuser | None = None
    detail: str = ""
    value: object = None

    @property
    def accepted(self) -> bool:
        """Whether the command was carried out."""
        return self.refused_by is None


@dataclass(frozen=True, slots=True)
class Car:
    """A car to plug in: energy wanted in Wh, its own maximum in W, and its phases.

    `phase` (1 to 3) is where a single-phase car hangs; it is ignored for three phases.
    """

    energy_wh: int
    max_w: int
    phases: int = 3
    phase: int = 1


@dataclass(frozen=True, slots=True)
class GatewaySight:
    """What a gateway shows: its figures, and the alarms that stand."""

    metrics: Metrics
    alarms: Collection[Alarm]


@dataclass(frozen=True, slots=True)
class Load:
    """What flows through the transformer: W per phase, a mean of the last whole minute.

    `max_pu` is the highest quarter-hour mean of a phase, `overload_min` the minutes with more
    than its rating, both since the start. `told_w` is what its box told of the last
    quarter-hour, None when it told nothing that could be.
    """

    power_w: tuple[float, float, float]
    phase_rating_w: float
    max_pu: float
    overload_min: int
    told_w: PerPhase | None = None


class Devices(Protocol):
    """The M-Bus devices of a world, by their equipment identifiers.

    All raise `LocalError` for a device that is not there, or that hangs on no meter if it must.
    """

    def look(self, name: str) -> Device:
        """A device as it is now; only to be looked at."""

    def handle(self, name: str, act: Callable[[Device], None]) -> None:
        """A hand does something to a device, now, wherever it is."""

    def set_flow(self, name: str, rate: int) -> None:
        """So much flows through a device from now on, in the unit of its kind."""

    def attach(self, name: str, meter: int) -> None:
        """Hangs a device on a meter; from another one it is taken off first."""

    def detach(self, name: str) -> None:
        """Takes a device off its meter, with its life as it is."""

    def disturb(self, name: str, faults: Faults) -> None:
        """From now on the way between a device and its meter has these faults."""


class Box(Protocol):
    """What measures the transformer."""

    def disturb(self, disturbance: Disturbance | None) -> None:
        """From now on this is wrong with what it reports; None: nothing."""


class Site(Protocol):
    """A meter with what stands behind it, for hands and eyes that are there."""

    def power_off(self) -> None:
        """The mains fail: connections die, P1 falls silent, car and house draw nothing."""

    def power_on(self) -> None:
        """The supply returns; what the meter keeps, it has kept."""

    def press_button(self, close: bool) -> bool:
        """Someone closes or opens the meter's breaker by hand; whether it moved.

        Raises `LocalError` when the meter has none.
        """

    def unplug_p1(self) -> None:
        """Pulls the P1 cable out, if need be in mid-telegram."""

    def plug_p1(self) -> None:
        """Puts the P1 cable back."""

    async def restart_gateway(self) -> None:
        """Ends the gateway and starts it again from what it saved."""

    def restart_unit(self) -> None:
        """Ends the control unit and starts it again from what it saved."""

    def set_load(
        self,
        power_w: PerPhase,
        voltage_dv: PerPhase | None,
        reactive_var: PerPhase | None = None,
    ) -> None:
        """W and var per phase (negative: export) beside the car's; voltage in 0.1 V.

        None, for voltage or var: as it is.
        """

    def inject(self, injection: Injection) -> None:
        """Something happens to the meter, or breaks in it."""

    def wake_up(self, by: By, number: str) -> bool:
        """A call or an empty SMS from that number; whether the meter does what is listed."""

    def plug_car(self, car: Car) -> None:
        """A car arrives; one that stands there already leaves first."""

    def unplug_car(self) -> None:
        """The car leaves, if there is one."""

    def press_display(self, held_s: int) -> int | None:
        """Someone presses the E-meter's button; the channel of a device that was chosen."""

    def meter_display(self) -> str:
        """The digits of the device that the E-meter's display offers; "" when none is."""

    def telegram(self) -> Telegram | None:
        """The newest telegram that the meter's cable carried.

        None while the cable is out or the supply is off, until the first telegram after either
        returns.
        """

    def meter_now(self) -> Meter:
        """The meter as it is now; only to be looked at."""

    def unit_now(self) -> ControlUnit:
        """The control unit as it is now, with its car."""

    def gateway_now(self) -> GatewaySight:
        """What the gateway shows now; `LocalError` when there is none."""

    async def write_register(self, name: str, value: int) -> Outcome:
        """Another Modbus master writes a register; a refusal has the exception's words."""

    async def register(self, name: str) -> int:
        """A register of the control unit by name, read over Modbus now.

        Raises `PeerRefused` or `TransportError` when it gives no value.
        """

    async def try_wrong_key(self) -> Outcome:
        """Somebody without the meter's keys tries to associate; the meter should refuse."""

    async def use_counter(self, counter: int) -> Outcome:
        """Somebody else with the meter's keys associates, with counters from that one on."""


class HeadEnd(Protocol):
    """What can be asked of the central system; every command goes through a durable job."""

    @property
    def jobs(self) -> Jobs:
        """Its jobs and schedules."""

    @property
    def books(self) -> Books:
        """What it has written down."""

    async def send_message(self, meter: int, text: bytes, *, check: bool) -> Outcome:
        """The long message; `b""` clears.

        With `check` false the head-end skips its own rules on the text, so that the meter is
        the one to refuse.
        """

    async def read(self, meter: int, name: str) -> Outcome:
        """GET over P3; `name` is OBJECT[:ATTR] as on the command line.

        A profile's value is its rows: what it captured stands in the `values` of each.
        """

    async def write(self, meter: int, name: str, value: object) -> Outcome:
        """SET over P3; `value` as on the command line."""

    async def act(self, meter: int, name: str, value: object) -> Outcome:
        """ACTION over P3; `name` is OBJECT:METHOD, `value` may be None."""

    async def operate(
        self, meter: int, operation: str, arguments: Mapping[str, object]
    ) -> Outcome:
        """An operation by its name; its whole result."""

    def authenticate_by(self, mechanism: Mechanism) -> None:
        """The head-end proves itself so from now on."""

    def pushes(self, meter: int) -> Sequence[Sequence[str]]:
        """The alarms that each push told of which was heard of this meter."""

    def stored(self, meter: int, group: str) -> Sequence[float]:
        """The readings that are kept of the objects whose OBIS codes begin so.

        Oldest first, each in its unit.
        """


class World(Protocol):
    """One playable world."""

    @property
    def processes(self) -> Processes:
        """What runs, or does not run just now."""

    @property
    def cables(self) -> Cables:
        """The wires between head-end, meters and charge points."""

    @property
    def devices(self) -> Devices:
        """What hangs on the meters by M-Bus, or lies in store."""

    @property
    def head_end(self) -> HeadEnd:
        """The grid operator's central system."""

    @property
    def box(self) -> Box:
        """The DALI box of the transformer."""

    def site(self, number: int) -> Site:
        """The meter or station of that number, from 1; `LocalError` when there is none."""

    @property
    def log(self) -> EventLog:
        """The run's event log, which the world and the runner both write."""

    @property
    def now(self) -> datetime:
        """The world's time, aware UTC."""

    @property
    def end(self) -> datetime:
        """Start plus the world's days: where `run_until: end` goes."""

    def drive(self, play: Coroutine[Any, Any, T]) -> T:
        """Plays a coroutine to its end: turns the clock, or runs the reactor; its result.

        An exception of the coroutine comes out unchanged. Called once.
        """

    async def run_until(self, instant: datetime) -> None:
        """Lets time pass; returns at once when the instant lies behind."""

    def delays_s(
        self, start: Hop, end: Hop, station: int | None
    ) -> Sequence[float | None]:
        """How long each message took from hop to hop, of those that reached the first.

        Oldest first, of one station or of all; None for one that is not at the second.
        """

    def transformer(self) -> Load:
        """What flows through the transformer."""

    def kpis(self) -> Mapping[str, float]:
        """The key figures from the start until now; always the same keys."""

    def report(self) -> RunData:
        """What the report shows of this run until now."""

    def close(self) -> None:
        """Lets go of sockets, files and the store."""
