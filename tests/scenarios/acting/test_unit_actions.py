"""What scenarios do to control units: registers, faults, cables."""

from __future__ import annotations

import pytest

from chargepoint.registers import Fault
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.world.making import SimulatedLab
from tests.scenarios.stage import play, scenario
from wire.errors import ScenarioError


def test_a_register_is_written_and_a_refusal_is_the_unit_s() -> None:
    write = "write_register: {name: magic, value: 1}"
    played, world = play(
        "- write_register: {name: safe_power, value: 4200}\n"
        f"- {write}\n"
        f"- expect: {{refused: {{{write}, by: unit, result: illegal-address}}}}\n"
        f"- expect: {{refused: {{{write}, by: transport}}}}\n"
    )
    assert world.done[0] == ("write_register", 1, "safe_power", 4200)
    passed = [step.passed for step in played.run.steps]
    assert passed == [True, False, True, False]
    assert played.run.steps[1].result == "refused by the unit: illegal-address"
    assert played.run.expectations[0].subject == "writing register magic of station 1"


def test_faults_stay_until_they_are_others() -> None:
    _, world = play("- inject_unit: {faults: [rcd, weld]}\n")
    assert world.unit.station.faults == Fault.RCD | Fault.WELD
    played, world = play("- inject_unit: {faults: [lock]}\n- inject_unit: {faults: []}")
    assert not world.unit.station.faults
    assert [step.result for step in played.run.steps] == ["lock", "sound"]


def test_a_cable_allows_what_it_says() -> None:
    _, world = play("- fit_cable: {max_a: 12.5}\n")
    assert world.unit.station.ratings.cable_da == 125
    _, world = play("- fit_cable: {max_a: 12.5}\n- fit_cable: {}\n")
    assert world.unit.station.ratings.cable_da is None


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("write_register: {name: hartbeat, value: 1}", "did you mean 'heartbeat'?"),
        ("write_register: {name: heartbeat, value: 65536}", "65536 does not fit in"),
        ("write_register: {name: heartbeat, value: -1}", "-1 does not fit in"),
        ("write_register: {name: heartbeat, value: true}", "value: should be a whole"),
        ("write_register: {station: 2, name: heartbeat, value: 1}", "no station 2"),
        ("inject_unit: {faults: [fire]}", "should be 'rcd', 'overcurrent'"),
        ("inject_unit: {}", "'faults' is missing"),
        ("fit_cable: {max_a: -1}", "max_a: should be greater"),
    ],
)
def test_what_cannot_be_is_refused(step: str, why: str) -> None:
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        scenario(f"- {step}\n", stations=1)
    assert why in str(caught.value)


WIRED = """
- write_register: {name: watchdog_timeout, value: 300}
- write_register: {name: direct_limit, value: 9000}
- expect: {station: {item: source, equals: direct}}
- expect: {register: {name: applied_limit, equals: 9000}}
- expect: {refused: {write_register: {name: magic, value: 1}, by: unit, result: illegal-address}}
- expect: {refused: {write_register: {name: commit, value: 9}, by: unit, result: illegal-value}}
- plug_car: {energy_kwh: 20, max_w: 11000}
- expect: {station: {item: power, equals: 9000, tolerance: 1 %}}
- inject_unit: {faults: [rcd]}
- expect: {station: {item: state, equals: F}}
- expect: {meter: {item: power, equals: 0}}
- expect: {gateway: {item: unit_fault, equals: true}, within: 1m}
- inject_unit: {faults: []}
- fit_cable: {max_a: 10}
- expect: {station: {item: offered, equals: 10}}
- expect: {register: {name: limit_source, equals: 4}}
"""


def test_over_real_wires_the_unit_obeys_and_refuses() -> None:
    wired = scenario(WIRED)
    lab = SimulatedLab(wired, Controller.NONE)
    played = lab.drive(Runner(wired, lab, "none").play())
    lab.close()
    assert [seen for seen in played.run.expectations if not seen.passed] == []
    assert [step for step in played.run.steps if not step.passed] == []
