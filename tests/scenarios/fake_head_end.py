"""The desk and the books of a fake world's head-end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Unpack

from headend.store.devices import Device as KnownDevice
from headend.store.devices import Life
from headend.store.job import Job, JobOptions, JobState
from headend.store.keys import KeyKind, KeyState
from headend.store.rhythm import Rhythm
from scenarios.playing.desk_protocol import DeviceEntry, ScheduleOptions
from scenarios.playing.world_protocol import Outcome, Refuser
from tests.headend.made_jobs import make_job


@dataclass
class FakeJobs:
    """Whatever is handed in is done at once, unless it is about firmware."""

    done: list[tuple[object, ...]] = field(default_factory=list)

    async def hand_in(
        self,
        meter: int,
        operation: str,
        arguments: Mapping[str, object],
        **options: Unpack[JobOptions],
    ) -> Outcome:
        self.done.append((meter, operation, arguments, options))
        if operation == "firmware":
            return Outcome("not-taken", Refuser.HEADEND, "not now")
        return Outcome(value=len(self.done))

    def cancel(self, job: int) -> Outcome:
        self.done.append(("cancel", job))
        return Outcome("not-taken", Refuser.HEADEND, "is done already")

    def show(self, job: int) -> Job:
        return done_job(job)

    def newest(self, meter: int, operation: str) -> Job | None:
        return done_job(9) if operation == "clock" else None

    def count(
        self,
        meter: int | None,
        operation: str | None,
        state: JobState | None,
        schedule: int | None,
    ) -> int:
        self.done.append(("count", meter, operation, state, schedule))
        return 3

    def add_schedule(
        self,
        meter: int | None,
        operation: str,
        arguments: Mapping[str, object],
        rhythm: Rhythm,
        **options: Unpack[ScheduleOptions],
    ) -> Outcome:
        self.done.append((meter, operation, arguments, rhythm, options))
        return Outcome(value=len(self.done))

    def remove_schedule(self, schedule: int) -> int:
        self.done.append(("remove", schedule))
        return 2


@dataclass
class FakeBooks:
    """Two keys of each meter that are in use, and one gas meter on the second one."""

    life: Life = Life.IN_USE

    def keys(self, meter: int, kind: KeyKind | None, state: KeyState | None) -> int:
        return 2 if state in (None, KeyState.ACTIVE) else 0

    def device(self, name: str) -> DeviceEntry:
        facts = (1, name, "12345678", "ABC", 1, 3, self.life, 5, 7, "E", 3)
        return DeviceEntry(KnownDevice(*facts), 2)

    def note_life(self, name: str, life: Life) -> None:
        self.life = life


def done_job(number: int) -> Job:
    """A job that was done at the second attempt."""
    return make_job(
        id=number,
        operation="clock",
        attempts=2,
        result={"ahead_s": 0, "rows": [{"status": 8}]},
        created_s=100.0,
        started_s=160.5,
        ended_s=162.0,
    )
