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


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.new_database()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store, empty, on SQLite and then on PostgreSQL."""
    opened = open_store(store_url)
    yield opened
    opened.close()
