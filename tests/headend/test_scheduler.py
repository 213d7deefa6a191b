"""The scheduler in simulated time, on both databases where the database matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater

from headend.limits import Limits
from headend.progress import Progress
from headend.scheduler import Scheduler
from headend.store import Store, jobs, leases, open_store
from headend.store.job import Job, JobState
from scenarios.clock import HeapClock
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, PeerRefused, SurroundingsError, TransportError


class Meters:
    """Answers jobs as told: after a while, with a result or an error; notes each."""

    def __init__(self, clock: HeapClock, takes_s: float = 1.0) -> None:
        self.clock = clock
        self.takes_s = takes_s
        self.answers: dict[int, list[object]] = {}
        self.events: list[tuple[float, str, int]] = []
        self.busy: set[int] = set()
        self.most_busy = 0

    async def run(self, job: Job) -> object:
        self.events.append((self.clock.seconds(), "begin", job.id))
        assert job.meter_id not in self.busy
        self.busy.add(job.meter_id)
        self.most_busy = max(self.most_busy, len(self.busy))
        try:
            await deferLater(self.clock, self.takes_s)
        finally:
            self.busy.discard(job.meter_id)
        self.events.append((self.clock.seconds(), "end", job.id))
        answer = self.answers[job.id].pop(0) if self.answers.get(job.id) else {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def begun(self, job_id: int) -> list[float]:
        return [
            at for at, what, which in self.events if (what, which) == ("begin", job_id)
        ]


@pytest.fixture
def clock() -> HeapClock:
    return HeapClock(1000.0)


@pytest.fixture
def meters(clock: HeapClock) -> Meters:
    return Meters(clock)


@pytest.fixture
def memory() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def hand_in(store: Store, meter_id: int, **options: Any) -> int:
    with store.begin() as connection:
        return jobs.enqueue(connection, meter_id, "get", {}, now_s=0.0, **options)


def show(store: Store, job_id: int) -> Job:
    with store.read() as connection:
        return jobs.show(connection, job_id)


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
