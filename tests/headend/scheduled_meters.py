"""Meters that a scheduler runs jobs at, and the jobs."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import deferLater

from headend.store import Store, jobs
from headend.store.job import Job
from scenarios.transport.clock import HeapClock


class Meters:
    """Answers jobs as told: after a while, with a result or an error; notes each."""

    def __init__(self, clock: HeapClock, takes_s: float = 1.0) -> None:
        self.clock = clock
        self.takes_s = takes_s
        self.answers: dict[int, list[object]] = {}
        self.events: list[tuple[float, str, int]] = []
        self.busy: set[int] = set()
        self.most_busy = 0

    async def run(self, job: Job) -> object:
        self.events.append((self.clock.seconds(), "begin", job.id))
        assert job.meter_id not in self.busy
        self.busy.add(job.meter_id)
        self.most_busy = max(self.most_busy, len(self.busy))
        try:
            await deferLater(self.clock, self.takes_s)
        finally:
            self.busy.discard(job.meter_id)
        self.events.append((self.clock.seconds(), "end", job.id))
        answer = self.answers[job.id].pop(0) if self.answers.get(job.id) else {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def begun(self, job_id: int) -> list[float]:
        return [
            at for at, what, which in self.events if (what, which) == ("begin", job_id)
        ]


def hand_in(store: Store, meter_id: int, **options: Any) -> int:
    with store.begin() as connection:
        return jobs.enqueue(connection, meter_id, "get", {}, now_s=0.0, **options)


def show(store: Store, job_id: int) -> Job:
    with store.read() as connection:
        return jobs.show(connection, job_id)
