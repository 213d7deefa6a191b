"""The client of gurux-dlms at the M-Bus channels: it installs, gives keys, and reads class 72."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gurux_dlms.enums import DataType
from gurux_dlms.objects import GXDLMSMBusClient

from meters.meter import Meter
from meters.p2.device import Device
from tests.meters.mbus.household import (
    USER_KEY,
    gas,
    household,
    newest,
    pass_s,
    wrapped,
)
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.rows import SMR5, Standard


@pytest.fixture(params=list(Standard))
def device(request: pytest.FixtureRequest) -> Device:
    """A gas meter of each standard."""
    return gas(version=newest(request.param))


@pytest.fixture
def meter(request: pytest.FixtureRequest, device: Device) -> Meter:
    """An E-meter of the same standard, which does not know the gas meter yet."""
    standard: Standard = request.node.callspec.params["device"]
    return household(device, standard=standard)


@pytest.fixture
def peer(exchange: MeterExchange) -> Iterator[GuruxPeer]:
    """Associated."""
    made = GuruxPeer(exchange)
    made.associate()
    yield made
    made.release()


def test_it_installs_a_device_and_gives_it_a_key(
    peer: GuruxPeer, meter: Meter, device: Device
) -> None:
    client = GXDLMSMBusClient("0.1.24.1.0.255")
    peer.ask(peer.client.method(client, 1, 0, DataType.INT8))
    pass_s(meter, 2)
    for method, key in ((8, wrapped(device, USER_KEY)), (7, USER_KEY)):
        peer.ask(peer.client.method(client, method, key, DataType.OCTET_STRING))
    pass_s(meter, 2)
    for index in range(2, 15):
        peer.read(client, index)
    smr5 = meter.identity.standard in SMR5
    assert client.identificationNumber == (12_345_678 if smr5 else 0x12345678)
    assert (client.primaryAddress, client.manufacturerID) == (1, 0x126C)
    assert (client.dataHeaderVersion, client.deviceType) == (device.identity.version, 3)
    assert (client.configuration, int(client.encryptionKeyStatus)) == (15, 4)
    assert client.mBusPortReference == f"0.{0 if smr5 else 1}.24.6.0.255"
    assert len(client.captureDefinition) == 5
