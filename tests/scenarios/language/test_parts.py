"""Parts in files of their own: put in place, with their parameters, paths and places."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scenarios.language.complaints import Faults
from scenarios.language.document import load
from scenarios.language.settings import Controller
from scenarios.language.yaml_tree import MAX_VALUES
from scenarios.playing.play import play
from scenarios.playing.terminal import print_summary
from scenarios.report.junit import to_junit
from scenarios.report.page import render
from tests.scenarios.fake_world import make_world
from wire.cosem.rows import Standard
from wire.errors import ScenarioError

HEAD = "scenario: t\nworld: {start: 2024-01-27T17:00:00Z, stations: 2}\n"
PART = """\
description: A message, and a look at it.
parameters:
  meter: 1
  text: {default: HELLO, description: what is sent}
steps:
  - send_message: {meter: "${meter}", text: "${text}"}
  - expect: {p1_text: {meter: "${meter}", text: HELLO}, within: 15s}
"""


class Folder:
    """A folder of files that a test writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def faults(self, text: str) -> list[str]:
        """What is wrong with a scenario, without the folder's name."""
        with pytest.raises(Faults) as caught:
            load(self.write("s.yaml", text))
        return [str(fault).replace(f"{self.path}/", "") for fault in caught.value.found]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_steps_stand_where_they_are_included(folder: Folder) -> None:
    folder.write("parts/say.yaml", PART)
    text = (
        "- note: first\n- include: parts/say.yaml\n"
        "- include: {file: parts/say.yaml, set: {meter: 2, text: BYE}}\n- run_for: 1s\n"
    )
    scenario = load(folder.write("s.yaml", f"{HEAD}steps:\n{text}"))
    steps = scenario.content.steps
    assert [step.kind for step in steps] == [
        *("note", "send_message", "expect", "send_message", "expect", "run_for"),
    ]
    messages = [step.send_message for step in steps if step.send_message]
    assert [(body.meter, body.text) for body in messages] == [(1, "HELLO"), (2, "BYE")]
    own, part = "", "parts/say.yaml"
    assert scenario.places == (
        *((4, own), (6, part), (7, part), (6, part), (7, part), (7, own)),
    )


def test_results_name_the_part_s_file_and_line(folder: Folder) -> None:
    folder.write("parts/say.yaml", PART)
    text = (
        f"{HEAD}steps:\n- include: {{file: parts/say.yaml, set: {{text: BYE}}}}\n"
        "- expect: {kpi: {name: max_pu, max: 2}}\n"
    )
    result = play(load(folder.write("s.yaml", text)), make_world)
    (run,) = result.runs
    said, judged = run.expectations
    assert not said.passed and (said.file, said.line) == ("parts/say.yaml", 7)
    assert said.to_json()["file"] == "parts/say.yaml" and said.index == 2
    assert judged.place == "line 5" and "file" not in judged.to_json()
    assert run.steps[0].to_json()["file"] == "parts/say.yaml"
    assert "step 1 send_message (parts/say.yaml:6)" in to_junit(result)
    assert "p1_text P1 text of meter 1 (parts/say.yaml:7)" in to_junit(result)
    page = render(result)
    # Of what failed at the top, of the expectation and its link to the step; of the others.
    assert page.count("parts/say.yaml:7</") >= 2 and "line 5" in page
    shown = StringIO()
    print_summary(Console(file=shown, width=80), result)
    assert "✗ parts/say.yaml:7: P1 text of meter 1: wanted" in shown.getvalue()


def test_a_part_may_include_parts_and_hand_on_what_it_was_given(folder: Folder) -> None:
    folder.write("parts/say.yaml", PART)
    folder.write(
        "parts/deep/twice.yaml",
        "parameters: {text: A}\nsteps:\n"
        "- include: {file: ../say.yaml, set: {text: '${text}', meter: null}}\n"
        "- include: ../say.yaml\n",
    )
    text = f"{HEAD}parameters: {{word: B}}\nsteps:\n- include:\n    file: parts/deep/twice.yaml\n"
    scenario = load(
        folder.write("s.yaml", text + "    set: {text: '${word}'}"), {"word": "C"}
    )
    messages = [step.send_message for step in scenario.content.steps]
    assert [body.text for body in messages if body] == ["C", "HELLO"]
    assert {place.file for place in scenario.places} == {"parts/say.yaml"}


def test_a_world_comes_from_a_file_and_own_keys_win(folder: Folder) -> None:
    folder.write("parts/data/cars.csv", "")
    folder.write("feeder.csv", "time,p\n2024-01-09T00:00:00Z,1\n")
    folder.write(
        "parts/street.yaml",
        "parameters:\n  houses: 4\n  load: {type: file, default: data/cars.csv}\n"
        "world:\n  start: 2024-01-27T17:00:00Z\n  stations: ${houses}\n"
        "  compare: [none, headroom]\n  sessions: data/cars.csv\n  feeder: ${load}\n",
    )
    world = load(
        folder.write(
            "s.yaml",
            "scenario: t\nworld:\n"
            "  include: {file: parts/street.yaml, set: {houses: 8, load: feeder.csv}}\n"
            "  standard: smr-5.0\n  controller: threshold\nsteps: [run_until: end]\n",
        )
    ).world
    assert (world.stations, world.standard) == (8, Standard.SMR_5_0)
    assert world.controllers == (Controller.THRESHOLD,)
    assert world.sessions == folder.path / "parts/data/cars.csv"
    assert world.feeder == folder.path / "feeder.csv"


