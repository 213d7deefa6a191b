"""Schedules: one job for a meter at each instant, whoever looks and whenever it is killed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from headend.store import Store, jobs, schedules
from headend.store.job import Job, JobState
from headend.store.meters import change
from headend.store.rhythm import Daily, Every
from headend.store.schedules import Schedule
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, LocalError

HOUR = Every(3600)


def add(store: Store, rhythm: Any = HOUR, now_s: float = 0.0, **options: Any) -> int:
    with store.begin() as connection:
        return schedules.add(
            connection, "get", {"object": "clock"}, rhythm, now_s=now_s, **options
        )


def make(store: Store, now_s: float) -> int:
    with store.begin() as connection:
        return schedules.make_jobs(connection, now_s)


def made(store: Store) -> list[Job]:
    with store.read() as connection:
        return jobs.listing(connection)[::-1]


def test_a_schedule_makes_a_job_for_each_meter_at_each_instant(store: Store) -> None:
    meters = add_meters(store, 3)
    number = add(store, now_s=10.0, priority=7, max_age_s=600)
    assert make(store, 3599.9) == 0
    assert make(store, 3600.5) == 3
    assert make(store, 3600.5) == make(store, 7199.0) == 0
    assert make(store, 7200.0) == 3
    found = made(store)
    assert [job.meter_id for job in found] == [meter.id for meter in meters] * 2
    first = found[0]
    assert (first.operation, first.arguments) == ("get", {"object": "clock"})
    assert (first.schedule_id, first.due_s, first.priority) == (number, 3600.0, 7)
    assert (first.not_before_s, first.not_after_s) == (3600.0, 4200.0)
    assert (first.created_s, first.correlation_id) == (3600.5, f"schedule-{number}")


def test_what_a_schedule_is_for(store: Store) -> None:
    first, second, third = add_meters(store, 3)
    with store.begin() as connection:
        change(connection, second, {"standard": "smr-5.0"})
    one = add(store, meter_id=third.id)
    some = add(store, standard="smr-5.0")
    add(store, standard="dsmr-4.0.6")
    make(store, 3600.0)
    assert [(job.schedule_id, job.meter_id) for job in made(store)] == [
        (one, third.id),
        (some, second.id),
    ]


def test_meters_that_come_later_are_in_it(store: Store) -> None:
    add(store)
    assert make(store, 3600.0) == 0
    add_meters(store, 2)
    assert make(store, 7200.0) == 2


@pytest.mark.parametrize("now_s, count", [(3600 * 50 + 600.0, 1), (3600 * 50 + 601, 0)])
def test_of_missed_instants_the_last_counts_while_it_is_not_too_old(
    store: Store, now_s: float, count: int
) -> None:
    add_meters(store)
    add(store, max_age_s=600)
    assert make(store, now_s) == count
    assert [job.due_s for job in made(store)] == [3600.0 * 50] * count
    with store.read() as connection:
        assert schedules.next_due(connection) == 3600.0 * 51


def test_each_meter_keeps_its_place_in_the_jitter(store: Store) -> None:
    add_meters(store, 40)
    add(store, jitter_s=900)
    make(store, 3600.0)
    make(store, 7200.0)
    starts = [job.not_before_s for job in made(store)]
    assert [start - 3600 for start in starts[40:]] == starts[:40]
    assert all(3600 <= start <= 4500 for start in starts[:40])
    assert len(set(starts[:40])) > 20
    assert any(start > 4200 for start in starts[:40])


def test_an_instant_that_is_looked_at_again_makes_no_second_job(store: Store) -> None:
    """As with a database that was put back, or a clock."""
    add_meters(store, 2)
    add(store)
    assert make(store, 3600.0) == 2
    with store.begin() as connection:
        connection.execute(text("UPDATE schedules SET next_due_s = 3600"))
    make(store, 3700.0)
    assert len(made(store)) == 2


def test_services_at_the_same_time_make_each_job_once(store: Store) -> None:
    add_meters(store, 5)
    for _ in range(3):
        add(store)
    counts: list[int] = []

    def look() -> None:
        for hour in range(1, 6):
            counts.append(make(store, 3600.0 * hour))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {(job.schedule_id, job.due_s, job.meter_id) for job in made(store)}
    assert len(found) == sum(counts) == len(made(store))
    assert {(schedule, 5 * 3600.0, 1) for schedule in (1, 2, 3)} <= found


def test_a_removed_schedule_makes_none_and_its_waiting_jobs_are_cancelled(
    store: Store,
) -> None:
    add_meters(store, 2)
    first, second = add(store), add(store)
    make(store, 3600.0)
    with store.begin() as connection:
        assert schedules.remove(connection, first, 3700.0) == 2
        with pytest.raises(ConfigError, match=f"no schedule {first}"):
            schedules.remove(connection, first, 3700.0)
    with store.read() as connection:
        assert [each.id for each in schedules.every(connection)] == [second]
    assert [job.state for job in made(store)] == [
        *[JobState.CANCELLED] * 2,
        *[JobState.QUEUED] * 2,
    ]
    assert make(store, 7200.0) == 2
    assert add(store) == 3, "a number is not given again"


def test_a_schedule_is_read_back_as_it_was_added(store: Store) -> None:
    [meter] = add_meters(store)
    number = add(store, Daily(150), 5.0, meter_id=meter.id, jitter_s=60, priority=2)
    with store.read() as connection:
        [found] = schedules.every(connection)
    assert found == Schedule(
        id=number,
        meter_id=meter.id,
        standard=None,
        operation="get",
        arguments={"object": "clock"},
        rhythm=Daily(150),
        jitter_s=60,
        priority=2,
        max_age_s=86_400,
        next_due_s=5400.0,
        created_s=5.0,
    )


@pytest.mark.parametrize(
    "options, said",
    [
        ({"jitter_s": 3600}, "jitter must be shorter than 3600"),
        ({"jitter_s": -1}, "jitter"),
        ({"jitter_s": 60, "max_age_s": 60}, "greatest age"),
        ({"max_age_s": 0}, "greatest age is 1 to"),
        ({"max_age_s": 31 * 86_400 + 1}, "greatest age is 1 to"),
        ({"priority": 10}, "priority is 0 to 9"),
        ({"meter_id": 1, "standard": "smr-5.0"}, "one meter or"),
    ],
)
def test_schedules_that_cannot_be(
    store: Store, options: dict[str, Any], said: str
) -> None:
    add_meters(store)
    with pytest.raises(LocalError, match=said):
        add(store, **options)
    with store.read() as connection:
        assert schedules.every(connection) == []
        assert schedules.next_due(connection) is None
