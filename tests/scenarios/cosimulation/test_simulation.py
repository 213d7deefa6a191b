"""A world that is stepped from outside: what is set is what every wire then shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scenarios.cosimulation.simulation import CoSimulation
from scenarios.language.document import parse
from wire.errors import ConfigError, LocalError

FILES = Path(__file__).resolve().parents[3] / "scenarios" / "files"
TEXT = """
scenario: outside
seed: {seed}
world:
  start: 2024-01-10T12:00:00+01:00
  stations: {stations}
  standard: {standard}
  p1_period_s: 10
  {more}
steps:
{steps}
"""
IMPORT, EXPORT = ("p3:1-0:1.8.0", "p3:1-0:2.8.0")


@contextmanager
def world(
    readings: Sequence[str] = (),
    steps: str = "- run_until: end",
    step_s: int = 60,
    stations: int = 2,
    standard: str = "smr-5.0",
    more: str = "",
    seed: int = 1,
) -> Iterator[CoSimulation]:
    text = TEXT.format(
        stations=stations, standard=standard, more=more, steps=steps, seed=seed
    )
    made = CoSimulation(parse(text, FILES / "outside.yaml"), step_s, readings)
    try:
        made.start()
        yield made
    finally:
        made.close()


def by(**values: object) -> dict[str, dict[str, object]]:
    """What one other simulator gives of a part."""
    return {attribute: {"Grid-0.it": value} for attribute, value in values.items()}


def seen(made: CoSimulation, attribute: str, name: str = "CP001") -> Any:
    return made.look({name: [attribute]})[name][attribute]


def test_a_load_that_is_set_is_the_power_that_flows_and_is_read() -> None:
    names = ["p3:1-0:21.7.0", "p3:1-0:42.7.0", "p1:1-0:1.7.0", "p3:1-0:1.7.0"]
    with world(names) as made:
        assert made.create(2, "Station") == ["CP001", "CP002"]
        made.step(0, {"CP001": by(load_w=[1500.2, -400, 0], load_var=[0, 0, 75])})
        assert seen(made, "power_w") == [1500, -400, 0]
        assert seen(made, "reactive_var") == [0, 0, 75]
        assert seen(made, "power_w", "CP002") == [0, 0, 0]
        made.step(60, {})
        found = made.look({"CP001": names})["CP001"]
        assert list(found.values()) == [1500, 400, 1.1, 1100]


def test_the_voltage_that_is_set_is_the_one_on_p1_and_p3_also_over_a_quarter() -> None:
    names = ["p1:1-0:32.7.0", "p3:1-0:52.7.0"]
    with world(names) as made:
        made.step(0, {"CP001": by(voltage_v=[231.26, 229.9, 228])})
        assert seen(made, "voltage_v") == [231.3, 229.9, 228.0]
        for time_s in (840, 900, 960):
            made.step(time_s, {})
            found = made.look({"CP001": names})["CP001"]
            assert found == {names[0]: 231.3, names[1]: 2299}


def test_the_register_is_the_integral_of_the_power() -> None:
    loads_w = [1200, 0, 4321, -900, 250, 7000, -3000, 10]
    with world([IMPORT, EXPORT], step_s=77) as made:
        for number, load_w in enumerate(loads_w):
            made.step(77 * number, {"CP001": by(load_w=[0, load_w, 0])})
        made.step(77 * len(loads_w), {})
        found = made.look({"CP001": [IMPORT, EXPORT]})["CP001"]
        taken_ws = sum(77 * load_w for load_w in loads_w if load_w > 0)
        given_ws = sum(77 * -load_w for load_w in loads_w if load_w < 0)
        assert found == {IMPORT: taken_ws // 3600, EXPORT: given_ws // 3600}


def test_a_car_draws_beside_the_load_within_the_limit() -> None:
    car = "- plug_car: {station: 1, energy_kwh: 20, max_w: 11040}\n- run_until: end"
    with world(["modbus:power", "p1:1-0:21.7.0"], car) as made:
        made.step(0, {"CP001": by(load_w=[100, 0, 0])})
        assert seen(made, "charging_w") == [3680, 3680, 3680]
        assert seen(made, "power_w") == [3780, 3680, 3680]
        assert seen(made, "limit_w") == 22_000
        assert seen(made, "modbus:power") == 11_040
        made.step(60, {})
        assert seen(made, "p1:1-0:21.7.0") == 3.78


def test_a_limit_that_begins_between_two_ticks_is_seen_at_its_second() -> None:
    steps = """
- plug_car: {station: 1, energy_kwh: 20, max_w: 11040}
- send_message:
    meter: 1
    profile:
      valid_from: +0s
      valid_to: +2h
      periods: [{start: +0s, max_w: 9000}, {start: +95s, max_w: 6000}]
