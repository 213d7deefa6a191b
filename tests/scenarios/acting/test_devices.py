"""M-Bus devices in scenarios: what is accepted, what is refused and where, what a step does."""

from __future__ import annotations

from pathlib import Path

import pytest

from meters.p2.faults import Faults
from scenarios.language.document import Scenario, parse
from scenarios.playing.runner import Played
from tests.scenarios.fake_world import FakeWorld
from tests.scenarios.stage import play_in, world_for
from wire.errors import ScenarioError
from wire.mbus.values import Status, ValveState

GAS, OTHER = "G0001234567890113", "G0001999999990113"
HEAD = (
    "scenario: t\nworld:\n  start: 2024-01-27T17:00:00Z\n  stations: 2\n  devices:\n"
    f"    - {{equipment_id: {GAS}, medium: gas, link: wireless}}\n"
)


def scenario(steps: str, head: str = HEAD) -> Scenario:
    return parse(f"{head}steps:\n{steps}", Path("f.yaml"))


def play(steps: str) -> tuple[Played, FakeWorld]:
    it = scenario(steps)
    world = world_for(it)
    return play_in(world, it), world


def complaint(steps: str, head: str = HEAD) -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario(steps, head)
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (
            f"attach_device: {{device: {GAS}, meter: 3}}",
            "8:53: there is no meter 3: the last is 2",
        ),
        (f"note_life: {{device: {GAS}, life: lost}}", "life: should be 'in_store'"),
        ("expect: {keys: {kind: masters}}", "kind: should be 'master'"),
        (
            f"expect: {{books: {{device: {GAS}, item: lif, equals: 1}}}}",
            "did you mean 'life'?",
        ),
        ("detach_device: {device: G1}", "8:27: device: should be"),
        (
            f"detach_device: {{device: {OTHER}}}",
            f"8:27: unknown device '{OTHER}'",
        ),
        ("detach_device: {}", "8:18: 'device' is missing"),
        (f"press_device: {{device: {GAS}, held: 6}}", "held: 6 lacks its unit"),
        (f"press_device: {{device: {GAS}}}", "8:17: 'held' is missing"),
        (f"set_flow: {{device: {GAS}, rate: -1}}", "rate: should be greater"),
        (f"set_flow: {{device: {GAS}, rate: 1.5}}", "rate: should be a whole number"),
        (
            f"set_flow: {{device: {GAS}, rate: 1, temperature_c: 56}}",
            "temperature_c: should be less",
        ),
        (f"inject_device: {{device: {GAS}, what: fire}}", "what: should be 'seal_br"),
        (
            f"inject_device: {{device: {GAS}, what: fraud, seconds: 5}}",
            "seconds goes with clock_deviation",
        ),
        (
            f"inject_device: {{device: {GAS}, what: clock_deviation}}",
            "8:18: inject_device: seconds goes with clock_deviation",
        ),
        (f"move_valve: {{device: {GAS}, to: shut}}", "to: should be 'closed', 'open'"),
        (f"disturb_device: {{device: {GAS}, lost: 101}}", "lost: should be less"),
        (f"disturb_device: {{device: {GAS}, lots: 1}}", "did you mean 'lost'?"),
        ("press_display: {meter: 1}", "'held' is missing"),
        (
            f"expect: {{device: {{device: {GAS}, item: volume, equals: 1}}}}",
            "item: unknown item of a device 'volume'",
        ),
        (
            f"expect: {{device: {{device: {GAS}, item: reading}}}}",
            "8:20: device: needs either equals, or min",
        ),
        (
            f"expect: {{device: {{device: {OTHER}, item: mode, equals: x}}}}",
            "unknown device",
        ),
        ("expect: {p1_line: {line: gas, equals: 1}}", "8:28: line: should be"),
        ("expect: {stored: {times: 1}}", "needs one of: object, channel"),
        ("expect: {stored: {channel: 5}}", "channel: should be less"),
        ("expect: {stored: {channel: 1, min: 2, max: 1}}", "nothing lies between"),
        ("expect: {meter_display: {equals: abc}}", "equals: should be"),
    ],
)
def test_a_wrong_step_is_found(step: str, why: str) -> None:
    message = complaint(f"- {step}\n")
    assert message.startswith("f.yaml:8:") and why in message


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{medium: gas}", "7:7: 'equipment_id' is missing"),
        (f"{{equipment_id: {OTHER}}}", "7:7: 'medium' is missing"),
        ("{equipment_id: G1, medium: gas}", "7:22: equipment_id: should be"),
        (f"{{equipment_id: {OTHER}, medium: oil}}", "7:49: medium: should be 'gas', "),
        (
            f"{{equipment_id: {OTHER}, medium: gas, size: G5}}",
            "7:7: a gas meter has size G4, G6, G10, G16, G25, not 'G5'",
        ),
        (
            f"{{equipment_id: {OTHER}, medium: gas, valve: locked}}",
            "7:7: valves are in gas meters up to G6, of DSMR 4.0",
        ),
        (f"{{equipment_id: {GAS}, medium: gas}}", f"7:7: device {GAS} is there twice"),
        (
            "{equipment_id: G0001994567890113, medium: gas}",
            "7:7: another device has the number 45678901 on P2",
        ),
        (
            f"{{equipment_id: {OTHER}, medium: gas, meter: 3}}",
            "7:7: there is no meter 3: the last is 2",
        ),
        (
            f"{{equipment_id: {OTHER}, medium: gas, link: wireless, address: 1}}",
            "7:7: a wireless device has no address",
        ),
        (f"{{equipment_id: {OTHER}, medium: gas, address: 251}}", "address: should be"),
        (f"{{equipment_id: {OTHER}, medium: gas, metre: 2}}", "did you mean 'meter'?"),
        ("3", "7:7: devices: should be a mapping"),
    ],
)
def test_a_wrong_device_is_found(row: str, why: str) -> None:
    message = complaint("- run_for: 1s\n", f"{HEAD}    - {row}\n")
    assert message.startswith("f.yaml:7:") and why in message


