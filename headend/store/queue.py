"""The jobs of a store in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from headend.store.job import JobState

_COUNTS = text("SELECT state, operation, COUNT(*) FROM jobs GROUP BY state, operation")
_WAITING = text(
    "SELECT COUNT(*), MIN(not_before_s) FROM jobs"
    " WHERE state = 'queued' AND not_before_s <= :now_s"
)
_LATER = text(
    "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND not_before_s > :now_s"
)
_RUNNING = text("SELECT COUNT(*) FROM jobs WHERE state = 'claimed'")


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs that are due and wait, that are for later, and that run, whoever runs them.

    `oldest_wait_s` is for how long the one that is due longest has waited; 0 when none does.
    """

    waiting: int
    later: int
    running: int
    oldest_wait_s: float


def look(connection: Connection, now_s: float) -> Queue:
    """The queue as it is."""
    now = {"now_s": now_s}
    waiting, oldest_s = connection.execute(_WAITING, now).one()
    return Queue(
        waiting=waiting,
        later=connection.execute(_LATER, now).scalar_one(),
        running=connection.execute(_RUNNING).scalar_one(),
        oldest_wait_s=now_s - oldest_s if waiting else 0.0,
    )


def counts(connection: Connection) -> Mapping[tuple[JobState, str], int]:
    """How many jobs there are in each state of each operation."""
    return {
        (JobState(state), operation): count
        for state, operation, count in connection.execute(_COUNTS)
    }
