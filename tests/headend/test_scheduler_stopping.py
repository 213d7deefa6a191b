"""A scheduler that is stopped: what runs then, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import deferLater

from headend.attempt import Abandoned
from headend.limits import Limits
from headend.scheduler import Scheduler
from headend.store import Store
from headend.store.job import JobState
from scenarios.transport.clock import HeapClock
from scenarios.transport.stepped_clock import SteppedClock
from tests.headend.scheduled_meters import Meters, hand_in, show
from tests.headend.store.rows import add_meters
from wire.errors import TransportError


def test_stopping_gives_unfinished_jobs_back(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    first, second = add_meters(memory, 2)
    running, waiting = hand_in(memory, first.id), hand_in(memory, first.id)
    scheduler = Scheduler(memory, meters.run, clock)
    scheduler.start()
    clock.advance(0.5)
    outcome: list[object] = []
    ensureDeferred(scheduler.wait(waiting)).addBoth(outcome.append)
    clock.play(scheduler.stop())
    assert scheduler.running == 0 and meters.busy == set()
    for job_id in (running, waiting):
        job = show(memory, job_id)
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert "stopped before" in str(outcome[0])
    hand_in(memory, second.id)
    scheduler.wake()
    clock.advance(1000.0)
    assert len(meters.events) == 1
    assert clock.getDelayedCalls() == []


def test_stopping_with_grace_lets_end_what_runs(store: Store, clock: HeapClock) -> None:
    first, second, third = add_meters(store, 3)
    quick, slow, waiting = (
        hand_in(store, meter.id) for meter in (first, second, third)
    )
    meters = Meters(clock)
    limits = Limits(sessions=2)
    scheduler = Scheduler(store, meters.run, clock, limits=limits, lease_s=30.0)
    meters.takes_s = 50.0
    scheduler.start()
    clock.advance(0.0)
    begun_s = clock.seconds()
    outcomes = []

    async def stop() -> None:
        meters.answers[slow] = [TransportError("silent")]
        await scheduler.stop(grace_s=100.0)

    clock.play(stop())
    # It took longer than the lease, which was renewed meanwhile; and no longer than needed.
    assert clock.seconds() == begun_s + 50.0
    outcomes = [show(store, number) for number in (quick, slow, waiting)]
    assert [job.state for job in outcomes] == [
        JobState.DONE,
        JobState.QUEUED,
        JobState.QUEUED,
    ]
    assert [job.attempts for job in outcomes] == [1, 1, 0]
    assert clock.getDelayedCalls() == []


def test_grace_has_an_end(memory: Store, clock: HeapClock, meters: Meters) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)
    meters.takes_s = 500.0
    scheduler = Scheduler(memory, meters.run, clock)
    scheduler.start()
    clock.advance(1.0)
    clock.play(scheduler.stop(grace_s=10.0))
    assert clock.seconds() == 1011.0
    job = show(memory, job_id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert clock.getDelayedCalls() == []


def test_a_stopped_scheduler_can_start_again(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)
    scheduler = Scheduler(memory, meters.run, clock)
    scheduler.start()
    clock.advance(0.5)
    clock.play(scheduler.stop())
    clock.play(scheduler.run_until_idle())
    assert show(memory, job_id).state is JobState.DONE


def test_stopping_while_a_claim_is_on_its_way(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)

    async def call(function: Callable[[], Any], /) -> Any:
        await deferLater(clock, 0.25)
        result = function()
        await deferLater(clock, 0.25)
        return result

    scheduler = Scheduler(memory, meters.run, clock, call=call)
    scheduler.start()
    clock.advance(0.3)
    assert show(memory, job_id).state is JobState.CLAIMED
    clock.play(scheduler.stop())
    job = show(memory, job_id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert meters.events == []


def test_what_is_abandoned_stays_claimed_until_its_lease_runs_out(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    first, second = add_meters(memory, 2)
    running, waiting = hand_in(memory, first.id), hand_in(memory, first.id)
    killed = Scheduler(memory, meters.run, clock, lease_s=60.0)
    killed.start()
    clock.advance(0.5)
    outcome: list[Any] = []
    ensureDeferred(killed.wait(waiting)).addBoth(outcome.append)
    killed.abandon()
    assert outcome[0].check(Abandoned) and meters.busy == set()
    hand_in(memory, second.id)
    killed.wake()
    clock.advance(10.0)
    assert (show(memory, running).state, len(meters.events)) == (JobState.CLAIMED, 1)
    assert clock.getDelayedCalls() == [] and killed.running == 0

    again = Scheduler(memory, meters.run, clock, lease_s=60.0)
    again.start()
    clock.advance(49.0)
    assert show(memory, running).state is JobState.CLAIMED
    clock.advance(10.0)
    for job_id, attempts in ((running, 2), (waiting, 1)):
        job = show(memory, job_id)
        assert (job.state, job.attempts) == (JobState.DONE, attempts)


@pytest.mark.parametrize("step_s", [7200.0, -900.0])
def test_a_step_of_the_clock_makes_no_job_run_twice(
    memory: Store, clock: HeapClock, meters: Meters, step_s: float
) -> None:
    first, second = add_meters(memory, 2)
    job_id = hand_in(memory, first.id)
    meters.takes_s = 30.0
    wall = SteppedClock(clock)
    scheduler = Scheduler(memory, meters.run, wall, lease_s=60.0)
    scheduler.start()
    clock.advance(1.0)
    wall.ahead_s += step_s
    other = hand_in(memory, second.id)
    scheduler.wake()
    clock.advance(100.0)
    for number in (job_id, other):
        job = show(memory, number)
        assert (job.state, job.attempts) == (JobState.DONE, 1)
        assert len(meters.begun(number)) == 1
