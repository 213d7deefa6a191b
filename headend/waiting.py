"""Who waits for jobs to end: each for one of them, or for all."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import Deferred

from headend.store.job import Job
from wire.errors import SimError


class Waiting:
    """Those who wait for a scheduler's jobs; each is told once."""

    def __init__(self) -> None:
        self._idle: list[Deferred[None]] = []
        self._ends: dict[int, list[Deferred[Job]]] = {}

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._idle or self._ends)

    @property
    def for_idle(self) -> bool:
        """Whether anybody waits for all jobs."""
        return bool(self._idle)

    @property
    def job_ids(self) -> Iterable[int]:
        """The jobs that are waited for."""
        return self._ends.keys()

    def until_idle(self) -> Deferred[None]:
        """Fires when no job is left."""
        idle: Deferred[None] = Deferred()
        self._idle.append(idle)
        return idle

    def until_ended(self, job_id: int) -> Deferred[Job]:
        """Fires with that job when it has ended."""
        end: Deferred[Job] = Deferred()
        self._ends.setdefault(job_id, []).append(end)
        return end

    def forget(self, job_id: int, end: Deferred[Job]) -> None:
        """That one does not wait any more."""
        watched = self._ends.get(job_id, [])
        if end in watched:
            watched.remove(end)

    def tell_idle(self) -> None:
        """No job is left."""
        waiting, self._idle = self._idle, []
        for idle in waiting:
            idle.callback(None)

    def tell_ended(self, job: Job) -> None:
        """That job has ended."""
        for end in self._ends.pop(job.id, []):
            end.callback(job)

    def disappoint(self, error: SimError) -> None:
        """Nobody can be told what he waits for."""
        idle, self._idle = self._idle, []
        ends, self._ends = self._ends, {}
        for each in idle:
            each.errback(error)
        for watched in ends.values():
            for end in watched:
                end.errback(error)
