"""One attempt at one claimed job: run it, and keep what came of it while the lease lasts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from headend.retries import Again, GiveUp, Retries, judge
from headend.store import Store, jobs, leases
from headend.store.call import Call
from headend.store.job import Job
from wire.errors import LocalError, SimError, SurroundingsError

Run = Callable[[Job], Awaitable[object]]
_STORE_AGAIN_S = 1.0
_log = logging.getLogger(__name__)


class Abandoned(SimError):
    """The process is killed: what ran in it ends, and nothing is written of it."""


class Done(NamedTuple):
    """The job was done, with a result."""

    result: object


class Released(NamedTuple):
    """The attempt was broken off, so it does not count."""


Outcome = Done | Again | GiveUp | Released


class Attempt:
    """Runs a job once. `keep_s` is how long to go on trying to store the outcome."""

    def __init__(
        self,
        job: Job,
        store: Store,
        clock: IReactorTime,
        *,
        call: Call,
        retries: Retries,
        keep_s: float,
    ) -> None:
        self.job = job
        self._store = store
        self._clock = clock
        self._call = call
        self._retries = retries
        self._keep_s = keep_s
        self._stopped = False
        self._abandoned = False
        self._running: Deferred[object] | None = None

    def stop(self) -> None:
        """Breaks the run off, unless it has ended; the job is then given back."""
        self._stopped = True
        if self._running is not None:
            self._running.cancel()

    def abandon(self) -> None:
        """Breaks the run off and leaves the job as it is, claimed until its lease runs out."""
        self._abandoned = True
        self.stop()

    async def run(self, run_job: Run) -> Job:
        """Runs the job, stores what came of it, and returns the job as it then is.

        Raises `Abandoned` when it was that, `StaleFence` when somebody else has the job by now,
        and `SurroundingsError` when the store cannot be used for as long as the lease may last.
        """
        outcome = await self._outcome(run_job)
        if self._abandoned:
            raise Abandoned(f"job {self.job.id} was abandoned")
        give_up_s = self._clock.seconds() + self._keep_s
        while True:
            try:
                return await self._call(lambda: self._write(outcome))
            except SurroundingsError:
                if self._clock.seconds() + _STORE_AGAIN_S >= give_up_s:
                    raise
            await deferLater(self._clock, _STORE_AGAIN_S)

    async def _outcome(self, run_job: Run) -> Outcome:
        if self._stopped:
            return Released()
        try:
            self._running = ensureDeferred(_checked(run_job, self.job))
            return Done(await self._running)
        except Exception as error:
            return self._judge(error)
        finally:
            self._running = None

    def _judge(self, error: Exception) -> Outcome:
        if self._stopped:
            return Released()
        outcome = judge(error, self.job, self._retries, self._clock.seconds())
        if not isinstance(error, SimError):
            _log.error("job %d: %s", self.job.id, outcome.error, exc_info=error)
        return outcome

    def _write(self, outcome: Outcome) -> Job:
        now_s = self._clock.seconds()
        with self._store.begin() as connection:
            if isinstance(outcome, Again | Released):
                # It may be too late for another attempt: the store knows what had begun.
                begun = jobs.show(connection, self.job.id).irrevocable_s
                outcome = outcome if begun is None else GiveUp(leases.UNKNOWN)
            match outcome:
                case Done(result):
                    leases.complete(connection, self.job, result, now_s)
                case GiveUp(error, result):
                    leases.fail(connection, self.job, error, now_s, result)
                case Again(error, not_before_s):
                    leases.retry(connection, self.job, error, not_before_s)
                case Released():
                    leases.release(connection, self.job)
            return jobs.show(connection, self.job.id)


async def _checked(run_job: Run, job: Job) -> object:
    """The result of a run, if it can be stored."""
    result = await run_job(job)
    try:
        jobs.to_json(result)
    except LocalError as error:
        raise TypeError(str(error)) from None
    return result