"""
    with world(steps=steps, step_s=1) as made:
        limits_w, powers_w = [], []
        for time_s in (60, 94, 95, 96):
            made.step(time_s, {"CP001": by(load_w=[time_s, 0, 0])})
            limits_w.append(seen(made, "limit_w"))
            powers_w.append(sum(seen(made, "power_w")) - time_s)
        assert limits_w == [9000, 9000, 6000, 6000]
        # 13.0 A and 8.6 A at the nominal voltage.
        assert powers_w == [8970, 8970, 5934, 5934]


def test_behind_a_breaker_that_the_head_end_opened_nothing_flows() -> None:
    steps = """
- plug_car: {station: 1, energy_kwh: 20, max_w: 11040}
- run_for: 10m
- act: {meter: 1, object: "disconnect_control:remote_disconnect"}
- run_for: 10m
- act: {meter: 1, object: "disconnect_control:remote_connect"}
"""
    with world([IMPORT], steps, step_s=300, standard="dsmr-4.0.6") as made:
        closed, powers_w, energies_wh = [], [], []
        for time_s in range(0, 1800, 300):
            made.step(time_s, {"CP001": by(load_w=[960, 0, 0])})
            closed.append(seen(made, "closed"))
            powers_w.append(sum(seen(made, "power_w")))
            energies_wh.append(seen(made, IMPORT))
        assert closed == [True, True, False, False, True, True]
        assert powers_w == [12_000, 12_000, 0, 0, 12_000, 12_000]
        assert energies_wh == [0, 1000, 2000, 2000, 2000, 3000]
        assert seen(made, "load_w") == [960, 0, 0]
        assert made.result().passed


def test_what_the_grid_measures_is_what_the_transformer_carries() -> None:
    with world(more="controller: headroom") as made:
        made.step(0, {"CP001": by(load_w=[1000, 0, 0])})
        assert seen(made, "power_w", "Transformer") == [1000, 0, 0]
        for time_s in range(60, 1860, 60):
            load_w = 60_000.0 if time_s < 1380 else 48_000.0
            made.step(time_s, {"Transformer": by(measured_w=[load_w, 10, -20])})
        assert seen(made, "power_w", "Transformer") == [48_000, 10, -20]
        made.step(1860, {})
        (run,) = made.result().runs
        # Its own sum until the first word, then 60 kW, and 48 kW from 1380 s on.
        first_w = (60 * 1000 + 840 * 60_000) / 900
        assert [series.values for series in run.data.phase_load_w or ()] == [
            (round(first_w), 54_400),
            (9, 10),
            (-19, -20),
        ]
        assert run.kpis["max_pu"] == pytest.approx(first_w / (160_000 / 3))


@pytest.mark.parametrize(
    ("beside_w", "of_bound"), [(0, 1.0), (49_653, 1.0), (60_000, None)]
)
def test_what_a_car_could_have_had_is_beside_what_the_grid_measures(
    beside_w: int, of_bound: float | None, tmp_path: Path
) -> None:
    """A phase carries 53333 W; the car takes 3680 W of each for an hour, all that it can."""
    sessions = tmp_path / "sessions.csv"
    sessions.write_text(
        "station,arrival,departure,energy_kwh,phases,phase,max_w\n"
        "CP001,2024-01-10T11:15:00Z,2024-01-10T12:15:00Z,60,3,0,11040\n"
    )
    with world(more=f"sessions: {sessions}", step_s=900) as made:
        for time_s in range(0, 6300, 900):
            power_w = beside_w + (3680 if 900 <= time_s < 4500 else 0)
            made.step(time_s, {"Transformer": by(measured_w=[power_w] * 3)})
        found = made.result().kpis.get("energy_served_of_bound")
        assert found == (of_bound and pytest.approx(of_bound, abs=0.001))


def test_the_controller_acts_on_what_the_grid_measures() -> None:
    cars = "".join(
        f"- plug_car: {{station: {n}, energy_kwh: 60, max_w: 22080}}\n" for n in (1, 2)
    )
    limits_w = []
    for load_w in (20_000, 80_000):
        with world(steps=cars, more="controller: headroom", step_s=900) as made:
            for time_s in range(0, 7200, 900):
                # A box that shows the same for hours is doubted.
                measured_w = [load_w + time_s / 100] * 3
                made.step(time_s, {"Transformer": by(measured_w=measured_w)})
            limits_w.append(seen(made, "limit_w"))
    assert limits_w == [22_000, 0]


def test_a_step_ends_at_its_second_and_readings_do_not_shift_it() -> None:
    with world([IMPORT, "p3:clock", "modbus:clock"], step_s=1) as made:
        made.step(0, {})
        clocks = []
        for time_s in range(1, 5):
            made.step(time_s, {})
            clocks.append(seen(made, "p3:clock")["hex"][14:16])
            seen(made, "modbus:clock")
        assert clocks == ["01", "02", "03", "04"]


def test_a_wire_that_is_slow_answers_within_the_step_or_not_at_all() -> None:
    with world([IMPORT], more="latency_s: 1") as made:
        made.step(0, {})
        made.step(60, {"CP001": by(load_w=[3600, 0, 0])})
        made.step(1060, {})
        answer = seen(made, IMPORT)
        # Asked at 1000 s, answered after some seconds that count as well.
        assert 1000 < answer < 1060
    with world([IMPORT], more="latency_s: 10", step_s=30) as made:
        made.step(0, {})
        assert seen(made, IMPORT) is None
        made.step(30, {})
        assert seen(made, IMPORT) is None
        made.step(900, {})


def test_meter_station_and_gateway_are_seen_themselves() -> None:
    names = ["meter:voltage_l2", "station:limit", "station:state", "gateway:alarms"]
    with world(names, more="station_max_w: 9000", standard="dsmr-4.2.2") as made:
        made.step(0, {"CP001": by(voltage_v=[230, 228.4, 230])})
        made.step(30, {})
        found = made.look({"CP001": names})["CP001"]
        assert list(found.values()) == [228.4, 9000, "A", []]


def test_an_unplugged_cable_and_an_open_breaker_give_no_value() -> None:
    steps = """
