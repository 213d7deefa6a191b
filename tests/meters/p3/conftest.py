"""What tests share: a meter of each standard, the wire to it, and who brings it an image."""

from __future__ import annotations

import pytest

from meters.meter import Meter
from tests.meters.builders import make_meter
from tests.meters.p3.loader import Loader
from tests.peers.exchange import MeterExchange
from wire.cosem.rows import Standard


@pytest.fixture(params=list(Standard))
def meter(request: pytest.FixtureRequest) -> Meter:
    """A meter of each standard, with a load."""
    made = make_meter(request.param)
    made.set_load((1000, 2000, -500), (2300, 2310, 2290))
    return made


@pytest.fixture
def exchange(meter: Meter) -> MeterExchange:
    """The wire to that meter, and the time on it."""
    return MeterExchange(meter)


@pytest.fixture
def loader(meter: Meter) -> Loader:
    """A client of that meter, which lets it take images."""
    return Loader(meter).enable()
