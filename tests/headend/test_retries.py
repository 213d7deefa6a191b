"""What follows from an attempt that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headend.associating import LOCKED_S
from headend.dlms.refusals import Unproven
from headend.retries import Again, GiveUp, Retries, judge
from headend.store.job import JobState
from tests.headend.made_jobs import make_job
from wire.errors import (
    ConfigError,
    LocalError,
    PeerRefused,
    SecurityError,
    TransportError,
    WireError,
)

JOB = make_job(state=JobState.CLAIMED, worker="w", lease_until_s=60.0, ended_s=None)
RETRIES = Retries(first_s=2.0, most_s=10.0)


@pytest.mark.parametrize(("attempts", "delay_s"), [(1, 2), (2, 4), (3, 8), (4, 10)])
def test_a_silent_meter_is_tried_again_after_twice_as_long(
    attempts: int, delay_s: int
) -> None:
    job = replace(JOB, attempts=attempts)
    outcome = judge(TransportError("silent"), job, RETRIES, 100.0)
    assert outcome == Again("silent", 100.0 + delay_s)


def test_the_delay_never_overflows() -> None:
    assert RETRIES.delay_s(100_000) == 10.0


def test_the_last_attempt_is_the_last() -> None:
    outcome = judge(TransportError("silent"), replace(JOB, attempts=5), RETRIES, 0.0)
    assert outcome == GiveUp("silent (attempt 5, the last)")


def test_an_attempt_that_would_be_too_late_is_not_waited_for() -> None:
    job = replace(JOB, not_after_s=101.9)
    outcome = judge(TransportError("silent"), job, RETRIES, 100.0)
    assert outcome == GiveUp("silent (no time left for another attempt)")
    job = replace(JOB, not_after_s=102.0)
    assert isinstance(judge(TransportError("silent"), job, RETRIES, 100.0), Again)


def test_a_refusal_is_kept_with_its_code() -> None:
    outcome = judge(PeerRefused("read-write-denied", 3), JOB, RETRIES, 0.0)
    assert outcome == GiveUp("read-write-denied", {"refused": 3})
    assert judge(PeerRefused("no"), JOB, RETRIES, 0.0) == GiveUp("no")


def test_a_refusal_of_what_we_propose_is_believed_at_once() -> None:
    error = Unproven("mechanism", 11)
    error.worth = 1
    assert judge(error, JOB, RETRIES, 0.0) == GiveUp("mechanism", {"refused": 11})


@pytest.mark.parametrize("error", [WireError("bad"), SecurityError("bad")])
def test_what_the_wire_may_have_damaged_is_tried_again(error: Exception) -> None:
    assert judge(error, JOB, RETRIES, 0.0) == Again("bad", 2.0)
    last = replace(JOB, attempts=5)
    assert judge(error, last, RETRIES, 0.0) == GiveUp("bad (attempt 5, the last)")


def test_a_refusal_in_clear_is_believed_when_it_is_repeated() -> None:
    error = Unproven("deciphering-error", 5)
    assert judge(error, JOB, RETRIES, 0.0) == Again("deciphering-error", 2.0)
    for job in (replace(JOB, attempts=2), replace(JOB, max_attempts=1)):
        outcome = judge(error, job, RETRIES, 0.0)
        assert outcome == GiveUp("deciphering-error", {"refused": 5})


def test_who_may_accept_later_is_asked_until_the_last_attempt() -> None:
    error = Unproven("no-reason-given", 1)
    error.worth = None
    job = replace(JOB, attempts=4)
    assert judge(error, job, RETRIES, 0.0) == Again("no-reason-given", LOCKED_S)
    outcome = judge(error, replace(JOB, attempts=5), RETRIES, 0.0)
    assert outcome == GiveUp("no-reason-given", {"refused": 1})


@pytest.mark.parametrize("error", [LocalError("bad"), ConfigError("bad")])
def test_nothing_else_is_tried_again(error: Exception) -> None:
    assert judge(error, JOB, RETRIES, 0.0) == GiveUp("bad")


def test_a_defect_says_that_it_is_one() -> None:
    outcome = judge(ZeroDivisionError("by zero"), JOB, RETRIES, 0.0)
    assert outcome == GiveUp("a defect in dsmrlab: ZeroDivisionError: by zero")
