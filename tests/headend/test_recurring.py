"""Schedules on the clock: their jobs are there when due, whatever the store says meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.task import deferLater

from headend.recurring import Recurring
from headend.scheduler import Scheduler
from headend.store import Store, jobs, open_store, schedules
from headend.store.job import Job, JobState
from headend.store.rhythm import Every
from scenarios.transport.clock import HeapClock
from tests.headend.store.rows import add_meters
from wire.errors import SurroundingsError


@pytest.fixture
def clock() -> HeapClock:
    return HeapClock(1000.0)


@pytest.fixture
def memory() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def add(store: Store, seconds: int, now_s: float = 1000.0) -> int:
    with store.begin() as connection:
        return schedules.add(connection, "get", {}, Every(seconds), now_s=now_s)


def created(store: Store) -> list[float]:
    with store.read() as connection:
        return [job.created_s for job in jobs.listing(connection)[::-1]]


def test_jobs_are_made_at_their_instants(memory: Store, clock: HeapClock) -> None:
    add_meters(memory)
    add(memory, 60)
    calls: list[float] = []
    recurring = Recurring(memory, clock, lambda: calls.append(clock.seconds()))
    recurring.start()
    clock.advance(200.0)
    assert created(memory) == calls == [1020.0, 1080.0, 1140.0, 1200.0]
    recurring.stop()
    clock.advance(200.0)
    assert len(calls) == 4 and clock.getDelayedCalls() == []


def test_schedules_of_other_processes_are_seen(memory: Store, clock: HeapClock) -> None:
    add_meters(memory)
    recurring = Recurring(memory, clock, lambda: None, look_s=5.0)
    recurring.start()
    clock.advance(101.0)
    add(memory, 10, clock.seconds())
    clock.advance(20.0)
    assert created(memory) == [1110.0, 1120.0]
    recurring.stop()


def test_a_store_that_is_away_for_a_while_is_looked_at_again(
    memory: Store, clock: HeapClock, caplog: pytest.LogCaptureFixture
) -> None:
    add_meters(memory)
    add(memory, 60)

    async def call(function: Callable[[], Any], /) -> Any:
        if 1019.0 < clock.seconds() < 1030.0:
            raise SurroundingsError("locked")
        return function()

    recurring = Recurring(memory, clock, lambda: None, call=call)
    recurring.start()
    clock.advance(60.0)
    assert created(memory) == [1030.0]
    assert caplog.messages == ["locked"] * 2
    recurring.stop()


def test_stopping_while_the_store_is_asked(memory: Store, clock: HeapClock) -> None:
    async def call(function: Callable[[], Any], /) -> Any:
        await deferLater(clock, 1.0)
        return function()

    recurring = Recurring(memory, clock, lambda: None, call=call)
    recurring.start()
    recurring.stop()
    clock.advance(10.0)
    assert clock.getDelayedCalls() == []


def test_a_scheduler_runs_them(memory: Store, clock: HeapClock) -> None:
    add_meters(memory, 2)
    add(memory, 60)

    async def run(job: Job) -> object:
        return {"at": clock.seconds()}

    scheduler = Scheduler(memory, run, clock)
    recurring = Recurring(memory, clock, scheduler.wake)
    scheduler.start()
    recurring.start()
    clock.advance(130.0)
    with memory.read() as connection:
        found = jobs.listing(connection)
    assert {job.state for job in found} == {JobState.DONE}
    assert sorted(job.result["at"] for job in found) == [1020.0] * 2 + [1080.0] * 2
    recurring.stop()
    clock.play(scheduler.stop())
