"""What a job is, as the store gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from wire.errors import LocalError

LAST_PRIORITY = 9
# So much longer than one of the priority below a job may be due and still goes first.
PRIORITY_S = 600.0


class JobState(StrEnum):
    """Where a job is in its life; the last three are its ends."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class StaleFence(LocalError):
    """This worker's lease was lost; another one runs the job, or it has ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """One operation on one meter.

    `arguments` and `result` are JSON values; `error` is a line for the user. `attempts`
    counts the claims, the present one included; `fence` is what the holder of the lease
    shows to end or renew it. Jobs go in the order of `rank_s`. From `irrevocable_s` on the
    meter may have done what must not be done twice. `due_s` is the instant of the schedule
    `schedule_id` that the job is for. Instants are epoch seconds.
    """

    id: int
    meter_id: int
    operation: str
    arguments: Mapping[str, Any]
    priority: int
    correlation_id: str
    not_before_s: float
    not_after_s: float | None
    state: JobState
    attempts: int
    max_attempts: int
    worker: str | None
    lease_until_s: float | None
    fence: int
    result: Any
    error: str | None
    created_s: float
    started_s: float | None
    ended_s: float | None
    rank_s: float = 0.0
    irrevocable_s: float | None = None
    schedule_id: int | None = None
    due_s: float | None = None


class JobOptions(TypedDict, total=False):
    """What may be said about a job beside what it does; see `jobs.enqueue`."""

    priority: int
    correlation_id: str
    not_before_s: float | None
    not_after_s: float | None
    max_attempts: int
