"""Many operations in one association: what was answered is not asked again."""

from __future__ import annotations

from typing import Any

import pytest

from headend.store.job import JobState
from tests.headend.bent_line import World
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.rows import Standard

RESET = {"operation": "action", "arguments": {"object": "load_profile:reset"}}
HELLO = {"operation": "message", "arguments": {"text": "hello"}}
CLOCK = {"operation": "get", "arguments": {"object": "clock"}}
STRANGER = {"operation": "get", "arguments": {"object": "1/0-0:99.99.9"}}


def hang_up(world: World, *_: object) -> None:
    world.factory.hang_up()


def names(result: Any) -> list[tuple[str, str]]:
    return [
        (part["operation"], "error" if "error" in part else "result")
        for part in result["operations"]
    ]


def test_all_are_done_in_order_in_one_association() -> None:
    trial = Trial()
    done = trial.ask("bundle", operations=[HELLO, STRANGER, RESET, CLOCK])
    assert names(done) == [
        ("message", "result"),
        ("get", "error"),
        ("action", "result"),
        ("get", "result"),
    ]
    assert done["operations"][1]["refused"] == 4
    assert done["operations"][3]["result"]["time"]
    assert trial.connects == 1 and trial.meter.state.message == b"hello"


@pytest.mark.parametrize("lost", range(2, 6))
def test_a_retry_repeats_only_what_is_unanswered(lost: int) -> None:
    trial = Trial()
    asked: list[int] = []

    def count_and_lose(world: World, take: Any, answer: bytes, before: bytes) -> None:
        asked.append(world.meter.state.message == b"hello")
        hang_up(world)

    job = trial.job(
        "bundle", count_and_lose, lost, operations=[CLOCK, HELLO, RESET, CLOCK]
    )
    assert (job.state, job.attempts) == (JobState.DONE, 2), job.error
    expected = ["result"] * 4
    if lost == 4:
        # Nobody knows whether the meter did it, and it is not done again.
        expected[2] = "error"
        assert "may have done it" in job.result["operations"][2]["error"]
    assert [how for _, how in names(job.result)] == expected
    assert trial.connects == 2


def test_an_action_that_is_last_ends_the_bundle() -> None:
    trial = Trial()
    job = trial.job("bundle", hang_up, 3, operations=[CLOCK, RESET])
    assert (job.state, job.attempts) == (JobState.DONE, 1), job.error
    assert names(job.result) == [("get", "result"), ("action", "error")]


def test_what_was_answered_is_kept_when_the_attempts_are_used_up() -> None:
    trial = Trial()

    def lose_for_good(world: World, *_: object) -> None:
        world.meter.power_off()
        hang_up(world)

    job = trial.job("bundle", lose_for_good, 3, operations=[CLOCK, HELLO])
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    [answer] = job.result["answers"]
    assert answer["result"]["time"]


@pytest.mark.parametrize(
    "operations, says",
    [
        ([], "1 to 100"),
        ("clock", "1 to 100"),
        ([CLOCK] * 101, "1 to 100"),
        (["clock"], "operation 1 has no name"),
        ([{"arguments": {}}], "operation 1 has no name"),
        ([CLOCK, {"operation": "dance"}], "operation 2: 'dance' is not an operation"),
        ([CLOCK, {"operation": "get"}], "operation 2: missing argument object"),
        ([{"operation": "get", "arguments": 5}], "operation 1 has a name and"),
        ([{"operation": "clock", "retries": 5}], "operation 1 has a name and"),
        ([{"operation": "bundle"}], "a job of its own"),
        ([{"operation": "recover_keys"}], "a job of its own"),
        ([{"operation": "limiter"}], "operation 1: limiter is not for this meter"),
    ],
)
def test_half_a_bundle_is_none(operations: Any, says: str) -> None:
    arguments = {"operations": operations}
    check_refused_early("bundle", Standard.DSMR_4_2_2, arguments, says)
