"""Matrices: axes from the file and the command line, their variants, and the scenarios of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.language.complaints import Faults
from scenarios.language.document import Choices, Scenario, scenarios_of, source_of
from scenarios.language.matrix import Axis, axes_of, variants
from scenarios.language.settings import Controller
from wire.errors import ConfigError

HEAD = """\
scenario: t
parameters:
  loss: 0.0
  who: {default: none, choices: [none, threshold, headroom]}
  wait: {type: duration, default: 1h}
  idle: 1
"""
TAIL = """
world: {start: 2024-01-27T17:00:00Z, loss: "${loss}", controller: "${who}"}
steps: [{run_for: "${wait}"}]
"""


def scenarios(matrix: str = "", chosen: Choices = Choices()) -> list[Scenario]:
    text = HEAD + (f"matrix: {matrix}" if matrix else "") + TAIL
    return scenarios_of(source_of(text, Path("f.yaml")), chosen)


def test_without_a_matrix_a_file_is_one_scenario_without_a_variant() -> None:
    (only,) = scenarios()
    assert (only.full_name, only.variant.name, only.variant.values) == ("t", "", {})


def test_every_combination_is_a_variant_the_last_axis_changing_fastest() -> None:
    found = scenarios("{who: [none, headroom], loss: [0, 0.25]}")
    assert [each.variant.name for each in found] == [
        "who-none_loss-0",
        "who-none_loss-0.25",
        "who-headroom_loss-0",
        "who-headroom_loss-0.25",
    ]
    last = found[-1]
    assert last.world.loss == 0.25 and last.world.controller is Controller.HEADROOM
    assert last.parameters == {"loss": 0.25, "who": "headroom", "wait": "1h", "idle": 1}
    assert last.full_name == "t/who-headroom_loss-0.25"
    assert axes_of(each.variant for each in found) == (
        Axis("who", ("none", "headroom")),
        Axis("loss", (0, 0.25)),
    )


def test_seeds_are_an_axis() -> None:
    found = scenarios("{seed: [7, 8]}")
    assert [(each.variant.name, each.seed) for each in found] == [
        ("seed-7", 7),
        ("seed-8", 8),
    ]
    (one,) = scenarios("{seed: [7, 8]}", Choices(seed=3))
    assert one.seed == 3 and one.variant.name == ""


def test_the_command_line_adds_and_replaces_axes_and_what_it_sets_is_none() -> None:
    matrix = "{who: [none, headroom], loss: [0, 0.25]}"
    found = scenarios(matrix, Choices(vary={"loss": "0.5,0.75", "seed": "1,2"}))
    assert len(found) == 8
    assert found[0].variant.values == {"who": "none", "loss": 0.5, "seed": 1}
    fixed = scenarios(matrix, Choices({"who": "threshold"}, vary={"wait": "5m,10m"}))
    assert [each.variant.name for each in fixed][:2] == [
        "loss-0_wait-5m",
        "loss-0_wait-10m",
    ]
    assert {each.world.controller for each in fixed} == {Controller.THRESHOLD}


@pytest.mark.parametrize(
    ("matrix", "why"),
    [
        ("3", "f.yaml:7:9: matrix: should be a mapping"),
        ("{loss: 3}", "f.yaml:7:16: loss: should be a list of values"),
        ("{loss: []}", "f.yaml:7:16: loss: should be a list of values"),
        ("{lost: [1]}", "f.yaml:7:10: unknown parameter 'lost', did you mean 'loss'?"),
        ("{sed: [1]}", "f.yaml:7:10: unknown parameter 'sed', did you mean 'seed'?"),
        ("{loss: [a]}", "f.yaml:7:17: loss: 'a' should be a number"),
        ("{loss: [[1]]}", "f.yaml:7:17: loss: should be a single value"),
        ("{loss: [0, 0.0]}", "f.yaml:7:20: loss: 0.0 stands twice"),
        ("{who: [none, hedroom]}", "did you mean 'headroom'?"),
        (
            "{idle: [1]}",
            "f.yaml:7:10: idle: nothing changes with it, for ${idle} stands",
        ),
        ("{seed: [-1]}", "f.yaml:7:17: seed: -1 should be a whole number from 0"),
        (
            f"{{seed: {list(range(50))}, loss: {[n / 50 for n in range(21)]}}}",
            "f.yaml:7:9: 1050 variants are more than 1000",
        ),
    ],
)
def test_a_wrong_matrix_is_found(matrix: str, why: str) -> None:
    with pytest.raises(Faults) as caught:
        scenarios(matrix)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (Choices(vary={"los": "1"}), "--vary los: unknown parameter 'los', did you"),
        (Choices(vary={"loss": "0,x"}), "--vary loss: 'x' should be a number"),
        (Choices(vary={"loss": "0,"}), "--vary loss: '' should be a number"),
        (Choices(vary={"loss": "0,0.0"}), "--vary loss: a value stands twice"),
        (Choices(vary={"seed": "-1"}), "--vary seed: -1 should be a whole number"),
        (Choices(vary={"idle": "1,2"}), "--vary idle: nothing changes with it"),
        (Choices({"loss": "1"}, vary={"loss": "0"}), "--vary loss: it is set to one"),
        (
            Choices(vary={"seed": ",".join(map(str, range(1001)))}),
            "--vary: 1001 variants are more than 1000",
        ),
    ],
)
def test_a_wrong_axis_on_the_command_line_is_found(chosen: Choices, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        scenarios(chosen=chosen)
    assert why in str(caught.value)


def test_what_is_wrong_with_one_variant_only_names_it() -> None:
    with pytest.raises(Faults) as caught:
        scenarios("{loss: [0.5, 1.5]}")
    assert str(caught.value).startswith("f.yaml:8:44: loss: should be less than or")
    assert str(caught.value).endswith("(in loss 1.5)")


def test_what_is_wrong_with_all_of_them_names_none() -> None:
    text = f"{HEAD}matrix: {{loss: [0, 1]}}{TAIL}note: x\n"
    with pytest.raises(Faults) as caught:
        scenarios_of(source_of(text, Path("f.yaml")))
    assert str(caught.value).startswith("f.yaml:10:1: unknown key 'note'; there are")
    assert "(in " not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((True, False), ["x-true", "x-false"]),
        (("a b", "a/b.csv", "a:b"), ["x-a_b", "x-b", "x-a_b_2"]),
        (("a?", "a!", "a__2"), ["x-a_", "x-a__2", "x-a_2"]),
        (("A", "a"), ["x-A", "x-a_2"]),
        (("..", "", "é"), ["x-_", "x-__2", "x-__3"]),
    ],
)
def test_names_are_fit_for_folders_and_differ(
    values: tuple[str, ...], names: list[str]
) -> None:
    assert [each.name for each in variants([Axis("x", values)])] == names


def test_names_are_not_longer_than_a_folder_s_may_be() -> None:
    axes = [Axis(f"parameter_{n}", ("v" * 60, "w" * 60)) for n in range(5)]
    names = [each.name for each in variants(axes)]
    assert len(set(names)) == 32 and max(map(len, names)) <= 110


def test_a_controller_may_be_looked_at_that_other_variants_play() -> None:
    tail = TAIL + "- expect: {kpi: {name: max_pu, max: 1, run: headroom}}\n"
    text = (
        HEAD
        + "matrix: {who: [none, headroom]}"
        + tail.replace('steps: [{run_for: "${wait}"}]', 'steps:\n- run_for: "${wait}"')
    )
    assert len(scenarios_of(source_of(text, Path("f.yaml")))) == 2
    with pytest.raises(Faults, match="no run with controller 'headroom' is played"):
        scenarios_of(source_of(text.replace("who: [none, headroom]", ""), Path("f")))


def test_all_variants_together_have_no_more_steps_than_memory() -> None:
    steps = "steps:\n" + "- run_for: 1s\n" * 300
    text = HEAD + TAIL.replace('steps: [{run_for: "${wait}"}]', steps)
    chosen = Choices(vary={"seed": ",".join(map(str, range(400)))})
    with pytest.raises(ConfigError) as caught:
        scenarios_of(source_of(text, Path("f.yaml")), chosen)
    assert str(caught.value) == (
        "f.yaml: 400 variants of 300 steps each are more than 100000 steps"
    )
