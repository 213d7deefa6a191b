"""Durable jobs, from the side of who wants something done; `leases` has the worker's side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    func,
    insert,
    select,
    text,
)

from headend.store import tables
from headend.store.job import LAST_PRIORITY, PRIORITY_S, Job, JobState
from wire.errors import ConfigError, LocalError

_JOBS = tables.jobs
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_ENQUEUE = insert(_JOBS).returning(_JOBS.c.id)
_ONE = text("SELECT * FROM jobs WHERE id = :job_id")
_ENDED = text(
    "SELECT * FROM jobs WHERE id IN :job_ids"
    " AND state IN ('done', 'failed', 'cancelled') ORDER BY id"
).bindparams(bindparam("job_ids", expanding=True))
_CANCEL = text(
    "UPDATE jobs SET state = 'cancelled', ended_s = :now_s"
    " WHERE id = :job_id AND state = 'queued'"
)


def enqueue(
    connection: Connection,
    meter_id: int,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    now_s: float,
    priority: int = 4,
    correlation_id: str = "",
    not_before_s: float | None = None,
    not_after_s: float | None = None,
    max_attempts: int = 5,
) -> int:
    """Adds a job and returns its number.

    Priority 9 goes first and 0 last, equal ones as they become due; but a job that is due
    for `PRIORITY_S` longer than another goes before it for each priority that it is below it,
    so none waits for ever. It runs no earlier than `not_before_s`, and is given up when it did
    not begin by `not_after_s`. Raises `LocalError` for arguments that are not JSON and for
    limits that cannot be.
    """
    values = row(
        meter_id,
        operation,
        to_json(arguments),
        now_s=now_s,
        priority=priority,
        correlation_id=correlation_id,
        not_before_s=not_before_s,
        not_after_s=not_after_s,
        max_attempts=max_attempts,
    )
    return int(connection.execute(_ENQUEUE, values).scalar_one())


def row(
    meter_id: int,
    operation: str,
    arguments: str,
    *,
    now_s: float,
    priority: int = 4,
    correlation_id: str = "",
    not_before_s: float | None = None,
    not_after_s: float | None = None,
    max_attempts: int = 5,
) -> dict[str, Any]:
    """The columns of a new job, `arguments` being JSON text; raises as `enqueue` does."""
    earliest_s = now_s if not_before_s is None else not_before_s
    check_priority(priority)
    if max_attempts < 1:
        raise LocalError("a job needs at least one attempt")
    if not_after_s is not None and not_after_s < earliest_s:
        raise LocalError("a job must not end before it may begin")
    return {
        "meter_id": meter_id,
        "operation": operation,
        "arguments": arguments,
        "priority": priority,
        "correlation_id": correlation_id,
        "not_before_s": earliest_s,
        "not_after_s": not_after_s,
        "state": JobState.QUEUED.value,
        "attempts": 0,
        "max_attempts": max_attempts,
        "fence": 0,
        "created_s": now_s,
        "rank_s": earliest_s - PRIORITY_S * priority,
    }


def check_priority(priority: int) -> None:
    """Raises `LocalError` for what is none."""
    if not 0 <= priority <= LAST_PRIORITY:
        raise LocalError(f"a priority is 0 to {LAST_PRIORITY}, not {priority}")


def show(connection: Connection, job_id: int) -> Job:
    """The job with that number; `ConfigError` when there is none."""
    row = connection.execute(_ONE, {"job_id": job_id}).first()
    if row is None:
        raise ConfigError(f"there is no job {job_id}")
    return from_row(row._mapping)


def listing(
    connection: Connection,
    *,
    state: JobState | None = None,
    meter_id: int | None = None,
    operation: str | None = None,
    correlation_id: str | None = None,
    limit: int = 100,
) -> list[Job]:
    """The newest jobs that fit, newest first."""
    fitting = _fitting(
        state=state,
        meter_id=meter_id,
        operation=operation,
        correlation_id=correlation_id,
    )
    statement = select(_JOBS).where(*fitting).order_by(_JOBS.c.id.desc()).limit(limit)
    return [from_row(row._mapping) for row in connection.execute(statement)]


def begun(
    connection: Connection,
    from_s: float,
    to_s: float,
    *,
    meter_ids: Sequence[int] | None = None,
    limit: int = 100,
) -> list[Job]:
    """The jobs of that time, of all meters or of these, in the order in which they began.

    One that never began counts from when it was handed in.
    """
    began_s = func.coalesce(_JOBS.c.started_s, _JOBS.c.created_s)
    statement = select(_JOBS).where(began_s >= from_s, began_s < to_s)
    if meter_ids is not None:
        statement = statement.where(_JOBS.c.meter_id.in_(meter_ids))
    rows = connection.execute(statement.order_by(began_s, _JOBS.c.id).limit(limit))
    return [from_row(row._mapping) for row in rows]


def count(
    connection: Connection,
    *,
    state: JobState | None = None,
    meter_id: int | None = None,
    operation: str | None = None,
    schedule_id: int | None = None,
) -> int:
    """How many jobs fit."""
    fitting = _fitting(
        state=state, meter_id=meter_id, operation=operation, schedule_id=schedule_id
    )
    statement = select(func.count()).select_from(_JOBS).where(*fitting)
    return int(connection.execute(statement).scalar_one())


def _fitting(**wanted: object) -> list[ColumnElement[bool]]:
    """The conditions that columns have these values, None being any."""
    return [
        _JOBS.c[name] == value for name, value in wanted.items() if value is not None
    ]


def ended(connection: Connection, job_ids: Sequence[int]) -> list[Job]:
    """Those of these jobs that have ended, well or badly."""
    rows = connection.execute(_ENDED, {"job_ids": list(job_ids)})
    return [from_row(row._mapping) for row in rows]


def cancel(connection: Connection, job_id: int, now_s: float) -> None:
    """Ends a job that waits; raises `LocalError` when it runs or has ended."""
    done = connection.execute(_CANCEL, {"job_id": job_id, "now_s": now_s})
    if done.rowcount == 0:
        state = show(connection, job_id).state
        why = "is running" if state is JobState.CLAIMED else f"is {state} already"
        raise LocalError(f"job {job_id} {why}; only a waiting job can be cancelled")


def from_row(columns: Mapping[Any, Any]) -> Job:
    """The columns of a row of the table as the job it is."""
    fields = dict(columns)
    fields["state"] = JobState(fields["state"])
    fields["arguments"] = json.loads(fields["arguments"])
    if fields["result"] is not None:
        fields["result"] = json.loads(fields["result"])
    return Job(**fields)


def to_json(value: object) -> str:
    """The JSON text of arguments or a result; `LocalError` when it has none."""
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalError(f"a job's values must be JSON: {error}") from None
