"""The manual of scenarios, and the files that come along, are as the language is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meters.behaviour.injections import What
from scenarios.acting.steps import Step
from scenarios.expecting.eyes import EYES
from scenarios.expecting.sights import GATEWAY, METER, STATION, TELEGRAM, TRANSFORMER
from scenarios.language.document import load, parse, read, scenarios_of
from scenarios.language.settings import WorldSettings
from scenarios.playing.event_log import EVENTS
from scenarios.playing.kpis import KPIS
from scenarios.playing.results import Hop
from wire.cosem.events import Log

HEAD = "scenario: t\nworld: {start: 2024-01-27T00:00:00+01:00, stations: 2}\n"
FILES = Path(__file__).parents[3] / "scenarios" / "files"


def manual() -> str:
    """The page that says how a scenario is written."""
    return (FILES.parents[1] / "docs" / "scenarios.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(FILES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_files_that_come_along_are_valid(path: Path) -> None:
    assert load(path).name == path.stem


def test_the_page_lists_the_files_that_come_along() -> None:
    page = manual()
    listed = re.findall(r"^\| `(\w+\.yaml)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in FILES.glob("*.yaml"))


def test_the_example_of_the_manual_is_valid() -> None:
    page = manual()
    example = page.split("```yaml\n")[1].split("```")[0]
    scenario = parse(example, Path("docs/scenarios.md"))
    assert scenario.name == "first" and len(scenario.content.steps) == 4


def test_the_parts_and_the_matrix_of_the_manual_are_valid(tmp_path: Path) -> None:
    page = manual()
    blocks = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]
    matrix = next(block for block in blocks if "matrix:" in block)
    charge = next(block for block in blocks if "# parts/charge.yaml" in block)
    asked = next(block for block in blocks if "include: parts/charge.yaml" in block)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "charge.yaml").write_text(charge)
    path = tmp_path / "s.yaml"
    path.write_text(f"scenario: t\n{matrix}{asked}")
    assert len(scenarios_of(read(path))) == 18
    assert len(load(path).content.steps) == 6


def test_the_manual_s_other_steps_are_valid() -> None:
    page = manual()
    blocks = [block.split("```")[0] for block in page.split("```yaml\n")[2:]]
    steps = [block for block in blocks if block.startswith("  - ")]
    for block in (block for block in steps if "include:" not in block):
        parse(f"{HEAD}steps:\n{block}", Path("docs/scenarios.md"))
    assert len(steps) > 1


def test_the_manual_names_every_step_setting_and_key_figure() -> None:
    page = manual()
    names = [*Step.model_fields, *WorldSettings.model_fields, *KPIS, *What, *Log]
    assert [name for name in names if name not in page] == []


def test_the_manual_names_all_that_can_be_seen() -> None:
    page = manual()
    names = [*EYES, *EVENTS, *(hop.name.lower() for hop in Hop)]
    names += [*METER, *STATION, *GATEWAY, *TRANSFORMER, *TELEGRAM]
    others = [name for name in names if not name.endswith(("_l2", "_l3"))]
    assert [name for name in others if f"`{name}" not in page] == []