def test_an_operation_may_name_a_stranger() -> None:
    arguments = f"arguments: {{device: {OTHER}}}"
    scenario(f"- operate: {{operation: mbus_couple, {arguments}}}\n")


def test_hands_do_to_a_device_what_the_steps_say() -> None:
    _, world = play(
        f"- set_flow: {{device: {GAS}, rate: 1500, temperature_c: 7}}\n"
        f"- inject_device: {{device: {GAS}, what: clock_deviation, seconds: 90}}\n"
        f"- inject_device: {{device: {GAS}, what: seal_broken}}\n"
        f"- inject_device: {{device: {GAS}, what: temporary_error}}\n"
        f"- inject_device: {{device: {GAS}, what: permanent_error}}\n"
        f"- inject_device: {{device: {GAS}, what: battery_low}}\n"
        f"- move_valve: {{device: {GAS}, to: closed}}\n"
        f"- attach_device: {{device: {GAS}, meter: 2}}\n"
        f"- disturb_device: {{device: {GAS}, lost: 20, twice: 5}}\n"
        f"- detach_device: {{device: {GAS}}}\n"
    )
    state, status = world.devices.gas.state, world.devices.gas.status
    assert (state.rate, state.temperature_ck, state.clock_offset_s) == (
        *(1500, 28_015),
        90,
    )
    assert status == (
        Status.FRAUD
        | Status.TEMPORARY_ERROR
        | Status.PERMANENT_ERROR
        | Status.LOW_BATTERY
    )
    assert state.valve == ValveState.CLOSED
    assert world.devices.done == [
        ("attach", GAS, 2),
        ("disturb", GAS, Faults(lost=20, twice=5)),
        ("detach", GAS),
    ]


def test_a_battery_ends_and_is_replaced() -> None:
    played, _ = play(
        f"- inject_device: {{device: {GAS}, what: battery_empty}}\n"
        f"- press_device: {{device: {GAS}, held: 6s}}\n"
        f"- expect: {{device: {{device: {GAS}, item: mode, equals: storage}}}}\n"
        f"- inject_device: {{device: {GAS}, what: battery_replaced}}\n"
        f"- press_device: {{device: {GAS}, held: 6s}}\n"
        f"- expect: {{device: {{device: {GAS}, item: mode, equals: installation}}}}\n"
        f"- expect: {{device: {{device: {GAS}, item: low_battery, equals: false}}}}\n"
    )
    assert [seen.passed for seen in played.run.expectations] == [True] * 3
    assert played.run.steps[4].result == "00000.000 m3 Inst"


def test_the_display_of_the_meter_is_read_and_pressed() -> None:
    played, world = play(
        "- press_display: {held: 500ms}\n- press_display: {held: 2s}\n"
        '- expect: {meter_display: {equals: "3456789"}}\n'
        '- expect: {meter_display: {equals: ""}}\n'
    )
    assert [step.result for step in played.run.steps[:2]] == ["done", "channel 1"]
    assert world.done == [("display", 1, 0), ("display", 1, 2)]
    assert [seen.passed for seen in played.run.expectations] == [True, False]


def test_a_life_is_noted() -> None:
    played, world = play(
        f"- note_life: {{device: {GAS}, life: defective}}\n"
        f"- expect: {{books: {{device: {GAS}, item: life, equals: defective}}}}\n"
    )
    assert world.books.life == "defective" and played.run.expectations[0].passed
    assert played.run.steps[0].result == "defective"


@pytest.mark.parametrize(
    ("body", "seen", "passed"),
    [
        ('p1_line: {line: "0-1:24.2.1", min: 1.2, max: 1.3}', "1.234", True),
        ('p1_line: {line: "0-1:24.2.1", equals: 1.2}', "1.234", False),
        ('p1_line: {line: "0-1:24.1.0", equals: 3}', "3", True),
        (f'p1_line: {{line: "0-1:96.1.0", equals: {GAS}}}', repr(GAS), True),
        ('p1_line: {line: "0-2:24.1.0", equals: null}', "no such line", True),
        ('p1_line: {line: "0-1:24.1.0", equals: null}', "3", False),
        (f"books: {{device: {GAS}, item: life, equals: in_use}}", "'in_use'", True),
        (f"books: {{device: {GAS}, item: channel, equals: 3}}", "3", True),
        (f"books: {{device: {GAS}, item: meter, equals: null}}", "2", False),
        (f"books: {{device: {GAS}, item: key_changes, min: 5}}", "5", True),
        ("keys: {}", "2", True),
        ("keys: {kind: encryption, state: new}", "0", False),
        ("keys: {state: active, times: 2}", "2", True),
        ("stored: {channel: 1}", "2, the newest 2.5", True),
        ("stored: {channel: 2}", "0", False),
        ("stored: {channel: 2, times: 0}", "0", True),
        ("stored: {channel: 1, times: 3}", "2, the newest 2.5", False),
        ('stored: {object: "0-1:24.2.1", min: 2.6}', "2, the newest 2.5", False),
        ('stored: {object: "0-1:24.2.1", max: 2.4}', "2, the newest 2.5", False),
        ('stored: {object: "0-1:24.2.1", times: 2, max: 2.5}', "2, the newest", True),
    ],
)
def test_what_is_seen(body: str, seen: str, passed: bool) -> None:
    played, _ = play(f"- expect: {{{body}}}\n")
    (result,) = played.run.expectations
    assert result.passed is passed and result.seen.startswith(seen)
