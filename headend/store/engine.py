"""Opening the database: SQLite beside the head-end by default, PostgreSQL when it is shared.

SQLite runs in WAL mode, so that readers never wait for the writer, with foreign keys, and
with `synchronous=FULL`: an invocation counter that was handed out, or a job that was accepted,
must still be known after a power failure, and in WAL mode NORMAL may lose the last commits.
Only what a power failure may undo, such as a claim, is written with NORMAL.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from headend.store.migrate import migrate
from wire.errors import ConfigError, SurroundingsError

# It logs connections that it could not close in good order; we say what the user must know.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL + 1)

BUSY_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 15.0
_KIND = "dsmrlab_kind"


class _Kind(Enum):
    READ = "read"
    QUICK = "quick"
    DURABLE = "durable"


_SQLITE_BEGIN = {
    _Kind.READ: ("BEGIN",),
    _Kind.QUICK: ("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE"),
    _Kind.DURABLE: ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"),
}


class Store:
    """An open database of the newest revision; safe to use from several threads.

    Its functions live in the modules beside this one and take a connection first; whoever
    opened the transaction decides when it is committed.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    def __repr__(self) -> str:
        return f"Store({self.name})"

    @contextmanager
    def begin(self, durable: bool = True) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back by an exception.

        SQLite's write lock is taken at once, so that nothing read here can be outdated when
        it is written. One that is not `durable` does not wait for the disk: a power failure
        may undo it, but never it alone and not what was committed after it. Raises
        `SurroundingsError` when the database is locked or away.
        """
        options = {_KIND: _Kind.DURABLE if durable else _Kind.QUICK}
        with translated(self.name), self._engine.connect() as connection:
            with connection.execution_options(**options).begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and waits for no writer."""
        with translated(self.name), self._engine.connect() as connection:
            with connection.execution_options(**{_KIND: _Kind.READ}).begin():
                yield connection

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def open_store(url: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """Opens the database of a URL, made and migrated as needed.

    `sqlite:///FILE`, `sqlite://` (in memory, gone with the store) or
    `postgresql://USER:PASSWORD@HOST:PORT/NAME`. Raises `ConfigError` for another URL and
    `SurroundingsError` when the database is away, locked, of a newer revision or no database.
    """
    address = _address(url)
    name = address.render_as_string(hide_password=True)
    if address.get_backend_name() == "sqlite":
        if address.database:
            _make_file(Path(address.database))
            name = address.database
        engine = _sqlite(address, busy_timeout_s)
    else:
        engine = _postgresql(address, busy_timeout_s)
    store = Store(engine, name)
    try:
        with store.begin() as connection:
            migrate(connection, name)
    except BaseException:
        store.close()
        raise
    return store


def _address(url: str) -> URL:
    try:
        url.encode()
        address = make_url(url)
    except (ArgumentError, ValueError):
        # ValueError: a port that is no number, or a path that is not text in UTF-8.
        address = None
    if address is not None and address.drivername in ("sqlite", "sqlite+pysqlite"):
        if address.database == ":memory:":
            address = address.set(database=None)
        if not address.host:
            return address
    elif address is not None and address.get_backend_name() in (
        "postgresql",
        "postgres",
    ):
        if address.drivername in ("postgresql", "postgres", "postgresql+pg8000"):
            return address.set(drivername="postgresql+pg8000")
    raise ConfigError(
        "the database URL must be sqlite:///FILE (four slashes for an absolute one) or"
        " postgresql://USER:PASSWORD@HOST:PORT/NAME"
    )


def _make_file(path: Path) -> None:
    """Makes the file for its owner alone; SQLite gives its journals the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise SurroundingsError(f"{path}: {error.strerror}") from None


def _sqlite(address: URL, busy_timeout_s: float) -> Engine:
    if address.database:
        engine = create_engine(address, connect_args={"timeout": busy_timeout_s})
    else:
        engine = create_engine(
            address,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        # The driver would begin transactions too late; `begin` below does.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL").close()
        connection.execute("PRAGMA foreign_keys=ON").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        for statement in _SQLITE_BEGIN[_kind(connection)]:
            driver.execute(statement).close()

    return engine


def _postgresql(address: URL, busy_timeout_s: float) -> Engine:
    # A server that takes the connection and then says nothing must not hold us for ever.
    engine = create_engine(
        address,
        pool_pre_ping=True,
        connect_args={"timeout": busy_timeout_s + ANSWER_TIMEOUT_S},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {int(busy_timeout_s * 1000)}")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _kind(connection) is _Kind.QUICK:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    return engine


def _kind(connection: Connection) -> _Kind:
    kind: _Kind = connection.get_execution_options().get(_KIND, _Kind.DURABLE)
    return kind


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns what the driver says about the surroundings into one line for the user."""
    try:
        yield
    except DBAPIError as error:
        raise SurroundingsError(f"{name}: {_reason(error.orig)}") from error
    except TimeoutError as error:
        raise SurroundingsError(f"{name}: the database does not answer") from error
    except sqlite3.Error as error:
        raise SurroundingsError(f"{name}: {_reason(error)}") from error
    except SQLAlchemyError as error:
        raise SurroundingsError(f"{name}: {_first_line(error)}") from error


def _reason(error: BaseException | None) -> str:
    text = _first_line(error)
    if "database is locked" in text or "lock timeout" in text:
        return "the database is locked by another process; try again when that is done"
    if "not a database" in text:
        return "this file is not a database; name another one with --db"
    return f"the database does not work: {text}"


def _first_line(error: BaseException | None) -> str:
    if error is not None and error.args and isinstance(error.args[0], dict):
        # pg8000 gives the server's message as its protocol fields; M is the text.
        return str(error.args[0].get("M", error))
    return (str(error).splitlines() or [type(error).__name__])[0]
