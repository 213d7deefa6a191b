"""What the loads of a run make of the voltage at its stations: a power flow, quarter by quarter.

The network is a typical one and nobody's: a busbar at 400 V behind a transformer of the given
rating with 4 % of impedance, and three cables of 150 mm² aluminium with a station each 30 m,
beside which as much of the premises is connected. Four wires, each phase by itself; premises
with tan φ 0.2, cars without reactive power. power-grid-model solves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.world.transformer import QUARTER_S

NOMINAL_V = 230.0
TOLERANCE = 0.1
"""EN 50160, clause 4.2.2: 230 V ± 10 %."""

CABLES = 3
_LINE_V = 400.0
_SHORT_CIRCUIT_RATIO = 25
_SPAN_M = 30
# Per metre: 150 mm² aluminium with a neutral of the same size (zero sequence: with its return).
_OHM_R1, _OHM_X1, _OHM_R0, _OHM_X0 = 0.206e-3, 0.079e-3, 0.824e-3, 0.316e-3
TAN_PHI = 0.2
"""Reactive by active power of premises."""

Phases = Sequence[float]


@dataclass(frozen=True, slots=True)
class Voltages:
    """Phase to neutral at the stations, by quarter-hour means of the loads; `outside_s` is how
    long any was beyond the tolerance. Loads that no such network can carry leave 0 V.
    """

    lowest_v: float
    highest_v: float
    outside_s: int


def voltages(
    premises_w: Sequence[Phases], stations_w: Sequence[Sequence[Phases]], rating_va: int
) -> Voltages:
    """The extremes over all quarters.

    `premises_w` are the premises' loads per quarter, W per phase; `stations_w` the same for
    each station.
    """
    import numpy

    cars_w = numpy.array(stations_w, dtype=float).transpose(1, 0, 2)
    houses_w = numpy.array(premises_w, dtype=float)[:, numpy.newaxis, :]
    houses_w = houses_w / len(stations_w)
    houses_var = numpy.broadcast_to(houses_w * TAN_PHI, cars_w.shape)
    at_stations_v = power_flow(cars_w + houses_w, houses_var, rating_va).voltage_v
    beyond = abs(at_stations_v - NOMINAL_V) > NOMINAL_V * TOLERANCE
    return Voltages(
        float(at_stations_v.min()),
        float(at_stations_v.max()),
        int(beyond.any(axis=(1, 2)).sum()) * QUARTER_S,
    )


@dataclass(frozen=True, slots=True)
class PowerFlow:
    """What the loads make of the network, at each of the instants that were asked for.

    `voltage_v` is phase to neutral by instant, station and phase, `busbar_w` what flows into
    the network by instant and phase; all is 0 where the network cannot carry the loads.
    """

    voltage_v: Any
    busbar_w: Any


def power_flow(loads_w: Any, loads_var: Any, rating_va: int) -> PowerFlow:
    """Solves the network for loads, W and var, by instant, station and phase."""
    import numpy
    from power_grid_model import ComponentType, PowerGridModel

    loads_w = numpy.asarray(loads_w, dtype=float)
    count = loads_w.shape[1]
    model = PowerGridModel(_network(count, rating_va))
    loads = _rows("asym_load", loads_w.shape[:2], update=True)
    loads["id"] = _LOAD + numpy.arange(1, count + 1)
    loads["p_specified"], loads["q_specified"] = loads_w, loads_var
    solved = model.calculate_power_flow(
        symmetric=False,
        update_data={ComponentType.asym_load: loads},
        output_component_types={ComponentType.node: ["u"], ComponentType.source: ["p"]},
        continue_on_batch_error=True,
    )
    voltage_v = solved[ComponentType.node]["u"][:, 1:, :]
    busbar_w = solved[ComponentType.source]["p"][:, 0, :]
    if model.batch_error is not None:
        failed = model.batch_error.failed_scenarios
        voltage_v[failed] = busbar_w[failed] = 0.0
    return PowerFlow(voltage_v, busbar_w)


_LINE, _LOAD, _SOURCE = 1_000_000, 2_000_000, 3_000_000


def _network(count: int, rating_va: int) -> dict[Any, Any]:
    """Node 0 is the busbar, node n that of station n, which lies on cable n modulo three."""
    import numpy

    numbers = numpy.arange(1, count + 1)
    nodes = _rows("node", count + 1)
    nodes["id"] = numpy.arange(count + 1)
    nodes["u_rated"] = _LINE_V
    lines = _rows("line", count)
    lines["id"] = _LINE + numbers
    lines["from_node"] = numpy.maximum(numbers - CABLES, 0)
    lines["to_node"] = numbers
    lines["from_status"] = lines["to_status"] = 1
    for name, ohm in {
        "r1": _OHM_R1,
        "x1": _OHM_X1,
        "r0": _OHM_R0,
        "x0": _OHM_X0,
    }.items():
        lines[name] = ohm * _SPAN_M
    for name in ("c1", "tan1", "c0", "tan0"):
        lines[name] = 0.0
    loads = _rows("asym_load", count)
    loads["id"] = _LOAD + numbers
    loads["node"] = numbers
    loads["status"] = 1
    loads["type"] = 0
    loads["p_specified"] = loads["q_specified"] = 0.0
    sources = _rows("source", 1)
    sources["id"] = _SOURCE
    sources["node"] = 0
    sources["status"] = 1
    sources["u_ref"] = 1.0
    sources["sk"] = rating_va * _SHORT_CIRCUIT_RATIO
    return {"node": nodes, "line": lines, "asym_load": loads, "source": sources}


def _rows(component: str, shape: Any, *, update: bool = False) -> Any:
    """Empty rows of a component, as the solver takes them."""
    from power_grid_model import ComponentType, DatasetType, initialize_array

    kind = DatasetType.update if update else DatasetType.input
    return initialize_array(kind, ComponentType[component], shape)
