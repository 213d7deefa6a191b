"""Jobs, from the worker's side: nothing is done twice at a time, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from headend.store import Store, leases
from headend.store.job import JobState, StaleFence
from headend.store.meters import change
from tests.headend.store.rows import add_meters, claim, enqueue, show
from wire.errors import LocalError


def test_what_a_claim_returns_is_what_the_store_then_holds(store: Store) -> None:
    [meter] = add_meters(store)
    job_id = enqueue(store, meter.id)
    [job] = claim(store, 5.0)
    assert job == show(store, job_id)
    assert (job.state, job.attempts, job.fence) == (JobState.CLAIMED, 1, 1)
    assert (job.worker, job.started_s, job.lease_until_s) == ("w", 5.0, 65.0)


def test_the_urgent_first_then_in_order(store: Store) -> None:
    meters = add_meters(store, 4)
    numbers = [
        enqueue(store, meter.id, priority=priority)
        for meter, priority in zip(meters, (4, 9, 4, 0), strict=True)
    ]
    taken = [claim(store)[0].id for _ in numbers]
    assert taken == [numbers[1], numbers[0], numbers[2], numbers[3]]
    assert claim(store) == []


def test_who_waits_long_goes_before_the_urgent(store: Store) -> None:
    """Each priority is worth ten minutes, so that the least waits for 90 and no longer."""
    meters = add_meters(store, 5)
    least = enqueue(store, meters[0].id, priority=0, not_before_s=1000.0)
    within = enqueue(store, meters[1].id, priority=9, not_before_s=6399.0)
    after = enqueue(store, meters[2].id, priority=9, not_before_s=6401.0)
    middle = enqueue(store, meters[3].id, priority=4, not_before_s=3399.0)
    beyond = enqueue(store, meters[4].id, priority=4, not_before_s=3401.0)
    taken = [job.id for job in claim(store, 9999.0, limit=9)]
    assert taken[2] == least
    assert {*taken[:2]} == {within, middle} and {*taken[3:]} == {after, beyond}


def test_a_cell_has_so_many_running_jobs_whoever_runs_them(store: Store) -> None:
    meters = add_meters(store, 7)
    with store.begin() as connection:
        for meter, cell in zip(meters, "aaaab", strict=False):
            change(connection, meter, {"cell": cell})
    numbers = [enqueue(store, meter.id) for meter in meters]
    urgent = enqueue(store, meters[3].id, priority=9)
    # The last two have no cell, so their host counts as one.
    first = claim(store, limit=4, per_cell=1)
    assert [job.id for job in first] == [urgent, numbers[4], numbers[5]]
    assert claim(store, limit=9, per_cell=1, worker="other") == []
    assert [job.id for job in claim(store, limit=1, per_cell=2)] == [numbers[0]]
    with store.begin() as connection:
        leases.complete(connection, first[0], {}, 1.0)
    last = claim(store, limit=9, per_cell=2)
    assert [job.id for job in last] == [numbers[1], numbers[6]]


def test_a_full_cell_does_not_hide_the_others(store: Store) -> None:
    meters = add_meters(store, 40)
    with store.begin() as connection:
        for meter in meters[:38]:
            change(connection, meter, {"cell": "crowded"})
        change(connection, meters[38], {"cell": "quiet"})
    late = enqueue(store, meters[0].id, priority=9, not_after_s=1.0)
    numbers = [enqueue(store, meter.id) for meter in meters]
    taken = claim(store, 2.0, limit=3, per_cell=1)
    assert [job.id for job in taken] == [numbers[0], numbers[38], numbers[39]]
    assert show(store, late).state is JobState.FAILED


def test_what_must_not_be_done_twice_is_not_queued_again(store: Store) -> None:
    first, second = add_meters(store, 2)
    enqueue(store, first.id)
    enqueue(store, second.id)
    begun, idle = claim(store, 0.0, limit=2)
    with store.begin() as connection:
        leases.begin_once(connection, begun, 7.0)
    [again] = claim(store, 60.0, limit=2)
    assert (again.id, again.attempts) == (idle.id, 2)
    job = show(store, begun.id)
    assert (job.state, job.irrevocable_s, job.ended_s) == (JobState.FAILED, 7.0, 60.0)
    assert job.error == leases.UNKNOWN
    with store.begin() as connection, pytest.raises(StaleFence):
        leases.begin_once(connection, idle, 61.0)
    assert show(store, idle.id).irrevocable_s is None


def test_a_meter_has_one_running_job(store: Store) -> None:
    first, second = add_meters(store, 2)
    numbers = [enqueue(store, meter.id) for meter in (first, first, first, second)]
    taken = claim(store, limit=10)
    assert [job.id for job in taken] == [numbers[0], numbers[3]]
    assert claim(store, limit=10) == []
    with store.begin() as connection:
        leases.complete(connection, taken[0], {}, 1.0)
    assert [job.id for job in claim(store, limit=10)] == [numbers[1]]


def test_a_claim_finds_other_meters_behind_a_long_queue_of_one(store: Store) -> None:
    first, second, third = add_meters(store, 3)
    for _ in range(20):
        enqueue(store, first.id)
    last = [enqueue(store, meter.id) for meter in (second, third)]
    assert [job.id for job in claim(store, limit=3)][1:] == last


def test_not_before_its_time(store: Store) -> None:
    [meter] = add_meters(store)
    enqueue(store, meter.id, not_before_s=10.0)
    assert claim(store, 9.9) == []
    assert len(claim(store, 10.0)) == 1


def test_a_job_that_is_too_late_is_given_up(store: Store) -> None:
    [meter] = add_meters(store)
    late = enqueue(store, meter.id, not_after_s=10.0, priority=9)
    other = enqueue(store, meter.id)
    assert [job.id for job in claim(store, 10.1)] == [other]
    job = show(store, late)
    assert (job.state, job.ended_s) == (JobState.FAILED, 10.1)
    assert job.error == "it could not begin in time"


def test_only_the_jobs_of_a_correlation(store: Store) -> None:
    first, second = add_meters(store, 2)
    enqueue(store, first.id)
    wanted = enqueue(store, second.id, correlation_id="mine")
    assert [job.id for job in claim(store, limit=5, correlation_id="mine")] == [wanted]
    with store.read() as connection:
        assert leases.unfinished(connection, "mine")
        assert not leases.unfinished(connection, "other")


def test_each_end_of_a_claim(store: Store) -> None:
    meters = add_meters(store, 4)
    for meter in meters:
        enqueue(store, meter.id)
    done, failed, again, released = claim(store, limit=4)
    with store.begin() as connection:
        leases.complete(connection, done, {"energy_wh": 5}, 3.0)
        leases.fail(connection, failed, "refused", 4.0, {"refused": 3})
        leases.retry(connection, again, "silent", 9.0)
        leases.release(connection, released)
    shown = show(store, done.id)
    assert (shown.state, shown.result, shown.ended_s) == (
        JobState.DONE,
        {"energy_wh": 5},
        3.0,
    )
    shown = show(store, failed.id)
    assert (shown.state, shown.result) == (JobState.FAILED, {"refused": 3})
    assert (shown.error, shown.ended_s, shown.worker) == ("refused", 4.0, None)
    shown = show(store, again.id)
    assert (shown.state, shown.attempts, shown.error) == (JobState.QUEUED, 1, "silent")
    assert (shown.not_before_s, shown.lease_until_s) == (9.0, None)
    shown = show(store, released.id)
    assert (shown.state, shown.attempts, shown.not_before_s) == (
        JobState.QUEUED,
        0,
        0.0,
    )


def test_a_lost_lease_opens_nothing_any_more(store: Store) -> None:
    [meter] = add_meters(store)
    enqueue(store, meter.id)
    [stale] = claim(store, 0.0, worker="slow")
    [fresh] = claim(store, 60.0, worker="other")
    assert (fresh.id, fresh.fence, fresh.attempts) == (stale.id, 2, 2)
    with store.begin() as connection:
        assert leases.renew(connection, [stale], 999.0) == {stale.id}
        ends: list[Callable[[], None]] = [
            lambda: leases.complete(connection, stale, {}, 61.0),
            lambda: leases.fail(connection, stale, "no", 61.0),
            lambda: leases.retry(connection, stale, "no", 61.0),
            lambda: leases.release(connection, stale),
        ]
        for end in ends:
            with pytest.raises(StaleFence, match="lease was lost"):
                end()
    assert show(store, fresh.id) == fresh
    with store.begin() as connection:
        leases.complete(connection, fresh, {}, 62.0)
    with store.begin() as connection, pytest.raises(StaleFence):
        leases.complete(connection, fresh, {}, 63.0)


def test_a_renewed_lease_lasts(store: Store) -> None:
    [meter] = add_meters(store)
    enqueue(store, meter.id)
    [job] = claim(store, 0.0)
    with store.begin() as connection:
        assert leases.renew(connection, [job], 100.0) == frozenset()
    assert claim(store, 99.0) == []
    assert len(claim(store, 100.0)) == 1


def test_a_lease_that_runs_out_can_still_end_while_nobody_took_the_job(
    store: Store,
) -> None:
    [meter] = add_meters(store)
    enqueue(store, meter.id)
    [job] = claim(store, 0.0)
    with store.begin() as connection:
        leases.complete(connection, job, {}, 1000.0)
    assert show(store, job.id).state is JobState.DONE


def test_a_process_that_always_dies_does_not_run_a_job_forever(store: Store) -> None:
    [meter] = add_meters(store)
    job_id = enqueue(store, meter.id, max_attempts=2)
    assert len(claim(store, 0.0)) == 1
    assert len(claim(store, 60.0)) == 1
    assert claim(store, 120.0) == []
    job = show(store, job_id)
    assert (job.state, job.attempts) == (JobState.FAILED, 2)
    assert job.error == "the process that ran it went away"


def test_a_retry_keeps_its_place_before_later_jobs_of_its_meter(store: Store) -> None:
    first, second = add_meters(store, 2)
    old = enqueue(store, first.id)
    [job] = claim(store)
    with store.begin() as connection:
        leases.retry(connection, job, "silent", 10.0)
    newer = enqueue(store, first.id)
    other_meter = enqueue(store, second.id)
    urgent = enqueue(store, first.id, priority=9)
    taken = claim(store, 5.0, limit=5)
    assert [job.id for job in taken] == [urgent, other_meter]
    with store.begin() as connection:
        for job in taken:
            leases.complete(connection, job, {}, 6.0)
    assert claim(store, 6.0) == []
    assert [job.id for job in claim(store, 10.0, limit=5)] == [old]
    assert show(store, newer).state is JobState.QUEUED


def test_when_to_look_again(store: Store) -> None:
    first, second = add_meters(store, 2)

    def next_due(now_s: float) -> float | None:
        with store.read() as connection:
            return leases.next_due(connection, now_s)

    assert next_due(0.0) is None
    enqueue(store, first.id, not_before_s=30.0)
    assert next_due(0.0) == 30.0
    enqueue(store, second.id)
    claim(store, 0.0)
    assert next_due(0.0) == 30.0
    assert next_due(30.0) == 60.0


def test_a_result_that_is_not_json_changes_nothing(store: Store) -> None:
    [meter] = add_meters(store)
    enqueue(store, meter.id)
    [job] = claim(store)
    with store.begin() as connection, pytest.raises(LocalError, match="JSON"):
        leases.complete(connection, job, b"octets", 1.0)
    assert show(store, job.id) == job


def test_workers_at_the_same_time_never_share_a_job_or_a_meter(store: Store) -> None:
    meters = add_meters(store, 5)
    for meter in meters * 4:
        enqueue(store, meter.id)
    runs: Counter[int] = Counter()
    running: set[int] = set()
    clashes: list[int] = []
    guard = threading.Lock()

    def work(name: str) -> None:
        while True:
            taken = claim(store, 0.0, limit=2, worker=name)
            if not taken:
                with store.read() as connection:
                    if not leases.unfinished(connection):
                        return
                continue
            with guard:
                clashes.extend(job.id for job in taken if job.meter_id in running)
                running.update(job.meter_id for job in taken)
                runs.update(job.id for job in taken)
            with guard:
                running.difference_update(job.meter_id for job in taken)
            with store.begin() as connection:
                for job in taken:
                    leases.complete(connection, job, {}, 0.0)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clashes == [] and len(runs) == 20 and set(runs.values()) == {1}
