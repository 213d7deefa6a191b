"""A scheduler and its store: others who use it, leases, and a store that is slow or away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater

from headend.limits import Limits
from headend.scheduler import Scheduler
from headend.store import Store, leases
from headend.store.job import Job, JobState
from scenarios.transport.clock import HeapClock
from tests.headend.scheduled_meters import Meters, hand_in, show
from tests.headend.store.rows import add_meters
from wire.errors import SurroundingsError, TransportError


def test_a_long_job_keeps_its_lease(store: Store, clock: HeapClock) -> None:
    [meter] = add_meters(store)
    job_id = hand_in(store, meter.id)
    slow, other = Meters(clock, takes_s=500.0), Meters(clock)
    scheduler = Scheduler(store, slow.run, clock, worker="slow")
    rival = Scheduler(store, other.run, clock, worker="rival", look_s=7.0)
    scheduler.start()
    clock.advance(1.0)
    rival.start()
    clock.advance(1000.0)
    assert other.events == [] and len(slow.events) == 2
    assert show(store, job_id).state is JobState.DONE
    clock.play(rival.stop())
    clock.play(scheduler.stop())


def test_a_dead_process_s_job_is_taken_over(
    store: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(store)
    job_id = hand_in(store, meter.id)
    with store.begin() as connection:
        leases.claim(connection, now_s=1000.0, worker="dead", lease_s=60.0)
    clock.play(Scheduler(store, meters.run, clock).run_until_idle())
    assert meters.begun(job_id) == [1060.0]
    job = show(store, job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2)


def test_a_job_whose_lease_was_lost_is_broken_off(
    memory: Store, clock: HeapClock
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)
    slow = Meters(clock, takes_s=500.0)
    scheduler = Scheduler(memory, slow.run, clock)
    scheduler.start()
    clock.advance(1.0)
    with memory.begin() as connection:
        # As if this process had slept for longer than the lease.
        [taken] = leases.claim(connection, now_s=2000.0, worker="rival", lease_s=9e9)
    clock.advance(30.0)
    assert scheduler.running == 0 and slow.busy == set()
    assert show(memory, job_id) == taken
    clock.play(scheduler.stop())


def test_other_processes_jobs_are_seen_when_looking(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    scheduler = Scheduler(memory, meters.run, clock, look_s=2.0)
    scheduler.start()
    clock.advance(11.0)
    job_id = hand_in(memory, meter.id)
    clock.advance(5.0)
    assert meters.begun(job_id) == [1012.0]
    clock.play(scheduler.stop())


def test_only_the_jobs_of_its_correlation(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    first, second = add_meters(memory, 2)
    other = hand_in(memory, first.id)
    scheduler = Scheduler(memory, meters.run, clock, correlation_id="mine")

    async def work() -> Job:
        mine = await scheduler.submit(second.id, "get", {})
        await scheduler.run_until_idle()
        return show(memory, mine)

    job = clock.play(work())
    assert (job.state, job.correlation_id) == (JobState.DONE, "mine")
    assert show(memory, other).state is JobState.QUEUED


def test_a_store_that_is_away_for_a_while_loses_nothing(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)

    async def call(function: Callable[[], Any], /) -> Any:
        if 1000.5 < clock.seconds() < 1010.0:
            raise SurroundingsError("locked")
        return function()

    clock.play(Scheduler(memory, meters.run, clock, call=call).run_until_idle())
    job = show(memory, job_id)
    assert (job.state, job.attempts, job.ended_s) == (JobState.DONE, 1, 1010.0)
    assert meters.begun(job_id) == [1000.0]


def test_who_waits_is_told_once_that_the_store_is_away(
    memory: Store,
    clock: HeapClock,
    meters: Meters,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def call(function: Callable[[], Any], /) -> Any:
        raise SurroundingsError("locked")

    scheduler = Scheduler(memory, meters.run, clock, call=call)
    with pytest.raises(SurroundingsError, match="locked"):
        clock.play(scheduler.run_until_idle())
    assert clock.getDelayedCalls() == []
    assert caplog.messages == []


def test_a_service_goes_on_when_the_store_is_back(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)

    async def call(function: Callable[[], Any], /) -> Any:
        if clock.seconds() < 1012.0:
            raise SurroundingsError("locked")
        return function()

    scheduler = Scheduler(memory, meters.run, clock, call=call)
    scheduler.start()
    clock.advance(30.0)
    assert meters.begun(job_id) == [1015.0]
    clock.play(scheduler.stop())


def test_store_calls_may_take_their_time(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    """As on a thread: everything the scheduler asks is answered later."""
    numbers = [hand_in(memory, meter.id) for meter in add_meters(memory, 3) * 2]
    meters.answers[numbers[0]] = [TransportError("silent")]

    async def call(function: Callable[[], Any], /) -> Any:
        await deferLater(clock, 0.25)
        return function()

    scheduler = Scheduler(
        memory, meters.run, clock, call=call, limits=Limits(sessions=2)
    )

    async def work() -> None:
        idle: Deferred[None] = ensureDeferred(scheduler.run_until_idle())
        for meter_id in (1, 2, 3):
            numbers.append(await scheduler.submit(meter_id, "get", {}))
        await idle

    clock.play(work())
    assert {show(memory, each).state for each in numbers} == {JobState.DONE}
    assert len(numbers) == 9 and meters.most_busy == 2
