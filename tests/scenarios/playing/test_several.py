"""Several scenarios: in their order whatever ends first, and one that fails alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scenarios.language.document import Choices, Scenario, scenarios_of, source_of
from scenarios.language.settings import Controller
from scenarios.playing.runner import Progress
from scenarios.playing.several import play_each
from tests.scenarios.fake_world import FakeWorld, broken_world, make_world

TEXT = """\
scenario: t
parameters: {who: {default: none, choices: [none, threshold, headroom]}}
matrix: {who: [none, threshold, headroom], seed: [1, 2]}
world: {start: 2024-01-27T17:00:00Z, controller: "${who}"}
steps:
- run_until: end
- expect: {kpi: {name: max_pu, max: 1.32}}
"""


def all_of(text: str = TEXT, **vary: str) -> list[Scenario]:
    return scenarios_of(source_of(text, Path("f.yaml")), Choices(vary=vary))


def slow_first(scenario: Scenario, controller: Controller) -> FakeWorld:
    """The first variant takes longer than the others: it waits in slices of a second."""
    world = make_world(scenario, controller)
    if scenario.variant.name == "who-none_seed-1":
        for _ in range(200_000):
            world.log.add(world.now, "idle")
    return world


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_order_is_that_of_the_list_whatever_ends_first(jobs: int) -> None:
    seen: list[tuple[int, Progress]] = []
    scenarios = all_of()
    ended = list(
        play_each(
            scenarios,
            slow_first,
            jobs,
            lambda index, progress: seen.append((index, progress)),
        )
    )
    assert [each.result.variant for each in ended] == [
        scenario.variant.name for scenario in scenarios
    ]
    assert [each.result.kpis["max_pu"] for each in ended] == [
        *(1.31, 1.31, 1.37, 1.37, 0.99, 0.99),
    ]
    assert [each.result.passed for each in ended] == [
        *(True, True, False, False, True, True),
    ]
    assert [each.result.seed for each in ended] == [1, 2, 1, 2, 1, 2]
    assert ended[4].result.to_json()["parameters"] == {"who": "headroom"}
    assert ended[4].result.to_json()["variant"] == "who-headroom_seed-1"
    assert {index for index, _ in seen} == set(range(6))


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_that_cannot_be_played_says_so_and_the_others_go_on(jobs: int) -> None:
    ended = list(play_each(all_of(seed="1"), broken_world, jobs))
    assert [each.result.stopped for each in ended] == ["no world today", "", ""]
    assert str(ended[0].error) == "no world today"
    assert ended[0].result.passed is False and ended[0].result.kpis == {}


def dying(scenario: Scenario, controller: Controller) -> FakeWorld:
    """A process that is lost with the second variant."""
    if scenario.variant.name == "who-none_seed-2":
        os._exit(3)
    return telling(scenario, controller)


def telling(scenario: Scenario, controller: Controller) -> FakeWorld:
    """A world whose log has the process that it lives in."""
    world = make_world(scenario, controller)
    world.log.add(world.now, str(os.getpid()))
    return world


def test_a_process_that_is_lost_takes_one_scenario_with_it() -> None:
    ended = list(play_each(all_of(), dying, 2))
    assert [each.result.stopped for each in ended] == [
        *("", "the process of t/who-none_seed-2 ended early (exit code 3)"),
        *("", "", "", ""),
    ]


def test_a_process_plays_one_scenario_after_the_other() -> None:
    ended = list(play_each(all_of(), telling, 2))
    assert len({each.result.runs[0].events[0] for each in ended}) <= 2


def test_runs_side_by_side_go_with_a_matrix_in_processes_of_their_own() -> None:
    text = TEXT.replace('controller: "${who}"', "compare: [none, headroom]")
    text = text.replace("who: [none, threshold, headroom], ", "")
    ended = list(play_each(all_of(text), make_world, 4))
    assert [[run.name for run in each.result.runs] for each in ended] == [
        ["none", "headroom"],
        ["none", "headroom"],
    ]


def test_whoever_looks_no_further_leaves_no_process() -> None:
    import multiprocessing

    plays = play_each(all_of(), make_world, 3)
    next(plays)
    plays.close()
    assert multiprocessing.active_children() == []


def test_what_is_much_can_be_left_behind() -> None:
    (ended,) = play_each(all_of(who="none", seed="1"), make_world, 1)
    slim = ended.without_data()
    assert ended.result.runs[0].events and not slim.result.runs[0].events
    assert slim.result.to_json() == ended.result.to_json()
