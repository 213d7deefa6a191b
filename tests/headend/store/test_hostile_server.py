"""Databases that vanish, hang or are taken in the middle: one line, and the next try works."""

from __future__ import annotations

import gc
import socket
import sqlite3
import warnings
from pathlib import Path

import pytest
from sqlalchemy import text

from headend.store import engine, meters, open_store
from headend.store.counters import CounterBlock
from tests.headend.store.rows import add_key, add_meters
from tests.postgresql import Cluster
from wire.errors import SurroundingsError


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are given up after half a second."""
    monkeypatch.setattr(engine, "ANSWER_TIMEOUT_S", 0.5)


def one_line(caught: pytest.ExceptionInfo[SurroundingsError]) -> str:
    said = str(caught.value)
    assert "\n" not in said and "sekret" not in said
    return said


@pytest.mark.usefixtures("soon")
def test_a_server_that_takes_the_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:sekret@127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(SurroundingsError) as caught:
            open_store(url, busy_timeout_s=0.0)
    assert "does not answer" in one_line(caught)
    del caught
    with warnings.catch_warnings():
        # The driver leaves the socket of a failed connect to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("soon")
def test_a_late_answer_is_not_taken_for_that_of_the_next_question(
    postgresql: Cluster,
) -> None:
    store = open_store(postgresql.new_database(), busy_timeout_s=0.1)
    for number in range(2):
        with pytest.raises(SurroundingsError) as caught:
            with store.begin() as connection:
                connection.execute(text(f"SELECT pg_sleep(1), {number}"))
        assert "does not answer" in one_line(caught)
        with store.read() as connection:
            assert connection.execute(text("SELECT 42")).scalar_one() == 42
    store.close()


def test_connections_that_the_server_ends_are_made_again(postgresql: Cluster) -> None:
    store = open_store(postgresql.new_database())
    (meter,) = add_meters(store)
    key_id = add_key(store, meter)
    block = CounterBlock(store, meter.id, key_id, size=1)
    taken = [block.take()]
    killer = postgresql.connect()
    killer.autocommit = True
    end_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )
    for _ in range(3):
        with pytest.raises(SurroundingsError) as caught:
            with store.begin() as connection:
                meters.every(connection)
                killer.cursor().execute(end_all)
                meters.every(connection)
        one_line(caught)
        taken.append(block.take())
    killer.close()
    store.close()
    assert taken == sorted(set(taken))


def test_a_file_that_another_process_holds_and_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "db"
    store = open_store(f"sqlite:///{path}", busy_timeout_s=0.1)
    (meter,) = add_meters(store)
    block = CounterBlock(store, meter.id, add_key(store, meter), size=1)
    taken = [block.take()]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SurroundingsError) as caught:
        block.take()
    assert "locked" in one_line(caught)
    with store.read() as connection:
        assert meters.every(connection) == [meter], "readers do not wait"
    other.execute("ROLLBACK")
    other.close()
    taken.append(block.take())
    assert taken == sorted(set(taken))
    store.close()


def test_a_file_that_is_overwritten_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "db"
    store = open_store(f"sqlite:///{path}", busy_timeout_s=0.1)
    add_meters(store)
    store.close()
    path.write_bytes(b"\0" * 8192)
    for file in tmp_path.glob("db-*"):
        file.unlink()
    with pytest.raises(SurroundingsError) as caught:
        open_store(f"sqlite:///{path}")
    assert str(path) in one_line(caught)
