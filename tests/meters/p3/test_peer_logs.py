"""Event logs, alarm registers and the register monitor, as gurux-dlms reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest
from gurux_dlms.enums import DataType
from gurux_dlms.objects import (
    GXDLMSData,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
    GXDLMSRegisterMonitor,
)

from meters.behaviour import events
from meters.meter import Meter
from tests.meters.builders import NOW_S
from tests.meters.test_events import rows
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.cosem.events import Event, Log
from wire.instants import from_epoch

STANDARD_LOG = "0.0.99.98.0.255"


@pytest.fixture
def peer(meter: Meter, exchange: MeterExchange) -> Iterator[GuruxPeer]:
    """An associated management client of a meter with three events, 1000 s apart."""
    for second in (1000, 2000, 3000):
        meter.advance(NOW_S + second)
        events.record(meter, Event.TARIFF_ACTIVATED)
    exchange.now_s = NOW_S + 4000
    made = GuruxPeer(exchange)
    made.associate()
    yield made
    made.release()


def test_a_log_whole_by_entry_and_by_range(peer: GuruxPeer) -> None:
    log = GXDLMSProfileGeneric(STANDARD_LOG)
    for index in (3, 4, 5, 6, 7, 8):
        peer.read(log, index)
    codes = [item[0].logicalName for item in log.captureObjects]
    assert codes == ["0.0.1.0.0.255", "0.0.96.11.0.255"]
    assert (log.capturePeriod, log.entriesInUse, log.profileEntries) == (0, 3, 100)
    peer.read(log, 2)
    shown = [(row[0].value.astimezone(UTC), row[1]) for row in log.buffer]
    assert shown == [(from_epoch(NOW_S + second), 9) for second in (1000, 2000, 3000)]
    assert len(peer.ask(peer.client.readRowsByEntry(log, 2, 2)).value) == 2
    begin, end = from_epoch(NOW_S + 1500), from_epoch(NOW_S + 3000)
    assert len(peer.ask(peer.client.readRowsByRange(log, begin, end)).value) == 2


def test_a_log_is_emptied(meter: Meter, peer: GuruxPeer) -> None:
    log = GXDLMSProfileGeneric(STANDARD_LOG)
    peer.ask(log.reset(peer.client))
    assert rows(meter, Log.STANDARD) == ((NOW_S + 4000, 255),)


def test_alarms_are_asked_for_read_and_cleared(meter: Meter, peer: GuruxPeer) -> None:
    alarm_filter = GXDLMSData("0.0.97.98.10.255")
    alarm_filter.value = 1 << 9
    alarm_filter.setDataType(2, DataType.UINT32)
    peer.ask(peer.client.write(alarm_filter, 2))
    events.record(meter, Event.RAM_ERROR)
    events.record(meter, Event.NV_MEMORY_ERROR)
    register = GXDLMSData("0.0.97.98.0.255")
    assert peer.read(register, 2) == 1 << 9
    register.value = 0
    register.setDataType(2, DataType.UINT32)
    peer.ask(peer.client.write(register, 2))
    assert peer.read(register, 2) == 0


def test_the_register_monitor_is_understood(peer: GuruxPeer) -> None:
    monitor = GXDLMSRegisterMonitor("0.0.16.1.0.255")
    assert peer.read(monitor, 2) == [0]
    peer.read(monitor, 3)
    watched = monitor.monitoredValue
    assert (int(watched.objectType), watched.logicalName, watched.attributeIndex) == (
        *(1, "0.0.97.98.0.255"),
        2,
    )
    peer.read(monitor, 4)
    (actions,) = monitor.actions
    assert actions.actionUp.logicalName == "0.0.10.0.108.255"
    assert actions.actionUp.scriptSelector == 2
    assert actions.actionDown.logicalName == "0.0.0.0.0.0"


def test_thresholds_are_registers_with_their_units(peer: GuruxPeer) -> None:
    for code, value, unit in (
        ("1.0.12.31.0.255", 207, 35),
        ("0.0.96.7.20.255", 180, 7),
    ):
        register = GXDLMSRegister(code)
        peer.read(register, 3)
        peer.read(register, 2)
        assert (register.value, register.scaler, int(register.unit)) == (value, 1, unit)
