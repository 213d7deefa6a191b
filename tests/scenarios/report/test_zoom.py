"""The page's script, run by a browser: what it draws of a span is what the server would."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from scenarios.playing.results import Series, Trace
from scenarios.report.charts import Line, chart, of_series, of_trace
from scenarios.report.page import render, script
from tests.scenarios.report.browser import open_page
from tests.scenarios.sample import START, sample_result


def zoom(start: datetime, end: datetime) -> str:
    """The fragment of a page's address that zooms into a span."""
    return f"#zoom={start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"


def numbers(path: str) -> list[tuple[str, float]]:
    return [(a, float(n)) for a, n in re.findall(r"([MHV ])(-?[\d.]+)", path)]


def pictures(page: str) -> list[str]:
    return re.findall(r'<svg class="chart.*?</svg>', page, re.S)


def ticks(svg: str) -> list[tuple[float, str]]:
    times = re.search(r'<g class="times">.*?</g>', svg, re.S)
    assert times is not None
    found = re.findall(r'<text class="tick" x="([\d.]+)"[^>]*>([^<]*)<', times[0])
    return [(float(x), text) for x, text in found]


def assert_alike(drawn: str, wanted: str) -> None:
    """The same paths and ticks, but for how the last digit is rounded."""
    paths = r'<path class="((?:line|area|overload)[^"]*)"[^>]* d="([^"]*)"'
    ours, theirs = re.findall(paths, drawn), re.findall(paths, wanted)
    assert [style for style, _ in ours] == [style for style, _ in theirs]
    for (style, a), (_, b) in zip(ours, theirs, strict=True):
        left, right = numbers(a), numbers(b)
        assert [letter for letter, _ in left] == [letter for letter, _ in right], style
        for (_, x), (_, y) in zip(left, right, strict=True):
            assert x == pytest.approx(y, abs=0.15), style
    assert ('class="chart dense' in drawn) == ('class="chart dense' in wanted)
    assert [text for _, text in ticks(drawn)] == [text for _, text in ticks(wanted)]
    for (x, _), (y, _) in zip(ticks(drawn), ticks(wanted), strict=True):
        assert x == pytest.approx(y, abs=0.15)


def page_of(charts: Sequence[str]) -> str:
    return f"<!DOCTYPE html><html><body>{''.join(charts)}<script>{script()}</script>"


def wild(start: datetime, count: int, seed: int) -> tuple[Line, Line, Line]:
    """A coarse and a fine mean, a trace with gaps, and one that fidgets every second."""
    values = [float((n * seed * 7919) % 83) for n in range(count)]
    quarters = Series(start, 900, tuple(values[::15]))
    gaps = [
        (start + n * timedelta(minutes=7), None if value < 9 else value - 20)
        for n, value in enumerate(values[: count // 7])
    ]
    fidget = [(start + n * timedelta(seconds=1), values[n]) for n in range(count)]
    return (
        of_series("mean", "l1", quarters, 1.0, Series(start, 60, tuple(values))),
        of_trace("gaps", "draw", Trace(tuple(gaps)), 1.0, filled=True),
        of_trace("fidget", "limit", Trace(tuple(fidget)), 1.0),
    )


def draw(lines: Sequence[Line], start: datetime, end: datetime) -> str:
    return str(
        chart(
            lines,
            start=start,
            end=end,
            name="n",
            unit="kW",
            highest=90,
            lowest=-20,
            rating=60,
        )
    )


# Both days on which Dutch clocks change, a minute that is seen in seconds, and weeks in days.
SPANS = [
    ("2024-03-30T23:00:00Z", "2024-03-31T04:00:00Z", "America/New_York"),
    ("2024-10-26T20:10:00Z", "2024-10-27T05:50:00Z", "Asia/Kolkata"),
    ("2024-01-27T10:00:20Z", "2024-01-27T10:02:10Z", "UTC"),
    ("2024-01-27T10:00:00Z", "2024-02-27T10:00:00Z", "UTC"),
]


@pytest.mark.parametrize(("start", "end", "zone"), SPANS)
def test_a_zoomed_chart_is_the_one_that_the_server_would_draw(
    start: str, end: str, zone: str, tmp_path: Path
) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    begin = first.replace(hour=0, minute=0, second=0) - timedelta(hours=3)
    lines = wild(begin, 60 * 72, first.month)
    mean, *traces = lines
    page = tmp_path / "page.html"
    page.write_text(page_of([draw(lines, begin, last + timedelta(days=1))]))
    (drawn,) = pictures(open_page(page, zoom(first, last), zone))
    finer = replace(mean, points=mean.fine, fine=(), fine_step_s=0)
    close = last - first < timedelta(hours=15)
    assert_alike(drawn, draw([finer if close else mean, *traces], first, last))


def test_the_whole_span_looks_as_it_does_without_the_script(tmp_path: Path) -> None:
    short = draw(wild(START, 180, 3), START, START + timedelta(hours=3))
    static = render(sample_result()).replace("<script>", f"{short}<script>")
    page = tmp_path / "page.html"
    page.write_text(static)
    drawn, wanted = pictures(open_page(page)), pictures(static)
    assert len(drawn) == len(wanted) == 8
    for ours, theirs in zip(drawn, wanted, strict=True):
        assert_alike(ours, theirs)


def test_all_ways_of_zooming(tmp_path: Path) -> None:
    result, page = sample_result(), tmp_path / "page.html"
    acts = Path(__file__).with_name("zooming.js").read_text()
    page.write_text(f"{render(result)}<script>{acts}</script>")
    found = re.search(r'<pre id="seen">(.*?)</pre>', open_page(page))
    assert found is not None
    seen = json.loads(unescape(found[1]))
    minutes = result.runs[1].data.phase_minutes_w
    assert minutes is not None
    shown = [(phase.values[4 * 60 + 45] or 0) / 1000 for phase in minutes]
    assert seen == {
        "drag": "Sat 27 Jan 06:00 – 12:00",
        "click": "Sat 27 Jan 06:00 – 12:00",
        "right": "Sat 27 Jan 08:24 – 14:24",
        "closer": "Sat 27 Jan 09:54 – 12:54",
        "browser's own": "Sat 27 Jan 09:54 – 12:54",
        "wheel": "Sat 27 Jan 09:54 – 15:54",
        "scroll": "Sat 27 Jan 09:54 – 15:54",
        "sideways": "Sat 27 Jan 06:54 – 12:54",
        "end": "Sat 27 Jan 18:00 – Sun 28 Jan 00:00",
        "closest": "Sat 27 Jan 20:59:30 – 21:00:30",
        "all": "all",
        "pinch": "Sat 27 Jan 06:00 – 18:00",
        "button": "all",
        "address": "Sat 27 Jan 04:00 – 05:30",
        "nonsense": "Sat 27 Jan 04:00 – 05:30",
        "tap": "Sat 27 Jan 04:00 – 05:30",
        "tapped": "Sat 27 Jan 04:22:30",
        "hover": "Sat 27 Jan 04:00 – 05:30",
        "tip": [
            "Sat 27 Jan 04:45:00",
            *(f"L{n} {value:.1f} kW" for n, value in enumerate(shown, 1)),
        ],
        "cursors": 7,
        "hash": "#zoom=2024-01-27T03:00:00Z/2024-01-27T04:30:00Z",
    }
