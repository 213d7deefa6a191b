"""Runs the jobs of a store: as many meters at a time as it may, each one job at a time.

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

from headend.attempt import Attempt, Run
from headend.retries import Retries
from headend.store import Store, jobs, leases
from headend.store.call import Call, directly
from headend.store.job import ENDS, Job, JobOptions, StaleFence
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
        concurrency: int = 16,
        call: Call = directly,
        retries: Retries = Retries(),
        lease_s: float = 60.0,
        look_s: float | None = None,
        correlation_id: str | None = None,
        worker: str = "",
    ) -> None:
        self._store = store
        self._run_job = run_job
        self._clock = clock
        self._concurrency = concurrency
        self._call = call
        self._retries = retries
        self._lease_s = lease_s
        self._look_s = look_s
        self._correlation_id = correlation_id
        self._worker = worker or f"{socket.gethostname()}/{os.getpid()}"[-64:]
        self._active = False
        self._looking = False
        self._look_again = False
        self._held: dict[int, Attempt] = {}
        self._timer: IDelayedCall | None = None
        self._renewal: IDelayedCall | None = None
        self._awaiting_idle: list[Deferred[None]] = []
        self._awaiting_end: dict[int, list[Deferred[Job]]] = {}
        self._awaiting_none_held: list[Deferred[None]] = []

    @property
    def running(self) -> int:
        """How many jobs run here now."""
        return len(self._held)

    def start(self) -> None:
        """Begins to run jobs, those that wait already first."""
        self._active = True
        self.wake()

    async def stop(self) -> None:
        """Claims no more, breaks off what runs and gives it back; returns when that is done."""
        self._active = False
        for call in (self._timer, self._renewal):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._renewal = None
        for attempt in list(self._held.values()):
            attempt.stop()
        if self._held or self._looking:
            none_held: Deferred[None] = Deferred()
            self._awaiting_none_held.append(none_held)
            await none_held
        self._disappoint(SurroundingsError("stopped before all jobs had ended"))

    async def run_until_idle(self) -> None:
        """Runs until no job is left that waits or runs, those for later included.

        Raises `SurroundingsError` when the store cannot be used.
        """
        was_active = self._active
        idle: Deferred[None] = Deferred()
        self._awaiting_idle.append(idle)
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

        end: Deferred[Job] = Deferred()
        watched = self._awaiting_end.setdefault(job_id, [])
        watched.append(end)
        try:
            job = await self._call(show)
        except SimError:
            if end in watched:
                watched.remove(end)
            raise
        if job.state in ENDS:
            self._tell_ended(job)
        return await end

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
        room = self._concurrency - len(self._held)
        if room <= 0:
            return
        now_s = self._clock.seconds()
        watched = [job_id for job_id in self._awaiting_end if job_id not in self._held]
        found = await self._call(lambda: self._find(room, now_s, watched))
        for job in found.ended:
            self._tell_ended(job)
        for job in found.claimed:
            self._start(job)
        if not found.unfinished and not self._held:
            waiting, self._awaiting_idle = self._awaiting_idle, []
            for idle in waiting:
                idle.callback(None)
        if found.due_s is not None:
            self._arm(found.due_s)
        if self._look_s is not None:
            self._arm(self._clock.seconds() + self._look_s)

    def _find(self, room: int, now_s: float, watched: list[int]) -> _Found:
        """Claims jobs, and what else the store says now; one transaction."""
        # A claim that a power failure undoes is a job that still waits.
        with self._store.begin(durable=False) as connection:
            claimed = leases.claim(
                connection,
                now_s=now_s,
                worker=self._worker,
                lease_s=self._lease_s,
                limit=room,
                correlation_id=self._correlation_id,
            )
            due_s = leases.next_due(connection, now_s) if len(claimed) < room else None
            unfinished = (
                not self._awaiting_idle
                or bool(claimed)
                or leases.unfinished(connection, self._correlation_id)
            )
            ended = jobs.ended(connection, watched) if watched else []
        return _Found(claimed, due_s, unfinished, ended)

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
        if not self._active:
            # Stopped while the claim was on its way; nothing of the job has begun.
            attempt.stop()
        ensureDeferred(self._see_through(attempt))
        if self._renewal is None and self._active:
            self._renewal = self._clock.callLater(self._lease_s / 3, self._renew)

    async def _see_through(self, attempt: Attempt) -> None:
        """Runs an attempt and tells who waits; never fails."""
        try:
            job = await attempt.run(self._run_job)
            if job.state in ENDS:
                self._tell_ended(job)
        except StaleFence as error:
            _log.warning("%s", error)
        except SimError as error:
            self._trouble(error)
        finally:
            del self._held[attempt.job.id]
            self._tell_none_held()
            self.wake()

    def _renew(self) -> None:
        self._renewal = None
        if self._held and self._active:
            self._renewal = self._clock.callLater(self._lease_s / 3, self._renew)
            ensureDeferred(
                self._prolong([attempt.job for attempt in self._held.values()])
            )

    async def _prolong(self, running: list[Job]) -> None:
        lease_until_s = self._clock.seconds() + self._lease_s

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

    def _tell_ended(self, job: Job) -> None:
        for end in self._awaiting_end.pop(job.id, []):
            end.callback(job)

    def _tell_none_held(self) -> None:
        if not self._held and not self._looking:
            waiting, self._awaiting_none_held = self._awaiting_none_held, []
            for none_held in waiting:
                none_held.callback(None)

    def _trouble(self, error: SimError) -> None:
        """The store cannot be used: whoever waits is told, else the log; we go on trying."""
        if self._awaiting_idle or self._awaiting_end:
            self._disappoint(error)
        else:
            _log.error("%s", error)
        self._arm(self._clock.seconds() + _LOOK_AGAIN_S)

    def _disappoint(self, error: SimError) -> None:
        idle, self._awaiting_idle = self._awaiting_idle, []
        ends, self._awaiting_end = self._awaiting_end, {}
        for each in idle:
            each.errback(error)
        for watched in ends.values():
            for end in watched:
                end.errback(error)
