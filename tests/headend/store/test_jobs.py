"""Jobs, from the side of who hands them in."""

from __future__ import annotations

from typing import Any

import pytest

from headend.store import Store, jobs, leases
from headend.store.job import JobState
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, LocalError, SurroundingsError


def test_a_job_is_kept_as_it_was_handed_in(store: Store) -> None:
    [meter] = add_meters(store)
    arguments: dict[str, object] = {
        "text": "€ \n\u0000",
        "limits": [1, 2.5, None, True, {"deep": []}],
    }
    with store.begin() as connection:
        job_id = jobs.enqueue(
            connection,
            meter.id,
            "message",
            arguments,
            now_s=1000.25,
            priority=7,
            correlation_id="c",
            not_before_s=1500.5,
            not_after_s=2000.0,
            max_attempts=3,
        )
    with store.read() as connection:
        job = jobs.show(connection, job_id)
    assert (job.meter_id, job.operation, job.arguments) == (
        meter.id,
        "message",
        arguments,
    )
    assert (job.priority, job.correlation_id, job.max_attempts) == (7, "c", 3)
    assert (job.created_s, job.not_before_s, job.not_after_s) == (
        1000.25,
        1500.5,
        2000.0,
    )
    assert (job.state, job.attempts, job.fence) == (JobState.QUEUED, 0, 0)
    assert (job.result, job.error, job.ended_s, job.worker) == (None, None, None, None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"priority": 10}, "0 to 9"),
        ({"priority": -1}, "0 to 9"),
        ({"max_attempts": 0}, "at least one"),
        ({"not_after_s": 0.5}, "must not end before"),
        ({"not_before_s": 5.0, "not_after_s": 4.0}, "must not end before"),
    ],
)
def test_limits_that_cannot_be(store: Store, wrong: dict[str, Any], said: str) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection, pytest.raises(LocalError, match=said):
        jobs.enqueue(connection, meter.id, "get", {}, now_s=1.0, **wrong)


@pytest.mark.parametrize("value", [b"octets", float("nan"), object(), {1, 2}])
def test_arguments_that_are_not_json(store: Store, value: object) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection, pytest.raises(LocalError, match="JSON"):
        jobs.enqueue(connection, meter.id, "get", {"value": value}, now_s=1.0)


def test_a_job_needs_a_meter_that_is_known(store: Store) -> None:
    with pytest.raises(SurroundingsError):
        with store.begin() as connection:
            jobs.enqueue(connection, 99, "get", {}, now_s=1.0)


def test_the_list_is_newest_first_and_can_be_narrowed(store: Store) -> None:
    first, second = add_meters(store, 2)
    with store.begin() as connection:
        numbers = [
            jobs.enqueue(
                connection, meter.id, "get", {}, now_s=1.0, correlation_id=correlation
            )
            for meter, correlation in ((first, "a"), (second, "a"), (second, "b"))
        ]
        jobs.cancel(connection, numbers[0], 2.0)

        def listed(**only: Any) -> list[int]:
            return [job.id for job in jobs.listing(connection, **only)]

        assert listed() == numbers[::-1]
        assert listed(limit=1) == [numbers[2]]
        assert listed(meter_id=second.id) == [numbers[2], numbers[1]]
        assert listed(operation="set") == [] and len(listed(operation="get")) == 3
        assert jobs.count(connection) == 3
        assert jobs.count(connection, state=JobState.QUEUED, operation="get") == 2
        assert jobs.count(connection, meter_id=first.id, operation="set") == 0
        assert jobs.count(connection, schedule_id=1) == 0
        assert listed(correlation_id="a") == [numbers[1], numbers[0]]
        assert listed(state=JobState.CANCELLED) == [numbers[0]]
        assert [job.id for job in jobs.ended(connection, numbers)] == [numbers[0]]


def test_jobs_in_the_order_in_which_they_began(store: Store) -> None:
    one, other = add_meters(store, 2)
    with store.begin() as connection:
        numbers = [
            jobs.enqueue(connection, meter.id, "get", {}, now_s=now_s)
            for meter, now_s in ((one, 100.0), (other, 200.0), (one, 300.0))
        ]
        leases.claim(connection, now_s=400.0, worker="w", lease_s=60.0)

    def begun(*span: float, **more: Any) -> list[int]:
        with store.read() as connection:
            return [job.id for job in jobs.begun(connection, *span, **more)]

    # The first began at 400; the others were not begun, and count from when they came.
    assert begun(0.0, 500.0) == [*numbers[1:], numbers[0]]
    assert begun(200.0, 300.0) == [numbers[1]]
    assert begun(0.0, 500.0, meter_ids=[one.id]) == [numbers[2], numbers[0]]
    assert begun(0.0, 500.0, limit=1) == [numbers[1]]


def test_only_a_waiting_job_can_be_cancelled(store: Store) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection:
        job_id = jobs.enqueue(connection, meter.id, "get", {}, now_s=1.0)
        [job] = leases.claim(connection, now_s=1.0, worker="w", lease_s=60.0)
        with pytest.raises(LocalError, match="is running"):
            jobs.cancel(connection, job_id, 2.0)
        leases.retry(connection, job, "silent", 5.0)
        jobs.cancel(connection, job_id, 2.0)
        shown = jobs.show(connection, job_id)
        assert (shown.state, shown.ended_s) == (JobState.CANCELLED, 2.0)
        with pytest.raises(LocalError, match="is cancelled already"):
            jobs.cancel(connection, job_id, 3.0)


def test_a_job_that_is_not_there(store: Store) -> None:
    with store.begin() as connection:
        with pytest.raises(ConfigError, match="no job 5"):
            jobs.show(connection, 5)
        with pytest.raises(ConfigError, match="no job 5"):
            jobs.cancel(connection, 5, 1.0)