- run_for: 1m
- unplug_p1: {meter: 1}
- act: {meter: 1, object: "disconnect_control:remote_disconnect"}
"""
    names = ["p1:1-0:1.7.0", "modbus:power"]
    with world(names, steps, standard="dsmr-4.0.6") as made:
        made.step(30, {})
        assert made.look({"CP001": names})["CP001"] == {names[0]: 0, names[1]: 0}
        made.step(90, {})
        assert made.look({"CP001": names})["CP001"] == {names[0]: None, names[1]: None}


def test_stations_and_the_transformer_are_given_out_once() -> None:
    with world(stations=3) as made:
        assert made.create(1, "Station") == ["CP001"]
        assert made.create(2, "Station") == ["CP002", "CP003"]
        assert made.create(1, "Transformer") == ["Transformer"]
        for model in ("Station", "Transformer"):
            with pytest.raises(LocalError, match=f"1 × {model}: the world has only 0"):
                made.create(1, model)


def test_what_cannot_be_set_is_refused_and_nothing_is_set() -> None:
    with world() as made:
        with pytest.raises(LocalError, match=r"CP002.power_w cannot be set; there are"):
            made.step(
                0, {"CP001": by(load_w=[1, 1, 1]), "CP002": by(power_w=[1, 1, 1])}
            )
        assert seen(made, "load_w") == [0, 0, 0]
        with pytest.raises(LocalError, match="CP001.load_w from Grid-0.it: 'x' is not"):
            made.step(0, {"CP001": by(load_w=[1, 1, "x"])})
        assert seen(made, "load_w") == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("1-0:1.8.0", "'1-0:1.8.0' should be one of p3:…, p1:…, modbus:…, meter:…"),
        ("p3:1-0:1.8.9", "smr-5.0 has no object 1-0:1.8.9"),
        ("p3:", "'' is not an object"),
        ("p1:1.8.0", "'1.8.0' is not a line of P1"),
        ("modbus:powr", "unknown register 'powr', did you mean 'power'"),
        ("meter:volt", "unknown item of a meter 'volt'"),
        ("station:limits", "unknown item of a station 'limits', did you mean 'limit'"),
        ("", "'' should be one of"),
    ],
)
def test_a_reading_that_is_none_is_refused_at_the_start(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        with world([name]):
            pass


def test_a_scenario_of_several_runs_is_refused() -> None:
    with pytest.raises(ConfigError, match="outside.yaml: compare plays several runs"):
        with world(more="compare: [none, headroom]"):
            pass


def test_steps_of_the_scenario_are_played_and_judged(tmp_path: Path) -> None:
    steps = """
- run_for: 10m
- expect: {p1_line: {line: "1-0:1.7.0", equals: 0.6}}
- expect: {p1_line: {line: "1-0:1.7.0", equals: 0.7}}
- run_until: end
"""
    with world(steps=steps) as made:
        for time_s in range(0, 900, 60):
            made.step(time_s, {"CP001": by(load_w=[600, 0, 0])})
        result = made.result()
        assert not result.passed
        (run,) = result.runs
        assert [found.passed for found in run.expectations] == [True, False]
        page = made.report(tmp_path)
        assert page == tmp_path / "report.html" and page.is_file()
    made.close()


def test_the_same_inputs_give_the_same_events() -> None:
    def digest(load_w: int, seed: int = 1) -> str:
        car = "- plug_car: {station: 1, energy_kwh: 20, max_w: 11040}\n"
        more = "controller: headroom\n  loss: 0.2"
        with world([IMPORT], car, more=more, seed=seed) as made:
            for time_s in range(0, 3600, 60):
                made.step(time_s, {"Transformer": by(measured_w=[load_w] * 3)} | _HOUSE)
                seen(made, IMPORT)
            return made.result().runs[0].events_sha256

    assert digest(80_000) == digest(80_000)
    assert digest(80_000) != digest(20_000)


_HOUSE = {"CP001": by(load_w=[100, 0, 0], voltage_v=[231, 230, 229])}
