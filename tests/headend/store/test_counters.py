"""Invocation counters: none is ever handed out twice."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from headend.store import Store, counters, open_store
from headend.store.counters import CounterBlock
from tests.headend.store.rows import add_key, add_meters
from wire.dlms.security import MAX_COUNTER
from wire.errors import LocalError, SurroundingsError, TransportError


def test_blocks_follow_each_other(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    with store.begin() as connection:
        assert counters.next_counter(connection, meter.id, key) == 1
        assert counters.reserve(connection, meter.id, key, 10) == range(1, 11)
        assert counters.reserve(connection, meter.id, key, 5) == range(11, 16)
        assert counters.next_counter(connection, meter.id, key) == 16


def test_each_key_has_its_own(store: Store) -> None:
    [meter] = add_meters(store)
    old, new = add_key(store, meter), add_key(store, meter)
    with store.begin() as connection:
        counters.reserve(connection, meter.id, old, 10)
        assert counters.reserve(connection, meter.id, new, 10) == range(1, 11)


def test_a_block_counts_on_without_a_gap(store: Store) -> None:
    [meter] = add_meters(store)
    block = CounterBlock(store, meter.id, add_key(store, meter), size=3)
    assert [block.take() for _ in range(8)] == list(range(1, 9))


def test_it_is_committed_before_the_first_is_used(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    CounterBlock(store, meter.id, key, size=8).take()
    with store.read() as connection:
        assert counters.next_counter(connection, meter.id, key) == 9


def test_after_a_crash_the_rest_of_the_block_is_skipped(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    before = CounterBlock(store, meter.id, key, size=8)
    used = {before.take() for _ in range(3)}
    after = CounterBlock(store, meter.id, key, size=8)
    assert after.take() == 9 and 9 not in used


def test_a_rollback_hands_nothing_out(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    with pytest.raises(KeyError):
        with store.begin() as connection:
            counters.reserve(connection, meter.id, key, 10)
            raise KeyError
    assert CounterBlock(store, meter.id, key).take() == 1


def test_a_gap_breaks_the_association_off(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    block = CounterBlock(store, meter.id, key, size=2)
    assert [block.take(), block.take()] == [1, 2]
    CounterBlock(store, meter.id, key, size=2).take()
    with pytest.raises(TransportError, match="somebody else"):
        block.take()


def test_the_last_counter_is_handed_out_and_none_after_it(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    with store.begin() as connection:
        counters.raise_to(connection, meter.id, key, MAX_COUNTER - 1)
    block = CounterBlock(store, meter.id, key, size=8)
    assert [block.take(), block.take()] == [MAX_COUNTER - 1, MAX_COUNTER]
    for _ in range(3):
        with pytest.raises(LocalError, match="used up; replace the key"):
            block.take()
    with pytest.raises(LocalError, match="used up"):
        CounterBlock(store, meter.id, key).take()


def test_resynchronising_only_goes_up(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    block = CounterBlock(store, meter.id, key, size=4)
    block.raise_to(1000)
    assert block.take() == 1000
    block.raise_to(50)
    assert block.take() == 1004
    with store.begin() as connection:
        counters.raise_to(connection, meter.id, key, 0)
        assert counters.next_counter(connection, meter.id, key) == 1008


@pytest.mark.parametrize("value", [-1, MAX_COUNTER + 1])
def test_what_no_counter_can_be(store: Store, value: int) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    with store.begin() as connection, pytest.raises(LocalError):
        counters.raise_to(connection, meter.id, key, value)


def test_a_key_that_is_not_there_has_no_counters(store: Store) -> None:
    [meter] = add_meters(store)
    with pytest.raises(SurroundingsError):
        CounterBlock(store, meter.id, 99).take()


def test_threads_never_get_the_same_counter(store: Store) -> None:
    [meter] = add_meters(store)
    key = add_key(store, meter)
    taken: list[int] = []

    def work() -> None:
        for _ in range(10):
            block = CounterBlock(store, meter.id, key, size=2)
            taken.extend([block.take(), block.take()])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 81))


_TAKER = """
import sys
from headend.store import open_store
from headend.store.counters import CounterBlock
store = open_store(sys.argv[1])
while True:
    block = CounterBlock(store, 1, 1, size=4)
    for _ in range(7):
        print(block.take(), flush=True)
"""


def test_a_killed_process_s_counters_are_never_used_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = open_store(url)
    [meter] = add_meters(store)
    key = add_key(store, meter)
    used: list[int] = []
    for least in (20, 50):
        with subprocess.Popen(
            [sys.executable, "-c", _TAKER, url], stdout=subprocess.PIPE, text=True
        ) as taker:
            assert taker.stdout is not None
            for line in taker.stdout:
                used.append(int(line))
                if len(used) == least:
                    taker.kill()
        used.append(CounterBlock(store, meter.id, key).take())
    assert used == sorted(set(used)) and len(used) > 50
    store.close()
