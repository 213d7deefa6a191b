"""What a scenario would do: instants, places and words, without a world."""

from __future__ import annotations

from pathlib import Path

from scenarios.language.document import Choices, parse, scenarios_of, source_of
from scenarios.playing.plan import plan

TEXT = """\
scenario: t
tags: [p3]
parameters: {off: {type: duration, default: 90s}, loss: 0.5}
world: {start: 2024-01-27T12:00:00Z, days: 2, loss: "${loss}", standard: smr-5.0}
steps:
  - note: hello
  - run_until: "18:00"
  - power_cycle: {off_for: "${off}"}
  - send_message: {meter: 1, profile: {valid_from: +0s, valid_to: +2h,
      periods: [{start: +0s, max_w: 6000}]}}
  - expect: {p1_text: {sent: true}, within: 15s}
  - run_until: 2024-01-28T11:00:00Z
  - run_until: end
  - set_load: {power_w: [1, 2, 3]}
"""


def test_each_step_has_its_instant_place_and_words() -> None:
    lines = list(plan(parse(TEXT, Path("f.yaml"))).lines())
    assert lines == [
        "t (f.yaml), seed 1",
        "  tags        p3",
        "  parameter   off = 90s",
        "  parameter   loss = 0.5",
        "  world       from Sat 27 Jan 2024 13:00:00",
        "  world       to Mon 29 Jan 2024 13:00:00",
        "  world       standard smr-5.0",
        "  world       loss 0.5",
        "  27 Jan 13:00:00  line 6     note: hello",
        "  27 Jan 13:00:00  line 7     run_until: 18:00",
        "  27 Jan 18:00:00  line 8     power_cycle: off_for 1m 30s",
        "  27 Jan 18:01:30  line 9     send_message: meter 1, profile valid_from 0s,"
        " valid_to 2h, periods [start 0s, max_w 6000]",
        "  27 Jan 18:01:30  line 11    expect p1_text: sent true, within 15s",
        "  27 Jan 18:01:30  line 12    run_until: Sun 28 Jan 2024 12:00:00",
        "  28 Jan 12:00:00  line 13    run_until: the end",
        "  29 Jan 13:00:00  line 14    set_load: power_w [1; 2; 3]",
    ]


def test_the_document_has_the_same_and_the_variant() -> None:
    chosen = Choices(vary={"loss": "0.25,0.75"})
    _, second = scenarios_of(source_of(TEXT, Path("f.yaml")), chosen)
    document = plan(second).to_json()
    assert document["variant"] == "loss-0.75" and document["tags"] == ["p3"]
    assert document["parameters"] == {"off": "90s", "loss": 0.75}
    steps = document["steps"]
    assert isinstance(steps, list) and steps[2] == {
        "at": "2024-01-27T17:00:00Z",
        "place": "line 8",
        "step": "power_cycle",
        "gist": "off_for 1m 30s",
    }


def test_steps_of_a_part_have_its_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("steps: [note: a]\n")
    text = TEXT.replace("note: hello", "include: p.yaml")
    planned = plan(parse(text, tmp_path / "f.yaml"))
    assert planned.steps[0].place == "p.yaml:1"


def test_a_long_gist_is_cut() -> None:
    text = TEXT.replace("hello", "x" * 200)
    assert len(plan(parse(text, Path("f.yaml"))).steps[0].gist) == 100
