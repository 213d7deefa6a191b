"""The world that scenarios play in: every product, every wire, and the physics between them.

One tick, at most 10 s, drives all stations: units and cars move on, meters count, P1 sends,
and the transformer carries what flowed. Every quarter-hour its DALI box reports a row of CSV,
and the feeder's controller acts on it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import gcd
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from headend.attempt import Abandoned
from headend.dali import FeederSample
from headend.store.job import Job
from meters.meter import P1_VERSIONS
from scenarios.language.document import Scenario
from scenarios.language.settings import Controller
from scenarios.playing.event_log import EventLog
from scenarios.playing.results import Hop, RunData
from scenarios.playing.world_protocol import Load
from scenarios.transport.clock import sleep_until
from scenarios.transport.network import Network
from scenarios.transport.wires import Wires
from scenarios.world.cables import Cables
from scenarios.world.dali_box import DaliBox
from scenarios.world.devices import MINUTE_S, Devices
from scenarios.world.figures import key_figures, run_data
from scenarios.world.head_end import HeadEnd, at
from scenarios.world.inputs import read_feeder_of
from scenarios.world.office import Office
from scenarios.world.premises import Premises
from scenarios.world.processes import Processes
from scenarios.world.station import Station
from scenarios.world.street import make_stations, read_cars
from scenarios.world.transformer import PHASES, QUARTER_S, Flow, Transformer
from scenarios.world.witness import Witness
from wire.instants import from_epoch
from wire.quantities import PerPhase

TICK_S = 10


class Lab:
    """One world; see `scenarios.playing.world_protocol.World` for what each method is to do.

    Made by `scenarios.world.make_world`, which chooses the clock and the network; `random` is
    None in real time, where secrets are secret.
    """

    def __init__(
        self,
        scenario: Scenario,
        controller: Controller,
        clock: IReactorTime,
        network: Network,
        random: Random | None,
    ) -> None:
        self._settings = settings = scenario.world
        self._clock = clock
        self._network = network = Wires(network, clock, Random(scenario.seed))
        self._witness = Witness(clock)
        self._start_s = int(settings.start.timestamp())
        self._feeder = read_feeder_of(settings)
        self.box = DaliBox(self._feeder, clock.seconds)
        self._told: FeederSample | None = None
        self._premises = Premises(settings.premises) if settings.premises else None
        cars = read_cars(settings, self._witness)
        self._transformer = Transformer(settings.rating_va)
        # What a grid model says that flows through it, if there is one.
        self._measured: Flow | None = None
        version = P1_VERSIONS[settings.standard]
        self._period_s = settings.p1_period_s or version.period_s
        self._tick_s = gcd(self._period_s, TICK_S)
        self._folder = tempfile.TemporaryDirectory(prefix="dsmrlab-")
        fleet_folder = Path(self._folder.name) / "fleet"
        self._stations, self._addresses = make_stations(
            scenario, fleet_folder, clock, self._period_s, self._witness, random, cars
        )
        self._named = {station.name: station for station in self._stations}
        self._by_meter = {s.meter.identity.equipment_id: s for s in self._stations}
        self.devices = Devices(
            self._stations,
            clock,
            [each.equipment_id for each in settings.devices if not each.attached],
        )
        self.cables = Cables(self._stations)
        self._office = Office(
            settings,
            fleet_folder / "shipment.json",
            network,
            clock,
            random,
            lambda meter: self._witness.trace(self._by_meter[meter.equipment_id]),
            lambda heard: self._witness.heard(
                self._by_meter.get(heard.push.equipment_id), heard
            ),
        )
        self.head_end = HeadEnd(self._office, self._stations, self._witness, clock)
        self._office.control_by(
            controller,
            {s.name: s.meter.identity.equipment_id for s in self._stations},
            self._feeder.before(self._start_s),
            lambda sent: self._witness.sent(
                self._named[sent.command.station], sent, self._planned_s
            ),
            lambda sent, job: self._witness.ended(
                self._named[sent.command.station], sent, job
            ),
            self._witness.doubted,
        )
        self.processes = Processes(self._office, self._stations, self._witness, clock)
        self._step: Deferred[Any] | None = None
        self._ticking: IDelayedCall | None = None
        self._planned_s = self._ticked_s = self._start_s
        self._trouble: BaseException | None = None

    # The runner's

    @property
    def log(self) -> EventLog:
        """The run's event log."""
        return self._witness.log

    @property
    def now(self) -> datetime:
        """The world's time, aware UTC."""
        return from_epoch(self._clock.seconds())

    @property
    def end(self) -> datetime:
        """Start plus the world's days."""
        return self._settings.start + timedelta(days=self._settings.days)

    async def open(self) -> None:
        """Opens every port, starts every gateway, and lets time have its effect."""
        for station, addresses in zip(self._stations, self._addresses):
            await station.connect(self._network, addresses)
        if (port := self._settings.push_port) is not None:
            self._office.hears(port, self._settings.on_alarm)
            await self._office.listen()
        self._begin_quarter()
        self._schedule_tick()

    async def shut(self) -> None:
        """Ends what `open` began, however far it came."""
        if self._ticking is not None:
            self._ticking.cancel()
        await self._office.close()
        for station in self._stations:
            await station.disconnect()

    async def run_until(self, instant: datetime) -> None:
        """Lets time pass; raises what went wrong in the background meanwhile."""
        until_s = instant.timestamp()
        if until_s > self._clock.seconds():
            await sleep_until(self._clock, until_s)
            self._catch_up()
        if self._trouble is not None:
            raise self._trouble

    def site(self, number: int) -> Station:
        """The meter or station of that number."""
        return at(self._stations, number)

    def delays_s(
        self, start: Hop, end: Hop, station: int | None
    ) -> Sequence[float | None]:
        """How long each message took from hop to hop."""
        name = None if station is None else self.site(station).name
        return self._witness.journeys.delays_s(start, end, name)

    def transformer(self) -> Load:
        """What flows through the transformer."""
        flow, told = self._transformer, self._told
        return Load(
            flow.minute_w,
            flow.phase_rating_w,
            flow.max_pu,
            flow.overload_min,
            None if told is None else told.power_w,
        )

    @property
    def transformer_w(self) -> PerPhase:
        """What flows through the transformer now, W per phase."""
        if self._measured is not None:
            return self._measured.power_w
        flows = [self._feeder.power_w(self._ticked_s)]
        flows += [station.account.flow.power_w for station in self._stations]
        l1, l2, l3 = map(sum, zip(*flows))
        return l1, l2, l3

    def measure_transformer(self, power_w: PerPhase) -> None:
        """A grid model says what flows through it from now on, in place of what we would add up."""
        if self._measured is None:
            self._measured = Flow(self._ticked_s)
        self._measured.turn(int(self._clock.seconds()), power_w)

    def kpis(self) -> Mapping[str, float]:
        """The key figures until now."""
        return key_figures(
            self._transformer,
            [station.account for station in self._stations],
            self._premises_w,
            self._witness.delivered,
            self._start_s,
            self._ticked_s,
        )

    def report(self) -> RunData:
        """What the report shows of this run."""
        return run_data(self._transformer, self._stations, self._witness, self._start_s)

    # As time passes

    def _schedule_tick(self) -> None:
        now_s = self._clock.seconds()
        next_s = (int(now_s) // self._tick_s + 1) * self._tick_s
        self._ticking = self._clock.callLater(next_s - now_s, self._tick)

    def _tick(self) -> None:
        self._catch_up()
        self._schedule_tick()

    def _catch_up(self) -> None:
        """Whatever time has passed since the last tick, tick by tick."""
        try:
            while self._ticked_s + self._tick_s <= self._clock.seconds():
                self._pass(self._ticked_s + self._tick_s)
        except Exception as error:
            self._trouble = error

    def _pass(self, now_s: int) -> None:
        l1, l2, l3 = (w * self._tick_s for w in self._feeder.power_w(self._ticked_s))
        self._ticked_s = now_s
        for station in self._stations:
            station.tick(now_s, self._tick_s)
            s1, s2, s3 = station.account.take_work(now_s)
            l1, l2, l3 = l1 + s1, l2 + s2, l3 + s3
        measured = self._measured
        work_ws = (l1, l2, l3) if measured is None else measured.take(now_s)
        self._transformer.account(now_s, work_ws)
        if now_s % MINUTE_S == 0:
            self.devices.flow(now_s)
        if now_s % QUARTER_S == 0:
            self._begin_quarter()
            self._control_step(now_s)

    def _premises_w(self, now_s: int) -> PerPhase:
        """What the transformer carries beside the stations in that quarter."""
        quarter = (now_s - self._start_s // QUARTER_S * QUARTER_S) // QUARTER_S
        if self._measured is None or quarter >= len(self._transformer.quarters):
            return self._feeder.power_w(now_s)
        drawn_w = [
            station.account.quarters.means[quarter] for station in self._stations
        ]
        total_w = self._transformer.quarters[quarter]
        l1, l2, l3 = (round(total_w[p] - sum(w[p] for w in drawn_w)) for p in PHASES)
        return l1, l2, l3

    def _begin_quarter(self) -> None:
        """Voltages and households change by the quarter."""
        now_s, premises = self._ticked_s, self._premises
        voltage_dv = self._feeder.voltage_dv(now_s)
        for number, station in enumerate(self._stations):
            power_w = premises.power_w(number, now_s) if premises else None
            station.follow(power_w, voltage_dv)

    def _control_step(self, now_s: int) -> None:
        """The DALI box reports, and the controller acts, unless it is still busy."""
        report = self.box.report(now_s, self._transformer.quarters[-1])
        self._told = report.sample
        for fault in report.faults:
            self._witness.wrong(fault)
        control = self._office.control
        if control is None or (self._step is not None and not self._step.called):
            return
        self._planned_s = now_s
        self._step = ensureDeferred(control.send(report.sample, report.past))
        self._step.addCallbacks(self._follow, self._fault)

    def _follow(self, messages: Sequence[Deferred[Job]]) -> None:
        """Messages are on their way; the next step does not wait for them."""
        for message in messages:
            message.addErrback(self._fault)

    def _fault(self, failure: Failure) -> None:
        # What a head-end that is killed was about to do does not happen.
        if not failure.check(Abandoned):
            self._trouble = failure.value
