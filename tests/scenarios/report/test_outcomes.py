"""Expectations and steps on the page: what failed first, what was seen and when, never too much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from scenarios.playing.results import (
    ExpectationResult,
    Run,
    RunResult,
    Sight,
    StepResult,
)
from scenarios.report import write
from scenarios.report.outcomes import MOST_ROWS, MOST_TOLD
from scenarios.report.page import render
from scenarios.report.plain import visible
from tests.scenarios.report.test_page import Balance
from tests.scenarios.sample import END, START, sample_result

SECOND = timedelta(seconds=1)


def step(number: int, kind: str = "read", passed: bool = True) -> StepResult:
    at = START + number * SECOND
    return StepResult("none", number, 10 + number, kind, at, at, passed, f"r{number}")


def seen(number: int, passed: bool = True) -> ExpectationResult:
    at = START + number * SECOND
    text = f"s{number}"
    return ExpectationResult(
        "none", 10 + number, "object", text, "w", text, passed, at, index=number
    )


def page_of(
    steps: Sequence[StepResult], expectations: Sequence[ExpectationResult]
) -> str:
    run = Run("none", tuple(steps), tuple(expectations), {})
    return render(RunResult("t", "", 1, START, END, (run,)))


def words(html: str) -> str:
    """What a person reads of it."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def row(page: str, anchor: str) -> str:
    found = re.search(rf'<tr id="{anchor}".*?</tr>', page, re.S)
    assert found is not None
    return found[0]


def test_what_failed_comes_first_and_is_linked_from_the_top() -> None:
    page = page_of(
        [step(1, "expect"), step(2, "expect", False), step(3, "write", False)],
        [seen(1), seen(2, False)],
    )
    top = page[: page.index("<h2>")]
    assert 'href="#s0-3"' in top and 'href="#e0-1"' in top
    assert "s2: wanted w, saw s2" in words(top) and "write: r3" in words(top)
    assert page.index('id="e0-1"') < page.index('id="e0-0"')
    assert 'href="#s0-2"' in row(page, "e0-1") and 'href="#e0-1"' in row(page, "s0-2")


def test_after_how_long_it_held_or_what_was_seen_last() -> None:
    sights = (Sight(0, "None"), Sight(4, "the unit is silent"), Sight(7, "1"))
    held = replace(seen(1), seen="1", after_s=7.0, within_s=15.0, sights=sights)
    late = replace(seen(2, False), after_s=15.0, within_s=15.0, sights=sights[:1])
    once = replace(seen(3), after_s=0.0, within_s=90.0)
    kept = replace(seen(5), after_s=3.0, within_s=15.0, held_s=600.0)
    page = page_of([], [held, late, once, seen(4), kept])
    told = words(row(page, "e0-0"))
    assert "1 held after 7 s, of 15 s at most" in told
    assert "at first None 4 s the unit is silent 00:00:01" in told.replace(
        "Sat 27 Jan ", ""
    )
    assert "s2 seen last, after 15 s" in words(row(page, "e0-1"))
    assert "s3 held at once, of 90 s at most" in words(row(page, "e0-2"))
    assert "s5 held after 3 s, of 15 s at most, for 10 min" in words(row(page, "e0-4"))
    assert "held" not in words(row(page, "e0-3")) and "after" not in row(page, "e0-3")


def test_ten_thousand_expectations_and_steps_make_a_page_of_bounded_size() -> None:
    def fails(number: int) -> bool:
        return number % 97 == 5

    page = page_of(
        [step(n, "expect", not fails(n)) for n in range(1, 5001)],
        [seen(n, not fails(n)) for n in range(1, 10_001)],
    )
    assert len(page) < 1_500_000
    balance = Balance()
    balance.feed(page)
    assert balance.open == [] and balance.linked <= set(balance.anchors)
    assert len(set(balance.anchors)) == len(balance.anchors)
    missed = sum(fails(n) for n in range(1, 10_001))
    rows = [a for a in balance.anchors if re.match(r"e0-", a)]
    assert len(rows) == missed + MOST_ROWS
    steps = {a for a in balance.anchors if re.match(r"s0-", a)}
    assert len(steps) == MOST_ROWS
    assert {f"s0-{n}" for n in range(1, 5001) if fails(n)} <= steps
    for count in (10_000 - missed - MOST_ROWS, 5000 - MOST_ROWS):
        assert f"{count} more are in report.json" in page
    assert f"and {missed - MOST_TOLD} more, below" in page
    everything = page_of([], [seen(n, False) for n in range(10_000)])
    assert len(everything) < 1_500_000


def test_long_values_fold_and_have_an_end() -> None:
    long = "".join(f"{n} " for n in range(3000))
    page = page_of(
        [replace(step(1), value=long, detail=long)],
        [replace(seen(1), wanted=long, seen=long, subject=long)],
    )
    assert page.count('<details class="long">') == 5
    assert len(page) < 100_000 and "the rest is in report.json" in page
    assert '<details class="long">' not in page_of([step(1)], [seen(1)])


HOSTILE = [
    ("a\x00b\x1b[31m\x7f", "a\\x00b\\x1b[31m\\x7f"),
    ("\u202efdp.exe\u2066", "\\u202efdp.exe\\u2066"),
    ("one\r\ntwo\rthree", "one\ntwo\\rthree"),
    ("half \ud800", "half \\ud800"),
    ("line\u2028end\u200b", "line\\u2028end\\u200b"),
    (
        "1\u202f000 \u20ac caf\u00e9 \u0645\u0631",
        "1\u202f000 \u20ac caf\u00e9 \u0645\u0631",
    ),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_hostile_text_stays_text_everywhere(tmp_path: Path) -> None:
    evil = "</td><img src=x onerror=alert(1)>\x00\u202e\ud800{{ x }}&amp;" + "W" * 50
    result = sample_result()
    run = result.runs[1]
    bad = replace(
        run,
        steps=tuple(
            replace(one, step=evil, result=evil, detail=evil, value={evil: evil})
            for one in run.steps
        ),
        expectations=tuple(
            replace(
                one,
                kind="object",
                subject=evil,
                wanted=evil,
                sights=(Sight(0, evil),) * 2,
            )
            for one in run.expectations
        ),
        data=replace(
            run.data,
            stations=tuple(replace(one, name=evil) for one in run.data.stations),
        ),
    )
    hostile = replace(
        result,
        scenario=evil,
        description=evil,
        stopped=evil,
        runs=(result.runs[0], bad),
    )
    page = write(hostile, tmp_path).read_text("utf-8")
    assert "<img" not in page and "\x00" not in page and "\u202e" not in page
    assert "&lt;img src=x" in page and "\\ud800{{ x }}&amp;amp;" in page
    balance = Balance()
    balance.feed(page)
    assert balance.open == [] and balance.fetched == []
