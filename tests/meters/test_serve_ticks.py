"""The tick of the service, in simulated time: one in each second, however late they come."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.testing import MemoryReactorClock, StringTransport

from meters.fleet import create_fleet, load_fleet
from meters.p1.port import P1Port
from meters.serve import FleetService
from tests.meters.builders import NOW_S
from wire.cosem.rows import Standard
from wire.instants import from_epoch
from wire.p1 import TelegramReader, TelegramReceived


@pytest.mark.parametrize("phase_s", [0.0, 0.09, 0.1, 0.5, 0.99])
def test_ticks_that_come_late_lose_no_telegram(tmp_path: Path, phase_s: float) -> None:
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=1)
    reactor = MemoryReactorClock()
    reactor.advance(NOW_S + phase_s)
    service = FleetService(load_fleet(tmp_path, NOW_S), reactor)
    service.start()
    _, (_, p1, *_) = reactor.tcpServers
    assert isinstance(p1, P1Port)
    cable = p1.buildProtocol(None)
    assert cable is not None
    transport = StringTransport()
    cable.makeConnection(transport)  # type: ignore[no-untyped-call]
    # A reactor that looks at its clock so seldom is up to 30 ms late, now more, now less.
    while reactor.seconds() < NOW_S + 60:
        reactor.advance(0.03)
    seconds = [
        event.telegram.time
        for event in TelegramReader().feed(transport.value())
        if isinstance(event, TelegramReceived)
    ]
    assert seconds[:60] == [from_epoch(NOW_S + second) for second in range(60)]
    service.stop()


def test_a_service_can_stop_before_its_first_tick(tmp_path: Path) -> None:
    create_fleet(tmp_path, 1, Standard.SMR_5_0, seed=1)
    reactor = MemoryReactorClock()
    reactor.advance(NOW_S + 0.5)
    service = FleetService(load_fleet(tmp_path, NOW_S), reactor)
    service.start()
    service.stop()
    assert service.failure is None
    assert not reactor.getDelayedCalls()
