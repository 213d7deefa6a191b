"""A world of one rule each: messages show on P1 after a second, registers are what they are.

It keeps a list of what was done to it. Nothing in it waits, so that a play can be driven
without a clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chargepoint.notices import Alarm, Metrics
from chargepoint.unit import ControlUnit
from meters.behaviour.injections import Injection
from meters.behaviour.wakeup import By
from meters.meter import Meter
from meters.p2.device import Device
from meters.p2.faults import Faults
from scenarios.acting.feeder_faults import Disturbance
from scenarios.language.document import Scenario
from scenarios.language.settings import Controller
from scenarios.playing.event_log import EventLog
from scenarios.playing.results import Hop, RunData
from scenarios.playing.trouble_protocol import Process
from scenarios.playing.world_protocol import (
    Car,
    GatewaySight,
    Load,
    Outcome,
    Refuser,
)
from scenarios.transport.wire_faults import WireFaults, WireKind
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p2.builders import make_device
from tests.scenarios.fake_head_end import FakeBooks, FakeJobs
from wire.charging_profile import Reject
from wire.dlms.acse import Mechanism
from wire.errors import LocalError, TransportError
from wire.p1 import Telegram

T = TypeVar("T")
LONGEST = 1024
TELEGRAM = (
    b"/ISK5\\2M550T\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(240127180000W)\r\n"
    b"1-0:1.8.1(000012.345*kWh)\r\n1-0:1.7.0(01.500*kW)\r\n1-0:32.7.0(230.1*V)\r\n"
    b"1-0:31.7.0(006*A)\r\n0-0:96.13.0(%b)\r\n"
    b"1-0:99.97.0(1)(0-0:96.7.19)(240126180000W)(0000000600*s)\r\n"
    b"0-1:24.1.0(003)\r\n0-1:96.1.0(4730303031323334353637383930313133)\r\n"
    b"0-1:24.2.1(240127180000W)(00001.234*m3)\r\n!0000\r\n"
)


@dataclass
class FakeDevices:
    """One wireless gas meter, wherever it hangs."""

    gas: Device = field(default_factory=lambda: make_device(wireless=True))
    done: list[tuple[object, ...]] = field(default_factory=list)

    def look(self, name: str) -> Device:
        if name != self.gas.identity.equipment_id:
            raise LocalError(f"there is no device {name}")
        return self.gas

    def handle(self, name: str, act: Callable[[Device], None]) -> None:
        act(self.look(name))

    def set_flow(self, name: str, rate: int) -> None:
        self.look(name).set_flow(rate)

    def attach(self, name: str, meter: int) -> None:
        self.done.append(("attach", name, meter))

    def detach(self, name: str) -> None:
        self.done.append(("detach", name))

    def disturb(self, name: str, faults: Faults) -> None:
        self.done.append(("disturb", name, faults))


@dataclass
class FakeBox:
    """A DALI box to which things happen."""

    done: list[Disturbance | None] = field(default_factory=list)

    def disturb(self, disturbance: Disturbance | None) -> None:
        self.done.append(disturbance)


@dataclass
class FakeCables:
    """Wires that remember what was done to them."""

    done: list[tuple[object, ...]] = field(default_factory=list)

    def disturb(
        self,
        wire: WireKind,
        station: int | None,
        faults: WireFaults | None,
        lasts_s: float | None,
    ) -> None:
        self.done.append(("disturb", wire, station, faults, lasts_s))

    def reset(self, wire: WireKind, station: int | None) -> None:
        self.done.append(("reset", wire, station))


@dataclass
class FakeProcesses:
    """Processes that remember what was done to them; the unit cannot be started."""

    done: list[tuple[object, ...]] = field(default_factory=list)

    def kill(self, process: Process, station: int, after_s: float) -> None:
        self.done.append(("kill", process, station, after_s))

    async def start(self, process: Process, station: int) -> None:
        if process is Process.UNIT:
            raise LocalError("the unit of station 1 runs already")
        self.done.append(("start", process, station))

    def step_clock(self, process: Process, station: int, by_s: float) -> None:
        self.done.append(("step", process, station, by_s))


@dataclass
class FakeWorld:
    """One meter that follows the long message's rules, at once."""

    now: datetime
    end: datetime
    figures: Mapping[str, float] = field(default_factory=dict)
    log: EventLog = field(default_factory=EventLog)
    done: list[tuple[object, ...]] = field(default_factory=list)
    text: bytes = b""
    shown: bytes = b""
    shown_from: datetime | None = None
    plugged: bool = True
    powered: bool = True
    registers: dict[str, int] = field(default_factory=lambda: {"applied_limit": 22000})
    answers_after: timedelta = timedelta(0)
    waits: int = 0
    closed: bool = False
    meter: Meter = field(default_factory=make_meter)
    unit: ControlUnit = field(default_factory=lambda: ControlUnit("CP001", now_s=NOW_S))
    books: FakeBooks = field(default_factory=FakeBooks)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    devices: FakeDevices = field(default_factory=lambda: FakeDevices())
    box: FakeBox = field(default_factory=lambda: FakeBox())
    cables: FakeCables = field(default_factory=lambda: FakeCables())
    processes: FakeProcesses = field(default_factory=lambda: FakeProcesses())

    def drive(self, play: Coroutine[Any, Any, T]) -> T:
        try:
            play.send(None)
        except StopIteration as end:
            value: T = end.value
            return value
        raise AssertionError("a fake world never waits")

    async def run_until(self, instant: datetime) -> None:
        self.waits += 1
        self.now = max(self.now, instant)

    @property
    def head_end(self) -> FakeHeadEnd:
        return FakeHeadEnd(self)

    def site(self, number: int) -> FakeSite:
        return FakeSite(self, number)

    def delays_s(
        self, start: Hop, end: Hop, station: int | None
    ) -> Sequence[float | None]:
        if station == 1 or end is Hop.JOB:
            return []
        return [*(float(s) for s in range(1, 21)), None, 0.12345]

    def transformer(self) -> Load:
        return Load((20_000, 30_000, 1000.4), 25_000, 1.1, 7, (1, 2, -3))

    def kpis(self) -> Mapping[str, float]:
        return self.figures

    def report(self) -> RunData:
        return RunData()

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeSite:
    """The one meter, by whatever number."""

    world: FakeWorld
    number: int

    def power_off(self) -> None:
        self.world.powered = False
        self.world.done.append(("off", self.world.now))

    def power_on(self) -> None:
        self.world.powered = True
        self.world.done.append(("on", self.world.now))

    def press_button(self, close: bool) -> bool:
        self.world.done.append(("button", self.number, close))
        return close

    def unplug_p1(self) -> None:
        self.world.plugged = False

    def plug_p1(self) -> None:
        self.world.plugged = True

    async def restart_gateway(self) -> None:
        self.world.done.append(("restart_gateway", self.number))

    def restart_unit(self) -> None:
        raise TransportError("the unit's file is gone")

    def set_load(
        self,
        power_w: tuple[int, int, int],
        voltage_dv: tuple[int, int, int] | None,
        reactive_var: tuple[int, int, int] | None = None,
    ) -> None:
        self.world.done.append(("load", self.number, power_w, voltage_dv, reactive_var))

    def inject(self, injection: Injection) -> None:
        self.world.done.append(("inject", self.number, injection))

    def wake_up(self, by: By, number: str) -> bool:
        self.world.done.append(("wake up", self.number, by, number))
        return by is By.SMS

    def plug_car(self, car: Car) -> None:
        self.world.done.append(("car", self.number, car))

    def unplug_car(self) -> None:
        self.world.done.append(("car gone", self.number))

    def press_display(self, held_s: int) -> int | None:
        self.world.done.append(("display", self.number, held_s))
        return 1 if held_s >= 2 else None

    def meter_display(self) -> str:
        return "3456789"

    def telegram(self) -> Telegram | None:
        world = self.world
        if not (world.plugged and world.powered):
            return None
        if world.shown_from is not None and world.now >= world.shown_from:
            world.shown = world.text
        return Telegram(TELEGRAM % world.shown.hex().encode())

    def meter_now(self) -> Meter:
        return self.world.meter

    def unit_now(self) -> ControlUnit:
        return self.world.unit

    def gateway_now(self) -> GatewaySight:
        metrics = Metrics(commits=3, rejects=Counter({Reject.REPLAY: 2}))
        return GatewaySight(metrics, {Alarm.P1_SILENT})

    async def write_register(self, name: str, value: int) -> Outcome:
        self.world.done.append(("write_register", self.number, name, value))
        if name == "magic":
            return Outcome("illegal-address", Refuser.UNIT)
        return Outcome()

    async def register(self, name: str) -> int:
        self.world.now += self.world.answers_after
        if name not in self.world.registers:
            raise TransportError("the unit is silent")
        return self.world.registers[name]

    async def try_wrong_key(self) -> Outcome:
        self.world.done.append(("wrong key", self.number))
        if len(self.world.done) > 1:
            return Outcome(detail="the meter took it")
        return Outcome("refused", Refuser.METER)

    async def use_counter(self, counter: int) -> Outcome:
        self.world.done.append(("use_counter", self.number, counter))
        if counter < 100:
            return Outcome("rejected", Refuser.METER)
        return Outcome()


