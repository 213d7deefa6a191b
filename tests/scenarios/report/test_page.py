"""The report: one page that needs nothing else, and whose pictures hold what they should."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from rich.console import Console

from scenarios.playing.kpis import kpi
from scenarios.playing.results import Form, Hop, RunResult, Stage, Trace, hop_latency
from scenarios.playing.terminal import print_summary
from scenarios.report import write
from scenarios.report.axes import nice_step, time_ticks, value_ticks
from scenarios.report.charts import Line, chart
from scenarios.report.junit import to_junit
from scenarios.report.page import kpi_rows, render
from scenarios.report.stages import body
from scenarios.report.words import duration
from tests.scenarios.sample import START, sample_result
from wire.errors import SurroundingsError

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Balance(HTMLParser):
    """Checks that every element is closed; collects what is fetched, linked, and its places."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.linked: set[str] = set()
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        links = [found[key] or "" for key in ("src", "href", "data") if key in found]
        self.fetched += [link for link in links if not link.startswith("#")]
        self.linked |= {link[1:] for link in links if link.startswith("#")}
        self.anchors += [found["id"] or ""] if "id" in found else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing() -> None:
    page = render(sample_result())
    balance = Balance()
    balance.feed(page)
    assert balance.open == [] and balance.fetched == []
    assert balance.linked <= set(balance.anchors)
    assert "@import" not in page and "http" not in page
    assert len(page) < 400_000
    for words in ("without control", "with control", "rating 53.3 kW", "0-0:96.13.0"):
        assert words in page
    assert "held after 7 s, for 5 min" in page


def test_text_from_a_scenario_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    result = sample_result()
    run = result.runs[-1]
    seen = replace(run.expectations[0], seen=evil, subject=evil)
    followed = replace(
        run.data.followed,  # type: ignore[type-var]
        stages=(
            Stage(evil, START, Form.TEXT, evil, evil, ((evil, evil),)),
            Stage(evil, START, Form.XML, evil),
            Stage(evil, START, Form.TABLE, evil + "\t" + evil + "\n" + evil),
            Stage(evil, START, Form.HEX, "zz" + evil, "", ((evil, evil),)),
            Stage(evil, START, Form.HEX, "0102", "", (("02", evil),)),
        ),
    )
    run = replace(
        run,
        expectations=(seen,),
        data=replace(run.data, followed=followed),
        kpis={evil: 1.0},
    )
    page = render(replace(result, description=evil, stopped=evil, runs=(run,)))
    assert evil not in page and page.count("<script") == 1


def test_a_run_without_any_data_still_makes_a_page() -> None:
    result = sample_result()
    empty = replace(
        result.runs[0],
        data=type(result.runs[0].data)(),
        kpis={},
        steps=(),
        expectations=(),
    )
    page = render(replace(result, runs=(empty,)))
    assert "<svg" not in page and "passed" in page


def test_a_play_without_power_or_messages_has_no_charts_of_them() -> None:
    result = sample_result()
    data = result.runs[0].data
    assert data.phase_load_w is not None
    series = data.phase_load_w[0]
    nothing = replace(series, values=(0.0,) * len(series.values))
    still = replace(
        data,
        phase_load_w=(nothing, nothing, nothing),
        stations=tuple(
            replace(station, draw_w=Trace(((START, 0.0),))) for station in data.stations
        ),
        latencies=tuple(replace(hop, count=0) for hop in data.latencies),
    )
    run = replace(result.runs[0], data=still)
    page = render(replace(result, runs=(run,)))
    assert "<svg" not in page and "Key figures" not in page
    assert "How long a message takes" not in page
    assert "<svg" in render(replace(result, runs=(result.runs[0],)))


def test_all_files_are_written(tmp_path: Path) -> None:
    page = write(sample_result(), tmp_path / "a" / "b")
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "events-headroom.jsonl",
        "events-none.jsonl",
        "junit.xml",
        "report.html",
        "report.json",
    ]
    report = json.loads((page.parent / "report.json").read_text())
    assert report["passed"] is False and report["kpis"]["max_pu"] == 0.99


def test_a_folder_that_cannot_be_made_is_the_surroundings_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError, match="cannot write the report"):
        write(sample_result(), tmp_path / "file" / "x")


def test_a_report_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    page = write(sample_result(), tmp_path)
    before = page.read_text()
    (tmp_path / ".junit.xml.new").mkdir()
    with pytest.raises(SurroundingsError):
        write(replace(sample_result(), seed=8), tmp_path)
    assert page.read_text() == before
    drafts = [path.name for path in tmp_path.glob(".*")]
    assert drafts == [".junit.xml.new"], "what was begun stays behind"


def test_junit_counts_what_failed() -> None:
    result = sample_result()
    run = result.runs[0]
    control = replace(run.expectations[0], seen="\x00\x0b end")
    result = replace(
        result, runs=(replace(run, expectations=(control,)),), stopped="step 2: gone"
    )
    root = ElementTree.fromstring(to_junit(result))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == (
        "4",
        "1",
        "1",
    )


def path_of(svg: str, style: str) -> str:
    match = re.search(rf'<path class="line {style}" d="([^"]*)"', svg)
    assert match is not None
    return match[1]


