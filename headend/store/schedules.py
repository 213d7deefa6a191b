"""Recurring schedules, and the jobs that they make: one for each meter at each of their instants.

The jobs of an instant are committed together with the next instant, so that a process that is
killed in between has done neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, insert, select, text

from headend.store import jobs, tables
from headend.store.rhythm import LONGEST_S, Daily, Every, Rhythm
from wire.errors import ConfigError, LocalError

_SCHEDULES, _METERS = tables.schedules, tables.meters
_DUE = select(_SCHEDULES).where(_SCHEDULES.c.removed_s.is_(None))
_NEXT = text("SELECT MIN(next_due_s) FROM schedules WHERE removed_s IS NULL")
_MOVE_ON = text(
    "UPDATE schedules SET next_due_s = :next_s"
    " WHERE id = :id AND next_due_s = :seen_s AND removed_s IS NULL"
)
_REMOVE = text(
    "UPDATE schedules SET removed_s = :now_s WHERE id = :id AND removed_s IS NULL"
)
_CANCEL = text(
    "UPDATE jobs SET state = 'cancelled', ended_s = :now_s"
    " WHERE schedule_id = :id AND state = 'queued'"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """An operation again and again on one meter, on those of a standard, or on all.

    Each meter has its own place in the `jitter_s` after an instant. A job that did not begin
    within `max_age_s` after its instant is given up. `next_due_s` is the first instant that no
    jobs were made for.
    """

    id: int
    meter_id: int | None
    standard: str | None
    operation: str
    arguments: Mapping[str, Any]
    rhythm: Rhythm
    jitter_s: int
    priority: int
    max_age_s: int
    next_due_s: float
    created_s: float


def add(
    connection: Connection,
    operation: str,
    arguments: Mapping[str, Any],
    rhythm: Rhythm,
    *,
    now_s: float,
    meter_id: int | None = None,
    standard: str | None = None,
    jitter_s: int = 0,
    priority: int = 4,
    max_age_s: int | None = None,
) -> int:
    """Adds a schedule, due from its first instant after `now_s` on; returns its number.

    Without a `max_age_s` a job may begin until the next instant. Raises `LocalError` for what
    no schedule can be.
    """
    age_s = rhythm.period_s if max_age_s is None else max_age_s
    jobs.check_priority(priority)
    if meter_id is not None and standard is not None:
        raise LocalError("a schedule is for one meter or for those of a standard")
    if not 0 <= jitter_s < rhythm.period_s:
        raise LocalError(f"the jitter must be shorter than {rhythm.period_s} s")
    if not 1 <= age_s <= LONGEST_S:
        raise LocalError(f"the greatest age is 1 to {LONGEST_S} s, not {age_s}")
    if not jitter_s < age_s:
        raise LocalError("the jitter must be shorter than the greatest age")
    values = {
        "meter_id": meter_id,
        "standard": standard,
        "operation": operation,
        "arguments": jobs.to_json(arguments),
        "every_s": rhythm.seconds if isinstance(rhythm, Every) else None,
        "at_minute": rhythm.minute if isinstance(rhythm, Daily) else None,
        "jitter_s": jitter_s,
        "priority": priority,
        "max_age_s": age_s,
        "next_due_s": rhythm.next_s(now_s),
        "created_s": now_s,
    }
    added = insert(_SCHEDULES).returning(_SCHEDULES.c.id)
    return int(connection.execute(added, values).scalar_one())


def every(connection: Connection) -> list[Schedule]:
    """All schedules that were not removed, in order."""
    rows = connection.execute(_DUE.order_by(_SCHEDULES.c.id))
    return [_schedule(row._mapping) for row in rows]


def remove(connection: Connection, schedule_id: int, now_s: float) -> int:
    """Ends a schedule and cancels its jobs that wait; returns how many these were.

    Raises `ConfigError` when there is none of that number.
    """
    known = {"id": schedule_id, "now_s": now_s}
    if connection.execute(_REMOVE, known).rowcount == 0:
        raise ConfigError(f"there is no schedule {schedule_id}")
    return connection.execute(_CANCEL, known).rowcount


def next_due(connection: Connection) -> float | None:
    """When the next schedule is due, or was."""
    due_s = connection.execute(_NEXT).scalar()
    return None if due_s is None else float(due_s)


def make_jobs(connection: Connection, now_s: float) -> int:
    """Makes the jobs of the schedules that are due; returns how many.

    Of instants that nobody was there for only the last counts, and that only while a job of it
    may still begin. Whoever else does the same at the same time makes no second job.
    """
    made = 0
    due = _DUE.where(_SCHEDULES.c.next_due_s <= now_s).order_by(_SCHEDULES.c.id)
    for row in connection.execute(due).all():
        schedule = _schedule(row._mapping)
        moved = {
            "id": schedule.id,
            "seen_s": schedule.next_due_s,
            "next_s": schedule.rhythm.next_s(now_s),
        }
        if connection.execute(_MOVE_ON, moved).rowcount == 1:
            made += _make_jobs_of(connection, schedule, now_s)
    return made


def _make_jobs_of(connection: Connection, schedule: Schedule, now_s: float) -> int:
    due_s = schedule.rhythm.last_s(now_s)
    if now_s > due_s + schedule.max_age_s:
        return 0
    wanted = select(_METERS.c.id).order_by(_METERS.c.id)
    if schedule.meter_id is not None:
        wanted = wanted.where(_METERS.c.id == schedule.meter_id)
    if schedule.standard is not None:
        wanted = wanted.where(_METERS.c.standard == schedule.standard)
    arguments = jobs.to_json(schedule.arguments)
    rows = [
        jobs.row(
            meter_id,
            schedule.operation,
            arguments,
            now_s=now_s,
            priority=schedule.priority,
            correlation_id=f"schedule-{schedule.id}",
            not_before_s=due_s + place(schedule, meter_id),
            not_after_s=due_s + schedule.max_age_s,
        )
        | {"schedule_id": schedule.id, "due_s": due_s}
        for meter_id in connection.execute(wanted).scalars()
    ]
    if not rows:
        return 0
    names = list(rows[0])
    statement = text(
        f"INSERT INTO jobs ({', '.join(names)})"
        f" VALUES ({', '.join(':' + name for name in names)}) ON CONFLICT DO NOTHING"
    )
    return connection.execute(statement, rows).rowcount


def place(schedule: Schedule, meter_id: int) -> int:
    """Where in the jitter a meter has its place, s: always the same, so its interval stays."""
    return crc32(b"%d/%d" % (schedule.id, meter_id)) % (schedule.jitter_s + 1)


def _schedule(columns: Mapping[Any, Any]) -> Schedule:
    fields = dict(columns)
    every_s, at_minute = fields.pop("every_s"), fields.pop("at_minute")
    del fields["removed_s"]
    fields["rhythm"] = Every(every_s) if every_s is not None else Daily(at_minute)
    fields["arguments"] = json.loads(fields["arguments"])
    return Schedule(**fields)
