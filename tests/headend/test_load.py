"""Many meters and jobs, several processes: the limits hold at each instant, nothing starves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from twisted.internet.task import deferLater

from headend.limits import Limits
from headend.scheduler import Scheduler
from headend.store import Store, jobs, meters, open_store
from headend.store.job import LAST_PRIORITY, PRIORITY_S, Job, JobState
from scenarios.transport.clock import HeapClock
from tests.headend.store.rows import add_meters
from wire.errors import TransportError

METERS, CELLS, JOBS, PROCESSES = 240, 7, 600, 3
LIMITS = Limits(sessions=8, connections_per_s=6.0, per_cell=5)
SPREAD_S = 60
_UNENDED = text(
    "SELECT id, meter_id, state, rank_s, not_before_s, priority, attempts FROM jobs"
    " WHERE state IN ('queued', 'claimed')"
)


class Process:
    """A scheduler of a store that others use too; it notes when it connects."""

    def __init__(self, load: Load, number: int) -> None:
        self.load = load
        self.busy = self.most_busy = 0
        self.connections: list[float] = []
        self.scheduler = Scheduler(
            load.store,
            self.run,
            load.clock,
            limits=LIMITS,
            call=self.call,
            look_s=1.0,
            worker=f"w{number}",
        )

    async def call(self, function: Callable[[], Any], /) -> Any:
        """As on a thread: the store takes its time."""
        clock = self.load.clock
        await deferLater(clock, self.load.random.uniform(0.0, 0.05))
        result = function()
        self.load.check_order()
        await deferLater(clock, self.load.random.uniform(0.0, 0.05))
        return result

    async def run(self, job: Job) -> object:
        """Connects, once more in one of five cases, talks, and hangs up or fails."""
        load = self.load
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        load.enter(job.meter_id)
        try:
            self.connections.append(load.clock.seconds())
            for _ in range(2 if job.id % 5 == 0 else 0):
                await self.scheduler.another()
                self.connections.append(load.clock.seconds())
            await deferLater(load.clock, load.random.uniform(0.1, 6.0))
        finally:
            self.busy -= 1
            load.leave(job.meter_id)
        if job.attempts == 1 and job.id % 9 == 0:
            raise TransportError("silent")
        return {}


class Load:
    """The store, the meters that are talked with, and the processes that do."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        self.clock = HeapClock(1000.0)
        self.cells: dict[int, str] = {}
        self.busy: set[int] = set()
        self.in_cell: Counter[str] = Counter()
        self.most_in_cell: Counter[str] = Counter()
        self.claimed: set[int] = set()
        with store.begin() as connection:
            # The first cell has half of them.
            for meter in meters.every(connection):
                number = max(0, self.random.randrange(-CELLS, CELLS))
                self.cells[meter.id] = f"cell {number}"
                meters.change(connection, meter, {"cell": f"cell {number}"})
            for _ in range(JOBS):
                jobs.enqueue(
                    connection,
                    self.random.choice(list(self.cells)),
                    "get",
                    {},
                    now_s=1000.0,
                    priority=self.random.randint(0, LAST_PRIORITY),
                    not_before_s=1000.0 + self.random.uniform(0, SPREAD_S),
                )
        self.processes = [Process(self, number) for number in range(PROCESSES)]

    def enter(self, meter_id: int) -> None:
        """Somebody talks with that meter."""
        assert meter_id not in self.busy
        self.busy.add(meter_id)
        cell = self.cells[meter_id]
        self.in_cell[cell] += 1
        self.most_in_cell[cell] = max(self.most_in_cell[cell], self.in_cell[cell])

    def leave(self, meter_id: int) -> None:
        """And hangs up."""
        self.busy.discard(meter_id)
        self.in_cell[self.cells[meter_id]] -= 1

    def check_order(self) -> None:
        """No job was claimed while a more urgent one could have been."""
        now_s = self.clock.seconds()
        with self.store.read() as connection:
            rows = connection.execute(_UNENDED).all()
        running = [row for row in rows if row.state == JobState.CLAIMED]
        fresh = [row.rank_s for row in running if row.id not in self.claimed]
        self.claimed = {row.id for row in running}
        if not fresh:
            return
        taken = {row.meter_id for row in running}
        cells = Counter(self.cells[meter_id] for meter_id in taken)
        waiting = [row for row in rows if row.state == JobState.QUEUED]
        again = [row for row in waiting if row.attempts]
        for row in waiting:
            could = (
                row.not_before_s <= now_s - 0.1
                and row.meter_id not in taken
                and cells[self.cells[row.meter_id]] < (LIMITS.per_cell or 0)
                and not any(
                    other.meter_id == row.meter_id and other.not_before_s > now_s - 0.1
                    for other in again
                )
            )
            assert not could or row.rank_s >= max(fresh), row

    def unended(self) -> int:
        """How many jobs wait or run."""
        with self.store.read() as connection:
            return len(connection.execute(_UNENDED).all())


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    add_meters(opened, METERS)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_limits_hold_under_load(store: Store, seed: int) -> None:
    load = Load(store, seed)
    for process in load.processes:
        process.scheduler.start()
    while load.unended():
        load.clock.advance(1.0)
        assert load.clock.seconds() < 1000.0 + 1200.0, "something starves"
    for process in load.processes:
        load.clock.play(process.scheduler.stop())
        assert process.most_busy == LIMITS.sessions
        check_rate(process.connections)
    assert max(load.most_in_cell.values()) == LIMITS.per_cell
    with store.read() as connection:
        ended = jobs.listing(connection, limit=2 * JOBS)
    assert [job.state for job in ended] == [JobState.DONE] * JOBS
    assert all(job.attempts == 1 + (job.id % 9 == 0) for job in ended)
    assert load.clock.getDelayedCalls() == []


