"""Health and metrics, also of a service that cannot work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headend.metrics import Metrics
from headend.pages import Pages
from headend.scheduler import Scheduler
from headend.store import Store, jobs, open_store
from headend.store.call import directly
from headend.store.job import Job
from scenarios.transport.clock import HeapClock
from tests.headend.store.rows import add_meters
from wire.errors import SurroundingsError


class World:
    """A service without its wires; its store can be taken away."""

    def __init__(self, store: Store) -> None:
        self.clock = HeapClock(1000.0)
        self.away = False
        metrics = Metrics()
        self.scheduler = Scheduler(
            store, self.run, self.clock, call=self.call, watch=metrics.watch
        )
        self.pages = Pages(store, self.scheduler, metrics, self.clock, self.call)

    async def run(self, job: Job) -> object:
        return {}

    async def call(self, function: Callable[[], Any], /) -> Any:
        if self.away:
            raise SurroundingsError("db: the database is locked")
        return function()

    def health(self) -> tuple[int, dict[str, Any]]:
        status, kind, text = self.clock.play(self.pages.health())
        assert kind == "application/json"
        return status, json.loads(text)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def test_a_service_that_works(store: Store) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection:
        for not_before_s in (990.0, 995.5, 2000.0):
            jobs.enqueue(
                connection, meter.id, "get", {}, now_s=0.0, not_before_s=not_before_s
            )
    world = World(store)
    assert world.health() == (
        200,
        {
            "status": "ok",
            "database": store.name,
            "queue": {"waiting": 2, "later": 1, "running": 0},
            "oldest_wait_s": 10.0,
            "running_here": 0,
        },
    )
    world.scheduler.start()
    world.clock.advance(1.0)
    assert world.health()[1]["queue"] == {"waiting": 0, "later": 1, "running": 0}
    status, kind, page = world.clock.play(world.pages.metrics())
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'dsmrlab_jobs{state="done",operation="get"} 2\n' in page
    assert 'dsmrlab_attempts_total{operation="get",outcome="done"} 2\n' in page
    world.clock.play(world.scheduler.stop())


def test_a_store_that_cannot_be_read(store: Store) -> None:
    world = World(store)
    world.away = True
    status, document = world.health()
    assert (status, document["status"]) == (503, "failing")
    assert document["reason"] == "db: the database is locked"
    status, _, text = world.clock.play(world.pages.metrics())
    assert (status, text) == (503, "db: the database is locked\n")


def test_a_store_that_could_not_be_written_when_last_needed(store: Store) -> None:
    """It can be read; but no job is run."""
    world = World(store)
    world.scheduler.start()
    world.away = True
    world.clock.advance(1.0)
    reading = Pages(store, world.scheduler, Metrics(), world.clock, directly)
    status, _, text = world.clock.play(reading.health())
    assert (status, json.loads(text)["reason"]) == (503, "db: the database is locked")
    world.away = False
    world.clock.advance(10.0)
    assert world.health()[0] == 200
    world.clock.play(world.scheduler.stop())


def test_a_service_that_stops(store: Store) -> None:
    world = World(store)
    world.pages.stopping = True
    status, document = world.health()
    assert (status, document["reason"]) == (503, "the service is stopping")
