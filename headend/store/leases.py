"""Durable jobs, from the worker's side: claim, renew, and one of four ends of a claim.

A claim gives a lease and a fence, a number that grows with every claim of that job: when the
lease ran out and another worker took the job, the old fence no longer opens anything. A meter
has one running job at a time. A job whose attempt failed keeps its place before later ones of
its meter, unless these are more urgent: an old message must not arrive after a new one. A job
that noted how far it got is under way until it ends: no other of its operation begins at that
meter, however urgent, for it would undo what is half done there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, TextClause, bindparam, text

from headend.store.cells import CELL, Permits
from headend.store.job import Job, JobState, StaleFence
from headend.store.jobs import from_row, to_json

_MAX_ERROR = 2000
# Workers on PostgreSQL claim one after the other, so that each sees what the others took.
_CLAIM_LOCK = text("SELECT pg_advisory_xact_lock(4059, 1)")

WENT_AWAY = "the process that ran it went away"
UNKNOWN = "it was broken off and the meter may have done it: look before asking again"
_MAY_GO_ON = "attempts < max_attempts AND irrevocable_s IS NULL"

# States stand in the statements as words: with parameters SQLite would not see that a partial
# index holds all that is asked for.
_RECLAIM = text(
    "UPDATE jobs SET worker = NULL, lease_until_s = NULL,"
    f" state = CASE WHEN {_MAY_GO_ON} THEN 'queued' ELSE 'failed' END,"
    f" ended_s = CASE WHEN {_MAY_GO_ON} THEN NULL ELSE lease_until_s END,"
    " error = CASE WHEN irrevocable_s IS NULL THEN :went_away ELSE :unknown END"
    " WHERE state = 'claimed' AND lease_until_s <= :now_s"
)
_OF_CORRELATION = " AND correlation_id = :correlation_id"
# Also what is under way before one of these: whoever handed it in may be gone.
_OR_BEFORE_THEM = (
    " AND (jobs.correlation_id = :correlation_id"
    " OR jobs.attempts > 0 AND jobs.result IS NOT NULL"
    "  AND EXISTS (SELECT 1 FROM jobs AS mine WHERE mine.state = 'queued'"
    "   AND mine.meter_id = jobs.meter_id AND mine.operation = jobs.operation"
    "   AND mine.correlation_id = :correlation_id AND mine.not_before_s <= :now_s))"
)


@cache
def _due_statement(correlated: bool, taken: bool, by_cell: bool) -> TextClause:
    """Due jobs by rank: of one correlation, of meters not `taken`, of cells not `full`."""
    of_correlation = _OR_BEFORE_THEM if correlated else ""
    of_others = " AND meter_id NOT IN :taken" if taken else ""
    in_others = f" AND {CELL} NOT IN :full" if by_cell else ""
    cell = CELL if by_cell else "NULL"
    join = " JOIN meters ON meters.id = jobs.meter_id" if by_cell else ""
    statement = text(
        f"SELECT jobs.*, {cell} AS cell FROM jobs{join}"
        " WHERE state = 'queued' AND not_before_s <= :now_s"
        " AND meter_id NOT IN (SELECT meter_id FROM jobs WHERE state = 'claimed')"
        " AND NOT EXISTS (SELECT 1 FROM jobs AS earlier WHERE earlier.state = 'queued'"
        "  AND earlier.attempts > 0 AND earlier.meter_id = jobs.meter_id"
        "  AND (earlier.not_before_s > :now_s AND earlier.priority >= jobs.priority"
        "   OR earlier.result IS NOT NULL AND earlier.operation = jobs.operation"
        "    AND (jobs.result IS NULL OR earlier.id < jobs.id)))"
        f"{of_correlation}{of_others}{in_others} ORDER BY rank_s, jobs.id LIMIT :size"
    )
    if taken:
        statement = statement.bindparams(bindparam("taken", expanding=True))
    if by_cell:
        full = bindparam("full", expanding=True, type_=String())
        statement = statement.bindparams(full)
    return statement


@cache
def _unfinished_statement(correlated: bool) -> TextClause:
    of_correlation = _OF_CORRELATION if correlated else ""
    return text(
        f"SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'queued'{of_correlation})"
        f" OR EXISTS (SELECT 1 FROM jobs WHERE state = 'claimed'{of_correlation})"
    )


# Of all jobs, whatever their correlation: another's retry may be what a job waits for.
_NEXT_DUE = text(
    "SELECT MIN(due_s) FROM ("
    "SELECT MIN(lease_until_s) AS due_s FROM jobs WHERE state = 'claimed'"
    " UNION ALL SELECT MIN(not_before_s) FROM jobs WHERE state = 'queued'"
    " AND not_before_s > :now_s) AS dues"
)

_CLAIM = text(
    "UPDATE jobs SET state = 'claimed', worker = :worker, lease_until_s = :lease_until_s,"
    " fence = fence + 1, attempts = attempts + 1, started_s = :now_s WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_GIVE_UP = text(
    "UPDATE jobs SET state = 'failed', ended_s = :now_s,"
    " error = COALESCE(error, 'it could not begin in time') WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_HELD = " WHERE id = :job_id AND fence = :fence AND state = 'claimed'"
_RENEW = text("UPDATE jobs SET lease_until_s = :lease_until_s" + _HELD)
_BEGIN_ONCE = text("UPDATE jobs SET irrevocable_s = :now_s" + _HELD)
_END = text(
    "UPDATE jobs SET state = :state, result = COALESCE(:result, result),"
    " error = :error, ended_s = :now_s, worker = NULL, lease_until_s = NULL" + _HELD
)
_RETRY = text(
    "UPDATE jobs SET state = 'queued', error = :error, not_before_s = :not_before_s,"
    " worker = NULL, lease_until_s = NULL" + _HELD
)
_NOTE = text("UPDATE jobs SET result = :result" + _HELD)
_RELEASE = text(
    "UPDATE jobs SET state = 'queued', worker = NULL, lease_until_s = NULL,"
    " attempts = CASE WHEN result IS NULL THEN attempts - 1 ELSE attempts END" + _HELD
)


def claim(
    connection: Connection,
    *,
    now_s: float,
    worker: str,
    lease_s: float,
    limit: int = 1,
    per_cell: int | None = None,
    correlation_id: str | None = None,
) -> list[Job]:
    """Takes up to `limit` due jobs, the most urgent first, of as many different meters.

    Leases that ran out are taken back first, and jobs that are too late are given up. With
    `per_cell` so many run in a cell at a time, whoever runs them. With a correlation only its
    jobs are taken, and those under way that these wait for.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_CLAIM_LOCK)
    connection.execute(
        _RECLAIM, {"now_s": now_s, "went_away": WENT_AWAY, "unknown": UNKNOWN}
    )
    permits = None if per_cell is None else Permits(connection, per_cell)
    picked: dict[int, Job] = {}
    while len(picked) < limit:
        size = limit - len(picked)
        due = _due(connection, now_s, list(picked), permits, correlation_id, size)
        late = [job.id for job, _ in due if _is_late(job, now_s)]
        if late:
            connection.execute(_GIVE_UP, {"ids": late, "now_s": now_s})
        for job, cell in due:
            if _is_late(job, now_s) or job.meter_id in picked:
                continue
            if permits is None or permits.take(cell):
                picked[job.meter_id] = job
        if len(due) < size:
            break
    if not picked:
        return []
    jobs = list(picked.values())
    lease_until_s = now_s + lease_s
    connection.execute(
        _CLAIM,
        {
            "ids": [job.id for job in jobs],
            "worker": worker,
            "lease_until_s": lease_until_s,
            "now_s": now_s,
        },
    )
    return [
        replace(
            job,
            state=JobState.CLAIMED,
            worker=worker,
            lease_until_s=lease_until_s,
            fence=job.fence + 1,
            attempts=job.attempts + 1,
            started_s=now_s,
        )
        for job in jobs
    ]


