"""Invocation counters that follow what the meter has seen, upward only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headend.limits import Limits
from headend.store import Store, counters, open_store
from headend.store.counters import RESERVE
from headend.store.job import JobState
from headend.store.keys import KeyKind
from tests.headend.bent_line import living_meter
from tests.headend.rotation_world import (
    KEY_STORE,
    STANDARDS,
    START_S,
    World,
    check_nonces,
    every,
    take_over,
)
from wire.cosem.rows import Standard
from wire.dlms.security import MAX_COUNTER


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.mark.parametrize("seen", [1, 63, 10_000])
def test_a_meter_that_has_seen_higher_counters(store: Store, seen: int) -> None:
    meter_id = take_over(store, Standard.SMR_5_0)
    meter = living_meter(Standard.SMR_5_0)
    meter.state.received_counter = seen
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 1), job.error
    assert (meter.state.received_counter or 0) > seen


def test_a_counter_is_never_lowered(store: Store) -> None:
    meter_id = take_over(store, Standard.SMR_5_0)
    meter = living_meter(Standard.SMR_5_0)
    with store.begin() as connection:
        key = every(connection, meter_id, KeyKind.ENCRYPTION)[0]
        counters.raise_to(connection, meter_id, key.id, 5_000)
    meter.state.received_counter = 20
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    assert world.show(job_id).state is JobState.DONE
    assert (meter.state.received_counter or 0) >= 5_000


@STANDARDS
def test_the_first_operation_after_the_database_was_lost(
    store: Store, standard: Standard
) -> None:
    meter_id = take_over(store, standard)
    meter = living_meter(standard)
    first = World(store, KEY_STORE, meter, START_S)
    for _ in range(3):
        first.hand_in(meter_id, "get", object="clock")
    first.run()
    empty = open_store("sqlite://")
    meter_id = take_over(empty, standard)
    forget_counters(empty)
    world = World(empty, KEY_STORE, meter, START_S + 1000)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 1), job.error
    check_nonces(empty, meter_id, first, world)
    empty.close()


def forget_counters(store: Store) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM invocation_counters")


def test_a_counter_that_would_use_the_key_up_is_not_believed(store: Store) -> None:
    meter_id = take_over(store, Standard.SMR_5_0)
    forget_counters(store)
    meter = living_meter(Standard.SMR_5_0)
    meter.state.received_counter = MAX_COUNTER - 10
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    assert job.state is JobState.FAILED and "not believed" in (job.error or "")
    with store.read() as connection:
        key = every(connection, meter_id, KeyKind.ENCRYPTION)[0]
        assert counters.known(connection, meter_id, key.id) is None


def test_few_counters_left_is_an_alarm(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    meter_id = take_over(store, Standard.SMR_5_0)
    meter = living_meter(Standard.SMR_5_0)

    def run(now_s: int) -> None:
        world = World(store, KEY_STORE, meter, now_s)
        job_id = world.hand_in(meter_id, "get", object="clock")
        world.run()
        assert world.show(job_id).state is JobState.DONE

    run(START_S)
    assert "counters are left" not in caplog.text
    with store.begin() as connection:
        key = every(connection, meter_id, KeyKind.ENCRYPTION)[0]
        counters.raise_to(connection, meter_id, key.id, MAX_COUNTER - RESERVE)
    run(START_S + 1000)
    assert "replace its encryption key" in caplog.text
    assert meter.identity.equipment_id in caplog.text


def test_each_connection_of_a_job_waits_for_its_turn(store: Store) -> None:
    """One asks for the counter, the other does the job."""
    meter_id = take_over(store, Standard.SMR_5_0)
    forget_counters(store)
    meter = living_meter(Standard.SMR_5_0)
    limits = Limits(connections_per_s=0.1)
    world = World(store, KEY_STORE, meter, START_S, limits)
    numbers = [world.hand_in(meter_id, "get", object="clock") for _ in range(2)]
    world.run()
    assert all(world.show(each).state is JobState.DONE for each in numbers)
    begun = [at - START_S for at in world.connected_s]
    assert begun == pytest.approx([0.0, 10.0, 20.0], abs=0.1)
