"""One station of a world: a meter, its cables, the gateway, the control unit and its cars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from chargepoint.car import Visits
from chargepoint.edge import Gateway
from chargepoint.journal import MemoryJournal
from chargepoint.modbus_client import ModbusClient
from chargepoint.modbus_server import UnitServerFactory
from chargepoint.notices import Notice
from chargepoint.registers import Source, hardware_max_w
from chargepoint.sessions import Session, staying
from chargepoint.unit import ControlUnit
from meters.behaviour.injections import Injection, inject
from meters.behaviour.wakeup import By, woken
from meters.mbus import display
from meters.meter import Meter
from meters.p1.port import P1Port
from meters.p3.protocol import P3Factory
from meters.push_line import PushLine
from scenarios.network import Network, Port
from scenarios.world import master
from scenarios.world.bound import Stay, stays
from scenarios.world.fairness import Reversals, Served
from scenarios.world.stranger import try_wrong_key, use_counter
from scenarios.world.transformer import NO_LOAD, NOMINAL_DV, Flow, Quarters
from scenarios.world_protocol import Car, GatewaySight, Outcome
from wire.errors import LocalError
from wire.p1 import Telegram
from wire.quantities import PerPhase

UNIT_MAX_DA = 320

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a station's wires are."""

    p3: tuple[str, int]
    p1: tuple[str, int]
    modbus: tuple[str, int]


