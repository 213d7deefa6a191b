"""Meters that fall silent, reset, lie and answer nonsense, at each of their answers; and crashes.

Whatever happens: one clear line, the association closed, the job tried again or failed as it
should be, and no invocation counter used twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headend.keys import KeyStore
from headend.store import Store, open_store
from headend.store.job import JobState
from tests.headend.bent_line import (
    CIPHER,
    LATENCY_S,
    LEASE_S,
    ROWS,
    TIMEOUT_S,
    Bend,
    World,
    living_meter,
    prepare,
)
from tests.meters.builders import METER_TITLE, NOW_S
from wire.cosem.rows import Standard
from wire.dlms import apdu
from wire.dlms.get import GetResponseWithDatablock
from wire.dlms.security import Kind, SecurityControl, protect
from wire.dlms.wrapper import encode_wpdu

START_S = NOW_S + ROWS * 900
KEYS = KeyStore(bytes(32), "here")
NOISE = Random(5)


def _silent(world: World, take: Any, answer: bytes, before: bytes) -> None:
    """Nothing comes any more."""


def _reset(world: World, take: Any, answer: bytes, before: bytes) -> None:
    world.factory.hang_up()


def _cut_and_reset(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[: len(answer) // 2])
    world.factory.hang_up()


def _late(world: World, take: Any, answer: bytes, before: bytes) -> None:
    world.clock.callLater(TIMEOUT_S + 1, take, answer)


def _longer_than_said(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:6] + (len(answer) - 8 - 1).to_bytes(2, "big") + answer[8:])


def _shorter_than_said(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:6] + (len(answer) - 8 + 1).to_bytes(2, "big") + answer[8:])


def _garbage(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(NOISE.randbytes(len(answer)))


def _endless(world: World, take: Any, answer: bytes, before: bytes) -> None:
    for _ in range(100):
        take(b"\x00\x01\x00\x01\x00\x01\xff\xff" + bytes(0xFFFF))


def _garbage_inside(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:8] + NOISE.randbytes(len(answer) - 8))


def _flipped(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:-1] + bytes((answer[-1] ^ 1,)))


def _twice(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer + answer)


def _replayed(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(before or b"\x00\x01\x00\x01\x00\x01\x00\x00")


def _empty(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:6] + b"\x00\x00")


def _from_another(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:2] + b"\x00\x02" + answer[4:])


def _in_clear(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:6] + b"\x00\x06" + b"\xc4\x01\xc1\x00\x11\x05")


def _exception(world: World, take: Any, answer: bytes, before: bytes) -> None:
    take(answer[:6] + b"\x00\x03" + b"\xd8\x01\x02")


# Whatever the wire does, another attempt may go better, and does.
BENDS: dict[str, Bend] = {
    "silent": _silent,
    "reset": _reset,
    "cut and reset": _cut_and_reset,
    "late": _late,
    "shorter than said": _shorter_than_said,
    "longer than said": _longer_than_said,
    "garbage": _garbage,
    "endless": _endless,
    "garbage inside": _garbage_inside,
    "flipped": _flipped,
    "twice": _twice,
    "replayed": _replayed,
    "empty": _empty,
    "from another": _from_another,
    "in clear": _in_clear,
    "exception": _exception,
}
# AARE, proof, then the answers; a profile takes several blocks.
OPERATIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "message": (3, {"text": "hello"}),
    "get": (6, {"object": "load_profile"}),
}


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def check_counters(*worlds: World) -> None:
    """Each was used once, in frames each higher than the one before."""
    frames = [counter for world in worlds for counter in world.frames]
    proofs = [counter for world in worlds for counter in world.proofs]
    assert proofs and frames == sorted(frames)
    used = frames + proofs
    assert len(used) == len(set(used)), "a nonce was used twice"


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("name", BENDS)
def test_a_bent_answer(store: Store, name: str, operation: str) -> None:
    answers, arguments = OPERATIONS[operation]
    meter_id = prepare(store, KEYS)
    meter = living_meter(Standard.DSMR_4_2_2)
    worlds = []
    for at in range(answers):
        world = World(store, KEYS, meter, START_S + 1000 * at)
        world.bend, world.bend_at = BENDS[name], at
        job_id = world.hand_in(meter_id, operation, **arguments)
        world.run()
        job = world.show(job_id)
        worlds.append(world)
        assert (job.state, job.attempts) == (JobState.DONE, 2), (at, job.error)
    check_counters(*worlds)
    if operation == "message":
        assert meter.state.message == b"hello"


@pytest.mark.parametrize("name", BENDS)
def test_an_action_whose_answer_is_lost_is_not_done_again(
    store: Store, name: str
) -> None:
    meter_id = prepare(store, KEYS)
    for at, attempts in enumerate((2, 2, 1)):
        world = World(
            store, KEYS, living_meter(Standard.DSMR_4_2_2), START_S + 1000 * at
        )
        world.bend, world.bend_at = BENDS[name], at
        job_id = world.hand_in(meter_id, "action", object="load_profile:reset")
        world.run()
        job = world.show(job_id)
        assert (job.attempts, world.actions) == (attempts, 1)
        assert (job.state is JobState.DONE) is (attempts == 2)
    assert job.error and "may have done it" in job.error


def test_a_bent_goodbye_changes_nothing(store: Store) -> None:
    meter_id = prepare(store, KEYS)
    for bend in BENDS.values():
        meter = living_meter(Standard.DSMR_4_2_2)
        world = World(store, KEYS, meter, START_S)
        world.bend, world.bend_at = bend, OPERATIONS["message"][0]
        job_id = world.hand_in(meter_id, "message", text="hello")
        world.run()
        assert world.show(job_id).state is JobState.DONE
        assert meter.state.message == b"hello"


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_no_counter_is_used_again_wherever_the_process_dies(
    tmp_path: Path, standard: Standard
) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    store = open_store(url)
    meter_id = prepare(store, KEYS)
    meter = living_meter(standard)
    now_s = START_S
    worlds = []
    for crash in range(14):
        dying = World(store, KEYS, meter, now_s)
        job_id = dying.hand_in(meter_id, "message", text=f"message {crash}")
        dying.run_for(crash * LATENCY_S + LATENCY_S / 2)
        store.close()

        store = open_store(url)
        now_s += int(LEASE_S) + 1000
        living = World(store, KEYS, meter, now_s)
        living.run()
        worlds += [dying, living]
        assert living.show(job_id).state is JobState.DONE
        assert meter.state.message == b"message %d" % crash
        now_s += 1000
    for world in worlds:
        world.bury()
    store.close()
    assert len(worlds[-2].frames) > 3, "the last crash came late"
    check_counters(*worlds)


@pytest.mark.parametrize("killed", [True, False])
def test_an_action_is_done_once_wherever_the_process_ends(
    tmp_path: Path, killed: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    store = open_store(url)
    meter_id = prepare(store, KEYS)
    meter = living_meter(Standard.DSMR_4_2_2)
    now_s = START_S
    states = []
    for end in range(12):
        ending = World(store, KEYS, meter, now_s)
        job_id = ending.hand_in(meter_id, "action", object="load_profile:reset")
        ending.run_for(end * LATENCY_S + LATENCY_S / 2)
        if not killed:
            ending.bury()
        store.close()

        store = open_store(url)
        now_s += int(LEASE_S) + 1000
        other = World(store, KEYS, meter, now_s)
        other.run()
        job = other.show(job_id)
        states.append(job.state)
        assert ending.actions + other.actions <= 1
        if job.state is JobState.DONE:
            assert ending.actions + other.actions == 1
        else:
            assert job.error and "may have done it" in job.error
        if killed:
            ending.bury()
        now_s += 1000
    store.close()
    assert {*states} == {JobState.DONE, JobState.FAILED}


def test_a_meter_that_drips_blocks_without_end(store: Store) -> None:
    blocks = count(1)

    def drip(world: World, take: Any, answer: bytes, before: bytes) -> None:
        number = next(blocks)
        block = GetResponseWithDatablock(0x42, False, number, b"\x00")
        octets = protect(
            apdu.encode(block),
            cipher=CIPHER,
            title=METER_TITLE,
            counter=1000 + number,
            control=SecurityControl.AUTHENTICATED_ENCRYPTED,
            kind=Kind.GLO,
        )
        octets = encode_wpdu(1, 1, octets)
        world.clock.callLater(TIMEOUT_S - 1, take, octets)

    meter_id = prepare(store, KEYS)
    world = World(store, KEYS, living_meter(Standard.DSMR_4_2_2), START_S)
    world.bend, world.bend_at = drip, 2
    job_id = world.hand_in(meter_id, "get", object="load_profile")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2), job.error
    assert job.error is None and 60 < next(blocks) < 70
    check_counters(world)


def test_a_meter_that_is_power_cycled_in_the_middle_of_a_profile(store: Store) -> None:
    def power_cut(world: World, take: Any, answer: bytes, before: bytes) -> None:
        world.meter.power_off()
        world.factory.hang_up()
        world.clock.callLater(1.0, world.meter.power_on, int(world.clock.seconds()) + 1)

    meter_id = prepare(store, KEYS)
    world = World(store, KEYS, living_meter(Standard.DSMR_4_2_2), START_S)
    world.bend, world.bend_at = power_cut, 4
    job_id = world.hand_in(meter_id, "get", object="load_profile")
    world.run()
    job = world.show(job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2), job.error
    check_counters(world)
