"""The head-end as commands use it: its database and keys, and jobs that run now."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint

from dsmrlab.edge import Settings
from dsmrlab.loop import on_reactor
from dsmrlab.trace import open_capture
from headend import operations
from headend.associating import Another, at_once
from headend.desk import Desk
from headend.dlms.credentials import MECHANISMS
from headend.keys import KeyStore
from headend.limits import Limits
from headend.progress import Watch, unwatched
from headend.retries import Retries
from headend.scheduler import Scheduler
from headend.store import jobs, meters
from headend.store.call import Call, directly
from headend.store.engine import Store, open_store
from headend.store.job import ENDS, Job, JobState
from headend.store.keys import KeyKind
from headend.store.meters import Meter
from wire.capture import Capture, Tap
from wire.dlms.security import Cipher
from wire.errors import ConfigError, LocalError, SimError

SOON = Retries(first_s=1.0)
_URGENT = 8
# Another command may have the meter, and nothing but the store tells when it is done.
_LOOK_S = 0.5
_SHOWN_CANDIDATES = 5


class JobFailed(SimError):
    """The job ended, and not well; the text is its error."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a command reaches meters: engine, seconds for an answer, attempts of a job, trace,
    and the mechanism by which the head-end proves itself.
    """

    engine: str = "native"
    timeout_s: float = 10.0
    attempts: int = 2
    trace: Path | None = None
    mechanism: str = "hls5"


@dataclass(frozen=True, slots=True)
class Office:
    """An open database and the keys in it."""

    store: Store
    keys: KeyStore

    def meter(self, wanted: str) -> Meter:
        """The meter whose equipment identifier has that part in it, and no other one has.

        Raises `ConfigError` that names what there is.
        """
        with self.store.read() as connection:
            known = meters.every(connection)
        found = [meter for meter in known if wanted and wanted in meter.equipment_id]
        exact = [meter for meter in found if meter.equipment_id == wanted]
        if exact or len(found) == 1:
            return (exact or found)[0]
        if not known:
            raise ConfigError(
                "no meter is known; take some over with: headend import SHIPMENT"
            )
        names = [meter.equipment_id for meter in (found or known)]
        some = ", ".join(names[:_SHOWN_CANDIDATES])
        more = f" and {len(names) - _SHOWN_CANDIDATES} more"
        some += more if len(names) > _SHOWN_CANDIDATES else ""
        if found:
            raise ConfigError(f"meter {wanted!r} is ambiguous: it may be {some}")
        raise ConfigError(f"meter {wanted!r} is not known; there are {some}")

    def names(self) -> dict[int, str]:
        """The equipment identifiers of all meters, by number."""
        with self.store.read() as connection:
            return {meter.id: meter.equipment_id for meter in meters.every(connection)}

    def scheduler(
        self,
        loop: Any,
        reach: Reach,
        correlation_id: str | None = None,
        limits: Limits = Limits(),
    ) -> Scheduler:
        """A scheduler whose jobs go to the meters over TCP."""
        return Scheduler(
            self.store,
            self.desk(loop, reach).run,
            loop,
            limits=limits,
            retries=SOON,
            look_s=_LOOK_S,
            correlation_id=correlation_id,
        )

    def desk(
        self,
        loop: Any,
        reach: Reach,
        call: Call = directly,
        watch: Watch = unwatched,
        another: Another = at_once,
    ) -> Desk:
        """The way to the meters, over TCP; see `Desk`."""

        def endpoint(host: str, port: int) -> Any:
            return HostnameEndpoint(loop, host, port, timeout=reach.timeout_s)

        return Desk(
            self.store,
            self.keys,
            endpoint,
            loop,
            engine=reach.engine,
            call=call,
            timeout_s=reach.timeout_s,
            trace=self._tapped(open_capture(reach.trace, loop.seconds)),
            watch=watch,
            another=another,
            mechanism=MECHANISMS[reach.mechanism],
        )

    def do(
        self,
        meter: Meter,
        operation: str,
        arguments: Mapping[str, Any],
        reach: Reach,
    ) -> Job:
        """One operation now, through a durable job; the job once it has ended.

        What can never work is refused before a job is stored. When the command is
        interrupted its job is given back and cancelled.
        """
        operations.prepare(operation, meter.standard, arguments)
        with self.store.read() as connection:
            for kind in (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION):
                self.keys.active(connection, meter, kind)
        with self.store.begin() as connection:
            job_id = jobs.enqueue(
                connection,
                meter.id,
                operation,
                arguments,
                now_s=time.time(),
                priority=_URGENT,
                correlation_id=f"command-{secrets.token_hex(8)}",
                max_attempts=reach.attempts,
            )
        with self.store.read() as connection:
            job = jobs.show(connection, job_id)
        try:
            return on_reactor(lambda loop: self._see_through(loop, job, reach))
        except KeyboardInterrupt:
            self._cancel(job_id)
            raise

    def running(
        self, scheduler: Scheduler, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> Callable[[Any], Coroutine[Any, Any, Any]]:
        """The work with the scheduler at work around it, stopped also when the reactor is."""

        async def run(loop: Any) -> Any:
            stopping = False

            def stop() -> Any:
                nonlocal stopping
                stopping = True
                return ensureDeferred(scheduler.stop())

            loop.addSystemEventTrigger("before", "shutdown", stop)
            scheduler.start()
            try:
                return await work()
            except SimError:
                # Jobs that did not end because we were told to stop are no failure.
                if stopping:
                    return None
                raise
            finally:
                await scheduler.stop()

        return run

    def _tapped(self, capture: Capture | None) -> Callable[[Meter], Tap | None]:
        """Makes what sees a connection to a meter, with all keys that it may have."""
        if capture is None:
            return lambda meter: None

        def ciphers(meter: Meter) -> list[Cipher]:
            with self.store.read() as connection:
                encryption, authentication = (
                    self.keys.every(connection, meter, kind)
                    for kind in (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION)
                )
            return [
                Cipher(one.octets, other.octets)
                for one in reversed(encryption)
                for other in reversed(authentication)
            ]

        return lambda meter: capture.tap(meter.equipment_id, lambda: ciphers(meter))

    async def _see_through(self, loop: Any, job: Job, reach: Reach) -> Job:
        scheduler = self.scheduler(loop, reach, job.correlation_id)
        ended: Job = await self.running(scheduler, lambda: scheduler.wait(job.id))(loop)
        return ended

    def _cancel(self, job_id: int) -> None:
        try:
            with self.store.begin() as connection:
                jobs.cancel(connection, job_id, time.time())
        except LocalError:
            # It had ended just before.
            pass


@contextmanager
def open_office(settings: Settings) -> Iterator[Office]:
    """Opens the database, made and migrated as needed, and closes it at the end."""
    store = open_store(settings.db)
    try:
        yield Office(store, KeyStore.open(settings.home))
    finally:
        store.close()


def job_document(job: Job, equipment_id: str) -> dict[str, Any]:
    """A job as JSON; instants as ISO 8601."""
    return {
        "job": job.id,
        "meter": equipment_id,
        "operation": job.operation,
        "arguments": dict(job.arguments),
        "state": job.state.value,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "priority": job.priority,
        "result": job.result,
        "error": job.error,
        "created": instant_text(job.created_s),
        "started": instant_text(job.started_s),
        "ended": instant_text(job.ended_s),
        "not_before": instant_text(job.not_before_s) if job.state not in ENDS else None,
    }


def check_done(job: Job, equipment_id: str) -> None:
    """Raises `JobFailed` unless the job was done."""
    if job.state is not JobState.DONE:
        raise JobFailed(f"{equipment_id}: {job.error or job.state.value}")


def instant_text(instant_s: float | None) -> str | None:
    """An instant as ISO 8601 in UTC, to the millisecond."""
    if instant_s is None:
        return None
    instant = datetime.fromtimestamp(instant_s, UTC).isoformat(timespec="milliseconds")
    return instant.replace("+00:00", "Z")
