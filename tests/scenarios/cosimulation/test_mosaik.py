"""Real mosaik with our component: in its process and in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import inf, nan
from pathlib import Path
from typing import Any

import mosaik
import pytest
from loguru import logger
from mosaik.async_scenario import SimConfig
from mosaik.exceptions import ScenarioError
from mosaik_api_v3.connection import RemoteException

from scenarios.cosimulation.component import Simulator
from scenarios.cosimulation.example import SIMULATORS, play, table
from wire.errors import ConfigError, SimError

# A busy machine may take longer for its end than the second that mosaik gives it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:mosaik could not terminate subprocess:UserWarning"
)
REPOSITORY = Path(__file__).resolve().parents[3]
TEXT = """
scenario: mosaik
parameters: {standard: dsmr-4.0.6}
world:
  start: 2024-01-10T12:00:00+01:00
  stations: 2
  standard: ${standard}
steps:
  - run_for: 5m
  - act: {meter: 1, object: "disconnect_control:remote_disconnect"}
  - run_for: 5m
  - act: {meter: 1, object: "disconnect_control:remote_connect"}
  - run_until: end
"""
ENERGY, POWER, VOLTAGE = "p3:1-0:1.8.0", "p1:1-0:1.7.0", "p1:1-0:32.7.0"
COSEM = "p3:1-0:32.7.0"
OUTPUTS = ["power_w", "closed", "voltage_v", "limit_w"]
both = pytest.mark.parametrize("way", list(SIMULATORS))


@contextmanager
def mosaik_with(way: str, time_resolution: float = 1.0) -> Iterator[mosaik.World]:
    started: SimConfig = {
        "lab": SIMULATORS[way],
        "grid": {"python": "mosaik.basic_simulators:InputSimulator"},
        "eyes": {"python": "mosaik.basic_simulators:OutputSimulator"},
    }
    with mosaik.World(
        started,
        skip_greetings=True,
        configure_logging=False,
        time_resolution=time_resolution,
        mosaik_config={"start_timeout": 60},
    ) as world:
        yield world


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "mosaik.yaml"
    path.write_text(TEXT)
    return str(path)


def flow(
    way: str,
    scenario: str,
    given: object = (7200, 0, 0),
    volts: object = (231.4, 230, 229),
    until: int = 900,
    standard: str = "dsmr-4.0.6",
    readings: list[str] = [ENERGY, POWER],
) -> tuple[list[Any], Any]:
    """What another simulator is told of CP001 at each step, and our result."""
    with mosaik_with(way) as world:
        lab = world.start(
            "lab",
            scenario=scenario,
            parameters={"standard": standard},
            readings=readings,
            seed=3,
        )
        station, _ = lab.Station.create(2)
        grid, eyes = world.start("grid", step_size=60), world.start("eyes")
        world.connect(grid.Constant(constant=given), station, ("value", "load_w"))
        world.connect(grid.Constant(constant=volts), station, ("value", "voltage_v"))
        world.connect(station, eyes.Dict(), *OUTPUTS, *readings)
        world.run(until=until, print_progress=False)
        seen = eyes.get_dict(eid="Dict-0")
        taken = [
            {name: value["lab-0.CP001"] for name, value in row.items()}
            for row in seen.values()
        ]
        return taken, lab.result()


@both
def test_what_is_set_flows_and_stops_behind_a_breaker_that_opens(
    way: str, scenario: str
) -> None:
    taken, result = flow(way, scenario)
    assert len(taken) == 15
    assert [row["closed"] for row in taken] == [True] * 5 + [False] * 5 + [True] * 5
    for row in taken:
        assert row["power_w"] == ([7200, 0, 0] if row["closed"] else [0, 0, 0])
    energies_wh = [row[ENERGY] for row in taken]
    flowing = [sum(row["power_w"]) for row in taken]
    assert energies_wh[0] == 0
    assert [after - before for before, after in pairwise(energies_wh)] == [
        power_w / 60 for power_w in flowing[:-1]
    ]
    # A telegram tells of the seconds before the step.
    assert [row[POWER] for row in taken] == [
        None,
        *(power_w / 1000 for power_w in flowing[:-1]),
    ]
    assert result["passed"] and result["scenario"] == "mosaik"


@both
def test_the_voltage_of_the_grid_is_on_p1_and_p3(way: str, scenario: str) -> None:
    names = [VOLTAGE, COSEM]
    taken, _ = flow(way, scenario, standard="smr-5.0", until=180, readings=names)
    assert [row["voltage_v"] for row in taken] == [[231.4, 230.0, 229.0]] * 3
    assert [row[VOLTAGE] for row in taken] == [None, 231.4, 231.4]
    # 0.1 V, as the object has it.
    assert [row[COSEM] for row in taken] == [2314] * 3


def test_both_ways_are_one_simulation(scenario: str) -> None:
    here, there = flow("here", scenario), flow("process", scenario)
    assert here == there
    assert len(here[1]["runs"][0]["events_sha256"]) == 64
    assert flow("here", scenario, given=(7100, 0, 0)) != here


def complaint(act: Callable[[], object]) -> str:
    """What mosaik tells of something that we refuse: raised, or in its log."""
    told: list[str] = []
    logger.enable("mosaik")
    sink = logger.add(lambda text: told.append(str(text)), level="ERROR")
    try:
        act()
    except RemoteException as error:
        told.append(error.remote_msg)
    except SimError as error:
        told.append(str(error))
    finally:
        logger.remove(sink)
        logger.disable("mosaik")
    return told[0]


@pytest.mark.parametrize(
    ("given", "volts", "why"),
    [
        (
            [nan, 0, 0],
            [230] * 3,
            "CP001.load_w from grid-0.Constant-0: nan W is not within",
        ),
        ([1, 2], [230] * 3, "CP001.load_w from grid-0.Constant-0: 2 values are not 3"),
        (
            [1, 2, "3"],
            [230] * 3,
            "CP001.load_w from grid-0.Constant-0: '3' is not a number",
        ),
        (
            [1, 2, 3],
            230,
            "CP001.voltage_v from grid-0.Constant-1: 230 is not one number for",
        ),
        (
            [1, 2, 3],
            None,
            "CP001.voltage_v from grid-0.Constant-1: None is not one number",
        ),
        ([1, 2, 3], [230, 230, 900], "900 V is not within 0 and 500"),
    ],
)
def test_mosaik_tells_what_is_wrong_with_what_is_given(
    given: object, volts: object, why: str, scenario: str
) -> None:
    assert why in complaint(lambda: flow("here", scenario, given, volts))


def test_mosaik_tells_what_a_process_refuses(scenario: str) -> None:
    why = "LocalError(CP001.load_w from grid-0.Constant-0: nan W is not within -1e+06 and 1e+06)"
    assert why in complaint(lambda: flow("process", scenario, [nan, 0, 0]))


def start(file: str, **parameters: Any) -> None:
    with mosaik_with("here", time_resolution=60) as world:
        world.start("lab", **({"scenario": file} | parameters))


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"scenario": 5}, "scenario: should be text; put it in quotes, not 5"),
        ({"scenario": "nowhere.yaml"}, "nowhere.yaml: cannot be read"),
        ({"step_s": 0}, "step_s: should be greater than or equal to 1, not 0"),
        ({"step_s": 60.5}, "step_s: should be a whole number, not 60.5"),
        ({"step_s": 90}, "step_s: 90 s is no multiple of time_resolution, 60 s"),
        ({"steps": 60}, "unknown key 'steps', did you mean 'step_s'?"),
        ({"seed": -1}, "seed: should be greater than or equal to 0, not -1"),
        ({"readings": ["p3:energy"]}, "has no object named 'energy'"),
        ({"readings": "p3:1-0:1.8.0"}, "readings: should be a list, not"),
        ({"parameters": {"days": 1}}, "--set days: unknown parameter"),
        ({"parameters": {"standard": "smr-6"}}, "mosaik.yaml:7:13: "),
    ],
)
def test_mosaik_tells_what_is_wrong_with_its_parameters(
    parameters: dict[str, Any], why: str, scenario: str
) -> None:
    assert why in complaint(lambda: start(scenario, **parameters))


@pytest.mark.parametrize("resolution_s", [0.0, -1.0, nan, inf])
def test_time_goes_on_in_mosaik(resolution_s: float, scenario: str) -> None:
    with pytest.raises(ConfigError, match="a number of seconds above 0"):
        Simulator().init("lab", resolution_s, scenario=scenario)


def test_mosaik_tells_that_there_are_no_more_stations(scenario: str) -> None:
    with mosaik_with("here") as world:
        lab = world.start("lab", scenario=scenario)
        lab.Station.create(1)
        why = complaint(lambda: lab.Station.create(2))
    assert why == "2 × Station: the world has only 1 more"


def test_a_step_of_mosaik_may_be_many_seconds(scenario: str) -> None:
    with mosaik_with("here", time_resolution=300) as world:
        lab = world.start("lab", scenario=scenario, step_s=900, readings=[ENERGY])
        grid, eyes = world.start("grid", step_size=3), world.start("eyes")
        station = lab.Station()
        load = grid.Constant(constant=[0, 3600, 0])
        world.connect(load, station, ("value", "load_w"))
        world.connect(station, eyes.Dict(), ENERGY)
        world.run(until=7, print_progress=False)
        seen = eyes.get_dict(eid="Dict-0")
    # Open from 300 s to 600 s.
    assert [(time, row[ENERGY]["lab-0.CP001"]) for time, row in seen.items()] == [
        (0, 0),
        (3, 600),
        (6, 1500),
    ]


def test_an_output_that_is_not_there_is_refused_before_the_run(scenario: str) -> None:
    with mosaik_with("here") as world:
        lab = world.start("lab", scenario=scenario)
        eyes = world.start("eyes")
        with pytest.raises(ScenarioError) as refusal:
            world.connect(lab.Station(), eyes.Dict(), ENERGY)
    assert "the source attribute does not exist" in str(refusal.value)


def test_the_program_of_the_page_runs() -> None:
    page = (REPOSITORY / "docs" / "cosimulation.md").read_text()
    program = page.split("```python\n", 1)[1].split("```", 1)[0]
    scripts = Path(sys.executable).parent
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    *_, last, passed = done.stdout.splitlines()
    assert passed == "steps passed: True"
    time_s, _, values = last.partition(" ")
    assert time_s == "3300"
    # Half an hour less a step of 2100 W net.
    assert literal_eval(values) == {
        "power_w": {"lab-0.CP001": [400, 0, -2500]},
        "p3:1-0:2.8.0": {"lab-0.CP001": 2100 * 1500 // 3600},
    }


@pytest.fixture(scope="module")
def evening() -> tuple[Any, Any]:
    """Three hours of the example, guarded, in mosaik's own process."""
    return play("here", hours=3)


