"""Whatever workers do in whatever order: one runs a job at a time, and no end is undone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import text

from headend.store import jobs, leases, open_store
from headend.store.job import ENDS, Job, JobState, StaleFence
from headend.store.meters import Meter
from tests.headend.store.rows import add_meters

LEASE_S = 10.0
STORE = open_store("sqlite://")
METERS = add_meters(STORE, 3)


class Workers(RuleBasedStateMachine):
    """Two workers, of which each may forget, sleep too long, or end a job as it likes."""

    def __init__(self) -> None:
        super().__init__()
        with STORE.begin() as connection:
            connection.execute(text("DELETE FROM jobs"))
        self.now_s = 0.0
        self.claims: list[Job] = []
        self.holder: dict[int, Job] = {}
        self.ended: dict[int, Job] = {}

    @rule(meter=st.sampled_from(METERS), priority=st.integers(0, 9))
    def hand_in(self, meter: Meter, priority: int) -> None:
        with STORE.begin() as connection:
            jobs.enqueue(
                connection,
                meter.id,
                "get",
                {},
                now_s=self.now_s,
                priority=priority,
                max_attempts=3,
            )

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        with STORE.begin() as connection:
            taken = leases.claim(
                connection, now_s=self.now_s, worker="w", lease_s=LEASE_S, limit=limit
            )
        assert len({job.meter_id for job in taken}) == len(taken) <= limit
        for job in taken:
            before = self.holder.get(job.id)
            # Taken from another one only when his lease had run out.
            assert before is None or (before.lease_until_s or 0) <= self.now_s
            assert job.fence == (before.fence if before else job.fence - 1) + 1
            assert job.attempts <= 3 and job.id not in self.ended
            self.holder[job.id] = job
        self.claims += taken

    @rule(data=st.data(), how=st.sampled_from(["complete", "fail", "retry", "release"]))
    def end(self, data: st.DataObject, how: str) -> None:
        if not self.claims:
            return
        job = data.draw(st.sampled_from(self.claims))
        with STORE.begin() as connection:
            held = jobs.show(connection, job.id)
            mine = (held.state, held.fence) == (JobState.CLAIMED, job.fence)
            try:
                if how == "complete":
                    leases.complete(connection, job, {"by": job.fence}, self.now_s)
                elif how == "fail":
                    leases.fail(connection, job, "no", self.now_s)
                elif how == "retry":
                    leases.retry(connection, job, "later", self.now_s + 5.0)
                else:
                    leases.release(connection, job)
            except StaleFence:
                assert not mine
                return
        assert mine
        if how in ("retry", "release"):
            # Its fence stays, so that it opens nothing any more.
            self.holder[job.id] = replace(job, lease_until_s=0.0)

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        if self.claims:
            job = data.draw(st.sampled_from(self.claims))
            until_s = self.now_s + LEASE_S
            with STORE.begin() as connection:
                if not leases.renew(connection, [job], until_s):
                    assert self.holder[job.id].fence == job.fence
                    self.holder[job.id] = replace(job, lease_until_s=until_s)

    @rule(seconds=st.sampled_from([1.0, 5.0, 11.0]))
    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    @invariant()
    def one_job_runs_on_a_meter_and_ends_stay(self) -> None:
        with STORE.read() as connection:
            found = jobs.listing(connection, limit=1000)
        running = [job.meter_id for job in found if job.state is JobState.CLAIMED]
        assert len(running) == len(set(running))
        for job in found:
            if job.id in self.ended:
                assert job == self.ended[job.id]
            elif job.state in ENDS:
                self.ended[job.id] = job

    def teardown(self) -> None:
        """Left alone with one good worker every job comes to an end."""
        for _ in range(200):
            self.now_s += LEASE_S
            with STORE.begin() as connection:
                taken = leases.claim(
                    connection, now_s=self.now_s, worker="w", lease_s=1.0, limit=9
                )
                for job in taken:
                    leases.complete(connection, job, {}, self.now_s)
                if not leases.unfinished(connection):
                    return
        raise AssertionError("some job never ends")


TestWorkers = Workers.TestCase
TestWorkers.settings = settings(max_examples=60, stateful_step_count=30)