@dataclass
class FakeHeadEnd:
    """Asks the one meter."""

    world: FakeWorld

    async def send_message(self, meter: int, text: bytes, *, check: bool) -> Outcome:
        self.world.done.append(("send", meter, len(text), check))
        bad = len(text) > LONGEST or b"\r" in text or b"\n" in text
        if bad:
            who = Refuser.HEADEND if check else Refuser.METER
            return Outcome("other-reason", who, "the meter does not take it")
        self.world.text, self.world.shown_from = text, self.world.now + timedelta(
            seconds=7
        )
        return Outcome(detail="job 1")

    async def read(self, meter: int, name: str) -> Outcome:
        self.world.done.append(("read", meter, name))
        if name == "fraud_detection_log:buffer":
            return Outcome(value=[{"values": [code]} for code in (40, 47, 40)])
        if name != "consumer_message":
            return Outcome("object-undefined", Refuser.METER)
        return Outcome(value={"hex": self.world.text.hex()})

    async def write(self, meter: int, name: str, value: object) -> Outcome:
        self.world.done.append(("write", meter, name, value))
        return Outcome("read-write-denied", Refuser.METER)

    async def act(self, meter: int, name: str, value: object) -> Outcome:
        self.world.done.append(("act", meter, name, value))
        return Outcome("other-reason", Refuser.METER)

    async def operate(
        self, meter: int, operation: str, arguments: Mapping[str, object]
    ) -> Outcome:
        self.world.done.append(("operate", meter, operation, arguments))
        if operation != "configuration":
            return Outcome("not-sent", Refuser.HEADEND, "no such operation")
        return Outcome(value={"flags": {"p0": True}, "rows": [{"values": [5]}]})

    @property
    def jobs(self) -> FakeJobs:
        return self.world.jobs

    @property
    def books(self) -> FakeBooks:
        return self.world.books

    def authenticate_by(self, mechanism: Mechanism) -> None:
        self.world.done.append(("authenticate_by", mechanism))

    def pushes(self, meter: int) -> Sequence[Sequence[str]]:
        return [("power_up", "fraud_attempt"), ()]

    def stored(self, meter: int, group: str) -> Sequence[float]:
        return [1.5, 2.5] if "0-1:24.2.1.255".startswith(group) else []


FIGURES = {
    Controller.NONE: {"max_pu": 1.31, "energy_served": 0.94},
    Controller.THRESHOLD: {"max_pu": 1.37, "energy_served": 0.93},
    Controller.HEADROOM: {"max_pu": 0.99, "energy_served": 0.91},
}


def make_world(scenario: Scenario, controller: Controller) -> FakeWorld:
    """Importable by name, so that another process can make one, too."""
    start = scenario.world.start
    end = start + timedelta(days=scenario.world.days)
    return FakeWorld(start, end, FIGURES[controller])


def broken_world(scenario: Scenario, controller: Controller) -> FakeWorld:
    """A world that cannot be made for the uncontrolled run."""
    if controller is Controller.NONE:
        raise TransportError("no world today")
    return make_world(scenario, controller)
