"""Carries jobs out: looks the meter and its keys up, associates, does the operation, releases."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NoReturn

from twisted.internet.defer import ensureDeferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.task import deferLater

from headend import operations
from headend.associating import Another, Approach, NextCounter, at_once
from headend.devices import DeviceRing
from headend.dlms.client import TIMEOUT_S, Client, DlmsClient
from headend.dlms.credentials import Credentials
from headend.keyring import KeyRing, KeySet
from headend.keys import KeyStore
from headend.progress import Progress, Step, Watch, unwatched
from headend.store import leases, meters
from headend.store.call import Call, directly
from headend.store.engine import Store
from headend.store.job import Job
from headend.store.meters import Meter
from headend.store.readings import Register
from headend.visit import Records, Visit
from wire.capture import Tap
from wire.dlms.acse import Mechanism
from wire.dlms.hls import WITH_SECRET
from wire.errors import SimError, TransportError

SYSTEM_TITLE = b"DSLHE\x00\x00\x01"
"""The head-end's own: FLAG letters and a number; its counters are shared through the store."""

# All of a job may take as long as so many answers may: the longest profile has half of them.
_MOST_ANSWERS = 60

Endpoint = Callable[[str, int], IStreamClientEndpoint]


class Desk:
    """The head-end's way to its meters.

    `endpoint` makes the way to a host and port; `call` runs store work, in a thread where the
    reactor must not wait; `trace` sees each connection to a meter; `watch` is told how the
    association of a job begins; `another` is awaited before each connection of a job but the
    first. `mechanism` is how we prove ourselves, from the next job on.
    """

    def __init__(
        self,
        store: Store,
        key_store: KeyStore,
        endpoint: Endpoint,
        clock: IReactorTime,
        *,
        engine: str = "native",
        call: Call = directly,
        timeout_s: float = TIMEOUT_S,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        trace: Callable[[Meter], Tap | None] = lambda meter: None,
        watch: Watch = unwatched,
        another: Another = at_once,
        mechanism: Mechanism = Mechanism.HIGH_GMAC,
    ) -> None:
        self.mechanism = mechanism
        self._store = store
        self._key_store = key_store
        self._endpoint = endpoint
        self._clock = clock
        self._client = _native if engine == "native" else _gurux
        self._call = call
        self._timeout_s = timeout_s
        self._random_bytes = random_bytes
        self._trace = trace
        self._watch = watch
        self._another = another
        self._numbers: dict[Register, int] = {}

    async def run(self, job: Job) -> Any:
        """Does a job and returns its result as JSON; raises what went wrong as `SimError`."""
        meter = await self._call(lambda: self._look_up(job.meter_id))
        operation = operations.named(job.operation)
        plan = operations.prepare(job.operation, meter.standard, job.arguments)
        tools = (
            *(self._store, self._key_store, meter),
            *(self._call, self._clock.seconds, self._random_bytes),
        )
        ring, devices = KeyRing(*tools), DeviceRing(*tools)
        client = await self._associate(job, self._approach(job, meter, ring))
        try:
            stores = self._store, self._call, job, ring, devices
            records = Records(*stores, self._wait, self._numbers)
            if operation.once:
                await self._call(lambda: self._begin_once(job))
            talking = ensureDeferred(plan(Visit(client, records)))
            talking.addTimeout(_MOST_ANSWERS * self._timeout_s, self._clock, _too_slow)
            return await talking
        finally:
            await client.leave()

    async def _wait(self, seconds: float) -> None:
        await deferLater(self._clock, seconds)

    async def _associate(self, job: Job, approach: Approach) -> Client:
        expired = operations.named(job.operation).recovers
        try:
            client = await approach.associate(expired=expired)
        except SimError as error:
            self._tell(Step.UNASSOCIATED, job, str(error))
            raise
        self._tell(Step.ASSOCIATED, job)
        return client

    def _tell(self, step: Step, job: Job, error: str | None = None) -> None:
        now_s = self._clock.seconds()
        self._watch(Progress(step, job, now_s - (job.started_s or now_s), error))

    def _begin_once(self, job: Job) -> None:
        now_s = self._clock.seconds()
        with self._store.begin() as connection:
            leases.begin_once(connection, job, now_s)

    def _look_up(self, meter_id: int) -> Meter:
        with self._store.read() as connection:
            return meters.get(connection, meter_id)

    def _approach(self, job: Job, meter: Meter, ring: KeyRing) -> Approach:
        def make(credentials: Credentials, next_counter: NextCounter) -> Client:
            self._tell(Step.CONNECTING, job)
            # The public client asks for one number, in clear: either engine may.
            engine = self._client if credentials.encryption_key else _native
            client: Client = engine(
                self._endpoint(meter.host, meter.port),
                credentials,
                next_counter,
                self._clock,
                timeout_s=self._timeout_s,
                random_bytes=self._random_bytes,
                trace=self._trace(meter),
            )
            return client

        mechanism = self.mechanism

        def credentials(keys: KeySet) -> Credentials:
            secret = keys.hls_secret
            return Credentials(
                server_sap=meter.logical_device,
                system_title=SYSTEM_TITLE,
                meter_title=meter.system_title,
                encryption_key=keys.encryption.octets,
                authentication_key=keys.authentication.octets,
                mechanism=mechanism,
                hls_secret=secret.octets if secret else None,
            )

        public = Credentials.public(meter.logical_device)
        return Approach(
            *(make, credentials, public, ring, self._clock, self._another),
            mechanism in WITH_SECRET,
        )


def _too_slow(_: object, limit_s: float) -> NoReturn:
    raise TransportError(f"the meter was not done within {limit_s:g} s")


def _native(*args: Any, **kwargs: Any) -> Any:
    return DlmsClient(*args, **kwargs)


def _gurux(*args: Any, **kwargs: Any) -> Any:
    # Imported only when asked for: its licence is its own.
    from headend.dlms.gurux import GuruxClient

    return GuruxClient(*args, **kwargs)