def test_the_default_of_a_path_counts_from_its_part(folder: Folder) -> None:
    folder.write("parts/data/cars.csv", "")
    folder.write(
        "parts/street.yaml",
        "parameters: {cars: {type: file, default: data/cars.csv}}\n"
        "world: {start: 2024-01-27T17:00:00Z, sessions: '${cars}'}\n",
    )
    text = "scenario: t\nworld: {include: parts/street.yaml}\nsteps: [run_until: end]\n"
    world = load(folder.write("s.yaml", text)).world
    assert world.sessions == folder.path / "parts/data/cars.csv"


@pytest.mark.parametrize(
    ("step", "part", "why"),
    [
        ("include: parts/nix.yaml", PART, "s.yaml:4:12: file: there is no file"),
        ("include: parts", PART, "s.yaml:4:12: file: there is no file"),
        ("include: 3", PART, "s.yaml:4:12: file: 3 should be text"),
        ("include: {fil: p.yaml}", PART, "s.yaml:4:13: unknown key 'fil', did you"),
        (
            "include: {file: p.yaml, set: {metr: 2}}",
            PART,
            "s.yaml:4:33: unknown parameter 'metr', did you mean 'meter'?",
        ),
        (
            "include: {file: p.yaml, set: {meter: two}}",
            PART,
            "s.yaml:4:40: meter: 'two' should be a whole number",
        ),
        (
            "include: {file: p.yaml, set: {text: [A]}}",
            PART,
            "s.yaml:4:39: text: should be a single value",
        ),
        (
            "include: {file: p.yaml, set: {meter: 3}}",
            PART,
            "p.yaml:6:27: there is no meter 3: the last is 2",
        ),
        (
            "include: p.yaml",
            PART.replace("text: HELLO", "txt: H"),
            "p.yaml:7:43: unknown key 'txt', did you mean 'text'?",
        ),
        ("include: p.yaml", "steps: [{run_for: '${x}'}]", "p.yaml:1:19: unknown para"),
        ("include: p.yaml", "steps: 3", "p.yaml:1:8: steps: should be a list"),
        ("include: p.yaml", "description: A", "s.yaml:4:12: p.yaml has no steps"),
        ("include: p.yaml", "- 1", "s.yaml:4:12: p.yaml has no steps"),
        ("include: p.yaml", "steps: [", "p.yaml:1:9: not YAML"),
        (
            "include: p.yaml",
            f"world: {{}}\n{PART}",
            "p.yaml:1:1: unknown key 'world', in a part with steps",
        ),
        (
            "include: p.yaml",
            "steps: [include: s.yaml]",
            "p.yaml:1:18: a file cannot include itself: s.yaml → p.yaml → s.yaml",
        ),
        (
            "include: p.yaml\n  note: x",
            PART,
            "s.yaml:4:3: include is a step of its own",
        ),
    ],
)
def test_what_is_wrong_is_said_of_the_file_where_it_stands(
    folder: Folder, step: str, part: str, why: str
) -> None:
    folder.write("p.yaml", part)
    assert folder.faults(f"{HEAD}steps:\n- {step}\n")[0].startswith(why)


def test_a_world_that_is_none_is_found(folder: Folder) -> None:
    folder.write("p.yaml", "world: 3\n")
    text = "scenario: t\nworld: {include: p.yaml}\nsteps: [run_until: end]\n"
    assert "p.yaml:1:8: world: should be a mapping of keys to values" in folder.faults(
        text
    )


def test_parts_are_not_nested_without_end(folder: Folder) -> None:
    for n in range(12):
        folder.write(f"p{n}.yaml", f"steps:\n- note: a\n- include: p{n + 1}.yaml\n")
    folder.write("p12.yaml", "steps: [note: a]\n")
    (fault,) = folder.faults(f"{HEAD}steps:\n- include: p0.yaml\n")
    assert fault.startswith("p7.yaml:3:12: nested deeper than 8 files: s.yaml → p0")
    load(folder.write("s.yaml", f"{HEAD}steps:\n- include: p5.yaml\n"))


def test_parts_cannot_multiply_without_end(folder: Folder) -> None:
    for n in range(7):
        folder.write(f"p{n}.yaml", "steps:\n" + f"- include: p{n + 1}.yaml\n" * 20)
    folder.write("p7.yaml", "steps: [note: a]\n")
    faults = folder.faults(f"{HEAD}steps:\n- include: p0.yaml\n")
    assert any(f"more than {MAX_VALUES} values" in fault for fault in faults)


def test_a_scenario_of_a_wrong_part_is_a_scenario_error(folder: Folder) -> None:
    folder.write("p.yaml", "\x00")
    with pytest.raises(ScenarioError, match=re.escape("p.yaml:1:1: not YAML")):
        load(folder.write("s.yaml", f"{HEAD}steps:\n- include: p.yaml\n"))