def next_due(connection: Connection, now_s: float) -> float | None:
    """When a claim can next find more than now: a job becomes due or a lease runs out."""
    due_s = connection.execute(_NEXT_DUE, {"now_s": now_s}).scalar()
    return None if due_s is None else float(due_s)


def unfinished(connection: Connection, correlation_id: str | None = None) -> bool:
    """Whether any job is still queued or running, here or elsewhere."""
    only = {} if correlation_id is None else {"correlation_id": correlation_id}
    statement = _unfinished_statement(correlation_id is not None)
    return bool(connection.execute(statement, only).scalar_one())


def renew(
    connection: Connection, jobs: Iterable[Job], lease_until_s: float
) -> frozenset[int]:
    """Prolongs leases; returns the numbers of the jobs whose lease was lost."""
    lost = []
    for job in jobs:
        held = connection.execute(
            _RENEW,
            {"job_id": job.id, "fence": job.fence, "lease_until_s": lease_until_s},
        )
        if held.rowcount == 0:
            lost.append(job.id)
    return frozenset(lost)


def begin_once(connection: Connection, job: Job, now_s: float) -> None:
    """Notes that what must not be done twice begins; from now on the job is never queued again.

    Raises `StaleFence` when the lease was lost, so that it does not begin.
    """
    _held(connection, _BEGIN_ONCE, job, {"now_s": now_s})


