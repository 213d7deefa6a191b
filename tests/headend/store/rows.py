"""Rows that several tests begin with."""

from __future__ import annotations

from typing import Unpack

from headend.store import Store, jobs, keys, leases, meters
from headend.store.job import Job, JobOptions
from headend.store.keys import KeyKind, KeyState, NewKey
from headend.store.meters import Meter


def add_meters(store: Store, count: int = 1) -> list[Meter]:
    """So many meters, with numbers for names."""
    facts = [
        {
            "equipment_id": f"E{number:016}",
            "standard": "dsmr-4.2.2",
            "host": "127.0.0.1",
            "port": 4059 + number,
            "logical_device": 1,
            "system_title": b"DSM%05d" % number,
            "p1_host": None,
            "p1_port": None,
        }
        for number in range(count)
    ]
    with store.begin() as connection:
        meters.add(connection, facts)
        return meters.every(connection)


def add_key(store: Store, meter: Meter) -> int:
    """An encryption key of that meter; its octets are nobody's."""
    new = NewKey(meter.id, KeyKind.ENCRYPTION, KeyState.NEW, b"sealed", "wrapped", 0.0)
    with store.begin() as connection:
        return keys.add(connection, [new])[0]


def enqueue(
    store: Store, meter_id: int, operation: str = "get", **options: Unpack[JobOptions]
) -> int:
    """Hands a job in; its number."""
    with store.begin() as connection:
        return jobs.enqueue(connection, meter_id, operation, {}, now_s=0.0, **options)


def claim(
    store: Store,
    now_s: float = 0.0,
    limit: int = 1,
    worker: str = "w",
    correlation_id: str | None = None,
    per_cell: int | None = None,
) -> list[Job]:
    """Claims jobs, for a minute."""
    with store.begin(durable=False) as connection:
        return leases.claim(
            connection,
            now_s=now_s,
            worker=worker,
            lease_s=60.0,
            limit=limit,
            per_cell=per_cell,
            correlation_id=correlation_id,
        )


def show(store: Store, job_id: int) -> Job:
    """The job as it is stored."""
    with store.read() as connection:
        return jobs.show(connection, job_id)
