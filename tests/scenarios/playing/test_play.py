"""Runs side by side, in processes, and key figures judged across them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.language.document import parse
from scenarios.playing.play import play
from scenarios.playing.runner import Progress
from tests.scenarios.fake_world import broken_world, make_world
from wire.errors import TransportError

TEXT = (
    "scenario: t\nworld: {start: 2024-01-27T17:00:00Z, compare: [none, headroom]}\n"
    "steps:\n- run_until: end\n"
)
WANTED = (
    "- expect: {kpi: {name: max_pu, max: 1.0}}\n"
    "- expect: {kpi: {name: max_pu, below_run: none, run: headroom}}\n"
    "- expect: {kpi: {name: energy_served, below_run: headroom, run: none}}\n"
    "- expect: {kpi: {name: energy_served, min: 0.9, max: 0.95, run: headroom}}\n"
    "- expect: {kpi: {name: jain, min: 0.1, run: headroom}}\n"
)


def test_runs_play_side_by_side_and_are_judged_together() -> None:
    seen: list[Progress] = []
    result = play(parse(TEXT + WANTED, Path("f")), make_world, seen.append)
    assert [run.name for run in result.runs] == ["none", "headroom"]
    assert {progress.run for progress in seen} == {"none", "headroom"}
    assert result.kpis["max_pu"] == 0.99
    uncontrolled, controlled = (run.expectations for run in result.runs)
    assert [(e.line, e.passed) for e in uncontrolled] == [(5, False), (7, False)]
    assert [(e.line, e.passed) for e in controlled] == [
        (5, True),
        (6, True),
        (8, True),
        (9, False),
    ]
    assert controlled[1].wanted == "below none (1.31 pu)"
    assert controlled[3].seen == "not known"
    assert not result.passed


def test_a_key_figure_may_be_near_another_number() -> None:
    wanted = (
        "{name: max_pu, equals: 1, tolerance: 1 %}",
        "{name: max_pu, equals: 1, tolerance: 0.009}",
        "{name: energy_served, equals: 0.9, tolerance: 0.01}",
        "{name: energy_served, equals: 0.91}",
        "{name: energy_served, equals: 0.91, max: 0.9}",
        "{name: jain, equals: 0.9, tolerance: 1}",
    )
    steps = "".join(f"- expect: {{kpi: {one}}}\n" for one in wanted)
    text = TEXT.replace("compare: [none, headroom]", "controller: headroom")
    result = play(parse(text + steps, Path("f")), make_world)
    seen = result.runs[-1].expectations
    assert [one.passed for one in seen] == [True, False, True, True, False, False]
    assert [one.wanted for one in seen[:4]] == [
        "1.00 pu ± 1 % of it",
        "1.00 pu ± 0.01 pu",
        "90.0 % ± 1.0 %",
        "91.0 %",
    ]


def test_a_key_figure_and_its_bounds_are_told_apart() -> None:
    steps = "- expect: {kpi: {name: max_pu, min: 0.9899, max: 0.99}}\n"
    text = TEXT.replace("compare: [none, headroom]", "controller: headroom")
    result = play(parse(text + steps, Path("f")), make_world)
    seen = result.runs[-1].expectations[-1]
    assert (seen.wanted, seen.seen) == ("≥ 0.9899 pu and ≤ 0.9900 pu", "0.9900 pu")


def test_one_controller_is_one_run_in_this_process() -> None:
    text = TEXT.replace("compare: [none, headroom]", "controller: threshold")
    result = play(parse(text, Path("f")), make_world)
    assert [run.name for run in result.runs] == ["threshold"] and result.passed


def test_an_error_in_another_process_comes_out_here() -> None:
    with pytest.raises(TransportError, match="no world today"):
        play(parse(TEXT, Path("f")), broken_world)


def test_the_document_is_the_contract_s() -> None:
    result = play(parse(TEXT, Path("f")), make_world)
    document = result.to_json()
    assert list(document)[:6] == [
        "scenario",
        "seed",
        "passed",
        "steps",
        "expectations",
        "kpis",
    ]
    assert document["passed"] is True
    assert document["kpis"] == {"max_pu": 0.99, "energy_served": 0.91}
