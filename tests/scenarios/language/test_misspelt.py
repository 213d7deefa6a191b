"""Misspelt words anywhere in a scenario: each has its place, and the word that may be meant."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from scenarios.acting.steps import Step
from scenarios.expecting.expectations import Expectation
from scenarios.language.complaints import MOST, Faults
from scenarios.language.document import parse
from scenarios.language.values import Model

GAS = "G0042000000000118"
WORLD = (
    "{start: 2024-01-27T00:00:00Z, stations: 2, devices: "
    f"[{{equipment_id: {GAS}, medium: gas}}]}}"
)


def faults(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        parse(text, Path("f.yaml"))
    return [str(fault) for fault in caught.value.found]


@pytest.mark.parametrize(
    ("head", "meant"),
    [
        ("descripton: x", "description"),
        ("tag: [p3]", "tags"),
        ("matix: {x: [1]}", "matrix"),
        ("matrix: {xx: [1]}\nparameters: {xxx: 1}", "xxx"),
        ("parameters: {x: {defalt: 1}}", "default"),
        ("parameters: {x: {default: 1, type: intger}}", "integer"),
        ("parameters: {x: {default: aa, choices: [aab, ccc]}}", "aab"),
    ],
)
def test_a_misspelt_word_of_the_head(head: str, meant: str) -> None:
    text = f"scenario: t\nworld: {WORLD}\nsteps: [{{run_for: 1s}}]\n{head}\n"
    (fault,) = faults(text)
    assert fault.startswith("f.yaml:4:") and f"did you mean {meant!r}?" in fault


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("loos: 0.5", "loss"),
        ("standard: dsmr-4.22", "dsmr-4.2.2"),
        ("controller: hedroom", "headroom"),
        ("compare: [none, treshold]", "threshold"),
        ("on_alarm: cler", "clear"),
        (f"devices: [{{equipment_id: {GAS}, medium: gass}}]", "gas"),
        (f"devices: [{{equipment_id: {GAS}, medium: gas, link: wirelss}}]", "wireless"),
        (f"devices: [{{equipment_id: {GAS}, medium: gas, valv: none}}]", "valve"),
        ("includ: a.yaml", "include"),
    ],
)
def test_a_misspelt_word_of_the_world(setting: str, meant: str) -> None:
    text = f"scenario: t\nworld:\n  start: 2024-01-27T00:00:00Z\n  {setting}\n"
    (fault,) = faults(f"{text}steps: [{{run_for: 1s}}]\n")
    assert fault.startswith("f.yaml:4:") and f"did you mean {meant!r}?" in fault


STEPS = [
    ("run_fro: 1h", "run_for"),
    ("incldue: a.yaml", "include"),
    ("send_mesage: {text: A}", "send_message"),
    ("send_message: {txt: A}", "text"),
    ("send_message: {repeat: {text: A, lenght: 3}}", "length"),
    (
        "send_message: {profile: {valid_form: +0s, valid_to: +1h, periods: []}}",
        "valid_from",
    ),
    (
        "send_message: {profile: {valid_from: +0s, valid_to: +1h, "
        "periods: [{start: +0s, max_v: 1}]}}",
        "max_w",
    ),
    ("read: {object: consumer_mesage}", "consumer_message"),
    ('read: {object: "clock:time_zon"}', "time_zone"),
    ("write: {object: consumer_mesage, value: 1}", "consumer_message"),
    ('act: {object: "image_transfer:image_activat"}', "image_activate"),
    ("operate: {operation: set_clok}", "set_clock"),
    ("operate: {operation: interval, arguments: {frm: 2024-01-02}}", "from"),
    ("operate: {operaton: set_clock}", "operation"),
    ("operate: {operation: set_clok, arguments: {clok: 1}}", "set_clock"),
    ("press_button: {to: opn}", "open"),
    ("set_load: {power: [1, 2, 3]}", "power_w"),
    ("inject: {what: voltage_sagg}", "voltage_sag"),
    ("inject: {what: voltage_sag, phas: 1}", "phase"),
    ("wake_up: {by: cal, number: '1'}", "call"),
    ("authenticate_by: hls", "hls5"),
    ("plug_car: {energy_kw: 9, max_w: 1}", "energy_kwh"),
    ("attach_device: {device: G0042000000000119}", GAS),
    (f"inject_device: {{device: {GAS}, what: frawd}}", "fraud"),
    (f"move_valve: {{device: {GAS}, to: clsed}}", "closed"),
    (f"disturb_device: {{device: {GAS}, lots: 1}}", "lost"),
    ("disturb_feeder: {fault: swaped_phases}", "swapped_phases"),
    ("hand_in: {operation: clok}", "clock"),
    ("hand_in: {operation: interval, arguments: {frm: 2024-01-02}}", "from"),
    ("hand_in: {operation: clock, prioritty: 1}", "priority"),
    ("add_schedule: {operation: clok, every: 1h}", "clock"),
    ("write_register: {name: aplied_limit, value: 1}", "applied_limit"),
    ("inject_unit: {faults: [temprature]}", "temperature"),
]
EXPECTATIONS = [
    ("{p1_txt: {text: A}}", "p1_text"),
    ("{p1_text: {slient: true}}", "silent"),
    ("{p1_text: {text: A}, withn: 1s}", "within"),
    ("{object: {object: consumer_mesage, equals: 1}}", "consumer_message"),
    ("{object: {object: clock, equal: 1}}", "equals"),
    ("{log: {log: standard_event_lg, has: 1}}", "standard_event_log"),
    ("{push: {alarm: power_upp}}", "power_up"),
    ("{register: {name: aplied_limit, equals: 1}}", "applied_limit"),
    ("{refused: {raed: {object: clock}}}", "read"),
    ("{refused: {read: {object: clok}}}", "clock"),
    ("{refused: {read: {object: clock}, by: metr}}", "meter"),
    ("{answer: {operation: firmwre, item: a, equals: 1}}", "firmware"),
    ("{answer: {operation: firmware, itm: a, equals: 1}}", "item"),
    (f"{{device: {{device: {GAS}, item: redding, equals: 1}}}}", "reading"),
    ("{stored: {chanel: 1}}", "channel"),
    ("{meter: {item: powerd, equals: true}}", "powered"),
    ("{station: {item: limt, equals: 1}}", "limit"),
    ("{gateway: {item: journl, equals: 1}}", "journal"),
    ("{event: {what: mesage}}", "message"),
    ("{event: {what: message, fields: {reslt: a}}}", "result"),
    ("{job: {operation: clok, item: state, equals: done}}", "clock"),
    ("{job: {operation: clock, item: stat, equals: done}}", "state"),
    ("{jobs: {sate: done}}", "state"),
    ("{latency: {figure: median, to: aplied, max: 1}}", "applied"),
    ("{kpi: {name: max_pi, max: 1}}", "max_pu"),
    ("{kpi: {name: max_pu, max: 1, run: non}}", "none"),
]


@pytest.mark.parametrize(
    ("step", "meant"),
    STEPS + [(f"expect: {expected}", meant) for expected, meant in EXPECTATIONS],
)
def test_a_misspelt_word_of_a_step(step: str, meant: str) -> None:
    first, *_ = faults(f"scenario: t\nworld: {WORLD}\nsteps:\n- {step}\n")
    assert first.startswith("f.yaml:4:") and f"did you mean {meant!r}?" in first


def keys_of(annotation: object) -> list[str]:
    """The keys of the model that a field takes, if it takes one."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        fields = annotation.model_fields.items()
        return [field.alias or name for name, field in fields]
    return [key for inner in get_args(annotation) for key in keys_of(inner)]


