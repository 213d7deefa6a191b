"""A head-end and a meter with a line between them that can be bent at any answer."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory
from zope.interface import implementer

from headend.desk import SYSTEM_TITLE, Desk
from headend.keys import KeyStore
from headend.limits import Limits
from headend.retries import Retries
from headend.scheduler import Scheduler
from headend.store import Store, counters, jobs, meters
from headend.store.job import Job
from headend.store.keys import KeyKind
from meters.meter import Meter
from meters.p3.protocol import P3Factory
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.meters.builders import KEYS, METER_TITLE, NOW_S, make_meter
from wire.capture import OnOctets
from wire.cosem.rows import Standard
from wire.dlms import acse
from wire.dlms.security import Cipher, is_protected, unprotect
from wire.dlms.wrapper import Wpdu, WrapperReader

ADDRESS = ("meter", 4059)
LATENCY_S = 0.05
TIMEOUT_S = 10.0
LEASE_S = 60.0
CIPHER = Cipher(KEYS.encryption_key, KEYS.authentication_key)
ROWS = 200

Bend = Callable[["World", Callable[[bytes], None], bytes, bytes], None]
"""Is given the world, what takes octets at the head-end, the answer, and the one before it."""


def living_meter(standard: Standard) -> Meter:
    """A meter with a profile that takes several blocks."""
    meter = make_meter(standard)
    meter.set_load((1000, 0, 0), (2300, 2300, 2300))
    meter.advance(NOW_S + ROWS * 900)
    return meter


def prepare(store: Store, keys: KeyStore) -> int:
    """Makes a meter known that was talked with before; its number."""
    facts = {
        "equipment_id": "E0422000000000124",
        "standard": "dsmr-4.2.2",
        "host": ADDRESS[0],
        "port": ADDRESS[1],
        "logical_device": 1,
        "system_title": METER_TITLE,
        "p1_host": None,
        "p1_port": None,
    }
    with store.begin() as connection:
        (meter,) = meters.add(connection, [facts])
        kinds = {
            KeyKind.ENCRYPTION: KEYS.encryption_key,
            KeyKind.AUTHENTICATION: KEYS.authentication_key,
        }
        triples = [(meter, kind, octets) for kind, octets in kinds.items()]
        keys.add_active(connection, triples, NOW_S)
        key = keys.active(connection, meter, KeyKind.ENCRYPTION)
        counters.raise_to(connection, meter.id, key.id, counters.FIRST)
    return meter.id


class World:
    """One process of the head-end, from its start to its end or to a crash."""

    def __init__(
        self,
        store: Store,
        keys: KeyStore,
        meter: Meter,
        now_s: int,
        limits: Limits = Limits(),
    ) -> None:
        self.clock = HeapClock(now_s)
        self.store = store
        self.meter = meter
        self.frames: list[int] = []
        self.proofs: list[int] = []
        self.actions = 0
        self.bend: Bend | None = None
        self.bend_at = -1
        self.connects = 0
        self.connected_s: list[float] = []
        self._asked = WrapperReader()
        self._network = SimulatedNetwork(self.clock, Random(1))
        self._network.link(*ADDRESS).latency_s = LATENCY_S
        self.factory = P3Factory(meter, self.clock)
        self.clock.play(self._network.listen(*ADDRESS, self.factory))

        async def another() -> None:
            await self.scheduler.another()

        self.desk = Desk(
            store,
            keys,
            lambda host, port: _Endpoint(self, self._network.endpoint(host, port)),
            self.clock,
            timeout_s=TIMEOUT_S,
            trace=lambda _: OnOctets(self._trace),
            another=another,
        )
        self.scheduler = Scheduler(
            store,
            self.desk.run,
            self.clock,
            limits=limits,
            retries=Retries(first_s=2.0),
            lease_s=LEASE_S,
        )

    def hand_in(self, meter_id: int, operation: str, **arguments: Any) -> int:
        """A job that waits; its number."""
        with self.store.begin() as connection:
            return jobs.enqueue(
                connection,
                meter_id,
                operation,
                arguments,
                now_s=self.clock.seconds(),
                max_attempts=3,
            )

    def run(self) -> None:
        """Until no job waits; then nothing may be left over."""
        self.clock.play(self.scheduler.run_until_idle())
        self.clock.advance(2 * TIMEOUT_S)
        assert self.factory.current is None, "the meter was left associated"
        assert self.clock.getDelayedCalls() == []

    def run_for(self, seconds: float) -> None:
        """And then the process is no more: nothing is given back, nothing closed."""
        ensureDeferred(self.scheduler.run_until_idle()).addErrback(lambda _: None)
        self.clock.advance(seconds)

    def bury(self) -> None:
        """Clears away what a crash left in memory, once nothing more is to be seen."""
        self.clock.play(self.scheduler.stop())
        self.clock.advance(2 * TIMEOUT_S)

    def show(self, job_id: int) -> Job:
        """The job as it is stored."""
        with self.store.read() as connection:
            return jobs.show(connection, job_id)

    def _trace(self, ours: bool, octets: bytes) -> None:
        """Notes every counter that goes out."""
        if not ours:
            return
        (event,) = self._asked.feed(octets)
        assert isinstance(event, Wpdu)
        ciphered = event.payload
        if not is_protected(ciphered):
            request = acse.decode(ciphered)
            assert isinstance(request, acse.Aarq | acse.Rlrq)
            ciphered = request.user_information or b""
        opened = unprotect(ciphered, CIPHER, SYSTEM_TITLE)
        self.frames.append(opened.counter)
        if opened.apdu[-19:-16] == b"\x09\x11\x10":
            # The proof is ciphered under a counter of its own.
            self.proofs.append(int.from_bytes(opened.apdu[-16:-12], "big"))
        elif opened.apdu[:1] == b"\xc3":
            self.actions += 1


@implementer(IStreamClientEndpoint)
class _Endpoint:
    """The way to the meter; the first connection is bent."""

    def __init__(self, world: World, endpoint: IStreamClientEndpoint) -> None:
        self._world = world
        self._endpoint = endpoint

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """Connects, with what is to be bent in between."""
        self._world.connects += 1
        self._world.connected_s.append(self._world.clock.seconds())
        first = self._world.connects == 1
        return self._endpoint.connect(_Factory(self._world, protocolFactory, first))


class _Factory(Factory):
    noisy = False

    def __init__(self, world: World, inner: Any, bent: bool) -> None:
        self._world = world
        self._inner = inner
        self._bent = bent

    def buildProtocol(self, addr: Any) -> Any:
        protocol = self._inner.buildProtocol(addr)
        if self._bent:
            take = protocol.dataReceived
            before = [b""]
            world = self._world

            def between(octets: bytes) -> None:
                number, before[:] = len(before) - 1, [*before, octets]
                if number >= world.bend_at >= 0 and world.bend is not None:
                    world.bend(world, take, octets, before[-2])
                else:
                    take(octets)

            protocol.dataReceived = between
        return protocol
