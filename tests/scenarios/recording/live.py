"""A head-end with a store of its own and the meters of a fleet, as they are live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from headend.desk import Desk
from headend.keys import KeyStore
from headend.scheduler import Scheduler
from headend.shipment import import_shipment
from headend.store import Store, jobs, meters, open_store
from headend.store.job import Job
from meters.fleet import create_fleet, load_fleet
from meters.meter import Meter
from meters.p3.protocol import P3Factory
from scenarios.language.document import Scenario, parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Played, Runner
from scenarios.playing.world_protocol import World
from scenarios.recording.head_end import Recorded, Span, record
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from scenarios.world.making import SimulatedLab
from wire.cosem.rows import Standard

START_S = 1_706_356_800
"""2024-01-27 12:00 UTC."""

KEYS = KeyStore(bytes(32), "of the test")


class Live:
    """Meters, and a head-end whose jobs are kept."""

    def __init__(self, store: Store) -> None:
        self.clock = HeapClock(START_S + 0.25)
        self.store = store
        self.meters: list[Meter] = []
        self._network = SimulatedNetwork(self.clock, Random(1))
        desk = Desk(store, KEYS, self._network.endpoint, self.clock)
        self._scheduler = Scheduler(store, desk.run, self.clock, worker="live")

    def deliver(
        self, folder: Path, count: int, standard: Standard, base_port: int = 4059
    ) -> None:
        """A fleet is made, hung up and taken over."""
        create_fleet(folder, count, standard, seed=base_port, base_port=base_port)
        for place in load_fleet(folder, START_S).meters:
            self.meters.append(place.meter)
            p3 = P3Factory(place.meter, self.clock)
            self.clock.play(self._network.listen(place.host, place.p3_port, p3))
        with self.store.begin() as connection:
            import_shipment(connection, KEYS, folder / "shipment.json", now_s=START_S)

    def hand_in(
        self,
        number: int,
        operation: str,
        arguments: dict[str, Any],
        not_before_s: float | None = None,
    ) -> int:
        """A job for the meter of that number, from 1."""
        with self.store.begin() as connection:
            name = self.meters[number - 1].identity.equipment_id
            meter = meters.find(connection, name)
            now_s = self.clock.seconds()
            return jobs.enqueue(
                connection,
                meter.id,
                operation,
                arguments,
                now_s=now_s,
                not_before_s=not_before_s,
                max_attempts=1,
            )

    def do(self, number: int, operation: str, **arguments: Any) -> Job:
        """A job, and how it ended; a minute passes."""
        self.clock.advance(60)
        job_id = self.hand_in(number, operation, arguments)
        self.clock.play(self._scheduler.run_until_idle())
        with self.store.read() as connection:
            return jobs.show(connection, job_id)

    def record(self, from_s: float = 0.0, to_s: float = 1e11, **more: Any) -> Recorded:
        with self.store.read() as connection:
            return record(connection, Span(from_s, to_s), **more)

    def recording(self) -> str:
        """The one recording of all."""
        (text,) = self.record().files.values()
        return text


@contextmanager
def live(
    folder: Path, standard: Standard, count: int = 2, base_port: int = 4059
) -> Iterator[Live]:
    """So many meters of a standard, and their head-end."""
    store = open_store("sqlite://")
    try:
        made = Live(store)
        made.deliver(folder / "fleet", count, standard, base_port)
        yield made
    finally:
        store.close()


def play(
    recording: str | Scenario, change: Callable[[SimulatedLab], None] = lambda lab: None
) -> Played:
    """Plays in simulated time, in a world of which something was changed."""
    scenario = (
        parse(recording, Path("recording.yaml"))
        if isinstance(recording, str)
        else recording
    )
    lab = SimulatedLab(scenario, Controller.NONE)
    world: World = lab
    try:
        change(lab)
        return lab.drive(Runner(scenario, world, "none").play())
    finally:
        lab.close()


def failed(played: Played) -> list[str]:
    """The lines of the steps that failed, and what was seen there."""
    return [
        f"{step.line}: {step.step}: {step.detail or step.result}"
        for step in played.run.steps
        if not step.passed
    ]