def test_the_example_is_the_same_in_a_process_of_its_own(
    evening: tuple[Any, Any],
) -> None:
    rows, result = play("process", hours=1)
    assert len(rows) == 60 and rows == evening[0][:60]
    assert result["passed"]


def test_the_example_s_grid_carries_what_the_meters_measure(
    evening: tuple[Any, Any],
) -> None:
    rows, result = evening
    assert len(rows) == 180
    assert rows[0]["busbar_w"] == pytest.approx([0, 0, 0], abs=0.01)
    for row in rows[2:]:
        # Houses, and the losses in the cables.
        assert sum(row["busbar_w"]) > row["charging_w"]
        assert 207 < row["lowest_v"] < 231
    energies_wh = [row["energy_wh"] for row in rows]
    assert energies_wh == sorted(energies_wh) and energies_wh[-1] > 0
    # What the grid measured at a minute is what the transformer carries in the next.
    carried_w = [[0, 0, 0], *(row["busbar_w"] for row in rows)]
    highest_w = max(
        sum(phases[phase] for phases in carried_w[begin : begin + 15]) / 15
        for begin in range(0, 165, 15)
        for phase in range(3)
    )
    assert result["kpis"]["max_pu"] == pytest.approx(highest_w / (40_000 / 3), rel=1e-4)
    head, first, *_ = table(rows)
    assert head.startswith("time") and first.startswith("17:00")


def test_the_example_s_controller_acts_on_what_its_grid_measures(
    evening: tuple[Any, Any],
) -> None:
    _, alone = play(controller="none", hours=3)
    assert alone["kpis"]["max_pu"] > 1.2 * evening[1]["kpis"]["max_pu"]