def check_rate(connections: list[float]) -> None:
    """In any T seconds no more than the rate allows in T + 0.1, and one."""
    rate = LIMITS.connections_per_s
    assert rate is not None
    # A claim is on its way for at most 0.05 s after its tokens were taken.
    late_s = 0.05
    for first, begin_s in enumerate(connections):
        for count, end_s in enumerate(connections[first:], 1):
            assert count <= rate * (end_s - begin_s + late_s + 0.1) + 1.01


def test_to_look_and_find_nothing_uses_no_connection_up(store: Store) -> None:
    clock = HeapClock(1000.0)
    begun: list[float] = []

    async def run(job: Job) -> object:
        begun.append(clock.seconds())
        return {}

    limits = Limits(connections_per_s=0.01)
    scheduler = Scheduler(store, run, clock, limits=limits, look_s=1.0)
    scheduler.start()
    clock.advance(10.0)
    known = store_meter(store)
    clock.play(scheduler.wait(clock.play(scheduler.submit(known, "get", {}))))
    assert begun == [1010.0]
    clock.play(scheduler.stop())


def store_meter(store: Store) -> int:
    """One of the meters."""
    with store.read() as connection:
        return meters.every(connection)[0].id


def test_the_least_urgent_gets_its_turn_under_an_overload_that_never_ends(
    store: Store,
) -> None:
    clock = HeapClock(0.0)
    with store.begin() as connection:
        known = [meter.id for meter in meters.every(connection)]
        lowest = jobs.enqueue(
            connection, known[0], "get", {}, now_s=0.0, priority=0, not_before_s=0.0
        )
        for number in range(900):
            jobs.enqueue(
                connection,
                known[1 + number % (METERS - 1)],
                "get",
                {},
                now_s=0.0,
                not_before_s=number * 9.0,
                priority=LAST_PRIORITY,
            )
    begun: dict[int, float] = {}

    async def run(job: Job) -> object:
        begun[job.id] = clock.seconds()
        await deferLater(clock, 10.0)
        return {}

    scheduler = Scheduler(store, run, clock, limits=Limits(sessions=1))
    clock.play(scheduler.run_until_idle())
    # Behind those that were due in the 90 minutes that its priority is worth, and no others.
    before = LAST_PRIORITY * PRIORITY_S / 9.0
    assert begun[lowest] == pytest.approx(before * 10.0, abs=20.0)
