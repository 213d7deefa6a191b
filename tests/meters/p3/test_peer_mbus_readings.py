"""The client of gurux-dlms reads what M-Bus devices measured: class 4, and the profiles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gurux_dlms.objects import GXDLMSExtendedRegister, GXDLMSProfileGeneric

from meters.meter import Meter
from tests.meters.mbus.samples import bring, hourly
from tests.meters.mbus.test_captures import bound, lived
from tests.meters.test_profiles import epoch
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.rows import DSMR4, Standard
from wire.instants import from_epoch
from wire.mbus.values import Status


@pytest.fixture(params=list(Standard))
def meter(request: pytest.FixtureRequest) -> Meter:
    """An E-meter of each standard, with a gas meter whose hours are counted until past noon."""
    return lived(bound(request.param), "240109121500W")


@pytest.fixture
def peer(exchange: MeterExchange, meter: Meter) -> Iterator[GuruxPeer]:
    """Associated."""
    exchange.now_s = meter.state.at_s
    made = GuruxPeer(exchange)
    made.associate()
    yield made
    made.release()


def test_the_value_with_its_unit_status_and_time(peer: GuruxPeer, meter: Meter) -> None:
    noon_s = epoch("240109120000W")
    bring(meter, hourly(31_412_743, noon_s, Status.LOW_BATTERY))
    register = GXDLMSExtendedRegister("0.1.24.2.1.255")
    for index in (3, 2, 4, 5):
        peer.read(register, index)
    assert round(register.value * 1000) == 31_412_743
    assert (register.scaler, int(register.unit)) == (0.001, 13)
    smr5 = meter.model.standard not in DSMR4
    assert register.status == (4 if smr5 else b"\x04")
    assert register.captureTime.value == from_epoch(noon_s)


def test_the_hours_by_range_and_by_entry(peer: GuruxPeer) -> None:
    profile = GXDLMSProfileGeneric("0.1.24.3.0.255")
    peer.read(profile, 3)
    assert len(profile.captureObjects) == 4
    begin, end = from_epoch(epoch("240109100000W")), from_epoch(epoch("240109110000W"))
    reply = peer.ask(peer.client.readRowsByRange(profile, begin, end))
    assert [row[2] for row in reply.value] == [2, 3]
    reply = peer.ask(peer.client.readRowsByEntry(profile, 4, 1))
    assert [row[1:3] for row in reply.value] == [[0, 4]]


def test_the_day_with_its_gas(peer: GuruxPeer, meter: Meter) -> None:
    combined = meter.model.standard in DSMR4
    lived(meter, "240110001500W")
    code = "1.0.99.2.0.255" if combined else "0.1.24.3.1.255"
    profile = GXDLMSProfileGeneric(code)
    peer.read(profile, 3)
    assert len(profile.captureObjects) == (14 if combined else 4)
    reply = peer.ask(peer.client.read(profile, 2))
    assert reply.value[0][6 if combined else 2] == 16
