"""Fixtures that several folders share: a store on each database that the head-end supports."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from headend.store import Store, open_store
from headend.store.tables import metadata
from tests.postgresql import Cluster, Unavailable, private_cluster

# No property is about time: on a busy machine an example takes as long as it takes.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

# A shell lets what it runs in the background ignore Ctrl-C, and so would the commands that
# tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A private PostgreSQL, started when first wanted and stopped at the end of the run."""
    try:
        with private_cluster() as cluster:
            yield cluster
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgresql_store(postgresql: Cluster) -> Iterator[Store]:
    """One store for all tests; `store` empties it for each."""
    opened = open_store(postgresql.new_database())
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing yet, not even tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open store, empty, on SQLite and then on PostgreSQL."""
    if request.param == "postgresql":
        shared: Store = request.getfixturevalue("postgresql_store")
        names = ", ".join(metadata.tables)
        with shared.begin() as connection:
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        yield shared
        return
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()
