"""The client of gurux-dlms at a DSMR 4.0.6 meter's breaker, scheduler and limiter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from gurux_dlms import GXDateTime
from gurux_dlms.objects import (
    GXDLMSActionSchedule,
    GXDLMSDisconnectControl,
    GXDLMSLimiter,
    GXDLMSScriptTable,
)

from meters.meter import Meter
from tests.meters.builders import NOW_S
from tests.meters.switching import Bench, at, groups, profile, script, stamp
from tests.peers.exchange import MeterExchange
from tests.peers.gurux import GuruxPeer
from wire.instants import from_epoch, local


@pytest.fixture
def meter() -> Meter:
    """Limited, with code red to come and a script that is scheduled."""
    bench = Bench()
    bench.limit(4, 4000)
    bench.limit(5, 1500)
    bench.set((71, "0-0:17.0.0"), 9, groups((7, 9)))
    bench.set((71, "0-0:17.0.0"), 8, profile(stamp(600), 900))
    bench.set((22, "0-0:15.0.1"), 2, script(2))
    bench.set((22, "0-0:15.0.1"), 4, at(1000))
    return bench.meter


@pytest.fixture
def peer(exchange: MeterExchange) -> Iterator[GuruxPeer]:
    """Associated, after the one that set all that."""
    made = GuruxPeer(exchange)
    made.client.ciphering.invocationCounter = 9000
    made.associate()
    yield made
    made.release()


def civil(value: Any) -> Any:
    """The Dutch time of a GXDateTime, without a zone."""
    return value.value.replace(tzinfo=None)


def test_the_limiter(peer: GuruxPeer) -> None:
    limiter = GXDLMSLimiter("0.0.17.0.0.255")
    for index in range(2, 12):
        peer.read(limiter, index)
    assert limiter.thresholdActive == limiter.thresholdNormal == 4000
    assert limiter.thresholdEmergency == 1500
    assert (limiter.minOverThresholdDuration, limiter.minUnderThresholdDuration) == (
        30,
        0,
    )
    emergency = limiter.emergencyProfile
    assert (emergency.id, emergency.duration) == (7, 900)
    begins = local(from_epoch(NOW_S + 600)).replace(tzinfo=None)
    assert civil(emergency.activationTime) == begins
    assert limiter.emergencyProfileGroupIDs == [7, 9]
    assert limiter.emergencyProfileActive is False
    over, under = limiter.actionOverThreshold, limiter.actionUnderThreshold
    assert (over.logicalName, over.scriptSelector) == ("0.0.10.0.106.255", 1)
    assert (under.logicalName, under.scriptSelector) == ("0.0.0.0.0.0", 0)


def test_the_scripts_and_their_schedule(peer: GuruxPeer) -> None:
    table = GXDLMSScriptTable("0.0.10.0.106.255")
    peer.read(table, 2)
    done = [(each.id, each.actions[0].index) for each in table.scripts]
    assert done == [(1, 1), (2, 2)]
    schedule = GXDLMSActionSchedule("0.0.15.0.1.255")
    for index in range(2, 5):
        peer.read(schedule, index)
    assert schedule.executedScriptSelector == 2
    (when,) = schedule.executionTime
    begins = local(from_epoch(NOW_S)).replace(tzinfo=None) + timedelta(seconds=1000)
    assert civil(when) == begins


def test_a_schedule_that_it_writes_is_kept(meter: Meter, peer: GuruxPeer) -> None:
    schedule = GXDLMSActionSchedule("0.0.15.0.1.255")
    when = local(from_epoch(NOW_S)).replace(tzinfo=None) + timedelta(seconds=77)
    schedule.executionTime = [GXDateTime(when)]
    peer.ask(peer.client.write(schedule, 4))
    assert meter.next_s == NOW_S + 77


def test_the_breaker_obeys_it(peer: GuruxPeer) -> None:
    control = GXDLMSDisconnectControl("0.0.96.3.10.255")
    peer.ask(control.remoteDisconnect(peer.client))
    for index in (2, 3, 4):
        peer.read(control, index)
    assert (control.outputState, int(control.controlState)) == (False, 0)
    assert int(control.controlMode) == 4
    peer.ask(control.remoteReconnect(peer.client))
    assert peer.read(control, 2) is True
