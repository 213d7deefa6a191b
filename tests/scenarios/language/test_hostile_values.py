"""Values that a scenario's file can hold and no run could: refused where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.language.document import parse
from wire.errors import ScenarioError

HEAD = "scenario: t\nworld: {start: 2024-01-27T00:00:00+01:00}\n"
INSTANTS = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2000-12-31T23:59:59Z",
    "2001-01-01T00:00:00+01:00",
    "2090-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
]


def refusal(text: str) -> str:
    """What is said of it, in one line."""
    with pytest.raises(ScenarioError) as caught:
        parse(text, Path("f.yaml"))
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_start_that_no_telegram_can_print(instant: str) -> None:
    text = HEAD.replace("2024-01-27T00:00:00+01:00", instant) + "steps: [run_for: 1s]\n"
    assert refusal(text).startswith("f.yaml:2:16: start: ")


@pytest.mark.parametrize("instant", INSTANTS)
def test_an_end_that_never_comes(instant: str) -> None:
    said = refusal(HEAD + f"steps:\n- run_until: {instant}\n")
    assert said.startswith("f.yaml:4:14: run_until: ")


@pytest.mark.parametrize("instant", ["2001-01-01T00:00:00Z", "2089-12-31T23:59:59Z"])
def test_the_first_and_the_last_instant(instant: str) -> None:
    text = HEAD.replace("2024-01-27T00:00:00+01:00", instant) + "steps: [run_for: 1s]\n"
    assert parse(text, Path("f.yaml")).world.start.year in (2001, 2089)


@pytest.mark.parametrize(
    "name", ["x" * 5000, '"a\\0b"', "/", "/dev/zero", "nowhere.csv"]
)
def test_files_that_cannot_be(name: str) -> None:
    text = HEAD.replace("}", f", feeder: {name}}}") + "steps: [run_for: 1s]\n"
    said = refusal(text)
    assert said.startswith("f.yaml:2:51: feeder: ")
    assert len(said) < 300


@pytest.mark.parametrize("octet", ["\x00", "\x1b", "\x7f", "\ufffe"])
def test_a_character_that_yaml_does_not_have_is_placed(octet: str) -> None:
    said = refusal(HEAD + f"steps:\n- note: a{octet}\n")
    assert said.startswith("f.yaml:4:10: not YAML: the character 0x")
