"""The scheduler in simulated time, on both databases where the database matters: what it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import ensureDeferred

from headend.limits import Limits
from headend.progress import Progress
from headend.scheduler import Scheduler
from headend.store import Store, leases
from headend.store.job import Job, JobState
from scenarios.transport.clock import HeapClock
from tests.headend.scheduled_meters import Meters, hand_in, show
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, PeerRefused, TransportError


def test_jobs_are_run_until_none_is_left(
    store: Store, clock: HeapClock, meters: Meters
) -> None:
    numbers = [hand_in(store, meter.id) for meter in add_meters(store, 3) * 2]
    meters.answers[numbers[0]] = [{"energy_wh": 17}]
    clock.play(Scheduler(store, meters.run, clock).run_until_idle())
    assert {show(store, each).state for each in numbers} == {JobState.DONE}
    assert show(store, numbers[0]).result == {"energy_wh": 17}
    assert show(store, numbers[0]).ended_s == 1001.0
    # One at a time for each meter, meters side by side.
    assert clock.seconds() == 1002.0 and meters.most_busy == 3


def test_no_more_at_a_time_than_allowed(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    for meter in add_meters(memory, 10):
        hand_in(memory, meter.id)
    clock.play(
        Scheduler(memory, meters.run, clock, limits=Limits(sessions=3)).run_until_idle()
    )
    assert meters.most_busy == 3 and clock.seconds() == 1004.0


def test_no_more_connections_in_a_second_than_allowed(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    numbers = [hand_in(memory, meter.id) for meter in add_meters(memory, 10)]
    limits = Limits(connections_per_s=2.0)
    clock.play(Scheduler(memory, meters.run, clock, limits=limits).run_until_idle())
    begun = [meters.begun(each)[0] for each in numbers]
    assert begun == pytest.approx([1000.0 + i / 2 for i in range(10)])
    assert meters.most_busy == 2


def test_an_urgent_job_waits_less_for_a_connection(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    known = add_meters(memory, 9)
    numbers = [hand_in(memory, meter.id) for meter in known[:8]]
    scheduler = Scheduler(
        memory, meters.run, clock, limits=Limits(connections_per_s=0.5)
    )
    scheduler.start()
    clock.advance(3.0)
    urgent = hand_in(memory, known[8].id, priority=9)
    clock.play(scheduler.run_until_idle())
    assert meters.begun(urgent) == pytest.approx([1004.0])
    assert meters.begun(numbers[-1]) == pytest.approx([1016.0])
    clock.play(scheduler.stop())


def test_who_waits_hears_of_other_processes_while_connections_are_throttled(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    first, second = add_meters(memory, 2)
    other = hand_in(memory, first.id)
    with memory.begin() as connection:
        [taken] = leases.claim(connection, now_s=1000.0, worker="other", lease_s=60.0)
    hand_in(memory, second.id)
    limits = Limits(connections_per_s=0.001)
    scheduler = Scheduler(memory, meters.run, clock, limits=limits, look_s=1.0)
    scheduler.start()
    ended: list[Job] = []
    ensureDeferred(scheduler.wait(other)).addCallback(ended.append)
    clock.advance(5.0)
    with memory.begin() as connection:
        leases.complete(connection, taken, {}, 1005.0)
    clock.advance(2.0)
    assert [job.id for job in ended] == [other]
    clock.play(scheduler.stop())


def test_no_more_in_a_cell_than_permitted(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    for meter in add_meters(memory, 6):
        hand_in(memory, meter.id)
    limits = Limits(per_cell=2)
    clock.play(Scheduler(memory, meters.run, clock, limits=limits).run_until_idle())
    # All are at one host, and none has a cell of its own.
    assert meters.most_busy == 2 and clock.seconds() == 1003.0


def test_a_silent_meter_is_tried_after_doubling_delays(
    store: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(store)
    job_id = hand_in(store, meter.id, max_attempts=4)
    meters.answers[job_id] = [TransportError("silent")] * 3 + [{"ok": True}]
    clock.play(Scheduler(store, meters.run, clock).run_until_idle())
    assert meters.begun(job_id) == [1000.0, 1003.0, 1008.0, 1017.0]
    job = show(store, job_id)
    assert (job.state, job.attempts, job.result) == (JobState.DONE, 4, {"ok": True})


def test_attempts_run_out(memory: Store, clock: HeapClock, meters: Meters) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id, max_attempts=2)
    meters.answers[job_id] = [TransportError("silent")] * 9
    clock.play(Scheduler(memory, meters.run, clock).run_until_idle())
    job = show(memory, job_id)
    assert (job.state, job.attempts) == (JobState.FAILED, 2)
    assert job.error == "silent (attempt 2, the last)"


def test_other_meters_go_on_while_one_is_silent(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    first, second = add_meters(memory, 2)
    silent, other = hand_in(memory, first.id), hand_in(memory, second.id)
    meters.answers[silent] = [TransportError("silent")] * 9
    clock.play(
        Scheduler(memory, meters.run, clock, limits=Limits(sessions=1)).run_until_idle()
    )
    assert meters.begun(other) == [1001.0]


def test_a_refusal_is_final_and_keeps_its_code(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)
    meters.answers[job_id] = [PeerRefused("read-write-denied", 3)]
    clock.play(Scheduler(memory, meters.run, clock).run_until_idle())
    job = show(memory, job_id)
    assert (job.state, job.attempts, job.error) == (
        JobState.FAILED,
        1,
        "read-write-denied",
    )
    assert job.result == {"refused": 3}


@pytest.mark.parametrize(
    "answer", [ZeroDivisionError("oops"), b"octets", {"x": object()}]
)
def test_a_defect_ends_the_job_and_not_the_scheduler(
    memory: Store, clock: HeapClock, meters: Meters, answer: object
) -> None:
    first, second = add_meters(memory, 2)
    bad, good = hand_in(memory, first.id), hand_in(memory, second.id)
    meters.answers[bad] = [answer]
    clock.play(Scheduler(memory, meters.run, clock).run_until_idle())
    assert str(show(memory, bad).error).startswith("a defect in dsmrlab: ")
    assert show(memory, good).state is JobState.DONE


def test_a_job_for_later_is_waited_for_without_looking_meanwhile(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id, not_before_s=90_000.0)
    looks: list[float] = []

    async def call(function: Callable[[], Any], /) -> Any:
        looks.append(clock.seconds())
        return function()

    clock.play(Scheduler(memory, meters.run, clock, call=call).run_until_idle())
    assert meters.begun(job_id) == [90_000.0]
    assert len([at for at in looks if at < 90_000.0]) == 1


def test_a_started_scheduler_takes_what_is_handed_in_at_once(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    scheduler = Scheduler(memory, meters.run, clock)
    scheduler.start()
    clock.advance(500.0)

    async def ask() -> Job:
        job_id = await scheduler.submit(meter.id, "get", {"a": 1}, priority=9)
        return await scheduler.wait(job_id)

    job = clock.play(ask())
    assert (job.state, job.arguments, job.priority) == (JobState.DONE, {"a": 1}, 9)
    assert (job.created_s, job.ended_s) == (1500.0, 1501.0)
    assert clock.play(scheduler.wait(job.id)) == job  # it has ended before
    with pytest.raises(ConfigError):
        clock.play(scheduler.wait(99))


def test_who_waits_hears_of_a_job_that_ends_without_running(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    hand_in(memory, meter.id)
    late = hand_in(memory, meter.id, not_after_s=1000.5)
    scheduler = Scheduler(memory, meters.run, clock)
    scheduler.start()
    job = clock.play(scheduler.wait(late))
    assert (job.state, job.error) == (JobState.FAILED, "it could not begin in time")


def test_each_attempt_is_watched_from_its_claim_to_its_end(
    memory: Store, clock: HeapClock, meters: Meters
) -> None:
    [meter] = add_meters(memory)
    job_id = hand_in(memory, meter.id)
    refused = hand_in(memory, meter.id)
    stopped = hand_in(memory, meter.id)
    lost = hand_in(memory, meter.id, not_before_s=2000.0)
    meters.answers[job_id] = [TransportError("silent")]
    meters.answers[refused] = [PeerRefused("read-write-denied", 3)]
    seen: list[Progress] = []
    scheduler = Scheduler(memory, meters.run, clock, watch=seen.append)
    scheduler.start()
    clock.advance(5.5)
    clock.play(scheduler.stop())
    scheduler.start()
    clock.advance(1000.0 - 5.2)
    with memory.begin() as connection:
        leases.claim(connection, now_s=2100.0, worker="rival", lease_s=9e9)
    clock.advance(1.0)
    clock.play(scheduler.stop())
    told = [(each.step.value, each.session, each.after_s, each.error) for each in seen]
    assert told == [
        ("job-claimed", f"{job_id}.1", 0.0, None),
        ("job-retried", f"{job_id}.1", 1.0, "silent"),
        ("job-claimed", f"{job_id}.2", 0.0, None),
        ("job-done", f"{job_id}.2", 1.0, None),
        ("job-claimed", f"{refused}.1", 0.0, None),
        ("job-failed", f"{refused}.1", 1.0, "read-write-denied"),
        ("job-claimed", f"{stopped}.1", 0.0, None),
        ("job-released", f"{stopped}.1", 0.5, None),
        ("job-claimed", f"{stopped}.2", 0.0, None),
        ("job-done", f"{stopped}.2", 1.0, None),
        ("job-claimed", f"{lost}.1", 0.0, None),
        (
            "job-lost",
            f"{lost}.1",
            1.0,
            f"job {lost}: the lease was lost to another worker",
        ),
    ]
