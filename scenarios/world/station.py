"""One station of a world: a meter, its cables, the gateway, the control unit and its cars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from chargepoint.car import Visits
from chargepoint.modbus_client import ModbusClient
from chargepoint.notices import Notice
from chargepoint.registers import Source, hardware_max_w
from chargepoint.sessions import Session, staying
from chargepoint.unit import ControlUnit
from meters.behaviour.injections import Injection, inject
from meters.behaviour.wakeup import By, woken
from meters.mbus import display
from meters.meter import Meter
from scenarios.playing.trouble_protocol import Process
from scenarios.playing.world_protocol import Car, GatewaySight, Outcome
from scenarios.transport.wire_faults import WireKind
from scenarios.transport.wires import Wire, Wires
from scenarios.world import master
from scenarios.world.account import Account
from scenarios.world.addresses import Addresses
from scenarios.world.gateway_process import GatewayProcess
from scenarios.world.keeper import Keeper
from scenarios.world.meter_process import MeterProcess
from scenarios.world.process import LabProcess
from scenarios.world.stranger import try_wrong_key, use_counter
from scenarios.world.transformer import NO_LOAD, NOMINAL_DV
from scenarios.world.unit_process import UNIT_MAX_DA, UnitProcess
from wire.errors import LocalError
from wire.p1 import Telegram
from wire.quantities import PerPhase

T = TypeVar("T")


class Station:
    """A charge point behind its own meter, every wire between the parts a network's.

    What the unit lets the car draw is what the meter measures, from the same second on. Behind
    an open breaker the unit has no power; it boots when the breaker closes.
    """

    def __init__(
        self,
        name: str,
        keeper: Keeper,
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
        self.meter = keeper.meter
        self.base_w = self.base_var = NO_LOAD
        self.voltage_dv = NOMINAL_DV
        self._newest: Telegram | None = None
        self.unit = ControlUnit(
            name,
            now_s=now_s,
            hardware_max_da=UNIT_MAX_DA,
            own_limit_w=min(own_limit_w, hardware_max_w(3, UNIT_MAX_DA)),
            visits=Visits(sessions),
        )
        self.account = Account(self.unit.station, now_s)
        self.unit.station.on_power = self._power
        self.meter.on_breaker = self._breaker
        self._meter = MeterProcess(keeper, clock, period_s, self._keep, self._begun)
        self._unit = UnitProcess(self.unit, clock)
        self._gateway = GatewayProcess(
            *(clock, period_s),
            *(lambda notice: on_notice(self, notice), self._telegram),
        )
        self._eyes: ModbusClient | None = None
        self._wires: dict[WireKind, Wire] = {}
        self._clock = clock
        self._on_telegram = on_telegram
        self._on_kept = on_kept
        # Whether someone has set the load, and the voltage, by hand.
        self._held_w = self._held_dv = False
        self._power(now_s, self.unit.power_w)

    async def connect(self, network: Wires, wanted: Addresses) -> None:
        """Opens the ports, at the wanted addresses or free ones, and starts the gateway."""
        calls = network.new()
        p3, p1 = await self._meter.listen(network, wanted.p3, wanted.p1, calls)
        modbus = await self._unit.listen(network, wanted.modbus)
        self.addresses = Addresses(p3, p1, modbus)
        self._wires = {
            WireKind.P3: network.at(p3),
            WireKind.P1: network.at(p1),
            WireKind.MODBUS: network.at(modbus),
            WireKind.PUSH: calls,
        }
        self._network = network
        self._eyes = ModbusClient(network.endpoint(*modbus), self._clock)
        await self._gateway.connect(network, p1, modbus)

    async def disconnect(self) -> None:
        """Ends the gateway and closes the ports, as far as they were opened."""
        if self._eyes is not None:
            self._eyes.close()
        await self._gateway.stop()
        await self._meter.close()
        await self._unit.close()

    def wire(self, kind: WireKind) -> Wire:
        """One of the wires that end here."""
        return self._wires[kind]

    def process(self, kind: Process) -> LabProcess:
        """One of the processes that run here."""
        processes: dict[Process, LabProcess] = {
            Process.GATEWAY: self._gateway,
            Process.UNIT: self._unit,
            Process.METER: self._meter,
        }
        return processes[kind]

    def kill(self, kind: Process) -> None:
        """One of them ends."""
        self.process(kind).kill()
        if kind is not Process.UNIT:
            # Nobody sends, or nobody reads.
            self._newest = None

    # By hand

    async def restart_gateway(self) -> None:
        """The gateway ends and starts again."""
        await self._gateway.restart()

    def restart_unit(self) -> None:
        """The unit boots, if it has power: connections drop and setpoints are gone."""
        self._unit.restart()

    def touch(self, act: Callable[[Meter], T]) -> T:
        """Something is done to the meter now, or to what hangs on it."""
        self.advance(int(self._clock.seconds()))
        done = act(self.meter)
        self._await_meter()
        return done

    def power_off(self) -> None:
        """The mains fail: at the meter, and at what is behind it."""
        self._hand(Meter.power_off)
        self._meter.hang_up()
        self._newest = None
        self._energise(int(self._clock.seconds()))

    def power_on(self) -> None:
        """The mains return."""
        now_s = int(self._clock.seconds())
        self._hand(lambda meter: meter.power_on(now_s))
        self._energise(now_s)

    def press_button(self, close: bool) -> bool:
        """Someone presses the meter's button; whether the breaker moved."""
        return self._hand(lambda meter: meter.press_button(close))

    def inject(self, injection: Injection) -> None:
        """Something happens to the meter, or breaks in it."""
        self._hand(lambda meter: inject(meter, injection))

    def wake_up(self, by: By, number: str) -> bool:
        """A call or an empty SMS reaches the meter's modem; whether it is heeded."""
        return self._hand(lambda meter: woken(meter, by, number))

    def unplug_p1(self) -> None:
        """Pulls the P1 cable."""
        self._meter.plug(False)
        self._newest = None

    def plug_p1(self) -> None:
        """Puts the P1 cable back."""
        self._meter.plug(True)

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
        return await master.write(self._master(), name, value)

    async def register(self, name: str) -> int:
        """A register of the unit, asked over Modbus by a master of its own."""
        return await master.read(self._master(), name)

    def press_display(self, held_s: int) -> int | None:
        """Someone presses the E-meter's button; the channel of a device that was chosen."""
        return self._hand(lambda meter: display.press(meter, held_s))

    def meter_display(self) -> str:
        """What the E-meter's display offers."""
        return self._hand(display.shown)

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
        gateway = self._gateway.gateway
        if gateway is None:
            raise LocalError("the gateway does not run")
        return GatewaySight(gateway.logic.metrics, gateway.logic.alarms)

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

    def advance(self, now_s: int) -> None:
        """Brings the meter up to now."""
        self._meter.advance(now_s)

    def tick(self, now_s: int, tick_s: int) -> None:
        """Brings the unit up to now, notes what is in force, and lets P1 send."""
        self.unit.advance(now_s)
        self.account.see_limit(now_s)
        if self.account.starves:
            self.account.starved_s += tick_s
        self._meter.tick(now_s)
        self._await_meter()
        self._meter.call(now_s)

    def follow(self, power_w: PerPhase | None, voltage_dv: PerPhase) -> None:
        """The load, if any is told, and the voltage by the world's files; a hand's word stands."""
        self._set_load(
            self.base_w if self._held_w or power_w is None else power_w,
            None if self._held_dv else voltage_dv,
        )

    def _set_load(self, power_w: PerPhase, voltage_dv: PerPhase | None) -> None:
        self.base_w = power_w
        self.voltage_dv = self.unit.voltage_dv = voltage_dv or self.voltage_dv
        self._power(int(self._clock.seconds()), self.unit.power_w)

    def _power(self, now_s: int, car_w: PerPhase) -> None:
        """Something else flows from this second on."""
        self._meter.advance(now_s)
        # Not what we were called with: the meter may just have opened its breaker.
        base, car_w = self.base_w, self.unit.power_w
        demand_w = (base[0] + car_w[0], base[1] + car_w[1], base[2] + car_w[2])
        self.meter.set_load(demand_w, self.voltage_dv, self.base_var)
        l1, l2, l3 = self.meter.state.power_w if self.meter.powered else NO_LOAD
        self.account.flow.turn(now_s, (l1, l2, l3))
        self._await_meter()
        self.account.draw(now_s, car_w)

    def _breaker(self, now_s: int, closed: bool) -> None:
        self._energise(now_s)

    def _energise(self, now_s: int) -> None:
        """Behind an open breaker, and while the mains fail, the unit has no power."""
        energised = self.meter.connected and self.meter.powered
        if energised is not self._unit.powered:
            self._unit.power(now_s, energised)
        self._power(now_s, self.unit.power_w)

    def _await_meter(self) -> None:
        """The unit is not to draw beyond an opened breaker, and M-Bus devices send on time."""
        self._meter.await_due(self._wake)

    def _wake(self, at_s: int) -> None:
        self.unit.advance(at_s)
        self._meter.advance(at_s)
        self._await_meter()

    def _replace_car(self, session: Session | None) -> None:
        now_s = int(self._clock.seconds())
        self.unit.advance(now_s)
        self.unit.station.plug(session)

    def _master(self) -> ModbusClient:
        if self._eyes is None:
            raise LocalError("the world is not open")
        return self._eyes

    def _p3_endpoint(self) -> IStreamClientEndpoint:
        return self._network.endpoint(*self.addresses.p3)

    def _hand(self, act: Callable[[Meter], T]) -> T:
        """Something is done to the meter that needs it to run."""
        if not self._meter.runs:
            raise LocalError("the meter does not run")
        return self.touch(act)

    def _begun(self, meter: Meter) -> None:
        """The meter runs again, and knows what it had kept."""
        self.meter = meter
        meter.on_breaker = self._breaker
        self._energise(int(self._clock.seconds()))

    def _keep(self, meter: Meter) -> None:
        """What is new may be due at another time."""
        self._await_meter()
        self._on_kept(self)

    def _telegram(self, telegram: Telegram) -> None:
        if self._meter.runs and self.meter.powered and self._meter.plugged:
            self._newest = telegram
        self._on_telegram(self, telegram)
