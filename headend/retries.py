"""What follows from an attempt at a job that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headend.associating import LOCKED_S
from headend.dlms.refusals import Rejected, Unproven
from headend.store.job import Job
from wire.errors import PeerRefused, SimError, TransportError, WireError


@dataclass(frozen=True, slots=True)
class Retries:
    """How long to wait after the n-th attempt that failed: doubling, up to a cap."""

    first_s: float = 2.0
    most_s: float = 300.0

    def delay_s(self, attempts: int) -> float:
        """The wait after so many attempts, from 1."""
        return min(self.most_s, self.first_s * 2.0 ** min(attempts - 1, 32))


@dataclass(frozen=True, slots=True)
class Again:
    """The job runs once more, not before that instant."""

    error: str
    not_before_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The job has failed for good; `result` holds the code of a refusal that has one.

    It is `refused`, a result of the service, or `rejected`, why there is no association.
    """

    error: str
    result: Mapping[str, int] | None = None


def judge(error: Exception, job: Job, retries: Retries, now_s: float) -> Again | GiveUp:
    """What the wire may have done is worth another attempt, a refusal would be repeated.

    The wire fails, or damages what passes: then an answer breaks a rule, or the meter refuses
    a request that was another one, in clear. If it refuses the next one too, it means that;
    unless it says that it may accept it later, when its port is not locked any more.
    """
    delay_s, most = retries.delay_s(job.attempts), 1
    if isinstance(error, TransportError | WireError):
        most = job.max_attempts
    elif isinstance(error, Unproven) and error.worth is not None:
        most = min(error.worth, job.max_attempts)
    elif isinstance(error, Unproven):
        most, delay_s = job.max_attempts, max(delay_s, LOCKED_S)
    if job.attempts >= most:
        return _give_up(error, job)
    not_before_s = now_s + delay_s
    if job.not_after_s is not None and not_before_s > job.not_after_s:
        return GiveUp(f"{error} (no time left for another attempt)")
    return Again(str(error), not_before_s)


def _give_up(error: Exception, job: Job) -> GiveUp:
    if isinstance(error, PeerRefused) and error.result is not None:
        which = "rejected" if isinstance(error, Rejected) else "refused"
        return GiveUp(str(error), {which: error.result})
    if isinstance(error, TransportError | WireError):
        return GiveUp(f"{error} (attempt {job.attempts}, the last)")
    return GiveUp(_for_the_user(error))


def _for_the_user(error: Exception) -> str:
    if isinstance(error, SimError):
        return str(error)
    return f"a defect in dsmrlab: {type(error).__name__}: {error}"