def complete(connection: Connection, job: Job, result: object, now_s: float) -> None:
    """Ends a job well, with its result; raises `StaleFence` when the lease was lost."""
    _end(connection, job, JobState.DONE, to_json(result), None, now_s)


def fail(
    connection: Connection, job: Job, error: str, now_s: float, result: object = None
) -> None:
    """Ends a job badly, for good; raises `StaleFence` when the lease was lost."""
    text_of_result = None if result is None else to_json(result)
    _end(connection, job, JobState.FAILED, text_of_result, error, now_s)


def retry(connection: Connection, job: Job, error: str, not_before_s: float) -> None:
    """Queues a job for another attempt; raises `StaleFence` when the lease was lost."""
    _held(
        connection,
        _RETRY,
        job,
        {"error": error[:_MAX_ERROR], "not_before_s": not_before_s},
    )


def note(connection: Connection, job: Job, progress: object) -> None:
    """Keeps how far a job got, as its result so far, for the attempts that follow.

    Raises `StaleFence` when the lease was lost.
    """
    _held(connection, _NOTE, job, {"result": to_json(progress)})


def release(connection: Connection, job: Job) -> None:
    """Gives an unfinished job back as if it had not been claimed; or `StaleFence`.

    One that noted how far it got has had an attempt, and stays under way.
    """
    _held(connection, _RELEASE, job, {})


def _due(
    connection: Connection,
    now_s: float,
    taken: list[int],
    permits: Permits | None,
    correlation_id: str | None,
    size: int,
) -> list[tuple[Job, str]]:
    """Due jobs, and the cells of their meters where these count."""
    parameters: dict[str, Any] = {"now_s": now_s, "size": size}
    if taken:
        parameters["taken"] = taken
    if permits is not None:
        parameters["full"] = permits.full
    if correlation_id is not None:
        parameters["correlation_id"] = correlation_id
    statement = _due_statement(
        correlation_id is not None, bool(taken), permits is not None
    )
    found = []
    for row in connection.execute(statement, parameters):
        fields = dict(row._mapping)
        cell = fields.pop("cell")
        found.append((from_row(fields), cell))
    return found


def _is_late(job: Job, now_s: float) -> bool:
    return job.not_after_s is not None and job.not_after_s < now_s


def _end(
    connection: Connection,
    job: Job,
    state: JobState,
    result: str | None,
    error: str | None,
    now_s: float,
) -> None:
    _held(
        connection,
        _END,
        job,
        {
            "state": state.value,
            "result": result,
            "error": None if error is None else error[:_MAX_ERROR],
            "now_s": now_s,
        },
    )


def _held(
    connection: Connection, statement: TextClause, job: Job, parameters: dict[str, Any]
) -> None:
    """Runs a statement that needs the lease."""
    parameters |= {"job_id": job.id, "fence": job.fence}
    if connection.execute(statement, parameters).rowcount == 0:
        raise StaleFence(f"job {job.id}: the lease was lost to another worker")