class Station:
    """A charge point behind its own meter, every wire between the parts a network's.

    What the unit lets the car draw is what the meter measures, from the same second on. Behind
    an open breaker the unit has no power; it boots when the breaker closes.
    """

    def __init__(
        self,
        name: str,
        meter: Meter,
        clock: IReactorTime,
        sessions: Iterable[Session],
        period_s: int,
        own_limit_w: int,
        on_notice: Callable[[Station, Notice], None],
        on_telegram: Callable[[Station, Telegram], None],
        on_kept: Callable[[Station], None],
    ) -> None:
        now_s = int(clock.seconds())
        self.name = name
        self.meter = meter
        self.base_w = self.base_var = NO_LOAD
        self.voltage_dv = NOMINAL_DV
        self.limits: list[tuple[int, int]] = []
        self.draws: list[tuple[int, int]] = []
        self.reversals = Reversals()
        self.quarters = Quarters()
        self.starved_s = 0
        self._newest: Telegram | None = None
        self.unit = ControlUnit(
            name,
            now_s=now_s,
            hardware_max_da=UNIT_MAX_DA,
            own_limit_w=min(own_limit_w, hardware_max_w(3, UNIT_MAX_DA)),
            visits=Visits(sessions),
        )
        self.unit.station.on_power = self._power
        meter.on_breaker = self._breaker
        self.p3 = P3Factory(meter, clock, self._keep)
        self.p1 = P1Port(meter.telegram, clock, period_s)
        self._units = UnitServerFactory(self.unit, clock)
        self._clock = clock
        self._on_notice = on_notice
        self._on_telegram = on_telegram
        self._on_kept = on_kept
        self._journal = MemoryJournal()
        self._ports: list[Port] = []
        self.gateway: Gateway | None = None
        self.flow = Flow(now_s)
        # Whether someone has set the load, and the voltage, by hand.
        self._held_w = self._held_dv = False
        self._wakes_s = now_s
        self._power(now_s, self.unit.power_w)

    async def connect(self, network: Network, wanted: Addresses) -> None:
        """Opens the ports, at the wanted addresses or free ones, and starts the gateway."""
        for address, factory in (
            (wanted.p3, self.p3),
            (wanted.p1, self.p1),
            (wanted.modbus, self._units),
        ):
            self._ports.append(await network.listen(*address, factory))
        self.addresses = Addresses(*(port.address for port in self._ports))
        self._network = network
        self._pushes = PushLine(
            self.meter, network.endpoint, self._clock, self._keep, network.send
        )
        self._eyes = self._modbus()
        self.start_gateway()

    async def disconnect(self) -> None:
        """Ends the gateway and closes the ports, as far as they were opened."""
        if self.gateway is not None:
            self._eyes.close()
            self._pushes.hang_up()
            await self.stop_gateway()
        for port in self._ports:
            await port.close()
        self.p3.hang_up()
        self.p1.close()
        self._units.hang_up()

    # By hand

    def start_gateway(self) -> None:
        """The gateway starts with what it had saved."""
        self._unit_client = self._modbus()
        self.gateway = Gateway(
            p1=self._network.endpoint(*self.addresses.p1),
            unit=self._unit_client,
            clock=self._clock,
            journal=self._journal,
            hardware_max_w=hardware_max_w(3, UNIT_MAX_DA),
            thinned_s=self.p1.period_s,
            on_notice=lambda notice: self._on_notice(self, notice),
            on_telegram=self._telegram,
        )
        self.gateway.start()

    async def stop_gateway(self) -> None:
        """The gateway ends; its journal stays."""
        assert self.gateway is not None
        over = self.gateway.stop()
        self._unit_client.close()
        await over

    async def restart_gateway(self) -> None:
        """The gateway ends and starts again."""
        await self.stop_gateway()
        self.start_gateway()

    def restart_unit(self) -> None:
        """The unit boots, if it has power: connections drop and setpoints are gone."""
        self._units.hang_up()
        if self.meter.connected:
            self.unit.restart(int(self._clock.seconds()))

    def touch(self, act: Callable[[Meter], T]) -> T:
        """Something is done to the meter now, or to what hangs on it."""
        self.meter.advance(int(self._clock.seconds()))
        done = act(self.meter)
        self._await_meter()
        return done

    def power_off(self) -> None:
        """The meter loses its supply."""
        self.meter.advance(int(self._clock.seconds()))
        self.meter.power_off()
        self.p3.hang_up()
        self._pushes.hang_up()
        self._newest = None

    def power_on(self) -> None:
        """The supply returns."""
        self.meter.power_on(int(self._clock.seconds()))
        self._await_meter()

    def press_button(self, close: bool) -> bool:
        """Someone presses the meter's button; whether the breaker moved."""
        return self.touch(lambda meter: meter.press_button(close))

    def inject(self, injection: Injection) -> None:
        """Something happens to the meter, or breaks in it."""
        self.touch(lambda meter: inject(meter, injection))

    def wake_up(self, by: By, number: str) -> bool:
        """A call or an empty SMS reaches the meter's modem; whether it is heeded."""
        return self.touch(lambda meter: woken(meter, by, number))

    def unplug_p1(self) -> None:
        """Pulls the P1 cable."""
        self.p1.unplug()
        self._newest = None

    def plug_p1(self) -> None:
        """Puts the P1 cable back."""
        self.p1.replug()

    def plug_car(self, car: Car) -> None:
        """A car arrives now and stays; one that is there leaves first."""
        now_s = int(self._clock.seconds())
        self._replace_car(
            staying(self.name, now_s, car.energy_wh, car.phases, car.phase, car.max_w)
        )

    def unplug_car(self) -> None:
        """The car leaves, if there is one."""
        self._replace_car(None)

    def set_load(
        self,
        power_w: PerPhase,
        voltage_dv: PerPhase | None,
        reactive_var: PerPhase | None = None,
    ) -> None:
        """What flows beside the car, W and var per phase, and the voltage, in 0.1 V per phase."""
        self._held_w = True
        self._held_dv = self._held_dv or voltage_dv is not None
        self.base_var = reactive_var or self.base_var
        self._set_load(power_w, voltage_dv)

    async def write_register(self, name: str, value: int) -> Outcome:
        """A register of the unit, written over Modbus by a master of its own."""
        return await master.write(self._eyes, name, value)

    async def register(self, name: str) -> int:
        """A register of the unit, asked over Modbus by a master of its own."""
        return await master.read(self._eyes, name)

    def press_display(self, held_s: int) -> int | None:
        """Someone presses the E-meter's button; the channel of a device that was chosen."""
        return self.touch(lambda meter: display.press(meter, held_s))

    def meter_display(self) -> str:
        """What the E-meter's display offers."""
        return self.touch(display.shown)

    def telegram(self) -> Telegram | None:
        """The newest telegram."""
        return self._newest

    def meter_now(self) -> Meter:
        """The meter as it is now."""
        return self.touch(lambda meter: meter)

    def unit_now(self) -> ControlUnit:
        """The control unit as it is now."""
        self.unit.advance(int(self._clock.seconds()))
        return self.unit

    def gateway_now(self) -> GatewaySight:
        """What the gateway shows."""
        if self.gateway is None:
            raise LocalError("there is no gateway")
        return GatewaySight(self.gateway.logic.metrics, self.gateway.logic.alarms)

    async def try_wrong_key(self) -> Outcome:
        """Somebody without the meter's keys tries to associate."""
        return await try_wrong_key(self._p3_endpoint(), self._clock)

    async def use_counter(self, counter: int) -> Outcome:
        """Somebody else with the meter's keys associates."""
        return await use_counter(self._p3_endpoint(), self._clock, self.meter, counter)

    @property
    def profile_applied(self) -> bool:
        """Whether a profile is what limits the car now."""
        return self.unit.station.limit.source is Source.PROFILE

    # As time passes

    def tick(self, now_s: int, tick_s: int) -> None:
        """Brings the unit up to now, notes what is in force, and lets P1 send."""
        unit, point = self.unit, self.unit.station
        unit.advance(now_s)
        limit_w = point.limit.limit_w
        if not self.limits or self.limits[-1][1] != limit_w:
            self.limits.append((now_s, limit_w))
        car = point.visits.present
        if car is None:
            self.reversals.forget()
        else:
            self.reversals.see(limit_w)
        if car is not None and not point.offered_da and car.remaining_ws:
            self.starved_s += tick_s
        self.p1.tick(now_s)
        self._await_meter()
        self._pushes.tick(now_s)

    def follow(self, power_w: PerPhase | None, voltage_dv: PerPhase) -> None:
        """The load, if any is told, and the voltage by the world's files; a hand's word stands."""
        self._set_load(
            self.base_w if self._held_w or power_w is None else power_w,
            None if self._held_dv else voltage_dv,
        )

    def take_work(self, now_s: int) -> list[int]:
        """W·s per phase that the station drew since the last time."""
        work = self.flow.take(now_s)
        self.quarters.account(now_s, work)
        return work

    def served(self, now_s: int) -> list[Served]:
        """What the cars got that have left by now."""
        return [
            Served(car.session.energy_wh, car.energy_wh)
            for car in self.unit.station.visits.cars
            if car.session.departure_s <= now_s
        ]

    def stays(self, now_s: int) -> list[Stay]:
        """When and how the same cars could charge."""
        point = self.unit.station
        return stays(point.visits.cars, point.ratings, now_s)

    def _set_load(self, power_w: PerPhase, voltage_dv: PerPhase | None) -> None:
        self.base_w = power_w
        self.voltage_dv = self.unit.voltage_dv = voltage_dv or self.voltage_dv
        self._power(int(self._clock.seconds()), self.unit.power_w)

    def _power(self, now_s: int, car_w: PerPhase) -> None:
        """Something else flows from this second on."""
        self.meter.advance(now_s)
        # Not what we were called with: the meter may just have opened its breaker.
        base, car_w = self.base_w, self.unit.power_w
        demand_w = (base[0] + car_w[0], base[1] + car_w[1], base[2] + car_w[2])
        self.meter.set_load(demand_w, self.voltage_dv, self.base_var)
        l1, l2, l3 = self.meter.state.power_w
        self.flow.turn(now_s, (l1, l2, l3))
        self._await_meter()
        total_w = sum(car_w)
        if not self.draws or self.draws[-1][1] != total_w:
            self.draws.append((now_s, total_w))

    def _breaker(self, now_s: int, closed: bool) -> None:
        """The meter's breaker has moved, and the unit's power with it."""
        if closed:
            self.unit.restart(now_s)
        else:
            self._units.hang_up()
            self.unit.power_off(now_s)
        self._power(now_s, self.unit.power_w)

    def _await_meter(self) -> None:
        """Lets the meter act at its own second, if others would miss it.

        The unit is not to draw beyond an opened breaker, and M-Bus devices send on time.
        """
        meter = self.meter
        if not (meter.has_breaker or meter.state.attached or meter.state.mbus):
            return
        if meter.next_s == self._wakes_s:
            return
        self._wakes_s = meter.next_s
        delay_s = max(0.0, self._wakes_s - self._clock.seconds())
        self._clock.callLater(delay_s, self._wake, self._wakes_s)

    def _wake(self, at_s: int) -> None:
        self.unit.advance(at_s)
        self.meter.advance(at_s)
        self._await_meter()

    def _replace_car(self, session: Session | None) -> None:
        now_s = int(self._clock.seconds())
        self.unit.advance(now_s)
        self.unit.station.plug(session)

    def _p3_endpoint(self) -> IStreamClientEndpoint:
        return self._network.endpoint(*self.addresses.p3)

    def _modbus(self) -> ModbusClient:
        return ModbusClient(self._network.endpoint(*self.addresses.modbus), self._clock)

    def _keep(self, meter: Meter) -> None:
        """No file: a world's meters live as long as it. What is new may be due at another time."""
        meter.state.unsaved = False
        self._await_meter()
        self._on_kept(self)

    def _telegram(self, telegram: Telegram) -> None:
        if self.meter.powered and self.p1.plugged:
            self._newest = telegram
        self._on_telegram(self, telegram)
