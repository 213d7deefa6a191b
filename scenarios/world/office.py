"""The head-end of a world: what it keeps, and the process that runs until it is killed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from twisted.internet.defer import ensureDeferred, succeed
from twisted.internet.interfaces import IReactorTime

from headend import operations
from headend.attempt import Abandoned
from headend.control import CongestionControl, Sent
from headend.controllers import CONTROLLERS
from headend.dali import FeederSample
from headend.desk import Desk
from headend.keys import KeyStore
from headend.limits import Limits
from headend.listener import PushDatagrams, PushFactory
from headend.planner_model import Settings
from headend.pushes import Heard, OnAlarm, Reception
from headend.scheduler import Scheduler
from headend.shipment import import_shipment
from headend.store import meters, readings
from headend.store.engine import open_store
from headend.store.job import Job, JobState
from headend.store.meters import Meter
from headend.trust import Doubt
from scenarios.language.settings import Controller, WorldSettings, station_name
from scenarios.playing.world_protocol import Outcome, Refuser
from scenarios.transport.network import Port
from scenarios.transport.stepped_clock import SteppedClock
from scenarios.transport.wire_faults import WireFaults
from scenarios.transport.wires import Wires
from scenarios.world.books import Books
from scenarios.world.jobs import Jobs, not_running
from wire.capture import Tap
from wire.dlms.acse import Mechanism
from wire.dlms.descriptors import ActionResult, DataAccessResult, words
from wire.errors import ConfigError
from wire.instants import NEVER

ATTEMPTS = 3
MEMORY = "sqlite://"
LOOPBACK = "127.0.0.1"


class Office:
    """What stands at the grid operator's; store and keys outlive the process.

    `random` is None in real time: secrets are then secret. `trace` sees the octets of the
    exchanges with a meter, `on_heard` what each push told; `pushes` are the alarms of each, by
    equipment identifier.
    """

    def __init__(
        self,
        settings: WorldSettings,
        shipment: Path,
        network: Wires,
        clock: IReactorTime,
        random: Random | None,
        trace: Callable[[Meter], Tap | None],
        on_heard: Callable[[Heard], None],
    ) -> None:
        self._settings = settings
        self._random_bytes = random.randbytes if random else secrets.token_bytes
        self._network = network
        self._clock = SteppedClock(clock)
        self._trace = trace
        self._on_heard = on_heard
        self._listener: PushFactory | None = None
        self._ports: list[Port] = []
        self._deaf = succeed(None)
        self._hears: tuple[int, OnAlarm] | None = None
        self._plan: Callable[[], CongestionControl] | None = None
        self._mechanism = Mechanism.HIGH_GMAC
        self.control: CongestionControl | None = None
        self._jobs: Jobs | None = None
        self.pushes: dict[str, list[tuple[str, ...]]] = {}
        self._store = open_store(MEMORY)
        self._keys = keys = KeyStore(
            self._random_bytes(32), "the world's master key", self._random_bytes
        )
        with self._store.begin() as connection:
            import_shipment(connection, keys, shipment, now_s=clock.seconds())
            self._meters = {m.equipment_id: m for m in meters.every(connection)}
        self._begin()

    def _begin(self) -> None:
        """The process begins to run jobs, from what the store has."""
        self.runs = True
        self._calls = calls = self._network.new()
        self._desk = Desk(
            self._store,
            self._keys,
            lambda host, port: calls.endpoint(self._network.endpoint(host, port)),
            self._clock,
            engine=self._settings.engine,
            timeout_s=self._settings.timeout_s,
            random_bytes=self._random_bytes,
            trace=self._trace,
            mechanism=self._mechanism,
            another=lambda: self._scheduler.another(),
        )
        self._scheduler = Scheduler(
            self._store,
            self._desk.run,
            self._clock,
            limits=Limits(self._settings.concurrency, self._settings.connections_per_s),
            worker="world",
        )
        self._scheduler.start()
        self.control = None if self._plan is None else self._plan()
        if self._jobs is not None:
            self._jobs.begin(self._scheduler)

    def kill(self) -> None:
        """The process ends in the midst of its jobs; no meter is told."""
        self.runs = False
        self.control = None
        if self._jobs is not None:
            self._jobs.end()
        self._calls.reset()
        self._calls.disturb(WireFaults(silence=True))
        self._deaf = ensureDeferred(self._hear_no_more())
        # Last: who waits for a job goes on at once, and may start the process again.
        self._scheduler.abandon()

    async def start(self) -> None:
        """The process begins again."""
        await self._deaf
        self._begin()
        await self.listen()

    def step_clock(self, by_s: float) -> None:
        """The clock that it has the time of day from makes a step."""
        self._clock.ahead_s += by_s

    def control_by(
        self,
        controller: Controller,
        stations: Mapping[str, str],
        history: Sequence[FeederSample],
        on_sent: Callable[[Sent], None],
        on_ended: Callable[[Sent, Job], None],
        on_doubt: Callable[[str, Doubt | None], None],
    ) -> None:
        """How the feeder is controlled; `stations` are equipment identifiers by name,
        `history` what the transformer's box measured before the start.

        A controller keeps nothing over a restart of the process but that history.
        """
        if controller is Controller.NONE:
            return
        settings = self._settings
        numbers = {name: self._meters[meter].id for name, meter in stations.items()}

        def plan() -> CongestionControl:
            planner = CONTROLLERS[controller.value](
                Settings(
                    tuple(stations),
                    settings.rating_va,
                    settings.station_max_w,
                    preferred=frozenset(map(station_name, settings.preferred)),
                )
            )
            planner.learn(history)
            return CongestionControl(
                planner,
                numbers,
                self._scheduler,
                self._clock,
                on_sent=on_sent,
                on_ended=on_ended,
                on_doubt=on_doubt,
                delay_s=settings.message_delay_s,
            )

        self._plan = plan
        self.control = plan()

    async def do(
        self,
        equipment_id: str,
        operation: str,
        arguments: Mapping[str, object],
        *,
        whole: bool = False,
    ) -> Outcome:
        """One operation through a durable job, and how it ended.

        The outcome has the value that was read or, with `whole`, all of the result.
        """
        if not self.runs:
            return not_running()
        meter = self._meters[equipment_id]
        try:
            # Here, not only at the desk: a job that can never work is not handed in.
            operations.prepare(operation, meter.standard, arguments)
        except ConfigError as error:
            return Outcome("not-sent", Refuser.HEADEND, str(error))
        job_id = await self._scheduler.submit(
            meter.id, operation, arguments, max_attempts=ATTEMPTS
        )
        return await self.outcome(job_id, operation, whole=whole)

    def books(self, equipment_ids: Iterable[str]) -> Books:
        """What is written down of these meters, which count from 1 there."""
        return Books(self._store, [self._meters[each] for each in equipment_ids])

    def jobs(
        self, equipment_ids: Iterable[str], on_message: Callable[[int, bytes], None]
    ) -> Jobs:
        """The jobs and schedules of these meters, which count from 1 there."""
        known = [self._meters[equipment_id] for equipment_id in equipment_ids]
        self._jobs = jobs = Jobs(self._store, self._clock, known, on_message)
        jobs.begin(self._scheduler)
        return jobs

    async def outcome(
        self, job_id: int, operation: str, *, whole: bool = False
    ) -> Outcome:
        """How a job ended, once it has; the value as for `do`."""
        try:
            job = await self._scheduler.wait(job_id)
        except Abandoned:
            return not_running(f"the head-end was killed; it has kept job {job_id}")
        if whole and job.state is JobState.DONE:
            return Outcome(value=job.result)
        return outcome_of(job, operation)

    def stored(self, equipment_id: str, group: str) -> list[float]:
        """See `scenarios.playing.world_protocol.World.stored`."""
        meter_id = self._meters[equipment_id].id
        found: list[tuple[int, float]] = []
        with self._store.read() as connection:
            for number, register in readings.registers(connection).items():
                if register.obis.startswith(group):
                    scale = Decimal(1).scaleb(register.scaler)
                    found += [
                        (reading.time_s, float(reading.value * scale))
                        for reading in readings.between(
                            connection, meter_id, number, 0, NEVER
                        )
                    ]
        return [value for _, value in sorted(found)]

    def authenticate_by(self, mechanism: Mechanism) -> None:
        """Proves itself so to every meter from now on."""
        self._mechanism = self._desk.mechanism = mechanism

    def hears(self, port: int, on_alarm: OnAlarm) -> None:
        """What meters push is heard at that port of TCP and of UDP, from `listen` on."""
        self._hears = port, on_alarm

    async def listen(self) -> None:
        """Opens the port at which pushes are heard, if there is one."""
        if self._hears is None:
            return
        network, (port, on_alarm) = self._network, self._hears
        reception = Reception(self._store, on_alarm)
        self._listener = PushFactory(reception.take, self._clock, self._heard)
        self._ports.append(await network.listen(LOOPBACK, port, self._listener))
        datagrams = PushDatagrams(self._listener)
        self._ports.append(await network.hear(LOOPBACK, port, datagrams))

    def _heard(self, heard: Heard, peer: str) -> None:
        self.pushes.setdefault(heard.push.equipment_id, []).append(heard.alarms)
        self._on_heard(heard)
        self._scheduler.wake()

    async def close(self) -> None:
        """Stops listener and scheduler, and closes the store."""
        await self._hear_no_more()
        if self._jobs is not None:
            self._jobs.end()
        await self._scheduler.stop()
        self._store.close()

    async def _hear_no_more(self) -> None:
        ports, self._ports = self._ports, []
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.hang_up()
        for port in ports:
            await port.close()


def outcome_of(job: Job, operation: str) -> Outcome:
    """A job that has ended, as scenarios see it."""
    if job.state is JobState.DONE:
        result = job.result if isinstance(job.result, Mapping) else {}
        return Outcome(value=result.get("value", result.get("rows")))
    detail = job.error or ""
    if isinstance(job.result, Mapping) and "refused" in job.result:
        kind = ActionResult if operation in operations.ONCE else DataAccessResult
        try:
            name = words(kind(job.result["refused"]))
        except ValueError:
            name = f"result {job.result['refused']}"
        return Outcome(name, Refuser.METER, detail)
    if isinstance(job.result, Mapping) and "rejected" in job.result:
        return Outcome("rejected", Refuser.METER, detail)
    return Outcome("failed", Refuser.TRANSPORT, detail)
