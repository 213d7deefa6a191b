"""A job that noted how far it got is under way: no other of its kind comes between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headend.store import Store, leases
from headend.store.job import Job, JobState
from tests.headend.store.rows import add_meters, claim, enqueue, show

UPDATE = "update_firmware"


def note(store: Store, job: Job) -> None:
    with store.begin() as connection:
        leases.note(connection, job, {"initiated": "fw-2"})


def retry(store: Store, job: Job) -> None:
    with store.begin() as connection:
        leases.retry(connection, job, "silent", 30.0)


def release(store: Store, job: Job) -> None:
    with store.begin() as connection:
        leases.release(connection, job)


def die(store: Store, job: Job) -> None:
    """Its lease ends at 60 s."""


@pytest.mark.parametrize("leave", [retry, release, die])
def test_no_other_of_its_operation_begins_before_it_has_ended(
    store: Store, leave: Callable[[Store, Job], None]
) -> None:
    [meter] = add_meters(store)
    first = enqueue(store, meter.id, UPDATE, priority=1)
    [begun] = claim(store)
    note(store, begun)
    leave(store, begun)
    urgent = enqueue(store, meter.id, UPDATE, priority=9)
    other = enqueue(store, meter.id, priority=9)
    [reading] = claim(store, 60.0)
    # What disturbs nothing does not wait.
    assert reading.id == other
    with store.begin() as connection:
        leases.complete(connection, reading, {}, 60.0)
    [again] = claim(store, 60.0)
    assert (again.id, again.attempts) == (first, 2)
    with store.begin() as connection:
        leases.complete(connection, again, {}, 61.0)
    assert [job.id for job in claim(store, 61.0)] == [urgent]


def test_only_its_own_meter_waits_and_only_for_who_noted_something(
    store: Store,
) -> None:
    first, second = add_meters(store, 2)
    enqueue(store, first.id, UPDATE)
    [begun] = claim(store)
    note(store, begun)
    retry(store, begun)
    elsewhere = enqueue(store, second.id, UPDATE)
    assert [job.id for job in claim(store, limit=5)] == [elsewhere]
    with store.begin() as connection:
        leases.retry(connection, show(store, elsewhere), "silent", 5.0)
    urgent = enqueue(store, second.id, UPDATE, priority=9)
    assert [job.id for job in claim(store, limit=5)] == [urgent]


def test_whoever_waits_for_it_goes_on_with_it(store: Store) -> None:
    [meter] = add_meters(store)
    left = enqueue(store, meter.id, UPDATE, correlation_id="gone")
    [begun] = claim(store)
    note(store, begun)
    release(store, begun)
    assert claim(store, correlation_id="mine") == []
    later = enqueue(
        store, meter.id, UPDATE, correlation_id="mine", not_before_s=5.0, priority=9
    )
    assert claim(store, correlation_id="mine") == []
    [taken] = claim(store, 5.0, limit=5, correlation_id="mine")
    assert taken.id == left
    with store.begin() as connection:
        leases.fail(connection, taken, "no", 6.0)
    assert [job.id for job in claim(store, 6.0, correlation_id="mine")] == [later]


def test_two_that_are_under_way_do_not_wait_for_each_other(store: Store) -> None:
    """As a store may have them from before."""
    [meter] = add_meters(store)
    numbers = []
    for priority in (1, 9):
        with store.begin() as connection:
            connection.exec_driver_sql("UPDATE jobs SET result = NULL")
        numbers.append(enqueue(store, meter.id, UPDATE, priority=priority))
        [begun] = claim(store)
        assert begun.id == numbers[-1]
        note(store, begun)
        release(store, begun)
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET result = '{}'")
    for number in numbers:
        [job] = claim(store)
        assert job.id == number and job.state is JobState.CLAIMED
        with store.begin() as connection:
            leases.complete(connection, job, {}, 1.0)
