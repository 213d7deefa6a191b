"""What was played is recorded, and comes out the same when that is played."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scenarios.language.document import load, parse
from scenarios.language.settings import Controller
from scenarios.playing.results import Run
from scenarios.playing.runner import Runner
from scenarios.recording.played import keep
from scenarios.world.making import SimulatedLab
from tests.scenarios.recording.live import failed, play
from wire.dlms import axdr
from wire.errors import ConfigError, LocalError

REPOSITORY = Path(__file__).resolve().parents[3]
TEXT = """
scenario: short
description: "It's: short"
parameters:
  text: "Hello ${you}"
  days: {default: 1, type: number}
world:
  start: 2024-01-27T18:00:00+01:00
  days: ${days}
  latency_s: 0.2
steps:
  - note: "A: b"
  - send_message: {text: "${text}"}
  - expect: {p1_text: {text: "${text}"}, within: 30s}
  - read: {object: "clock:time_zone"}
  - read: {object: "1-0:1.8.1"}
  - operate: {operation: actual}
  - read: {object: "gprs_modem_setup:PIN_code"}
  - run_for: 1h 30m
  - set_load: {power_w: [1000, 0, 0]}
  - run_until: "20:00"
  - operate: {operation: actual}
  - expect: {answered: {item: power_w.0, min: 990, max: 1010}}
  - act: {object: "1-0:99.1.0:1"}
  - run_until: end
"""


def record(
    text: str,
    folder: Path,
    overrides: Mapping[str, str] = {},
    *,
    seed: int | None = None,
    simulated: bool = True,
) -> Run:
    """The run that was recorded."""
    scenario = parse(text, Path("short.yaml"), overrides, seed)
    run = play(scenario).run
    keep(folder, scenario, run, simulated=simulated)
    return run


def test_the_replay_is_the_same_to_the_last_event(tmp_path: Path) -> None:
    before = record(TEXT, tmp_path / "r", {"days": "0.2"}, seed=5)
    scenario = load(tmp_path / "r/recording.yaml")
    assert (scenario.seed, scenario.world.days) == (5, 0.2)
    assert scenario.content.description == "It's: short"
    after = play(scenario)
    assert failed(after) == []
    recorded = (tmp_path / "r/events.jsonl").read_text().splitlines()
    assert recorded == list(after.run.events[: len(recorded)])
    (seen,) = [row for row in after.run.expectations if row.kind == "recorded"]
    assert seen.seen == f"the same {len(recorded)} events" and len(recorded) > 20
    # What was seen at the steps between which it looks is what it was.
    assert [step.value for step in after.run.steps if step.value is not None] == [
        step.value for step in before.steps if step.value is not None
    ]


def test_answers_are_expected_whole_but_no_secrets(tmp_path: Path) -> None:
    record(TEXT, tmp_path / "r")
    written = load(tmp_path / "r/recording.yaml").written
    asked = [step for step in written if {"read", "operate"} & step.keys()]
    wanted = [step for step in written if "answered" in step.get("expect", {})]
    # Four answers, and the expectation that was there; the PIN code's is none.
    assert (len(asked), len(wanted)) == (5, 5)
    text = (tmp_path / "r/recording.yaml").read_text()
    assert re.search(r'- read: {object: "gprs_[^\n]*\n  # [^\n]*\n  - run_for', text)


def test_what_was_seen_stands_beside_it(tmp_path: Path) -> None:
    record(TEXT, tmp_path / "r")
    text = (tmp_path / "r/recording.yaml").read_text()
    assert "# Recorded of short.yaml, played in simulated time.\n" in text
    assert "# parameters: text: Hello ${you}, days: 1\n" in text
    assert re.search(r"  # seen after \d+ s: 'Hello \${you}'\n  - expect", text)
    assert re.search(r"  # 2024-01-27T18:3[0-9:.]*Z\n  - set_load", text)


def test_a_meter_that_behaves_otherwise_is_found_out_where_it_does(
    tmp_path: Path,
) -> None:
    record(TEXT, tmp_path / "r", {"days": "0.2"})

    def change(lab: SimulatedLab) -> None:
        lab.site(1).meter.state.settings = {("clock", "time_zone"): axdr.long(-120)}

    first, *_ = failed(play(load(tmp_path / "r/recording.yaml"), change))
    line = first.split(":")[0]
    text = (tmp_path / "r/recording.yaml").read_text().splitlines()
    assert "equals: -60" in text[int(line) - 1] and first.endswith("expect: -120")


def test_the_first_event_that_differs_is_named(tmp_path: Path) -> None:
    record(TEXT, tmp_path / "r", {"days": "0.2"})
    events = tmp_path / "r/events.jsonl"
    lines = events.read_text().splitlines()
    for change, said in (
        (lines[:1] + ["{}"] + lines[2:], "line 2 was '{}' and is '{"),
        (lines[:-1], f"line {len(lines)} was nothing more and is"),
        (lines + ["more"], f"line {len(lines) + 1} was 'more' and is nothing more"),
    ):
        events.write_text("".join(f"{line}\n" for line in change))
        (seen,) = failed(play(load(tmp_path / "r/recording.yaml")))
        assert said in seen
    events.write_bytes(b"\xff")
    (seen,) = failed(play(load(tmp_path / "r/recording.yaml")))
    assert "is not UTF-8" in seen


COMPARES = """
scenario: compares
world: {start: 2024-01-27T18:00:00+01:00, compare: [none, threshold]}
steps:
  - run_for: 1m
  - expect: {kpi: {name: jain, min: 0, run: none}}
  - expect: {kpi: {name: jain, min: 0, run: threshold}}
  - expect: {kpi: {name: jain, min: 0, below_run: none}}
  - read: {object: clock}
