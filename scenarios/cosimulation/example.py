"""An example: an evening of January on a small low-voltage grid, which a grid model calculates.

    python -m scenarios.cosimulation.example --help

Mosaik runs two simulators: our world with its meters, charge points, head-end and controller,
and the grid. Every minute the grid takes what flows through each meter, and gives back what
the household draws, the voltage at its meter, and the load of the transformer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mosaik
import mosaik_api_v3
from mosaik.async_scenario import SimConfig, StarterConfig
from mosaik_api_v3.types import CreateResult, InputData, Meta, OutputData, OutputRequest

from scenarios.language.document import load
from scenarios.world.premises import Premises
from scenarios.world.voltages import NOMINAL_V, TAN_PHI, power_flow
from wire.instants import local

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "files" / "cosimulation.yaml"
PREMISES = ROOT / "data" / "premises_profiles_january.csv"
STEP_S, HOURS = 60, 5
ENERGY = "p3:1-0:1.8.0"

SIMULATORS: Mapping[str, StarterConfig] = {
    "here": {"python": "scenarios.cosimulation.component:Simulator"},
    "process": {"cmd": "%(python)s -m dsmrlab mosaik %(addr)s"},
}
"""The two ways in which mosaik starts our world."""


class Grid(mosaik_api_v3.Simulator):
    """Households on three cables behind a transformer: the place of your own grid model."""

    def __init__(self) -> None:
        house = ["power_w", "reactive_var", "charging_w", "energy_wh"]
        house += ["load_w", "load_var", "voltage_v"]
        super().__init__(  # type: ignore[no-untyped-call]
            {
                "type": "time-based",
                "models": {
                    "House": {"public": True, "params": [], "attrs": house},
                    "Busbar": {"public": True, "params": [], "attrs": ["power_w"]},
                },
                "extra_methods": ["rows"],
            }
        )
        self._houses: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._seen: dict[str, dict[str, Any]] = {}

    def init(
        self,
        sid: str,
        time_resolution: float = 1.0,
        start_s: int = 0,
        rating_va: int = 0,
        **sim_params: Any,
    ) -> Meta:
        """`start_s` is the epoch second of time 0, `rating_va` the transformer's."""
        self._start_s, self._rating_va = start_s, rating_va
        self._premises = Premises(PREMISES)
        return self.meta

    def create(self, num: int, model: str, **model_params: Any) -> list[CreateResult]:
        """Houses along the cables, or the busbar."""
        if model == "Busbar":
            return [{"eid": "busbar", "type": model}]
        first = len(self._houses) + 1
        self._houses = [f"house_{number}" for number in range(first, first + num)]
        return [{"eid": name, "type": model} for name in self._houses]

    def step(self, time: int, inputs: InputData, max_advance: int) -> int:
        """Solves the network for what the meters measure."""
        now_s = self._start_s + time
        given = [
            {
                attribute: next(iter(by.values()))
                for attribute, by in inputs[name].items()
            }
            for name in self._houses
        ]
        flow = power_flow(
            [[house["power_w"] for house in given]],
            [[house["reactive_var"] for house in given]],
            self._rating_va,
        )
        voltages_v, busbar_w = flow.voltage_v[0].tolist(), flow.busbar_w[0].tolist()
        self._seen = {"busbar": {"power_w": busbar_w}}
        for number, name in enumerate(self._houses):
            load_w = self._premises.power_w(number, now_s)
            self._seen[name] = {
                "load_w": load_w,
                "load_var": [watt * TAN_PHI for watt in load_w],
                "voltage_v": voltages_v[number],
            }
        lowest_v, phase, where = min(
            (volt, phase, name)
            for name, volts in zip(self._houses, voltages_v)
            for phase, volt in enumerate(volts, 1)
        )
        self._rows.append(
            {
                "at_s": now_s,
                "busbar_w": busbar_w,
                "charging_w": sum(sum(house["charging_w"]) for house in given),
                "lowest_v": lowest_v,
                "where": f"{where} L{phase}",
                "energy_wh": given[0]["energy_wh"],
            }
        )
        return time + STEP_S

    def get_data(self, outputs: OutputRequest) -> OutputData:
        """What was calculated last."""
        return {
            name: {attribute: self._seen[name][attribute] for attribute in attributes}
            for name, attributes in outputs.items()
        }

    def rows(self) -> list[dict[str, Any]]:
        """What happened, a row for each step."""
        return self._rows


def play(
    simulator: str = "here", controller: str = "headroom", hours: float = HOURS
) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    """Plays the evening; the grid's rows, and the result as `dsmrlab run --json` prints it."""
    scenario = load(SCENARIO, {"controller": controller})
    start_s, rating_va = scenario.world.start.timestamp(), scenario.world.rating_va
    started: SimConfig = {
        "lab": SIMULATORS[simulator],
        "grid": {"python": "scenarios.cosimulation.example:Grid"},
    }
    with mosaik.World(started, skip_greetings=True, configure_logging=False) as world:
        lab = world.start(
            "lab",
            scenario=str(SCENARIO),
            parameters={"controller": controller},
            step_s=STEP_S,
            readings=[ENERGY],
        )
        grid = world.start("grid", start_s=round(start_s), rating_va=rating_va)
        stations = lab.Station.create(scenario.world.stations)
        houses = grid.House.create(scenario.world.stations)
        for station, house in zip(stations, houses):
            world.connect(station, house, "power_w", "reactive_var", "charging_w")
            world.connect(
                house,
                station,
                "load_w",
                "load_var",
                "voltage_v",
                time_shifted=True,
                initial_data={
                    "load_w": [0, 0, 0],
                    "load_var": [0, 0, 0],
                    "voltage_v": [NOMINAL_V] * 3,
                },
            )
        world.connect(stations[0], houses[0], (ENERGY, "energy_wh"))
        world.connect(
            grid.Busbar(),
            lab.Transformer(),
            ("power_w", "measured_w"),
            time_shifted=True,
            initial_data={"power_w": [0, 0, 0]},
        )
        world.run(until=round(hours * 3600), print_progress=False)
        return grid.rows(), lab.result()


def table(rows: Sequence[Mapping[str, Any]], every_s: int = 1800) -> Iterator[str]:
    """The rows of every half-hour, for a person."""
    yield "time   transformer, kW        cars, kW  lowest voltage         meter 1, kWh"
    for row in rows:
        if row["at_s"] % every_s == 0:
            time = local(datetime.fromtimestamp(row["at_s"], UTC))
            phases = " ".join(f"{watt / 1000:z6.2f}" for watt in row["busbar_w"])
            yield (
                f"{time:%H:%M}  {phases}  {row['charging_w'] / 1000:9.2f}"
                f"  {row['lowest_v']:7.1f} V {row['where']:12}"
                f"  {row['energy_wh'] / 1000:10.3f}"
            )


def main() -> None:
    """Plays as told on the command line, and prints the table."""
    parser = argparse.ArgumentParser(description="An evening on a low-voltage grid.")
    parser.add_argument("--simulator", choices=SIMULATORS, default="here")
    parser.add_argument(
        "--controller", choices=["none", "threshold", "headroom"], default="headroom"
    )
    parser.add_argument("--hours", type=float, default=HOURS)
    given = parser.parse_args()
    rows, result = play(given.simulator, given.controller, given.hours)
    for line in table(rows):
        print(line)
    figures = result["kpis"]
    print(
        f"overloaded for {figures['overload_min_per_week'] * len(rows) / 10080:.0f} min,"
        f" at most {figures['max_pu']:.2f} of the rating"
    )


if __name__ == "__main__":
    main()
