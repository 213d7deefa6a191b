"""Opening: made and migrated by itself, and one clear line when that cannot be."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import migrations
from headend.store import Store, jobs, leases, meters, migrate, open_store
from headend.store.tables import metadata
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, SurroundingsError


def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    with store.read() as connection:
        assert migrate.revision(connection) == migrate.HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_the_store_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_jobs_of_the_first_release_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO meters VALUES (1, 'E1', 'smr-5.0', 'h', 1, 1, 'title', NULL, NULL)"
        )
        for priority in (4, 9):
            connection.exec_driver_sql(
                "INSERT INTO jobs (meter_id, operation, arguments, priority,"
                " correlation_id, not_before_s, state, attempts, max_attempts, fence,"
                f" created_s) VALUES (1, 'get', '{{}}', {priority}, '', 5, 'queued', 0, 5,"
                " 0, 5)"
            )
    engine.dispose()
    opened = open_store(f"sqlite:///{path}")
    with opened.begin() as connection:
        new = jobs.enqueue(connection, 1, "get", {}, now_s=5.0, priority=6)
        taken = []
        for _ in range(3):
            [job] = leases.claim(connection, now_s=6.0, worker="w", lease_s=9.0)
            leases.complete(connection, job, {}, 6.0)
            taken.append(job.id)
    assert taken == [2, new, 1]
    opened.close()


def test_what_was_committed_is_there_when_opened_again(store_url: str) -> None:
    first = open_store(store_url)
    [meter] = add_meters(first)
    first.close()
    second = open_store(store_url)
    with second.read() as connection:
        assert meters.every(connection) == [meter]
    second.close()


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    [meter] = add_meters(store)
    with pytest.raises(KeyError):
        with store.begin() as connection:
            meters.change(connection, meter, {"port": 1})
            raise KeyError
    with store.read() as connection:
        assert meters.get(connection, meter.id) == meter


def test_starts_at_the_same_time_do_not_disturb_each_other(store_url: str) -> None:
    outcomes: list[object] = []

    def start() -> None:
        try:
            opened = open_store(store_url, busy_timeout_s=20.0)
            with opened.read() as connection:
                outcomes.append(migrate.revision(connection))
            opened.close()
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [migrate.HEAD] * 6


def test_a_newer_revision_is_refused_in_one_line(store_url: str) -> None:
    opened = open_store(store_url)
    with opened.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(SurroundingsError, match="revision 9999, newer than") as caught:
        open_store(store_url)
    assert "\n" not in str(caught.value)
    # And nothing was done to it.
    with pytest.raises(SurroundingsError, match="revision 9999"):
        open_store(store_url)


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "store.sqlite"
    opened = open_store(f"sqlite:///{path}")
    add_meters(opened)
    found = sorted(path.parent.iterdir())
    assert [each.name[12:] for each in found] == ["", "-shm", "-wal"]
    assert {each.stat().st_mode & 0o777 for each in found} == {0o600}
    opened.close()


def test_sqlite_keeps_what_was_committed_through_a_power_failure(
    tmp_path: Path,
) -> None:
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    full, normal = 2, 1
    with opened.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == full
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with opened.begin(durable=False) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == normal
    with opened.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == full
    opened.close()


def test_a_locked_database_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    opened = open_store(f"sqlite:///{path}", busy_timeout_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SurroundingsError, match="locked by another process"):
        with opened.begin():
            pass
    with pytest.raises(SurroundingsError, match="locked by another process"):
        open_store(f"sqlite:///{path}", busy_timeout_s=0.05)
    with opened.read() as connection:  # readers do not wait for a writer
        assert meters.every(connection) == []
    other.execute("ROLLBACK")
    other.close()
    with opened.begin():
        pass
    opened.close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is not a database\n" * 100)
    with pytest.raises(SurroundingsError, match="notes.txt.*not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("this is not")


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE meters (number INTEGER)")
    other.close()
    with pytest.raises(SurroundingsError, match="meters already exists"):
        open_store(f"sqlite:///{path}")


@pytest.mark.parametrize("name", ["", "file/store.sqlite"])
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError, match=str(tmp_path)):
        open_store(f"sqlite:///{tmp_path / name}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "headend.sqlite",
        "sqlite://host/x",
        "mysql://u@h/db",
        "postgresql+psycopg://h/d",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///FILE"):
        open_store(url)


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(SurroundingsError, match="127.0.0.1:1/") as caught:
        open_store("postgresql://someone:topsecret@127.0.0.1:1/headend")
    assert "topsecret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_memory_store_is_one_database_for_all_its_transactions() -> None:
    opened = open_store("sqlite://")
    meter = add_meters(opened)
    with opened.read() as connection:
        assert meters.every(connection) == meter
    opened.close()
