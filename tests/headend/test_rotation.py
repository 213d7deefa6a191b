"""Keys replaced, with a break at every step; both ends then agree, and no nonce came twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headend.associating import LOCKED_S
from headend.operations import prepare as prepare_operation
from headend.store import Store, counters, keys, meters, open_store
from headend.store.job import Job, JobState
from headend.store.keys import KeyKind, KeyState
from meters.meter import Meter
from tests.headend import bent_line
from tests.headend.bent_line import LATENCY_S, LEASE_S, living_meter
from tests.headend.rotation_world import (
    KEY_STORE,
    KINDS,
    STANDARDS,
    START_S,
    World,
    check_nonces,
    every,
    in_use,
    of_meter,
    take_over,
)
from tests.meters.builders import KEYS
from wire.cosem.rows import Standard
from wire.errors import ConfigError


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


ALL_KINDS = [kind.value for kind in KINDS]


def check_replaced(store: Store, meter_id: int, meter: Meter, job: Job) -> None:
    assert job.state is JobState.DONE, job.error
    assert job.result["result"] == "success"
    assert in_use(store, meter_id) == of_meter(meter)
    assert all(of_meter(meter)[kind] != first for kind, first in FIRST.items())
    with store.read() as connection:
        states = {
            kind: [key.state for key in every(connection, meter_id, kind)]
            for kind in KINDS
        }
    # Replaced once each, whatever happened.
    assert set(map(tuple, states.values())) == {(KeyState.EXPIRED, KeyState.ACTIVE)}


FIRST = {
    KeyKind.ENCRYPTION: KEYS.encryption_key,
    KeyKind.AUTHENTICATION: KEYS.authentication_key,
    KeyKind.HLS_SECRET: KEYS.hls_secret,
}


@STANDARDS
def test_all_keys_are_replaced_in_one_association(
    store: Store, standard: Standard
) -> None:
    meter_id = take_over(store, standard)
    meter = living_meter(standard)
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "rotate_keys", kinds=ALL_KINDS)
    read_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    check_replaced(store, meter_id, meter, job)
    assert job.result["replaced"] == ["authentication", "encryption", "hls_secret"]
    assert world.show(read_id).state is JobState.DONE and world.connects == 2
    with store.read() as connection:
        new = every(connection, meter_id, KeyKind.ENCRYPTION)[-1]
        # The counters start again: under the new key there were none.
        assert counters.next_counter(connection, meter_id, new.id) < 100
    check_nonces(store, meter_id, world)


def test_the_usual_rotation_leaves_the_hls_secret(store: Store) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    meter = living_meter(Standard.DSMR_4_2_2)
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "rotate_keys")
    world.run()
    assert world.show(job_id).state is JobState.DONE
    now = of_meter(meter)
    assert now == in_use(store, meter_id)
    assert [now[kind] == FIRST[kind] for kind in KINDS] == [False, False, True]


@STANDARDS
@pytest.mark.parametrize("at", range(6))
def test_an_answer_that_is_lost(store: Store, standard: Standard, at: int) -> None:
    meter_id = take_over(store, standard)
    meter = living_meter(standard)
    world = World(store, KEY_STORE, meter, START_S)

    def lose(bent: bent_line.World, *_: object) -> None:
        bent.factory.hang_up()

    world.bend, world.bend_at = lose, at
    job_id = world.hand_in(meter_id, "rotate_keys", kinds=ALL_KINDS)
    world.run()
    check_replaced(store, meter_id, meter, world.show(job_id))
    check_nonces(store, meter_id, world)


@STANDARDS
def test_a_process_that_dies_at_every_step(tmp_path: Path, standard: Standard) -> None:
    for crash in range(18):
        url = f"sqlite:///{tmp_path / str(crash)}"
        store = open_store(url)
        meter_id = take_over(store, standard)
        meter = living_meter(standard)
        dying = World(store, KEY_STORE, meter, START_S)
        job_id = dying.hand_in(meter_id, "rotate_keys", kinds=ALL_KINDS)
        dying.run_for(crash * LATENCY_S + LATENCY_S / 2)
        ended = dying.show(job_id).state is JobState.DONE
        store.close()

        store = open_store(url)
        living = World(store, KEY_STORE, meter, START_S + int(LEASE_S) + 1000)
        living.run()
        check_replaced(store, meter_id, meter, living.show(job_id))
        check_nonces(store, meter_id, dying, living)
        dying.bury()
        store.close()
    assert ended, "the last crash came early"


@STANDARDS
def test_a_refused_transfer_leaves_both_ends_as_they_were(
    store: Store, standard: Standard
) -> None:
    meter_id = take_over(store, standard)
    meter = living_meter(standard)
    keys_before = meter.state.keys
    meter.state.keys = replace(keys_before, master_key=bytes(16))
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "rotate_keys")
    world.run()
    job = world.show(job_id)
    assert job.state is JobState.FAILED and job.result == {"refused": 250}
    meter.state.keys = keys_before
    world = World(store, KEY_STORE, meter, START_S + 1000)
    job_id = world.hand_in(meter_id, "rotate_keys", kinds=ALL_KINDS)
    world.run()
    check_replaced(store, meter_id, meter, world.show(job_id))


def test_a_change_that_was_believed_in_too_early(store: Store) -> None:
    """A shipment said that the meter has other keys, and it has not."""
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    meter = living_meter(Standard.DSMR_4_2_2)
    with store.begin() as connection:
        known = meters.get(connection, meter_id)
        for kind in (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION):
            wrong = KEY_STORE.put(connection, known, kind, bytes(16), 1.0)
            keys.move(connection, wrong.id, KeyState.ACTIVE)
    world = World(store, KEY_STORE, meter, START_S)
    refused = world.hand_in(meter_id, "get", object="clock")
    world.run()
    assert "authentication-failure" in (world.show(refused).error or "")
    world = World(store, KEY_STORE, meter, START_S + 1000)
    job_id = world.hand_in(meter_id, "recover_keys")
    world.run()
    job = world.show(job_id)
    assert job.state is JobState.DONE, job.error
    assert job.result == {"result": "success", "waiting": []}
    assert in_use(store, meter_id) == of_meter(meter) == FIRST


def test_what_waits_is_told_and_kept(store: Store) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    meter = living_meter(Standard.DSMR_4_2_2)
    with store.begin() as connection:
        known = meters.get(connection, meter_id)
        KEY_STORE.put(connection, known, KeyKind.HLS_SECRET, bytes(range(16)), 1.0)
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "recover_keys")
    again = world.hand_in(meter_id, "rotate_keys", kinds=["hls_secret"])
    world.run()
    assert world.show(job_id).result["waiting"] == ["hls_secret"]
    assert world.show(again).state is JobState.DONE
    assert meter.state.keys.hls_secret == bytes(range(16))


def test_a_key_is_in_no_result_and_no_log(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    meter_id = take_over(store, Standard.SMR_5_0)
    meter = living_meter(Standard.SMR_5_0)
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "rotate_keys", kinds=ALL_KINDS)
    world.run()
    told = f"{world.show(job_id)}{caplog.text}"
    for octets in [*FIRST.values(), *of_meter(meter).values()]:
        assert octets.hex() not in told.lower() and repr(octets) not in told


def test_a_meter_that_is_locked_is_waited_for_also_while_a_change_is_open(
    store: Store,
) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    meter = living_meter(Standard.DSMR_4_2_2)
    meter.p3_locked_until_s = START_S + 10
    world = World(store, KEY_STORE, meter, START_S)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    with store.begin() as connection:
        known = meters.get(connection, meter_id)
        KEY_STORE.put(connection, known, KeyKind.AUTHENTICATION, bytes(16), 1.0)
    meter.p3_locked_until_s = START_S + 1000 + 10
    world = World(store, KEY_STORE, meter, START_S + 1000)
    job_id = world.hand_in(meter_id, "get", object="clock")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 1), job.error
    assert job.ended_s is not None and job.ended_s - START_S > 1000 + LOCKED_S


@pytest.mark.parametrize("kinds", [[], "encryption", ["master"], [1], {}, [None], 5])
def test_kinds_that_are_none(kinds: Any) -> None:
    with pytest.raises(ConfigError, match="kinds"):
        prepare_operation("rotate_keys", Standard.SMR_5_0, {"kinds": kinds})
