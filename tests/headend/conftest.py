"""Simulated time, meters that a scheduler runs jobs at, and a store in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headend.store import Store, open_store
from scenarios.transport.clock import HeapClock
from tests.headend.scheduled_meters import Meters


@pytest.fixture
def clock() -> HeapClock:
    return HeapClock(1000.0)


@pytest.fixture
def meters(clock: HeapClock) -> Meters:
    return Meters(clock)


@pytest.fixture
def memory() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()
