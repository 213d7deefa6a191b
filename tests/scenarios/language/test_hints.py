"""What a first scenario's writer is told to do about his mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.language.complaints import shape
from scenarios.language.document import parse
from scenarios.language.schema import json_schema
from wire.errors import ConfigError, ScenarioError

HEAD = "scenario: t\nworld: {start: 2024-01-27T00:00:00+01:00, stations: 2}\n"


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse(text, Path("f.yaml"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "where_and_why"),
    [
        ("run_for: 1h\n  note: x", "4:3: note and run_for are steps: '- ' before each"),
        (
            "power_off:\n  meter: 1",
            "5:3: 'meter' stands beside 'power_off'; indent it more, to stand below it",
        ),
        (
            "power_off: {meter:1}",
            "4:15: unknown key 'meter:1', did you mean 'meter'?: a space is missing after",
        ),
        ("power_off: {station: 1}", "4:15: unknown key 'station'; there are: meter"),
        (
            "plug_car: {energy_kwh: 20kWh, max_w: 1}",
            "4:26: energy_kwh: should be a number without unit or quotes, not '20kWh'",
        ),
        (
            'plug_car: {energy_kwh: 20, max_w: "1"}',
            "4:37: max_w: should be a whole number without unit or quotes, not '1'",
        ),
        (
            "plug_car: {energy_kwh: x, max_w: 1}",
            "4:26: energy_kwh: should be a number, not 'x'",
        ),
        (
            "send_message: {profile: {valid_from: +0s, valid_to: 1h, periods: []}}",
            "4:55: valid_to: '1h' is not a date and time such as "
            "2024-01-27T18:00:00+01:00; +10m counts from the step",
        ),
        (
            'expect: {register: {name: power, equals: "4500"}}',
            "4:44: equals: should be a number, not '4500'",
        ),
        (
            "expect: {p1_line: {line: 1.7.0, max: 6}}",
            "4:28: line: should be an OBIS code such as 1-0:1.7.0, not '1.7.0'",
        ),
    ],
)
def test_a_wrong_step_says_what_to_write(step: str, where_and_why: str) -> None:
    assert complaint(f"{HEAD}steps:\n- {step}\n").startswith(f"f.yaml:{where_and_why}")


@pytest.mark.parametrize(
    ("text", "where_and_why"),
    [
        (
            HEAD + "steps: {run_for: 1s}",
            "3:8: steps: should be a list: '- ' before each item, not {'run_for'",
        ),
        (
            "scenario: t\nstart: 2024-01-27T00:00:00Z\nworld: {}\nsteps: []",
            "2:1: unknown key 'start'; there are: scenario, ",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, days: one}\n"
            "steps: [{run_for: 1s}]",
            "2:44: days: should be a number, not 'one'",
        ),
    ],
)
def test_a_wrong_head_says_what_to_write(text: str, where_and_why: str) -> None:
    assert complaint(text).startswith(f"f.yaml:{where_and_why}")


def test_a_parameter_that_is_whole_by_its_default_says_so() -> None:
    text = HEAD + "parameters: {share: 0}\nsteps: [{run_for: 1s}]"
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("f.yaml"), {"share": "0.5"})
    assert str(caught.value) == (
        "--set share: '0.5' should be a whole number, as its default is; "
        "or let that be 0.0"
    )


def _patterns(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


def test_every_pattern_of_the_language_is_told_in_words() -> None:
    # Durations, names of parameters and references have complaints of their own.
    shapes = {
        pattern
        for pattern in _patterns(json_schema())
        if "(ms|s|m|h|d)" not in pattern and "[a-z][a-z0-9_]{0,39}" not in pattern
    }
    assert len(shapes) > 5
    assert [pattern for pattern in shapes if shape(pattern).startswith("like")] == []
