"""The head-end's jobs and schedules in scenarios: handed in without waiting, then looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from headend.store.job import LAST_PRIORITY, Job, JobState
from headend.store.rhythm import LONGEST_S, Daily, Every, Rhythm
from scenarios.acting.commands import Operate
from scenarios.expecting.bounds import Bounds, Counted
from scenarios.language.values import Duration, Model, Number, one_of
from wire.spelling import unknown

Label = Annotated[
    str,
    Field(pattern="^[a-z0-9][a-z0-9_-]{0,39}$", description="to speak of it by later"),
]
Priority = Annotated[
    int, Field(ge=0, le=LAST_PRIORITY, description="the highest goes first")
]
OperationName = Annotated[str, Field(min_length=1, max_length=64)]
_SECOND = timedelta(seconds=1)


class HandIn(Operate):
    """Hands an operation in as a job, and does not wait for it."""

    label: Annotated[Label | None, Field(alias="as")] = None
    priority: Priority = 4
    after: Annotated[Duration | None, Field(description="no earlier")] = None
    before: Annotated[
        Duration | None, Field(description="given up if it did not begin by then")
    ] = None
    attempts: Annotated[int, Field(ge=1, le=100, description="at most")] = 5

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.before is not None and self.before < (self.after or timedelta(0)):
            raise ValueError("before is earlier than after")
        return self


class CancelJob(Model):
    """Cancels a job that still waits."""

    name: Label

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        return f"cancelling job {self.name}"


class AddSchedule(Model):
    """An operation again and again, on one meter or on all."""

    meter: Annotated[Number | None, Field(description="left out: all of them")] = None
    operation: OperationName
    arguments: dict[str, Any] = Field(default_factory=dict)
    label: Annotated[Label | None, Field(alias="as")] = None
    every: Annotated[Duration | None, Field(description="at each multiple in UTC")] = (
        None
    )
    daily: Annotated[
        str | None,
        Field(
            pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Dutch civil time"
        ),
    ] = None
    jitter: Annotated[Duration, Field(description="to spread the meters over")] = (
        timedelta(0)
    )
    priority: Priority = 4
    max_age: Annotated[
        Duration | None, Field(description="given up then; else at the next instant")
    ] = None

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        one_of(self, ("every", "daily"))
        if self.every is not None and not (
            _SECOND <= self.every <= timedelta(seconds=LONGEST_S)
            and self.every % _SECOND == timedelta(0)
        ):
            raise ValueError("every is whole seconds, from 1s to 31d")
        return self

    @property
    def subject(self) -> str:
        """What is asked, for a person."""
        of = "all meters" if self.meter is None else f"meter {self.meter}"
        return f"a schedule of {self.operation} of {of}"

    @property
    def rhythm(self) -> Rhythm:
        """When it is due."""
        if self.every is not None:
            return Every(int(self.every.total_seconds()))
        assert self.daily is not None
        hours, minutes = self.daily.split(":")
        return Daily(60 * int(hours) + int(minutes))


class RemoveSchedule(Model):
    """Ends a schedule; its jobs that wait are cancelled."""

    name: Label


_GIVEN = {("hand_in", "as"), ("add_schedule", "as")}
_WANTED = {
    ("job", "name"),
    ("jobs", "schedule"),
    ("cancel_job", "name"),
    ("remove_schedule", "name"),
}


def gives_name(path: tuple[str, ...]) -> bool:
    """Whether what this path of a step leads to is the name of a job or schedule from then on."""
    return path[-2:] in _GIVEN


def wants_name(path: tuple[str, ...]) -> bool:
    """Whether what this path of a step leads to must be such a name."""
    return path[-2:] in _WANTED


def _took(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else round(end_s - start_s, 3)


ITEMS: Final[dict[str, Callable[[Job], Any]]] = {
    "state": lambda job: job.state.value,
    "attempts": lambda job: job.attempts,
    "priority": lambda job: job.priority,
    "result": lambda job: job.result,
    "error": lambda job: job.error,
    "waited": lambda job: _took(job.created_s, job.started_s),
    "took": lambda job: _took(job.created_s, job.ended_s),
}
"""What can be seen of a job; the result has parts, `result.rows.0.status`."""


class JobValue(Bounds):
    """A job that was handed in, by its name, or the newest of an operation on a meter."""

    name: Label | None = None
    meter: Number = 1
    operation: OperationName | None = None
    item: Annotated[str, Field(min_length=1, max_length=80)]

    @model_validator(mode="after")
    def _one_job(self) -> Self:
        one_of(self, ("name", "operation"))
        if self.name is not None and "meter" in self.model_fields_set:
            raise ValueError("meter goes with operation, not with name")
        if self.place[0] not in ITEMS:
            raise ValueError(unknown("item of a job", self.place[0], ITEMS))
        return self

    @property
    def place(self) -> tuple[str, str]:
        """The item, and which part of it."""
        item, _, part = self.item.partition(".")
        return item, part

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        if self.name is not None:
            return f"{self.item} of job {self.name}"
        return f"{self.item} of the newest {self.operation} of meter {self.meter}"


class JobCount(Counted):
    """How many jobs there are, of those that fit."""

    meter: Annotated[Number | None, Field(description="left out: of all meters")] = None
    operation: OperationName | None = None
    schedule: Label | None = None
    state: Annotated[JobState | None, Field(strict=False)] = None

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        of = "all meters" if self.meter is None else f"meter {self.meter}"
        return f"jobs of {of}"

    def print(self) -> str:
        """What is wanted, for a person."""
        words = (self.state, self.operation, self.schedule)
        return self.print_times(" ".join(word for word in words if word) or "any")
