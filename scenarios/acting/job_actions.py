"""What each step with the head-end's jobs and schedules does, and what can be seen of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from headend.store.job import Job, JobOptions
from scenarios.acting.jobs import (
    ITEMS,
    AddSchedule,
    CancelJob,
    HandIn,
    JobCount,
    JobValue,
    RemoveSchedule,
)
from scenarios.expecting.bounds import part_of, shown
from scenarios.playing.desk_protocol import ScheduleOptions
from scenarios.playing.scene import Look, Scene, Seen
from scenarios.playing.world_protocol import Outcome
from wire.errors import LocalError


def _number(scene: Scene, name: str) -> int:
    """The number that the head-end gave what a step named so."""
    if name not in scene.numbers:
        raise LocalError(f"the head-end took nothing that is named {name}")
    return scene.numbers[name]


def _keep(scene: Scene, name: str | None, outcome: Outcome) -> Outcome:
    """The name is that of what was taken last; of what was refused it is nobody's."""
    if name is not None:
        scene.numbers.pop(name, None)
        if isinstance(outcome.value, int):
            scene.numbers[name] = outcome.value
    return outcome


async def _hand_in(scene: Scene, body: HandIn) -> Outcome:
    now_s = scene.world.now.timestamp()
    options: JobOptions = {"priority": body.priority, "max_attempts": body.attempts}
    if body.after is not None:
        options["not_before_s"] = now_s + body.after.total_seconds()
    if body.before is not None:
        options["not_after_s"] = now_s + body.before.total_seconds()
    outcome = await scene.world.head_end.jobs.hand_in(
        body.meter, body.operation, body.arguments, **options
    )
    return _keep(scene, body.label, outcome)


async def _cancel(scene: Scene, body: CancelJob) -> Outcome:
    return scene.world.head_end.jobs.cancel(_number(scene, body.name))


async def _add_schedule(scene: Scene, body: AddSchedule) -> Outcome:
    options: ScheduleOptions = {
        "jitter_s": round(body.jitter.total_seconds()),
        "priority": body.priority,
    }
    if body.max_age is not None:
        options["max_age_s"] = round(body.max_age.total_seconds())
    outcome = scene.world.head_end.jobs.add_schedule(
        body.meter, body.operation, body.arguments, body.rhythm, **options
    )
    return _keep(scene, body.label, outcome)


JOB_COMMANDS: Final[dict[str, Callable[[Scene, Any], Awaitable[Outcome]]]] = {
    "hand_in": _hand_in,
    "cancel_job": _cancel,
    "add_schedule": _add_schedule,
}


async def remove_schedule(scene: Scene, body: RemoveSchedule) -> Seen:
    """Ends a schedule."""
    number = _number(scene, body.name)
    cancelled = scene.world.head_end.jobs.remove_schedule(number)
    return Seen(result=f"{cancelled} cancelled")


def _find(scene: Scene, body: JobValue) -> Job | None:
    jobs = scene.world.head_end.jobs
    if body.name is not None:
        return jobs.show(_number(scene, body.name))
    assert body.operation is not None
    return jobs.newest(body.meter, body.operation)


async def look_at_job(scene: Scene, body: JobValue) -> Look:
    """One look at one job."""
    job = _find(scene, body)
    if job is None:
        return Look(False, "no such job")
    item, part = body.place
    value = ITEMS[item](job)
    if part:
        value = part_of(value, part)
    return Look(body.hold(value), shown(value))


async def count_jobs(scene: Scene, body: JobCount) -> Look:
    """One look at all jobs."""
    schedule = None if body.schedule is None else _number(scene, body.schedule)
    found = scene.world.head_end.jobs.count(
        body.meter, body.operation, body.state, schedule
    )
    return Look(body.enough(found), str(found))
