"""Deadlines and spans: when a look counts, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from scenarios.playing.results import ExpectationResult
from scenarios.playing.runner import instants
from tests.scenarios.fake_world import FakeWorld
from tests.scenarios.stage import play_in, scenario, world_for
from wire.errors import ScenarioError

ASKED = "register: {name: applied_limit, equals: 6}"


class Changing(dict[str, int]):
    """The unit's registers: the limit is 6 in some seconds from the start on, else 9."""

    def __init__(self, world: FakeWorld, is_six: Callable[[float], bool]) -> None:
        super().__init__(applied_limit=9)
        self.world, self.start, self.is_six = world, world.now, is_six

    def __getitem__(self, name: str) -> int:
        return 6 if self.is_six((self.world.now - self.start).total_seconds()) else 9


def seen(
    expectation: str, is_six: Callable[[float], bool], answers_after_s: float = 0
) -> tuple[ExpectationResult, FakeWorld]:
    """The one expectation of a play in which the unit takes so long to answer."""
    asked = scenario(f"- expect: {{{expectation}}}\n")
    world = world_for(asked)
    world.answers_after = timedelta(seconds=answers_after_s)
    world.registers = Changing(world, is_six)
    played = play_in(world, asked)
    (result,) = played.run.expectations
    assert played.run.steps[0].passed is result.passed
    return result, world


def test_the_last_look_is_at_the_deadline_itself() -> None:
    result, _ = seen(f"{ASKED}, within: 2500ms", lambda at_s: at_s >= 2.5)
    assert (result.passed, result.after_s, result.held_s) == (True, 2.5, None)
    result, _ = seen(f"{ASKED}, within: 2500ms", lambda at_s: at_s > 2.5)
    assert (result.passed, result.after_s, result.seen) == (False, 2.5, "9")


def test_looks_are_as_far_apart_as_is_said() -> None:
    result, world = seen(f"{ASKED}, within: 1m, every: 25s", lambda at_s: False)
    assert (result.after_s, world.waits) == (60, 3)
    result, _ = seen(f"{ASKED}, within: 1s, every: 100ms", lambda at_s: at_s >= 0.35)
    assert result.after_s == pytest.approx(0.4)


def test_an_answer_within_a_second_of_the_deadline_counts() -> None:
    result, _ = seen(f"{ASKED}, within: 3s", lambda at_s: at_s >= 4, 1.5)
    assert (result.passed, result.after_s) == (True, 4)


@pytest.mark.parametrize("is_six", [True, False])
def test_an_answer_long_after_the_deadline_comes_too_late(is_six: bool) -> None:
    result, _ = seen(f"{ASKED}, within: 3s", lambda at_s: is_six, 7.5)
    value = 6 if is_six else 9
    assert not result.passed and result.after_s == 7.5
    assert result.seen == f"{value}, 4.5 s after the deadline"


def test_without_a_deadline_an_answer_may_take_its_time() -> None:
    result, _ = seen(ASKED, lambda at_s: True, 7.5)
    assert result.passed and result.after_s is None


def test_what_must_hold_is_looked_at_to_the_end_of_its_span() -> None:
    result, world = seen(f"{ASKED}, for: 3500ms", lambda at_s: at_s <= 3.5)
    assert (result.passed, result.held_s, result.after_s) == (True, 3.5, None)
    assert world.waits == 4
    result, _ = seen(f"{ASKED}, for: 3500ms", lambda at_s: at_s < 3.5)
    assert (result.passed, result.held_s) == (False, 3)
    assert result.seen == "9, after it had held for 3 s"


def test_what_must_hold_without_a_deadline_holds_from_the_first_look_on() -> None:
    result, world = seen(f"{ASKED}, for: 5s", lambda at_s: at_s >= 1)
    assert (result.passed, result.held_s, world.waits) == (False, 0, 0)


def test_what_breaks_before_the_deadline_may_begin_again() -> None:
    asked = f"{ASKED}, within: 10s, for: 5s"
    result, _ = seen(asked, lambda at_s: at_s in (2, 3) or at_s >= 8)
    assert (result.passed, result.after_s, result.held_s) == (True, 8, 5)
    result, _ = seen(asked, lambda at_s: at_s in (2, 3) or 8 <= at_s < 12)
    assert (result.passed, result.after_s, result.held_s) == (False, 12, 3)


def test_a_span_may_end_after_the_deadline_however_slow_the_answers() -> None:
    result, _ = seen(f"{ASKED}, within: 4s, for: 9s", lambda at_s: True, 3)
    assert (result.passed, result.after_s, result.held_s) == (True, 3, 12)


def test_spans_belong_to_the_planned_time() -> None:
    asked = scenario(f"- expect: {{{ASKED}, for: 2h}}\n")
    assert instants(asked)[-1] - asked.world.start == timedelta(hours=2)


@pytest.mark.parametrize(
    ("expectation", "why"),
    [
        ("kpi: {name: max_pu, max: 1}, for: 5s", "for does not go with kpi"),
        ("refused: {read: {object: x}}, for: 5s", "for does not go with refused"),
        (f"{ASKED}, every: 5s", "every goes with within or for"),
        (f"{ASKED}, within: 5s, every: 99ms", "every is 100ms or more"),
        (f"{ASKED}, fro: 5s", "unknown key 'fro', did you mean 'for'?"),
    ],
)
def test_a_span_that_cannot_be_is_refused(expectation: str, why: str) -> None:
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        scenario(f"- expect: {{{expectation}}}\n")
    assert why in str(caught.value)
