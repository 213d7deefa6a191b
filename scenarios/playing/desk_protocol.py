"""What the runner asks of a head-end's desk: jobs, schedules, keys and devices in its books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypedDict, Unpack

from headend.store.devices import Device as KnownDevice
from headend.store.devices import Life
from headend.store.job import Job, JobOptions, JobState
from headend.store.keys import KeyKind, KeyState
from headend.store.rhythm import Rhythm
from scenarios.playing.world_protocol import Outcome


class ScheduleOptions(TypedDict, total=False):
    """What may be said about a schedule beside what it does; see `headend.store.schedules.add`."""

    jitter_s: int
    priority: int
    max_age_s: int


class Jobs(Protocol):
    """The head-end's jobs and schedules, for who does not wait for them.

    What is taken has its number as the outcome's value; what could never work, or is too late,
    is refused by the head-end.
    """

    async def hand_in(
        self,
        meter: int,
        operation: str,
        arguments: Mapping[str, object],
        **options: Unpack[JobOptions],
    ) -> Outcome:
        """Hands a job in."""

    def cancel(self, job: int) -> Outcome:
        """Ends a job that still waits."""

    def show(self, job: int) -> Job:
        """The job of that number."""

    def newest(self, meter: int, operation: str) -> Job | None:
        """The newest job of an operation on a meter, if there is one."""

    def count(
        self,
        meter: int | None,
        operation: str | None,
        state: JobState | None,
        schedule: int | None,
    ) -> int:
        """How many jobs there are of this meter, operation, state, schedule; None is any."""

    def add_schedule(
        self,
        meter: int | None,
        operation: str,
        arguments: Mapping[str, object],
        rhythm: Rhythm,
        **options: Unpack[ScheduleOptions],
    ) -> Outcome:
        """An operation again and again from now on, on a meter or on all."""

    def remove_schedule(self, schedule: int) -> int:
        """Ends a schedule; how many of its jobs were cancelled."""


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """What the head-end knows of a device; `meter` is the number of its meter, if it has one."""

    device: KnownDevice
    meter: int | None


class Books(Protocol):
    """What the head-end has written down of keys and devices."""

    def keys(self, meter: int, kind: KeyKind | None, state: KeyState | None) -> int:
        """How many keys of a meter there are; None is any kind, or any state."""

    def device(self, name: str) -> DeviceEntry:
        """What is known of a device; `ConfigError` when nothing is."""

    def note_life(self, name: str, life: Life) -> None:
        """Notes where a device is in its life."""
