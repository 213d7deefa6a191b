"""Another master of a unit: what it is told when the wire brings nonsense, or nothing."""

from __future__ import annotations

from random import Random

import pytest
from twisted.internet.protocol import Factory, Protocol

from chargepoint.modbus_client import ModbusClient
from scenarios.playing.world_protocol import Outcome, Refuser
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from scenarios.world import master

UNIT = ("127.0.0.1", 5020)


class Parrot(Protocol):
    """Answers whatever it hears with the same octets."""

    answer = b"\xff" * 12

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self.answer)


class Mute(Parrot):
    """Answers nothing."""

    answer = b""


@pytest.mark.parametrize(
    ("peer", "why"),
    [(Parrot, "Modbus"), (Mute, "does not answer within"), (None, "be reached")],
)
def test_a_write_that_gets_no_answer_fails_on_its_way(
    peer: type[Protocol] | None, why: str
) -> None:
    clock = HeapClock()
    network = SimulatedNetwork(clock, Random(1))

    async def play() -> Outcome:
        if peer is not None:
            await network.listen(*UNIT, Factory.forProtocol(peer))
        client = ModbusClient(network.endpoint(*UNIT), clock)
        return await master.write(client, "heartbeat", 1)

    outcome = clock.play(play())
    assert (outcome.result, outcome.refused_by) == ("failed", Refuser.TRANSPORT)
    assert why in outcome.detail