"""


def test_of_runs_side_by_side_one_is_recorded(tmp_path: Path) -> None:
    scenario = parse(COMPARES, Path("c.yaml"))
    lab = SimulatedLab(scenario, Controller.THRESHOLD)
    run = lab.drive(Runner(scenario, lab, "threshold").play()).run
    lab.close()
    keep(tmp_path / "r", scenario, run, simulated=True)
    recording = load(tmp_path / "r/recording.yaml")
    assert recording.world.controllers == (Controller.THRESHOLD,)
    lab = SimulatedLab(recording, Controller.THRESHOLD)
    played = lab.drive(Runner(recording, lab, "threshold").play())
    lab.close()
    assert failed(played) == [] and len(played.figures) == 1


def test_files_are_copied_with_their_checksums(tmp_path: Path) -> None:
    source = REPOSITORY / "scenarios/data"
    (tmp_path / "in").mkdir()
    (tmp_path / "in/recording.yaml").write_bytes(
        (source / "ev_sessions_january.csv").read_bytes()
    )
    (tmp_path / "in/f.csv").write_bytes((source / "lv_feeder_january.csv").read_bytes())
    text = f"""
scenario: files
world:
  stations: 30
  days: 0.05
  feeder: {tmp_path}/in/f.csv
  sessions: {tmp_path}/in/recording.yaml
