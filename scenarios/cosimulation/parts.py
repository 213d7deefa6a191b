"""What of a world can be set and seen from outside: a table for each kind of part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cosimulation.given import (
    FEEDER_W,
    POWER_VAR,
    POWER_W,
    VOLTAGE_V,
    Quantity,
)
from scenarios.world.lab import Lab
from scenarios.world.station import Station
from wire.quantities import PerPhase


@dataclass(frozen=True, slots=True)
class Input:
    """Something to be set: what it is, and how."""

    quantity: Quantity
    set: Callable[[Any, PerPhase], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of part has: `inputs` can be set, `outputs` seen, as JSON values."""

    inputs: Mapping[str, Input]
    outputs: Mapping[str, Callable[[Any], object]]

    @property
    def attributes(self) -> list[str]:
        """The names of both; what is set can be seen too."""
        return list(dict.fromkeys((*self.inputs, *self.outputs)))


def _set_load(station: Station, power_w: PerPhase) -> None:
    station.set_load(power_w, None)


def _set_reactive(station: Station, power_var: PerPhase) -> None:
    station.set_load(station.base_w, None, power_var)


def _set_voltage(station: Station, voltage_dv: PerPhase) -> None:
    station.set_load(station.base_w, voltage_dv)


STATION: Final = Kind(
    {
        "load_w": Input(POWER_W, _set_load),
        "load_var": Input(POWER_VAR, _set_reactive),
        "voltage_v": Input(VOLTAGE_V, _set_voltage),
    },
    {
        "load_w": lambda station: list(station.base_w),
        "load_var": lambda station: list(station.base_var),
        "voltage_v": lambda station: [dv / 10 for dv in station.voltage_dv],
        "power_w": lambda station: list(station.account.flow.power_w),
        "reactive_var": lambda station: list(station.meter.state.reactive_var),
        "charging_w": lambda station: list(station.unit.power_w),
        "limit_w": lambda station: station.unit.station.limit.limit_w,
        "closed": lambda station: station.meter.connected,
    },
)
"""A meter with its charge point. All that is set is beside the car; `power_w` and
`reactive_var` are what flows through the meter, `charging_w` the car's part of it, all per
phase and negative for export. `limit_w` is what the charge point may draw now, and `closed`
whether the meter's breaker is.
"""


def _measure(lab: Lab, power_w: PerPhase) -> None:
    lab.measure_transformer(power_w)


TRANSFORMER: Final = Kind(
    {"measured_w": Input(FEEDER_W, _measure)},
    {
        "measured_w": lambda lab: list(lab.transformer_w),
        "power_w": lambda lab: list(lab.transformer_w),
    },
)
"""Where the stations hang. What is measured there, per phase, goes to the DALI box, and so to
the controller, in place of the sum of what the world knows of; `power_w` is the one of both
that counts.
"""
