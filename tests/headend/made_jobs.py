"""A job as a store could have it, for who only looks at one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headend.store.job import Job, JobState

_DONE = Job(
    id=1,
    meter_id=1,
    operation="get",
    arguments={},
    priority=4,
    correlation_id="",
    not_before_s=0.0,
    not_after_s=None,
    state=JobState.DONE,
    attempts=1,
    max_attempts=5,
    worker=None,
    lease_until_s=None,
    fence=1,
    result=None,
    error=None,
    created_s=0.0,
    started_s=0.0,
    ended_s=1.0,
)


def make_job(**facts: Any) -> Job:
    """Done at the first attempt, but for what is said otherwise."""
    return replace(_DONE, **facts)