def kinds_of(model: type[Model]) -> list[tuple[str, list[str]]]:
    """The kinds of steps, or of expectations, each with the keys below it."""
    return [
        (field.alias or name, keys_of(field.annotation))
        for name, field in model.model_fields.items()
    ]


def without_a_letter(word: str) -> str:
    middle = len(word) // 2
    return word[:middle] + word[middle + 1 :]


@pytest.mark.parametrize(
    ("opening", "kinds"),
    [("{", kinds_of(Step)), ("{expect: {", kinds_of(Expectation))],
    ids=["steps", "expectations"],
)
def test_every_key_of_every_kind_is_meant_when_a_letter_is_missing(
    opening: str, kinds: list[tuple[str, list[str]]]
) -> None:
    closing = "}" * opening.count("{")
    head = f"scenario: t\nworld: {WORLD}\nsteps:\n- "
    unmeant = []
    for kind, keys in kinds:
        found = faults(f"{head}{opening}{without_a_letter(kind)}: 1{closing}")
        if not any("did you mean" in fault for fault in found):
            unmeant.append(kind)
        for key in keys:
            body = f"{kind}: {{{without_a_letter(key)}: 1}}"
            found = faults(f"{head}{opening}{body}{closing}")
            if not any("did you mean" in fault for fault in found):
                unmeant.append(f"{kind}: {key}")
    assert unmeant == []


def test_what_the_head_end_is_to_refuse_may_be_no_word_at_all() -> None:
    text = f"scenario: t\nworld: {WORLD}\nsteps:\n"
    for command in ("read: {object: nix}", "operate: {operation: dance}"):
        parse(
            f"{text}- expect: {{refused: {{{command}, by: head-end}}}}\n",
            Path("f.yaml"),
        )


def test_what_only_another_standard_has_is_a_matter_of_the_play() -> None:
    step = 'act: {object: "disconnect_control:remote_connect"}'
    text = f"scenario: t\nworld: {WORLD}\nsteps:\n- {step}\n"
    assert parse(text, Path("f.yaml")).world.standard == "dsmr-4.2.2"


def test_all_that_is_wrong_is_said_in_the_order_of_the_lines() -> None:
    text = (
        "scenario: t\nseed: -1\nparameters: {a: {default: 1, type: txt}}\n"
        "world:\n  start: 2024-01-27T00:00:00Z\n  loss: 2\nsteps:\n"
        "- run_for: 1x\n- note: ${b}\n- run_for: ${a}\n- run_fro: 1h\n"
        "- expect: {kpi: {name: max_pi, max: 1}}\n- read: {object: nix}\n"
        "- set_load: {power_w: [1, 2], meter: x}\n- power_off: {meter: 2}\n"
    )
    found = faults(text)
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines)
    # The world is wrong, so that nothing can be held against it: 13 and 15 may be right.
    assert lines == [2, 3, 6, 8, 9, 10, 11, 12, 14, 14]


def test_a_place_has_one_complaint() -> None:
    text = f"scenario: t\nworld: {WORLD}\nsteps:\n- run_for: ${{soon}}\n"
    assert faults(text) == ["f.yaml:4:12: unknown parameter 'soon'"]


def test_no_more_are_said_than_a_person_reads() -> None:
    steps = "- run_for: 1x\n" * (MOST + 7)
    with pytest.raises(Faults) as caught:
        parse(f"scenario: t\nworld: {WORLD}\nsteps:\n{steps}", Path("f.yaml"))
    assert len(caught.value.found) == MOST and caught.value.left_out == 7
    assert str(caught.value).startswith("f.yaml:4:12: run_for")
