"""What can be seen of the things themselves: every row, what it says, and names that are none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from chargepoint.registers import Fault
from chargepoint.sessions import staying
from scenarios.expecting import sights
from scenarios.language.schema import json_schema
from tests.meters.builders import NOW_S
from tests.scenarios.fake_world import FakeWorld
from tests.scenarios.stage import play_in, scenario, world_for
from wire.errors import ScenarioError


def seen(expectation: str, prepare: Callable[[FakeWorld], None]) -> tuple[str, bool]:
    """What a look at a prepared world sees, and whether that was expected."""
    asked = scenario(f"- expect: {{{expectation}}}\n")
    world = world_for(asked)
    prepare(world)
    (result,) = play_in(world, asked).run.expectations
    return result.seen, result.passed


def nothing(world: FakeWorld) -> None:
    """As it is."""


def load(world: FakeWorld) -> None:
    """Something flows through the meter, whose clock is wrong."""
    world.meter.set_load((1000, -200, 30), (2301, 2299, 2300), (0, 50, 0))
    world.meter.advance(NOW_S + 3600)
    world.meter.state.clock_offset_s = -5


def car(world: FakeWorld) -> None:
    """A car has charged for an hour on the second phase."""
    world.unit.station.plug(staying("CP001", NOW_S, 20_000, 1, 2, 7360))
    world.unit.advance(NOW_S + 3600)


def full(world: FakeWorld) -> None:
    """A car is full, and the station has a fault."""
    world.unit.station.plug(staying("CP001", NOW_S, 1000, 3, 0, 11_000))
    world.unit.advance(NOW_S + 3600)
    world.unit.station.set_faults(Fault.RCD | Fault.WELD)


def unplugged(world: FakeWorld) -> None:
    """No telegram comes."""
    world.plugged = False


@pytest.mark.parametrize(
    ("body", "prepare", "value"),
    [
        ("meter: {item: powered, equals: true}", nothing, "True"),
        ("meter: {item: breaker, equals: connected}", nothing, "'connected'"),
        ("meter: {item: clock_error, equals: -5}", load, "-5"),
        ("meter: {item: power, equals: 830}", load, "830"),
        ("meter: {item: power_l2, equals: -200}", load, "-200"),
        ("meter: {item: reactive_l2, equals: 50}", load, "50"),
        ("meter: {item: voltage_l1, equals: 230, tolerance: 0.1}", load, "230.1"),
        ("meter: {item: current_l1, equals: 4.35}", load, "4.35"),
        ("meter: {item: import, equals: 0.83, tolerance: 0.001}", load, "0.83"),
        ("meter: {item: export, equals: 0}", load, "0.0"),
        ("meter: {item: tariff, one_of: [1, 2]}", nothing, "2"),
        ("meter: {item: locked, equals: false}", nothing, "False"),
        ("station: {item: state, equals: A}", nothing, "'A'"),
        ("station: {item: car, equals: false}", nothing, "False"),
        ("station: {item: car_energy, equals: null}", nothing, "None"),
        ("station: {item: limit, equals: 22080}", nothing, "22080"),
        ("station: {item: source, equals: own_configuration}", nothing, "'own_conf"),
        ("station: {item: power_l2, equals: 7360}", car, "7360"),
        ("station: {item: power_l1, equals: 0}", car, "0"),
        ("station: {item: car_energy, equals: 7.36}", car, "7.36"),
        ("station: {item: car_full, equals: false}", car, "False"),
        ("station: {item: state, equals: C}", car, "'C'"),
        ("station: {item: offered, equals: 32}", car, "32.0"),
        ("station: {item: lifetime_energy, equals: 7.36}", car, "7.36"),
        ("station: {item: car_full, equals: true}", full, "True"),
        ("station: {item: faults, equals: [rcd, weld]}", full, "['rcd', 'weld']"),
        ("station: {item: profile_active, equals: false}", nothing, "False"),
        ("gateway: {item: commits, min: 3}", nothing, "3"),
        ("gateway: {item: rejects, equals: 2}", nothing, "2"),
        ("gateway: {item: p1_silent, equals: true}", nothing, "True"),
        ("gateway: {item: unit_away, equals: false}", nothing, "False"),
        ("gateway: {item: alarms, equals: [p1-silent]}", nothing, "['p1-silent']"),
        ("gateway: {item: commanded_w, equals: null}", nothing, "None"),
        ("transformer: {item: power_l3, equals: 1000}", nothing, "1000"),
        ("transformer: {item: told_l3, equals: -3}", nothing, "-3"),
        ("transformer: {item: load_pu, equals: 1.2}", nothing, "1.2"),
        ("transformer: {item: overload_min, max: 7}", nothing, "7"),
        ("telegram: {item: version, equals: '50'}", nothing, "'50'"),
        ("telegram: {item: identification, matches: 'ISK5*'}", nothing, "'ISK5"),
        ("telegram: {item: time, equals: '2024-01-27T17:00:00Z'}", nothing, "'2024"),
        ("telegram: {item: lines, equals: 11}", nothing, "11"),
        ("telegram: {item: text, matches: '*1.7.0(01.500?kW)*'}", nothing, "'/ISK"),
        ("telegram: {item: version, equals: null}", unplugged, "None"),
        ("p1_line: {line: '1-0:1.8.1', equals: 12.345}", nothing, "12.345"),
        ("p1_line: {line: '1-0:1.7.0', min: 1.5, max: 1.5}", nothing, "1.5"),
        ("p1_line: {line: '1-0:32.7.0', equals: 230}", nothing, "230.1"),
        ("p1_line: {line: '1-0:31.7.0', equals: 6}", nothing, "6"),
        ("p1_line: {line: '1-0:99.97.0', equals: [600]}", nothing, "[600]"),
        ("p1_line: {line: '0-0:1.0.0', matches: '*T17:00:00Z'}", nothing, "'2024"),
        ("p1_line: {line: '1-0:31.7.0', equals: null}", unplugged, "no telegram"),
        ("p1_line: {line: '1-0:99.7.0', equals: null}", nothing, "no such line"),
    ],
)
def test_what_is_seen(
    body: str, prepare: Callable[[FakeWorld], None], value: str
) -> None:
    said, passed = seen(body, prepare)
    assert said.startswith(value)
    assert passed is (body != "p1_line: {line: '1-0:32.7.0', equals: 230}")


def test_every_row_says_something_that_a_file_can_say() -> None:
    world = world_for(scenario("- run_for: 1s\n"))
    site = world.site(1)
    tables: list[tuple[Mapping[str, Callable[..., object]], object]] = [
        (sights.METER, site.meter_now()),
        (sights.STATION, site.unit_now()),
        (sights.GATEWAY, site.gateway_now()),
        (sights.TRANSFORMER, world.transformer()),
        (sights.TELEGRAM, site.telegram()),
    ]
    for table, thing in tables:
        for row in table.values():
            json.dumps(row(thing), allow_nan=False)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("meter: {item: braker, equals: 1}", "unknown item of a meter 'braker', did"),
        ("station: {item: limits, equals: 1}", "did you mean 'limit'?"),
        ("gateway: {item: comits, equals: 1}", "did you mean 'commits'?"),
        ("transformer: {item: power, equals: 1}", "unknown item of the transformer"),
        ("telegram: {item: line, equals: 1}", "did you mean 'lines'?"),
        ("meter: {meter: 3, item: power, equals: 1}", "there is no meter 3"),
        ("station: {station: 3, item: car, equals: true}", "there is no station 3"),
        ("meter: {equals: 1}", "'item' is missing"),
        ("gateway: {item: commits}", "needs either equals"),
    ],
)
def test_a_name_that_is_none_is_refused(body: str, why: str) -> None:
    with pytest.raises(ScenarioError, match="f.yaml:4:") as caught:
        scenario(f"- expect: {{{body}}}\n")
    assert why in str(caught.value)


def test_an_editor_is_told_the_names() -> None:
    definitions = json_schema()["$defs"]
    item = definitions["StationValue"]["properties"]["item"]
    assert any("car_energy" in option.get("enum", ()) for option in item["anyOf"])
    assert any("\\$" in option.get("pattern", "") for option in item["anyOf"])


def test_a_word_in_an_operation_s_arguments_names_no_meter_of_the_world() -> None:
    ask = "operate: {operation: get, arguments: {meter: x, station: y}}"
    step = f"- expect: {{refused: {{{ask}, by: head-end}}}}\n"
    assert scenario(step).content.steps[0].kind == "expect"
