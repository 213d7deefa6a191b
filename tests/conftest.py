"""Fixtures that several folders share: a store on each database that the head-end supports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headend.store import Store, open_store
from tests.postgresql import Cluster, Unavailable, private_cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A private PostgreSQL, started when first wanted and stopped at the end of the run."""
    try:
        with private_cluster() as cluster:
            yield cluster
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def migrated(postgresql: Cluster) -> str:
    """The name of a database to copy, with all tables and nothing in them."""
    url = postgresql.new_database()
    open_store(url).close()
    return url.rpartition("/")[2]


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
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        cluster: Cluster = request.getfixturevalue("postgresql")
        url = cluster.new_database(request.getfixturevalue("migrated"))
    opened = open_store(url)
    yield opened
    opened.close()
