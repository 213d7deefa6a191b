"""Runs the jobs of a store: as many meters at a time as its limits allow, each one job at a time.

Nothing is polled: a claim is tried when a job is handed in, when one ends, and at the next
instant at which something becomes due. Jobs that other processes hand in are seen every
`look_s`, when that is set.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater

from headend.attempt import Abandoned, Attempt, Run
from headend.limits import Bucket, Limits
from headend.progress import Progress, Step, Watch, ended, unwatched
from headend.retries import Retries
from headend.store import Store, jobs, leases
from headend.store.call import Call, directly
from headend.store.job import ENDS, Job, JobOptions, StaleFence
from headend.waiting import Waiting
from wire.errors import SimError, SurroundingsError

_LOOK_AGAIN_S = 5.0
_log = logging.getLogger(__name__)


class _Found(NamedTuple):
    claimed: list[Job]
    due_s: float | None
    unfinished: bool
    ended: list[Job]


class Scheduler:
    """Claims jobs, runs them with `run_job`, stores what came of them.

    `run_job` does one job and returns its result as JSON. Its `TransportError` means another
    attempt later, any other error the end of the job. With a `correlation_id` only the jobs
    of that one are run. The store is reached through `call` alone.
    """

    def __init__(
        self,
        store: Store,
        run_job: Run,
        clock: IReactorTime,
        *,
        limits: Limits = Limits(),
        call: Call = directly,
        retries: Retries = Retries(),
        lease_s: float = 60.0,
        look_s: float | None = None,
        correlation_id: str | None = None,
        worker: str = "",
        watch: Watch = unwatched,
    ) -> None:
        self._store = store
        self._run_job = run_job
        self._clock = clock
        self._limits = limits
        self._bucket: Bucket | None = None
        if limits.connections_per_s is not None:
            self._bucket = Bucket(limits.connections_per_s, clock.seconds())
        self._call = call
        self._retries = retries
        self._lease_s = lease_s
        self._look_s = look_s
        self._correlation_id = correlation_id
        self._worker = worker or f"{socket.gethostname()}/{os.getpid()}"[-64:]
        self._watch = watch
        self.trouble: str | None = None
        """Why the store could not be used when it was last needed, if it could not."""
        self._active = False
        self._looking = False
        self._look_again = False
        self._held: dict[int, Attempt] = {}
        self._timer: IDelayedCall | None = None
        self._renewal: IDelayedCall | None = None
        self._prolonged_s = clock.seconds()
        self._waiting = Waiting()
        self._awaiting_none_held: list[Deferred[None]] = []

    @property
    def running(self) -> int:
        """How many jobs run here now."""
        return len(self._held)

    def start(self) -> None:
        """Begins to run jobs, those that wait already first."""
        self._active = True
        self.wake()

    async def stop(self, grace_s: float = 0.0) -> None:
        """Claims no more; breaks off what still runs then, and gives it back.

        Returns when nothing runs any more.
        """
        self._active = False
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        patience = None
        if self._held and grace_s > 0:
            patience = self._clock.callLater(grace_s, self._break_off)
        else:
            self._break_off()
        if self._held or self._looking:
            none_held: Deferred[None] = Deferred()
            self._awaiting_none_held.append(none_held)
            await none_held
        for call in (patience, self._renewal):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._renewal = None
        self._waiting.disappoint(SurroundingsError("stopped before all jobs had ended"))

    def abandon(self) -> None:
        """Ends as a process that is killed: jobs stay claimed until their leases run out.

        Who waits for one is told, by `Abandoned`.
        """
        self._active = False
        for call in (self._timer, self._renewal):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._renewal = None
        for attempt in list(self._held.values()):
            attempt.abandon()
        self._waiting.disappoint(Abandoned("the process that ran it was killed"))

    def _break_off(self) -> None:
        for attempt in list(self._held.values()):
            attempt.stop()

    async def run_until_idle(self) -> None:
        """Runs until no job is left that waits or runs, those for later included.

        Raises `SurroundingsError` when the store cannot be used.
        """
        was_active = self._active
        idle = self._waiting.until_idle()
        self.start()
        try:
            await idle
        finally:
            if not was_active:
                await self.stop()

    async def submit(
        self,
        meter_id: int,
        operation: str,
        arguments: Mapping[str, Any],
        **options: Unpack[JobOptions],
    ) -> int:
        """Hands a job in, with the options of `jobs.enqueue`; returns its number."""
        now_s = self._clock.seconds()
        options.setdefault("correlation_id", self._correlation_id or "")

        def enqueue() -> int:
            with self._store.begin() as connection:
                return jobs.enqueue(
                    connection, meter_id, operation, arguments, now_s=now_s, **options
                )

        job_id = await self._call(enqueue)
        self.wake()
        return job_id

    async def wait(self, job_id: int) -> Job:
        """The job once it has ended, well or badly, here or elsewhere.

        Raises `SurroundingsError` when that cannot be waited for: the store cannot be used,
        or `stop` was called.
        """

        def show() -> Job:
            with self._store.read() as connection:
                return jobs.show(connection, job_id)

        end = self._waiting.until_ended(job_id)
        try:
            job = await self._call(show)
        except SimError:
            self._waiting.forget(job_id, end)
            raise
        if job.state in ENDS:
            self._waiting.tell_ended(job)
        return await end

    async def another(self) -> None:
        """Returns when a job may begin one more connection: its first one came with the claim."""
        if self._bucket is not None:
            now_s = self._clock.seconds()
            wait_s = max(0.0, self._bucket.reserve(now_s) - now_s)
            await deferLater(self._clock, wait_s)

    def wake(self) -> None:
        """Looks for jobs at the clock's next turn; for who put one into the store himself."""
        self._arm(self._clock.seconds())

    def _arm(self, due_s: float) -> None:
        """Looks at that instant, or earlier if that was planned."""
        if not self._active:
            return
        if self._timer is not None and self._timer.active():
            if self._timer.getTime() <= due_s:
                return
            self._timer.cancel()
        delay_s = max(0.0, due_s - self._clock.seconds())
        self._timer = self._clock.callLater(delay_s, self._look)

    def _look(self) -> None:
        if self._looking:
            self._look_again = True
        elif self._active:
            ensureDeferred(self._look_until_nothing_is_due())

    async def _look_until_nothing_is_due(self) -> None:
        self._looking = True
        try:
            self._look_again = True
            while self._look_again and self._active:
                self._look_again = False
                await self._look_once()
        except SimError as error:
            self._trouble(error)
        finally:
            self._looking = False
            self._tell_none_held()

    async def _look_once(self) -> None:
        room = self._limits.sessions - len(self._held)
        if room <= 0:
            return
        now_s = self._clock.seconds()
        if self._bucket is not None:
            room = min(room, self._bucket.available(now_s))
            self._bucket.take(room)
        watched = [
            number for number in self._waiting.job_ids if number not in self._held
        ]
        outdated = self._outdated(now_s)
        claimed = 0
        try:
            found = await self._call(lambda: self._find(room, now_s, watched, outdated))
            claimed = len(found.claimed)
        finally:
            if self._bucket is not None:
                self._bucket.give_back(room - claimed)
        self.trouble = None
        for job in found.ended:
            self._waiting.tell_ended(job)
        for job in found.claimed:
            self._start(job)
        if not found.unfinished and not self._held:
            self._waiting.tell_idle()
        if self._bucket is not None and claimed == room:
            self._arm(self._bucket.next_s)
        if found.due_s is not None:
            self._arm(found.due_s)
        if self._look_s is not None:
            self._arm(self._clock.seconds() + self._look_s)

    def _find(
        self, room: int, now_s: float, watched: list[int], outdated: list[Job]
    ) -> _Found:
        """Claims jobs, and what else the store says now; one transaction."""
        # A claim that a power failure undoes is a job that still waits.
        with self._store.begin(durable=False) as connection:
            # After a step of the clock our own leases may seem to have run out.
            leases.renew(connection, outdated, now_s + self._lease_s)
            claimed = leases.claim(
                connection,
                now_s=now_s,
                worker=self._worker,
                lease_s=self._lease_s,
                limit=room,
                per_cell=self._limits.per_cell,
                correlation_id=self._correlation_id,
            )
            due_s = leases.next_due(connection, now_s) if len(claimed) < room else None
            unfinished = (
                not self._waiting.for_idle
                or bool(claimed)
                or leases.unfinished(connection, self._correlation_id)
            )
            ended = jobs.ended(connection, watched) if watched else []
        return _Found(claimed, due_s, unfinished, ended)

    def _outdated(self, now_s: float) -> list[Job]:
        """The jobs that run here, when the clock says that they were not prolonged in time."""
        if now_s < self._prolonged_s + self._lease_s:
            return []
        self._prolonged_s = now_s
        return [attempt.job for attempt in self._held.values()]

    def _start(self, job: Job) -> None:
        attempt = Attempt(
            job,
            self._store,
            self._clock,
            call=self._call,
            retries=self._retries,
            keep_s=self._lease_s,
        )
        self._held[job.id] = attempt
        self._watch(Progress(Step.CLAIMED, job, 0.0))
        if not self._active:
            # Stopped while the claim was on its way; nothing of the job has begun.
            attempt.stop()
        ensureDeferred(self._see_through(attempt))
        if self._renewal is None:
            self._prolonged_s = self._clock.seconds()
            self._renewal = self._clock.callLater(self._lease_s / 3, self._renew)

    async def _see_through(self, attempt: Attempt) -> None:
        """Runs an attempt and tells who waits; never fails."""
        claimed = attempt.job
        try:
            job = await attempt.run(self._run_job)
        except Abandoned:
            pass  # nobody is there to be told
        except SimError as error:
            after_s = self._clock.seconds() - (claimed.started_s or 0.0)
            self._watch(Progress(Step.LOST, claimed, after_s, str(error)))
            if isinstance(error, StaleFence):
                _log.warning("%s", error)
            else:
                self._trouble(error)
        else:
            self._watch(ended(claimed, job, self._clock.seconds()))
            if job.state in ENDS:
                self._waiting.tell_ended(job)
        finally:
            del self._held[claimed.id]
            self._tell_none_held()
            self.wake()

    def _renew(self) -> None:
        self._renewal = None
        if self._held:
            self._renewal = self._clock.callLater(self._lease_s / 3, self._renew)
            ensureDeferred(
                self._prolong([attempt.job for attempt in self._held.values()])
            )

    async def _prolong(self, running: list[Job]) -> None:
        self._prolonged_s = self._clock.seconds()
        lease_until_s = self._prolonged_s + self._lease_s

        def renew() -> frozenset[int]:
            with self._store.begin(durable=False) as connection:
                return leases.renew(connection, running, lease_until_s)

        try:
            lost = await self._call(renew)
        except SimError as error:
            self._trouble(error)
            return
        for job in running:
            attempt = self._held.get(job.id)
            if job.id in lost and attempt is not None and attempt.job is job:
                attempt.stop()

    def _tell_none_held(self) -> None:
        if not self._held and not self._looking:
            waiting, self._awaiting_none_held = self._awaiting_none_held, []
            for none_held in waiting:
                none_held.callback(None)

    def _trouble(self, error: SimError) -> None:
        """The store cannot be used: whoever waits is told, else the log; we go on trying."""
        self.trouble = str(error)
        if self._waiting:
            self._waiting.disappoint(error)
        else:
            _log.error("%s", error)
        self._arm(self._clock.seconds() + _LOOK_AGAIN_S)
