"""The page of a matrix or of several scenarios: table, figures, CSV, JUnit."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from scenarios.language.matrix import Axis
from scenarios.playing.kpis import KPIS
from scenarios.playing.results import Run
from scenarios.report import write_index
from scenarios.report.figure import picture
from scenarios.report.index import Summary, render_index
from scenarios.report.spread import Curve, Layout, Row, Spot, curves, layout, panels
from scenarios.report.spreadsheet import to_csv
from tests.scenarios.report.sample_matrix import sample_summary

LOSS = Axis("loss", (0.5, 0, 0.25))
LATENCY = Axis("latency_s", (10, 900))
WHO = Axis("who", ("none", "threshold", "headroom"))
SEED = Axis("seed", (1, 2, 3, 4))
ONE = Axis("days", (7,))


def heads(axes: list[Axis]) -> tuple[str, str, str]:
    """What lies below, what the curves are, what parts the panels."""
    found = layout(axes)
    assert found is not None
    series = found.series.name if found.series else ""
    return found.x.name, series, " ".join(axis.name for axis in found.panels)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ([LOSS], ("loss", "", "")),
        ([WHO, LOSS], ("loss", "who", "")),
        ([LATENCY, LOSS, WHO, SEED], ("loss", "who", "latency_s")),
        ([LATENCY, LOSS], ("loss", "latency_s", "")),
        ([WHO, Axis("mode", ("a", "b"))], ("who", "mode", "")),
        ([SEED, WHO], ("who", "", "")),
        ([SEED, ONE], ("seed", "", "")),
    ],
)
def test_a_scale_lies_below_and_seeds_are_repetitions(
    axes: list[Axis], expected: tuple[str, str, str]
) -> None:
    assert heads(axes) == expected


def test_nothing_varied_is_no_figure() -> None:
    assert layout([ONE]) is None and layout([]) is None


def test_curves_go_up_their_scale_with_the_mean_of_the_seeds() -> None:
    spread = layout([WHO, LOSS, SEED])
    assert spread is not None
    rows = [
        Row({"who": who, "loss": loss, "seed": seed}, {"max_pu": float(loss) + seed})
        for who in WHO.values[:2]
        for loss in LOSS.values
        for seed in (1, 2)
    ]
    none, threshold = curves(spread, {}, rows, "max_pu")
    assert (none.label, threshold.label) == ("who none", "who threshold")
    assert [spot.at for spot in none] == [0, 0.25, 0.5]
    assert [spot.mean for spot in none] == [1.5, 1.75, 2.0]
    assert none.spots[0].values == (1.0, 2.0)


def test_panels_are_parted_and_bounded() -> None:
    many = Axis("n", tuple(range(30)))
    assert panels(Layout(LOSS, WHO, (LATENCY,))) == [
        {"latency_s": 10},
        {"latency_s": 900},
    ]
    assert len(panels(Layout(LOSS, WHO, (many, LATENCY)))) == 12


def levels(svg: str) -> list[float]:
    return [
        float(y) for y in re.findall(r'<circle class="mark c0"[^>]*cy="([\d.]+)"', svg)
    ]


def test_a_curve_is_drawn_to_scale_with_words_at_each_mark() -> None:
    spread = Layout(Axis("loss", (0, 0.5, 1)), None, ())
    curve = Curve("", 0, (Spot(0, (0.2,)), Spot(0.5, (0.3, 0.5)), Spot(1, (0.6,))))
    svg = str(picture(KPIS["energy_served"], spread, [curve], (0.2, 0.6), "name <a>"))
    first, second, third = levels(svg)
    assert first - second == pytest.approx(second - third, abs=0.2) and first > third
    assert "<title>loss 0.5: 40.0 %, the mean of 30.0 to 50.0 %</title>" in svg
    assert svg.count('class="seed c0"') == 2 and 'class="curve c0"' in svg
    assert "name &lt;a&gt;" in svg


def test_words_stand_beside_each_other_without_a_line() -> None:
    spread = Layout(WHO, None, ())
    curve = Curve("", 0, (Spot("none", (1.3,)), Spot("headroom", (0.9,))))
    svg = str(picture(KPIS["max_pu"], spread, [curve], (0.9, 1.3), "x"))
    assert "<path" not in svg and ">threshold</text>" in svg


def test_the_page_has_a_row_for_each_variant_and_needs_nothing_else() -> None:
    page = render_index(sample_summary())
    assert page.count('<td class="sign">') == 48
    assert "stopped: step 1 (run_until): no world today" in page
    assert 'href="who-none_loss-0_latency_s-10_seed-1/report.html"' in page
    assert "The same in all variants: Fairness (Jain index): 0.980" in page
    # Four key figures, for each of two latencies.
    assert page.count('<svg class="figure"') == 8
    assert "16 of 48 passed" in page
    assert (
        not re.findall(r'(?:src|href)="(?:https?:)?//', page) and "@import" not in page
    )


def test_runs_side_by_side_are_lines_and_an_axis_of_their_own() -> None:
    summary = sample_summary()
    ended = tuple(
        replace(
            each,
            result=replace(
                each.result,
                runs=(Run("left", (), (), {"jain": 0.5}), *each.result.runs),
            ),
        )
        for each in summary.ended
    )
    both = replace(summary, ended=ended)
    page = render_index(both)
    assert page.count('<td class="sign">') == 96
    first, row, *_ = csv.reader(to_csv(both).splitlines())
    assert dict(zip(first, row))["left:jain"] == "0.5"


def test_the_csv_has_parameters_then_key_figures_unrounded() -> None:
    rows = list(csv.DictReader(to_csv(sample_summary()).splitlines()))
    assert len(rows) == 48
    assert list(rows[0])[:7] == [
        *("variant", "passed", "stopped", "seed", "loss", "latency_s", "who"),
    ]
    assert rows[7]["loss"] == "0.25" and rows[7]["seed"] == "2"
    assert float(rows[7]["max_pu"]) == sample_summary().ended[7].result.kpis["max_pu"]
    assert rows[5]["stopped"].startswith("step 1")


def test_the_files_of_a_matrix(tmp_path: Path) -> None:
    page = write_index(sample_summary(), tmp_path / "out")
    assert sorted(path.name for path in page.parent.iterdir()) == [
        *("junit.xml", "report.html", "report.json", "results.csv"),
    ]
    document = json.loads((page.parent / "report.json").read_text())
    assert document["passed"] is False and len(document["results"]) == 48
    assert document["results"][0]["parameters"]["who"] == "none"
    suites = xml.parse(page.parent / "junit.xml").getroot()
    assert len(suites) == 48
    assert suites[0].get("name") == "losses.who-none_loss-0_latency_s-10_seed-1.none"


def test_several_scenarios_have_a_page_without_figures(tmp_path: Path) -> None:
    two = sample_summary().ended[:2]
    summary = Summary("scenarios", "", two, ("a/report.html", "b/report.html"))
    page = write_index(summary, tmp_path)
    text = page.read_text()
    assert 'href="a/report.html"' in text and "<svg" not in text
    assert not (tmp_path / "results.csv").exists()


def test_what_cannot_be_seen_is_spelt_out_and_markup_is_none() -> None:
    odd = replace(sample_summary(), description="a\x1b[2Jb\u202e<b>c")
    page = render_index(odd)
    assert r"a\x1b[2Jb\u202e&lt;b&gt;c" in page
    assert "\x1b" not in page and "\u202e" not in page
