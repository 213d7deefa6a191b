"""What becomes of the attempts at jobs, step by step, for who counts and logs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from headend.store.job import Job, JobState


class Step(StrEnum):
    """From a claim to its end; `CONNECTING` to `UNASSOCIATED` are of the association in it.

    It takes more than one connection where counters or keys have to be found out first.
    """

    CLAIMED = "job-claimed"
    CONNECTING = "connecting"
    ASSOCIATED = "associated"
    UNASSOCIATED = "association-failed"
    DONE = "job-done"
    FAILED = "job-failed"
    RETRIED = "job-retried"
    RELEASED = "job-released"
    LOST = "job-lost"


ENDS = (Step.DONE, Step.FAILED, Step.RETRIED, Step.RELEASED, Step.LOST)


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the attempt at `job`, which is as it was claimed, `after_s` after the claim."""

    step: Step
    job: Job
    after_s: float
    error: str | None = None

    @property
    def session(self) -> str:
        """Names the attempt, and the association in it, for ever: job and fence."""
        return f"{self.job.id}.{self.job.fence}"


Watch = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """The `Watch` of nobody."""


def ended(claimed: Job, after: Job, now_s: float) -> Progress:
    """The end of an attempt, from the job before and after it."""
    if after.state is JobState.DONE:
        step = Step.DONE
    elif after.state is JobState.FAILED:
        step = Step.FAILED
    else:
        released = after.attempts < claimed.attempts
        step = Step.RELEASED if released else Step.RETRIED
    return Progress(step, claimed, now_s - (claimed.started_s or now_s), after.error)
