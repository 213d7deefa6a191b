"""The head-end as commands use it, beside other commands."""

from __future__ import annotations

from twisted.internet.defer import ensureDeferred

from dsmrlab.office import Office, Reach
from headend.keys import KeyStore
from headend.store import jobs, leases, open_store
from headend.store.job import Job
from scenarios.transport.clock import HeapClock
from tests.headend.store.rows import add_meters


def test_that_another_command_is_done_is_seen_before_its_lease_would_end() -> None:
    store = open_store("sqlite://")
    [meter] = add_meters(store)
    with store.begin() as connection:
        jobs.enqueue(connection, meter.id, "get", {}, now_s=0.0)
        [taken] = leases.claim(connection, now_s=1000.0, worker="other", lease_s=60.0)
    clock = HeapClock(1000.0)
    scheduler = Office(store, KeyStore(bytes(32), "here")).scheduler(clock, Reach())
    ended: list[Job] = []
    scheduler.start()
    ensureDeferred(scheduler.wait(taken.id)).addCallback(ended.append)
    clock.advance(2.0)
    with store.begin() as connection:
        leases.complete(connection, taken, {}, 1002.0)
    clock.advance(1.0)
    assert [job.id for job in ended] == [taken.id]
    clock.play(scheduler.stop())
    store.close()