steps: [run_until: end]
"""
    record(text, tmp_path / "r")
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [
        "events.jsonl",
        "f.csv",
        "recording.yaml",
        "sessions-recording.yaml",
    ]
    written = (tmp_path / "r/recording.yaml").read_text()
    assert re.search(r"# f.csv: sha256 [0-9a-f]{64}\n", written)
    moved = (tmp_path / "r").rename(tmp_path / "moved")
    played = play(load(moved / "recording.yaml"))
    assert {figure.wanted.name for figure in played.figures} == {
        "max_pu",
        "energy_served",
    }


def test_a_failed_play_fails_again(tmp_path: Path) -> None:
    text = TEXT.replace("min: 990", "min: 1005") + "  - restart_unit: {}\n"
    run = record(text, tmp_path / "r", {"days": "0.2"})
    assert [step.step for step in run.steps if not step.passed] == ["expect"]
    written = (tmp_path / "r/recording.yaml").read_text()
    assert "# not held: 1000\n" in written
    assert len(failed(play(load(tmp_path / "r/recording.yaml")))) == 1


def test_a_play_that_stopped_stops_again(tmp_path: Path) -> None:
    text = TEXT.replace("act: {", "press_button: {to: open}\n  - act: {")
    run = record(text, tmp_path / "r", {"days": "0.2"})
    assert run.steps[-1].result == "could not be done"
    again = play(load(tmp_path / "r/recording.yaml"))
    assert "press_button" in again.stopped
    assert not (tmp_path / "r/events.jsonl").exists()


def test_more_than_a_scenario_holds_leaves_nothing(tmp_path: Path) -> None:
    text = TEXT.replace("It's: short", "")
    text = text.replace(
        'description: "', 'description: "' + "x" * (524_280 - len(text))
    )
    with pytest.raises(LocalError, match="no scenario holds this recording"):
        record(text, tmp_path / "r")
    assert not (tmp_path / "r").exists()
    (tmp_path / "r").mkdir()
    (tmp_path / "r/mine").write_text("")
    with pytest.raises(ConfigError, match="is there already"):
        record(TEXT, tmp_path / "r", {"days": "0.1"})
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["mine"]


def test_a_play_in_real_time_is_played_in_simulated_time(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scenarios.recording.real_time", tmp_path / "r"],
        cwd=REPOSITORY,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "r/recording.yaml").read_text()
    assert "played in real time" in text and "recorded:" not in text
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["recording.yaml"]
    scenario = load(tmp_path / "r/recording.yaml")
    # A wait goes to its instant; not where an expectation before it may take longer.
    first, *_, last = [
        step for step in scenario.content.steps if step.kind[:3] == "run"
    ]
    assert isinstance(first.run_until, datetime)
    assert last.run_for == timedelta(seconds=1) or last.run_until is not None
    played = play(scenario)
    assert failed(played) == [] and not played.stopped
    seen = {row.subject: row.seen for row in played.run.expectations}
    assert seen["the last answer of meter 1"] == "False"
    assert seen["time_zone in the last answer of meter 1"] == "-60"
    assert seen["P1 text of meter 1"] == "'hello'"


def test_parts_stand_in_the_recording_itself(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/hello.yaml").write_text(
        "parameters: {text: x}\nsteps:\n  - send_message: {text: '${text}'}\n"
        "  - read: {object: 'clock:time_zone'}\n"
    )
    (tmp_path / "parts/street.yaml").write_text(
        "parameters: {n: 1}\nworld: {stations: '${n}'}\n"
    )
    (tmp_path / "whole.yaml").write_text(
        "scenario: whole\nworld:\n  start: 2024-01-27T18:00:00+01:00\n"
        "  include: {file: parts/street.yaml, set: {n: 2}}\nsteps:\n"
        "  - include: {file: parts/hello.yaml, set: {text: Hi}}\n"
        "  - include: {file: parts/hello.yaml, set: {text: Ho}}\n"
        "  - expect: {p1_text: {text: Ho}, within: 1m}\n"
    )
    scenario = load(tmp_path / "whole.yaml")
    keep(tmp_path / "r", scenario, play(scenario).run, simulated=True)
    text = (tmp_path / "r/recording.yaml").read_text()
    assert "include" not in text and "stations: 2" in text
    assert failed(play(load(tmp_path / "r/recording.yaml"))) == []
    assert re.search(r"# seen after \d+ s: 'Ho'\n  - expect: {p1_text", text)


def test_answers_may_name_what_the_world_has_not(tmp_path: Path) -> None:
    text = TEXT[: TEXT.index("steps:")] + (
        "  devices: [{equipment_id: G0042000000000118, medium: gas}]\nsteps:\n"
        "  - operate: {operation: mbus_scan}\n"
        "  - write: {object: 'clock:3', value: {meter: 9, device: X, station: 9}}\n"
    )
    record(text, tmp_path / "r")
    scenario = load(tmp_path / "r/recording.yaml")
    assert "device: null" in (tmp_path / "r/recording.yaml").read_text()
    (refused,) = failed(play(scenario))
    assert "write" in refused


WAITS = """
scenario: waits
world: {start: 2024-01-27T18:00:00+01:00}
steps:
  - run_for: 1m
  - expect: {object: {object: "clock:time_zone", equals: -60}, within: 30s}
  - run_for: 29s
  - run_for: 2s
  - run_until: "18:05"
"""


@pytest.mark.parametrize(
    "change, wanted",
    [
        ("", ["until 17:01", "for 29s", "for 2s", "until 17:05"]),
        (
            "  - disturb_wire: {wire: p1}\n",
            ["for 1m", "for 29s", "for 2s", "until 18:05"],
        ),
    ],
)
def test_waits_of_real_time_go_to_their_instants_where_they_can(
    change: str, wanted: list[str], tmp_path: Path
) -> None:
    record(WAITS + change, tmp_path / "r", simulated=False)
    text = (tmp_path / "r/recording.yaml").read_text()
    found = re.findall(r"- run_(for|until): \"?(?:2024-01-27T)?([0-9a-z:]+)", text)
    assert [f"{kind} {re.sub(':00$', '', when)}" for kind, when in found] == wanted
    assert failed(play(load(tmp_path / "r/recording.yaml"))) == []
