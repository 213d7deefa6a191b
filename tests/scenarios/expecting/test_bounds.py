"""What a value must be: every form, what it holds for, and how it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.expecting.bounds import Bounds, Counted, Tolerance
from scenarios.language.document import parse
from wire.errors import ScenarioError


@pytest.mark.parametrize(
    ("form", "held", "missed", "printed"),
    [
        ({"equals": 3}, [3, 3.0], [4, True, "3", None, [3]], "3"),
        ({"equals": None}, [None], [0, False, ""], "None"),
        ({"equals": True}, [True], [1, False, "true"], "True"),
        (
            {"equals": 230.1, "tolerance": 0.5},
            [230.1, 229.6, 230.6, 230],
            [229.599, 230.601, "230.1", None, float("nan"), float("inf")],
            "230.1 ± 0.5",
        ),
        (
            {"equals": -200, "tolerance": "2 %"},
            [-196, -204, -200],
            [-195.9, -204.1, 200],
            "-200 ± 2 %",
        ),
        ({"equals": 1, "tolerance": 0}, [1, 1.0], [1.1, True], "1 ± 0"),
        ({"equals": 0, "tolerance": "2.5%"}, [0], [0.1], "0 ± 2.5 %"),
        ({"not": "none"}, ["set", None, 0], ["none"], "not 'none'"),
        ({"not": 1}, [True, 2, "1"], [1, 1.0], "not 1"),
        ({"one_of": [0, "a"]}, [0, "a"], [False, 1, "A"], "one of 0, 'a'"),
        (
            {"matches": "ISK*[5]?"},
            ["ISK5[5]x", "ISK[5]("],
            ["ISK55x", "isk[5]x", "ISK[5]", b"ISK[5]x", 5, None],
            "like 'ISK*[5]?'",
        ),
        ({"matches": ""}, [""], ["a"], "like ''"),
        ({"matches": "a*b"}, ["a\r\nb", "ab"], ["ab\n"], "like 'a*b'"),
        ({"min": 2, "max": 3}, [2, 3, 2.5], [1, 4, True, "2"], "≥ 2 and ≤ 3"),
        ({"max": 3}, [3, -9], [3.1, float("nan")], "≤ 3"),
    ],
)
def test_a_form_holds_for_what_it_says(
    form: dict[str, object],
    held: list[object],
    missed: list[object],
    printed: str,
) -> None:
    bounds = Bounds.model_validate(form)
    assert [value for value in held if not bounds.hold(value)] == []
    assert [value for value in missed if bounds.hold(value)] == []
    assert bounds.print() == printed


def test_what_is_long_is_cut() -> None:
    printed = Bounds(equals="x" * 1000).print()
    assert len(printed) < 300 and printed.endswith("… (1002 characters)")


def test_a_pattern_of_many_stars_is_no_work() -> None:
    bounds = Bounds(matches="*a" * 500 + "b")
    assert not bounds.hold("a" * 10_000)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("equals: x, tolerance: 1", "tolerance goes with a number that it equals"),
        ("equals: true, tolerance: 1", "tolerance goes with a number that it equals"),
        ("min: 1, tolerance: 1", "tolerance goes with a number that it equals"),
        ("equals: 1, tolerance: -1", "-1 is neither a number from 0 on nor a share"),
        ("equals: 1, tolerance: true", "tolerance: True is neither a number"),
        ("equals: 1, tolerance: -2 %", "tolerance: '-2 %' is neither a number"),
        ("equals: 1, tolerance: 1e9%", "tolerance: '1e9%' is neither a number"),
        ("tolerance: 1", "needs either equals, or min"),
        ("equals: 1, not: 2", "needs either equals, or min"),
        ("one_of: []", "one_of: needs at least 1 items"),
        ("matches: 5", "matches: should be text"),
        ("equals: 1, tolerence: 2", "unknown key 'tolerence', did you mean 'tolera"),
        ("nott: 1", "unknown key 'nott', did you mean 'not'?"),
    ],
)
def test_a_form_that_says_nothing_is_refused(form: str, why: str) -> None:
    text = (
        "scenario: t\nworld: {start: 2024-01-27T17:00:00Z}\nsteps:\n"
        f"- expect: {{object: {{object: clock, {form}}}}}\n"
    )
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        parse(text, Path("f.yaml"))
    assert why in str(caught.value)


def test_a_tolerance_counts_decimals_as_they_are_printed() -> None:
    # In binary 0.3 - 0.1 is more than 0.2.
    assert Tolerance(0.2).reaches(0.1, 0.3)
    assert not Tolerance(0.2).reaches(0.1, 0.30001)


@pytest.mark.parametrize(
    ("form", "enough", "printed"),
    [
        ({}, [1, 2, 3], "push"),
        ({"times": 0}, [0], "0 × push"),
        ({"times": 2}, [2], "2 × push"),
        ({"min": 2}, [2, 3], "≥ 2 × push"),
        ({"min": 1, "max": 2}, [1, 2], "≥ 1 and ≤ 2 × push"),
        ({"max": 1}, [0, 1], "≤ 1 × push"),
    ],
)
def test_a_count_is_at_least_one_unless_it_is_said(
    form: dict[str, int], enough: list[int], printed: str
) -> None:
    counted = Counted(**form)
    assert [count for count in range(4) if counted.enough(count)] == enough
    assert counted.print_times("push") == printed


@pytest.mark.parametrize("form", [{"times": 1, "max": 2}, {"min": 3, "max": 2}])
def test_a_count_that_cannot_be_is_refused(form: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Counted(**form)
