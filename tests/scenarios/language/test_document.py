"""Scenario files: what is accepted, and where each mistake is said to be."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.language.document import load, parse
from scenarios.language.settings import Controller
from scenarios.world.feeder import Feeder
from wire.errors import ConfigError, ScenarioError

HEAD = "scenario: t\nworld: {start: 2024-01-27T00:00:00+01:00, stations: 2}\n"


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse(text, Path("f.yaml"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("steps", "where_and_why"),
    [
        ("- run_fro: 1h", "4:3: unknown key 'run_fro', did you mean 'run_for'?"),
        ("- run_for: 10", "4:12: run_for: 10 lacks its unit: write 10s, 10m or 10h"),
        ("- run_for: soon", "4:12: run_for: 'soon' is not a duration"),
        ("- run_for: [1]", "4:12: run_for: [1] should be text such as 15s"),
        ("- run_for: 900d", "4:12: run_for: 900d is more than 366 days"),
        (
            "- run_for: 1h\n  note: x",
            "4:3: note and run_for are steps: '- ' before each",
        ),
        ("- run_for:", "4:3: run_for needs a value"),
        ("- {}", "4:3: needs one of: note, run_for"),
        ("- 3", "4:3: steps: should be a mapping"),
        ("- run_until: tomorrow", "4:14: run_until: 'tomorrow' is not a date"),
        ("- run_until: 2024-01-28T00:00:00", "4:14: run_until: '2024-01-28T00:00:00' "),
        ("- send_message: {meter: 3, text: A}", "4:25: there is no meter 3"),
        ("- send_message: {meter: 0, text: A}", "4:25: meter: should be greater"),
        ("- send_message: {meter: x, text: A}", "4:25: meter: should be a whole numb"),
        ("- send_message: {text: 12}", "4:24: text: should be text; put it in quotes"),
        (
            "- send_message: {text: A, clear: true}",
            "4:17: send_message: text and clear",
        ),
        ("- send_message: {repeat: {text: A, lenght: 3}}", "did you mean 'length'?"),
        ("- send_message: {}", "4:17: send_message: needs one of: text, repeat"),
        (
            "- send_message: {profile: {valid_from: +0s, valid_to: +1h, periods: []}}",
            "periods: needs at least 1 items",
        ),
        (
            "- send_message:\n    profile:\n      valid_from: +0s\n      valid_to: +1h\n"
            "      periods: [{start: +2h, max_w: 1}]",
            "6:7: profile: a period starts outside",
        ),
        (
            "- expect: {kpi: {name: max_pi, max: 1}}",
            "4:24: unknown key figure 'max_pi'",
        ),
        (
            "- expect: {kpi: {name: max_pu, max: 1, run: headroom}}",
            "4:45: no run with controller 'headroom' is played",
        ),
        (
            "- expect: {register: {name: aplied_limit, equals: 1}}",
            "4:29: unknown register 'aplied_limit', did you mean 'applied_limit'?",
        ),
        ("- expect: {register: {name: status}}", "needs either equals, or min"),
        (
            "- expect: {register: {name: power, min: 9, max: 3}}",
            "4:22: register: nothing lies between min 9 and max 3",
        ),
        (
            "- expect: {kpi: {name: max_pu, min: 2, max: 1}}",
            "4:17: kpi: nothing lies between min 2 and max 1",
        ),
        (
            "- expect: {kpi: {name: max_pu, max: 1, tolerance: 1}}",
            "4:17: kpi: tolerance goes with a number that it equals",
        ),
        ("- expect: {kpi: {name: max_pu}}", "needs equals, min, max or below_run"),
        (
            "- expect: {refused: {read: {object: x}, by: me}}",
            "by: should be 'head-end', 'meter', 'unit' or 'transport', not 'me'",
        ),
        (
            "- run_until: 2023-01-27T18:00:00Z",
            "4:14: run_until: 2023-01-27T18:00:00+00:00 has passed by then",
        ),
        (
            "- run_until: 2024-01-28T00:00:00Z\n- run_until: 2024-01-27T00:00:00Z",
            "5:14: run_until: 2024-01-27T00:00:00+00:00 has passed by then",
        ),
        ("- power_off: {meter: true}", "meter: should be a whole number, not true"),
        ("- expect: {registr: {name: x}}", "did you mean 'register'?"),
        ("- expect: {kpi: {name: max_pu, max: 1}, within: 5s}", "within does not go"),
        ("- expect: {refused: {read: {meter: 9, object: x}}}", "there is no meter 9"),
        ("- press_button: {to: shut}", "4:22: to: should be 'open' or 'close'"),
        ("- press_button: {meter: 1}", "4:17: 'to' is missing"),
        ("- act: {meter: 3, object: x}", "4:16: there is no meter 3"),
        ("- set_load: {power_w: [1, 2]}", "4:23: power_w: needs at least 3 items"),
        ("- set_load: {power_w: [1, 2, 3.5]}", "power_w: should be a whole number"),
        (
            "- set_load: {power_w: [1, 2, 3], reactive_var: [1, 2]}",
            ": reactive_var: needs at least 3 items",
        ),
        (
            "- set_load: {power_w: [1, 2, 3], reactive_var: [1, 2, 1000001]}",
            "reactive_var: should be less than or equal to 1000000",
        ),
        ("- inject: {what: flood}", "4:18: what: should be 'terminal_cover_removed', "),
        ("- inject: {meter: 1}", "what"),
        (
            "- inject: {what: ram_error, phase: 2}",
            "phase does not go with ram_error",
        ),
        (
            "- inject: {what: voltage_sag, phase: 4}",
            "phase: ",
        ),
        ("- inject: {what: voltage_sag, lasts: 500ms}", "lasts is 1s or more"),
        ("- inject: {what: voltage_sag, voltage_v: -1}", "voltage_v: "),
        ("- inject: {what: voltage_sag, percent: 9}", "percent does not go with"),
        ("- inject: {what: thd, voltage_v: 9}", "voltage_v does not go with"),
        ("- inject: {what: thd, percent: 1001}", "percent: "),
        ("- expect: {log: {log: standard_event_log}}", "needs has, times or both"),
        (
            "- expect: {log: {log: diary, has: 1}}",
            "or 'mbus_control_log_4', not 'diary'",
        ),
        ("- expect: {log: {log: standard_event_log, has: 256}}", "has: "),
        (
            "- expect: {log: {log: power_failure_log, has: 1}}",
            "the rows of power_failure_log have no code",
        ),
        ("- wake_up: {by: post, number: '1'}", "by: should be 'call' or 'sms'"),
        ("- wake_up: {by: sms, number: me}", "number: "),
        ("- expect: {push: {alarm: fire}}", "no alarm is called 'fire'"),
        ("- expect: {push: {times: -1}}", "times: "),
        ("- plug_car: {energy_kwh: 9, max_w: 1, phases: 2}", "on 1 or 3 phases"),
        ("- run_for: ${long}", "4:12: unknown parameter 'long'"),
        ("- note: some ${thing}", "must be the whole value"),
    ],
)
def test_a_wrong_step_is_found(steps: str, where_and_why: str) -> None:
    message = complaint(f"{HEAD}steps:\n{steps}\n")
    assert message.startswith("f.yaml:") and where_and_why in message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 1", "f.yaml:1:1: a scenario is a mapping"),
        ("scenario: t\nsteps: [{run_for: 1s}]", "f.yaml:1:1: 'world' is missing"),
        (HEAD + "stepz: []", "f.yaml:3:1: unknown key 'stepz', did you mean 'steps'?"),
        (HEAD + "steps: []", "f.yaml:3:8: steps: needs at least 1 items"),
        (HEAD + "steps: 3", "f.yaml:3:8: steps: should be a list, not 3"),
        (HEAD + "steps:", "f.yaml:3:7: steps: should be a list, not nothing"),
        (
            "scenario: T 1\nworld: {start: 2024-01-27T00:00:00Z}\nsteps: [{run_for: 1s}]",
            "f.yaml:1:11: scenario: should be lower-case letters, digits, _ and -",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, compare: [none, none]}\n"
            "steps: [{run_for: 1s}]",
            "f.yaml:2:47: compare: each controller is played once",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, controller: none,\n"
            "  compare: [none]}\nsteps: [{run_for: 1s}]",
            "controller and compare exclude each other",
        ),
        (HEAD + "version: 2\nsteps: [{run_for: 1s}]", "f.yaml:3:10: version"),
        (HEAD + "seed: -1\nsteps: [{run_for: 1s}]", "f.yaml:3:7: seed"),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, feeder: nix.csv}\n"
            "steps: [{run_for: 1s}]",
            "f.yaml:2:46: feeder: there is no file",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00, days: true}\n"
            "steps: [{run_for: 1s}]",
            "f.yaml:2:16: start: '2024-01-27T00:00:00' lacks its offset",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, days: true}\n"
            "steps: [{run_for: 1s}]",
            "f.yaml:2:44: days: should be a number, not true",
        ),
        (
            "scenario: t\nworld: {start: 2024-01-27T00:00:00Z, loss: 1.5}\n"
            "steps: [{run_for: 1s}]",
            "f.yaml:2:44: loss",
        ),
        (HEAD + "parameters: {Days: 3}\nsteps: [{run_for: 1s}]", "f.yaml:3:14: 'Days'"),
        (
            HEAD + "parameters: {d: {default: 3, type: txt}}\nsteps: [{run_for: 1s}]",
            "f.yaml:3:36: type: should be 'text', 'integer'",
        ),
        (
            HEAD + "parameters: {d: {default: 3, type: text}}\nsteps: [{run_for: 1s}]",
            "f.yaml:3:17: 3 should be text",
        ),
    ],
)
def test_a_wrong_head_is_found(text: str, why: str) -> None:
    assert why in complaint(text)


PARAMETERS = (
    "scenario: t\nparameters:\n  days: 2\n  share: 0.5\n  who: none\n  long: 1h\n"
    "  fast: {type: boolean, default: false}\n"
    "  wait: {type: duration, default: 1h}\n"
    "  which: {default: b, choices: [a, b]}\n"
    "world: {start: 2024-01-27T00:00:00Z, days: '${days}', controller: '${who}',\n"
    "  loss: '${share}'}\nsteps: [{run_for: '${wait}'}]"
)


def test_a_parameter_stands_for_a_whole_value_of_its_type() -> None:
    given = {"days": "3", "share": "1", "who": "headroom", "wait": "90s", "fast": "yes"}
    scenario = parse(PARAMETERS, Path("f.yaml"), given)
    assert scenario.world.days == 3 and scenario.world.loss == 1
    assert scenario.world.controller is Controller.HEADROOM
    assert scenario.content.steps[0].run_for == timedelta(seconds=90)
    assert scenario.parameters["fast"] is True


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("day", "1", "--set day: unknown parameter 'day', did you mean 'days'?"),
        ("days", "x", "--set days: 'x' should be a whole number"),
        ("days", "1.5", "--set days: '1.5' should be a whole number"),
        ("days", "9" * 400, "9' should be a whole number"),
        ("share", "nix", "--set share: 'nix' should be a number"),
        ("share", "nan", "--set share: 'nan' should be a number"),
        ("share", "-inf", "--set share: '-inf' should be a number"),
        ("fast", "maybe", "--set fast: 'maybe' should be true or false"),
        ("wait", "5", "--set wait: '5' is not a duration"),
        ("which", "c", "--set which: 'c' should be one of: a, b"),
    ],
)
def test_a_wrong_override_names_the_parameter(name: str, value: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(PARAMETERS, Path("f.yaml"), {name: value})
    assert why in str(caught.value)


def test_an_override_of_the_wrong_meaning_is_found_where_it_is_used() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(PARAMETERS, Path("f.yaml"), {"who": "nobody"})
    assert "f.yaml:10:" in str(caught.value) and "'nobody'" in str(caught.value)


def test_paths_count_from_the_scenario_and_start_may_come_from_the_feeder(
    tmp_path: Path,
) -> None:
    (tmp_path / "feeder.csv").write_text("time,p\n2024-01-09T00:00:00Z,1\n")
    (tmp_path / "s.yaml").write_text(
        "scenario: t\nparameters: {f: {type: file, default: feeder.csv}}\n"
        "world: {feeder: '${f}'}\nsteps: [{run_until: end}]"
    )
    world = load(tmp_path / "s.yaml").world
    assert world.feeder == tmp_path / "feeder.csv"
    assert world.start == datetime(2024, 1, 9, tzinfo=timezone.utc)
    other = tmp_path / "other.csv"
    other.write_text("time,p\n2024-02-01T00:00:00Z,1\n")
    changed = load(tmp_path / "s.yaml", {"f": str(other)}).world
    assert changed.feeder == other and changed.start.month == 2


def test_a_feeder_without_a_time_gives_no_start(tmp_path: Path) -> None:
    (tmp_path / "feeder.csv").write_bytes(b"\xff\xfe,\n")
    text = "scenario: t\nworld: {feeder: feeder.csv}\nsteps: [{run_until: end}]"
    with pytest.raises(
        ScenarioError, match="2:8: .*start is missing, and .*feeder.csv"
    ):
        parse(text, tmp_path / "s.yaml")
    with pytest.raises(ScenarioError, match="2:8: .*start is missing, and .*nix.csv"):
        parse(text.replace("feeder.csv", "nix.csv"), tmp_path / "s.yaml")


def test_a_feeder_in_other_columns_gives_its_start(tmp_path: Path) -> None:
    columns = {
        name: ", ".join(f"L{phase}: {name[0]}{phase}" for phase in (1, 2, 3))
        for name in ("voltage", "current", "power")
    }
    (tmp_path / "box.yaml").write_text(
        "time: {column: t, zone: Europe/Amsterdam, marks: end}\n"
        f"voltage: {{{columns['voltage']}, unit: V}}\n"
        f"current: {{{columns['current']}, unit: A}}\n"
        f"power: {{{columns['power']}, unit: kW}}\n"
    )
    (tmp_path / "box.csv").write_text(
        "t,v1,c1,p1,v2,c2,p2,v3,c3,p3\n2024-07-01T02:15" + ",230,10,2.3" * 3 + "\n"
    )
    text = (
        "scenario: t\nworld: {feeder: box.csv, feeder_mapping: box.yaml}\n"
        "steps: [{run_until: end}]"
    )
    world = parse(text, tmp_path / "s.yaml").world
    assert world.start == datetime(2024, 7, 1, tzinfo=timezone.utc)
    feeder = Feeder(world.feeder, world.feeder_mapping)
    assert feeder.power_w(int(world.start.timestamp())) == (2300, 2300, 2300)
    (tmp_path / "box.yaml").write_text("time: t\n")
    with pytest.raises(
        ScenarioError,
        match=r"2:8: left out, start is the first time, and .*box.yaml:1:1: time is",
    ):
        parse(text, tmp_path / "s.yaml")


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        load(tmp_path / "nix.yaml")
    with pytest.raises(ScenarioError, match="directory"):
        load(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"scenario: t\nnote: caf\xe9\n")
    with pytest.raises(ScenarioError, match=r"latin.yaml:2:10: is not UTF-8 here"):
        load(tmp_path / "latin.yaml")


def test_a_seed_from_outside_wins() -> None:
    text = HEAD + "seed: 5\nsteps: [{run_for: 1s}]"
    assert parse(text, Path("f")).seed == 5
    assert parse(text, Path("f"), seed=9).seed == 9


SMALL = (
    HEAD
    + "parameters: {d: 2}\nsteps:\n- send_message: {meter: 1, repeat: {text: A, length: 9}}\n"
    + "- expect: {p1_text: {sent: true}, within: 15s}\n- run_until: end\n"
    + "- set_load: {power_w: [1, 2, 3]}\n"
    + "- expect: {kpi: {name: max_pu, max: 1}}\n"
)


@settings(max_examples=150)
@given(
    st.integers(0, len(SMALL) - 1),
    st.integers(0, 12),
    st.text(st.sampled_from("ab1.-:[]{}$!&*'\"\n #,~"), max_size=4),
)
def test_a_damaged_file_is_a_scenario_or_a_scenario_error(
    at: int, cut: int, put: str
) -> None:
    try:
        parse(SMALL[:at] + put + SMALL[at + cut :], Path("f.yaml"))
    except ScenarioError as error:
        assert str(error).startswith("f.yaml") and "\n" not in str(error)
