"""A wired device, and who speaks to it."""

from __future__ import annotations

import pytest

from tests.meters.p2.builders import ACKNOWLEDGED, Master, make_device
from wire.mbus import rows


@pytest.fixture
def master() -> Master:
    return Master(make_device())


@pytest.fixture
def keyed(master: Master) -> Master:
    """The device has address 1 and a User key."""
    assert master.plain(rows.ADDRESS.record(1)) == ACKNOWLEDGED
    assert master.set_key() == ACKNOWLEDGED
    return master