def test_a_chart_steps_and_lifts_the_pen_over_gaps() -> None:
    day = START.timestamp()
    points = ((day, 10.0), (day + 21600, None), (day + 43200, 20.0))
    svg = chart(
        [Line("x", "l1", points)],
        start=START,
        end=START + timedelta(days=1),
        name="n",
        unit="kW",
        highest=20,
        width=1058,
        height=134,
    )
    # 46 px at the left, 12 at the right: a day is 1000 px wide, 20 kW are 100 px high.
    assert path_of(svg, "l1") == "M46.0 60.0H296.0M546.0 10.0H1046.0"


def test_a_chart_of_many_equal_points_stays_small() -> None:
    day = START.timestamp()
    points = tuple((day + n, 10.0 + n % 2 * 0.001) for n in range(86_400))
    svg = chart(
        [Line("x", "l1", points, filled=True)],
        start=START,
        end=START + timedelta(days=1),
        name="n",
        unit="kW",
        highest=20,
    )
    assert len(path_of(svg, "l1")) < 100


def test_a_chart_of_anything_is_bounded_and_keeps_its_extremes() -> None:
    day, random = START.timestamp(), Random(1)
    points = [(day + n, random.uniform(0, 80)) for n in range(86_400)]
    points[40_000] = (points[40_000][0], 99.0)
    svg = chart(
        [Line("x", "l1", tuple(points))],
        start=START,
        end=START + timedelta(days=1),
        name="n",
        unit="kW",
        highest=100,
    )
    # Four points in a pixel of 942, and in each of the 4000 parts that are for zooming.
    assert path_of(svg, "l1").count("H") <= 4 * 942 + 1
    (packed,) = re.findall(r'data-chart="([^"]*)"', svg)
    data = json.loads(unescape(packed))
    assert len(data["lines"][0]["at"]) <= 4 * 4000 and 9900 in data["lines"][0]["level"]
    assert f"V{10 + 0.01 * 216:.1f}" in svg and len(svg) < 220_000


def test_ticks() -> None:
    assert value_ticks(73) == [0, 20, 40, 60, 80]
    assert value_ticks(0) == [0, 1]
    assert nice_step(100, 5) == 20
    labels = [text for _, text, _ in time_ticks(START, START + timedelta(days=1), 10)]
    assert labels[0] == "Sat 27 Jan" and labels[1] == "03:00"
    assert labels[-1] == "Sun 28 Jan"
    month = list(time_ticks(START, START + timedelta(days=28), 10))
    assert 4 <= len(month) <= 10 and all(midnight for _, _, midnight in month)
    short = list(time_ticks(START, START + timedelta(minutes=20), 10))
    assert [text for _, text, _ in short][:2] == ["Sat 27 Jan", "00:02"]
    some = list(time_ticks(START, START + timedelta(seconds=40), 10))
    assert [text for _, text, _ in some][1:3] == ["00:00:05", "00:00:10"]
    assert value_ticks(73, -31) == [-50, 0, 50, 100] and value_ticks(0, -3)[-1] == 0


def test_ticks_keep_to_civil_time_when_the_clocks_change() -> None:
    start = datetime(2024, 3, 30, 23, tzinfo=UTC)
    labels = [text for _, text, _ in time_ticks(start, start + timedelta(hours=23), 9)]
    assert labels == [
        "Sun 31 Mar",
        "03:00",
        "06:00",
        "09:00",
        "12:00",
        "15:00",
        "18:00",
        "21:00",
        "Mon 1 Apr",
    ]


def test_hex_marks_are_found_one_after_the_other() -> None:
    stage = Stage("t", START, Form.HEX, "0102 0102", "", (("01", "a"), ("01", "b")))
    dump = str(body(stage))
    assert dump.index('title="a"') < dump.index('title="b"')
    assert dump.count('title="a">01<') == 1 and "0000" in dump


def test_percentiles_are_by_nearest_rank() -> None:
    latency = hop_latency(Hop.ON_P1, [float(n) for n in range(1, 101)])
    assert (latency.median_s, latency.p95_s, latency.max_s) == (50, 95, 100)
    assert hop_latency(Hop.JOB, []).count == 0
    assert hop_latency(Hop.JOB, [3.0]).p95_s == 3


def test_changes_are_judged_by_what_is_good() -> None:
    rows = {row.kpi.name: row for row in kpi_rows(sample_result())}
    assert (rows["max_pu"].verdict, rows["max_pu"].change) == ("better", "−24%")
    served = rows["energy_served"]
    assert (served.verdict, served.change) == ("worse", "−3.1 points")
    assert rows["messages_per_station_per_day"].verdict == "neither"
    assert kpi("own_figure").title == "own figure"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (0.0042, "4 ms"),
        (1.26, "1.3 s"),
        (119.9, "119.9 s"),
        (600, "10.0 min"),
    ],
)
def test_durations_have_the_unit_that_suits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def summary(result: RunResult) -> str:
    console = Console(width=100, record=True, file=StringIO())
    print_summary(console, result)
    return console.export_text()


def test_the_terminal_says_what_failed_and_the_verdict() -> None:
    text = summary(sample_result())
    assert "with control" in text and "−98%" in text
    assert "✗ line 22 (without control): max_pu: wanted ≤ 1.05 pu" in text
    assert text.rstrip().endswith("failed: 3 of 4 expectations hold, seed 42")
    held = sample_result()
    held = replace(held, runs=(replace(held.runs[1]),))
    assert "passed: 2 of 2" in summary(held)
