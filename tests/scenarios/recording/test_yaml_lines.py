"""What is written as YAML reads back as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.language.document import parse
from scenarios.language.yaml_tree import read_yaml
from scenarios.recording.yaml_lines import WIDTH, Draft, Line, flow, remark
from wire.errors import ScenarioError

# A whole number of more digits is a float for YAML's readers, and no job has one.
NUMBERS = st.integers(-(2**63), 2**64) | st.floats(
    allow_nan=False, allow_infinity=False
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(TEXTS.filter(lambda key: key != "<<"), inner, max_size=4),
    max_leaves=12,
)
WORLD = {"start": "2024-01-27T12:00:00Z"}


def draft(*steps: Line) -> Draft:
    return Draft("t", "d", 1, WORLD, steps)


@given(VALUES)
def test_any_value_reads_back(value: object) -> None:
    assert read_yaml(f"a: {flow(value)}", "").plain() == {"a": value}


@given(TEXTS, VALUES)
def test_any_step_reads_back_on_a_line_or_on_many(text: str, value: object) -> None:
    body = {
        "meter": 1,
        "object": "clock:3",
        "value": {"a": value, "b": {"c": [value, "x" * WIDTH]}},
    }
    remarks = (text, repr(value))
    made = draft(Line({"write": body}, remarks), Line({"note": text}))
    scenario = parse(made.text(), Path("t.yaml"))
    assert scenario.content.steps[0].write is not None
    assert scenario.content.steps[0].write.value == body["value"]
    assert scenario.content.steps[1].note == text


@pytest.mark.parametrize("text", ["${a}", "a ${b} c", "${", "$${x}\n\"'", "${text_1}"])
def test_what_looks_like_a_parameter_is_none(text: str) -> None:
    written = draft(Line({"send_message": {"meter": 1, "text": text}})).text()
    step = parse(written, Path("t.yaml")).content.steps[0]
    assert step.send_message is not None and step.send_message.text == text


@pytest.mark.parametrize(
    "text",
    ["", "on", "Null", "~", "12", "1e5", "0x1F", "a: b", "- a", "# a", "é\u2028"],
)
def test_a_text_stays_a_text(text: str) -> None:
    assert read_yaml(f"[{flow(text)}]", "").plain() == [text]


def test_words_and_times_and_durations_need_no_quotes() -> None:
    plain = ["dsmr-4.2.2", "2024-01-27T12:00:00Z", "1h", "15s", "energy_import"]
    assert flow(plain) == f"[{', '.join(plain)}]"


def test_long_steps_are_laid_out_in_lines() -> None:
    body = {"meter": 1, "operation": "o", "arguments": {"a": "x" * 60, "b": [1] * 40}}
    text = draft(Line({"operate": body})).text()
    assert (
        "  - operate:\n      meter: 1\n      operation: o\n      arguments:\n" in text
    )
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_remark_is_one_line_of_bounded_length() -> None:
    shown = remark("a\nb\x00\x85\ud800" + "x" * 1000)
    assert shown.startswith("# a·b···xxx") and len(shown) < 210
    assert re.fullmatch("# [^\n\r]*", shown)


def test_half_a_character_is_refused_by_the_reader() -> None:
    with pytest.raises(ScenarioError, match="character"):
        read_yaml(f"[{flow(chr(0xD800))}]", "")


def test_what_is_no_value_has_no_place() -> None:
    with pytest.raises(TypeError):
        flow({1, 2})
