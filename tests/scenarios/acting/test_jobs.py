"""Jobs and schedules in scenarios: what a step asks for, what is seen, what is refused."""

from __future__ import annotations

import pytest

from headend.store.job import JobState
from headend.store.rhythm import Daily, Every
from tests.scenarios.stage import play, scenario
from wire.errors import ScenarioError

NOW_S = 1_706_374_800.0


def test_a_job_is_handed_in_as_it_is_written() -> None:
    played, world = play(
        "- hand_in: {operation: clock}\n"
        "- hand_in: {meter: 2, operation: get, arguments: {object: clock}, as: late,"
        " priority: 9, after: 1m, before: 2h, attempts: 1}\n"
        "- hand_in: {operation: firmware}\n"
    )
    assert world.jobs.done == [
        (1, "clock", {}, {"priority": 4, "max_attempts": 5}),
        (
            2,
            "get",
            {"object": "clock"},
            {
                "priority": 9,
                "max_attempts": 1,
                "not_before_s": NOW_S + 60,
                "not_after_s": NOW_S + 7200,
            },
        ),
        (1, "firmware", {}, {"priority": 4, "max_attempts": 5}),
    ]
    assert [step.passed for step in played.run.steps] == [True, True, False]
    assert played.run.steps[2].result == "refused by the head-end: not-taken"


def test_a_job_is_spoken_of_by_its_name() -> None:
    played, world = play(
        "- hand_in: {operation: clock, as: a}\n- hand_in: {operation: clock, as: b}\n"
        "- cancel_job: {name: b}\n- expect: {refused: {cancel_job: {name: b}}}\n"
        "- expect: {job: {name: a, item: state, equals: done}}\n"
    )
    assert world.jobs.done[2:] == [("cancel", 2)] * 2
    passed = [step.passed for step in played.run.steps]
    assert passed == [True, True, False, True, True]
    assert played.run.expectations[0].subject == "cancelling job b"


def test_what_was_refused_has_no_job() -> None:
    refused = "- hand_in: {operation: firmware, as: a}\n"
    played, _ = play(refused + "- expect: {job: {name: a, item: state, equals: done}}")
    assert (
        played.run.expectations[0].seen == "the head-end took nothing that is named a"
    )
    taken = "- hand_in: {operation: clock, as: a}\n"
    played, _ = play(taken + refused + "- cancel_job: {name: a}\n")
    assert "took nothing that is named a" in played.stopped
    played, _ = play(refused + "- cancel_job: {name: a}\n- run_for: 1s\n")
    assert "took nothing that is named a" in played.stopped


@pytest.mark.parametrize(
    ("body", "seen", "passed"),
    [
        ("operation: clock, item: state, equals: done", "'done'", True),
        ("operation: clock, item: attempts, max: 2", "2", True),
        ("operation: clock, item: result.ahead_s, equals: 0", "0", True),
        ("operation: clock, item: result.rows.-1.status, equals: 8", "8", True),
        ("operation: clock, item: result.rows.--1.status, equals: null", "None", True),
        ("operation: clock, item: error, equals: null", "None", True),
        ("operation: clock, item: waited, equals: 60.5", "60.5", True),
        ("operation: clock, item: took, max: 61", "62.0", False),
        ("operation: get, item: state, equals: done", "no such job", False),
    ],
)
def test_the_newest_job_of_an_operation(body: str, seen: str, passed: bool) -> None:
    played, _ = play(f"- expect: {{job: {{{body}}}}}\n")
    (result,) = played.run.expectations
    assert (result.seen, result.passed) == (seen, passed)


def test_schedules_are_added_counted_and_removed() -> None:
    played, world = play(
        "- add_schedule: {operation: actual, every: 15m, as: quarters, jitter: 1m}\n"
        "- add_schedule: {meter: 2, operation: get, arguments: {object: clock},"
        " daily: '02:30', priority: 1, max_age: 1h}\n"
        "- expect: {jobs: {schedule: quarters, state: done, min: 3}}\n"
        "- expect: {jobs: {meter: 2, operation: get, times: 4}}\n"
        "- remove_schedule: {name: quarters}\n"
    )
    assert world.jobs.done == [
        (None, "actual", {}, Every(900), {"jitter_s": 60, "priority": 4}),
        (
            2,
            "get",
            {"object": "clock"},
            Daily(150),
            {"jitter_s": 0, "priority": 1, "max_age_s": 3600},
        ),
        ("count", None, None, JobState.DONE, 1),
        ("count", 2, "get", None, None),
        ("remove", 1),
    ]
    some, none = played.run.expectations
    assert (some.passed, some.wanted) == (True, "≥ 3 × done quarters")
    assert (none.passed, none.seen) == (False, "3")
    assert played.run.steps[-1].result == "2 cancelled"


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (
            "cancel_job: {name: x}",
            "4:22: unknown job or schedule 'x'; a step before it names one with as",
        ),
        ("remove_schedule: {name: x}", "unknown job or schedule 'x'"),
        ("expect: {job: {name: x, item: state, equals: done}}", "unknown job or sch"),
        ("expect: {jobs: {schedule: x}}", "unknown job or schedule 'x'"),
        ("expect: {job: {item: state, equals: done}}", "needs one of: name, operation"),
        ("expect: {job: {operation: a, item: stat, equals: 1}}", "mean 'state'?"),
        ("expect: {jobs: {state: running}}", "state: should be 'queued'"),
        ("expect: {jobs: {meter: 3}}", "there is no meter 3"),
        ("hand_in: {meter: 3, operation: clock}", "there is no meter 3"),
        ("hand_in: {operation: clock, as: A B}", "as: should be lower-case"),
        ("hand_in: {operation: clock, priority: 10}", "priority: should be less"),
        ("hand_in: {operation: clock, attempts: 0}", "attempts: should be greater"),
        ("hand_in: {operation: x, after: 2m, before: 1m}", "before is earlier than"),
        ("add_schedule: {operation: x}", "needs one of: every, daily"),
        ("add_schedule: {operation: x, every: 500ms}", "every is whole seconds"),
        ("add_schedule: {operation: x, every: 32d}", "every is whole seconds"),
        ("add_schedule: {operation: x, daily: '24:00'}", "daily: should be"),
        ("add_schedule: {operation: x, every: 1m, jiter: 1s}", "mean 'jitter'?"),
    ],
)
def test_what_cannot_be_is_refused(step: str, why: str) -> None:
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        scenario(f"- {step}\n")
    assert why in str(caught.value)


def test_a_name_is_known_from_the_step_that_gives_it_on() -> None:
    name, use = (
        "- hand_in: {operation: clock, as: abc}\n",
        "- cancel_job: {name: abc}\n",
    )
    assert len(scenario(name + use).content.steps) == 2
    with pytest.raises(ScenarioError, match="f.yaml:4:"):
        scenario(use + name)
    wrong = "- cancel_job: {name: abd}\n"
    with pytest.raises(ScenarioError, match="5:22: .*did you mean 'abc'?"):
        scenario(name + wrong)
