"""Our own meter on a simulated network, for the head-end's client to talk to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from meters.meter import Meter
from meters.p3.protocol import P3Factory
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.headend.dlms.fake_meter import Counters
from tests.meters.builders import CLIENT_TITLE, KEYS, METER_TITLE, NOW_S, make_meter
from wire.cosem.rows import Standard

Result = TypeVar("Result")

ADDRESS = ("meter", 4059)
CREDENTIALS = Credentials(
    system_title=CLIENT_TITLE,
    meter_title=METER_TITLE,
    encryption_key=KEYS.encryption_key,
    authentication_key=KEYS.authentication_key,
)


class World:
    """A meter that listens, and time that moves as calls are made."""

    def __init__(self, standard: Standard = Standard.DSMR_4_2_2) -> None:
        self.clock = HeapClock(NOW_S)
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.meter: Meter = make_meter(standard)
        self.meter.set_load((1000, 2000, -500), (2300, 2310, 2290))
        self.factory = P3Factory(self.meter, self.clock)
        self.clock.play(self.network.listen(*ADDRESS, self.factory))
        self.counters = Counters(first=1000)
        self.engine: Callable[..., DlmsClient] = DlmsClient

    def client(
        self, credentials: Credentials = CREDENTIALS, **changed: Any
    ) -> DlmsClient:
        """A client for the meter, not yet open."""
        return self.engine(
            self.network.endpoint(*ADDRESS),
            replace(credentials, **changed) if changed else credentials,
            self.counters,
            self.clock,
            timeout_s=10,
        )

    def play(
        self,
        work: Callable[[DlmsClient], Awaitable[Result]],
        credentials: Credentials = CREDENTIALS,
        **changed: Any,
    ) -> Result:
        """Does work with an associated client; nothing must be left pending."""

        async def associated() -> Result:
            async with self.client(credentials, **changed) as meter:
                return await work(meter)

        try:
            return self.clock.play(associated())
        finally:
            self.clock.advance(0)
            assert self.clock.getDelayedCalls() == []
            assert self.factory.current is None
