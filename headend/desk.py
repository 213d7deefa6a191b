"""Carries jobs out: looks the meter and its keys up, associates, does the operation, releases."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, NoReturn

from twisted.internet.defer import ensureDeferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from headend import operations
from headend.dlms.client import TIMEOUT_S, DlmsClient
from headend.dlms.credentials import Credentials
from headend.keys import KeyStore
from headend.progress import Progress, Step, Watch, unwatched
from headend.store import leases, meters
from headend.store.call import Call, directly
from headend.store.counters import CounterBlock
from headend.store.engine import Store
from headend.store.job import Job
from headend.store.keys import KeyKind
from headend.store.meters import Meter
from wire.capture import Tap
from wire.errors import SimError, TransportError

SYSTEM_TITLE = b"DSLHE\x00\x00\x01"
"""The head-end's own: FLAG letters and a number; its counters are shared through the store."""

# All of a job may take as long as so many answers may: the longest profile has half of them.
_MOST_ANSWERS = 60

Endpoint = Callable[[str, int], IStreamClientEndpoint]


@dataclass(frozen=True, slots=True)
class _Line:
    """What it takes to talk with one meter."""

    meter: Meter
    key_id: int
    credentials: Credentials = field(repr=False)


class Desk:
    """The head-end's way to its meters.

    `endpoint` makes the way to a host and port; `call` runs store work, in a thread where the
    reactor must not wait; `trace` sees each connection to a meter; `watch` is told how the
    association of a job begins.
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
    ) -> None:
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

    async def run(self, job: Job) -> Any:
        """Does a job and returns its result as JSON; raises what went wrong as `SimError`."""
        line = await self._call(lambda: self._look_up(job.meter_id))
        meter = line.meter
        plan = operations.prepare(job.operation, meter.standard, job.arguments)
        client = self._client(
            self._endpoint(meter.host, meter.port),
            line.credentials,
            CounterBlock(self._store, meter.id, line.key_id).take,
            self._clock,
            timeout_s=self._timeout_s,
            random_bytes=self._random_bytes,
            trace=self._trace(meter),
        )
        talking = ensureDeferred(self._talk(job, client, plan))
        talking.addTimeout(_MOST_ANSWERS * self._timeout_s, self._clock, _too_slow)
        return await talking

    async def _talk(self, job: Job, client: Any, plan: operations.Plan) -> Any:
        async with AsyncExitStack() as stack:
            self._tell(Step.CONNECTING, job)
            try:
                await stack.enter_async_context(client)
            except SimError as error:
                self._tell(Step.UNASSOCIATED, job, str(error))
                raise
            self._tell(Step.ASSOCIATED, job)
            if job.operation in operations.ONCE:
                await self._call(lambda: self._begin_once(job))
            return await plan(client)

    def _tell(self, step: Step, job: Job, error: str | None = None) -> None:
        now_s = self._clock.seconds()
        self._watch(Progress(step, job, now_s - (job.started_s or now_s), error))

    def _begin_once(self, job: Job) -> None:
        now_s = self._clock.seconds()
        with self._store.begin() as connection:
            leases.begin_once(connection, job, now_s)

    def _look_up(self, meter_id: int) -> _Line:
        with self._store.read() as connection:
            meter = meters.get(connection, meter_id)
            encryption = self._key_store.active(connection, meter, KeyKind.ENCRYPTION)
            authentication = self._key_store.active(
                connection, meter, KeyKind.AUTHENTICATION
            )
        credentials = Credentials(
            server_sap=meter.logical_device,
            system_title=SYSTEM_TITLE,
            meter_title=meter.system_title,
            encryption_key=encryption.octets,
            authentication_key=authentication.octets,
        )
        return _Line(meter, encryption.id, credentials)


def _too_slow(_: object, limit_s: float) -> NoReturn:
    raise TransportError(f"the meter was not done within {limit_s:g} s")


def _native(*args: Any, **kwargs: Any) -> Any:
    return DlmsClient(*args, **kwargs)


def _gurux(*args: Any, **kwargs: Any) -> Any:
    # Imported only when asked for: its licence is its own.
    from headend.dlms.gurux import GuruxClient

    return GuruxClient(*args, **kwargs)
