"""A voltage that is forced on a phase for a while, whatever the network's is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meters.behaviour import phases
from meters.behaviour.task import NEVER
from wire.errors import LocalError
from wire.quantities import PerPhase

if TYPE_CHECKING:
    from meters.meter import Meter

_MOST_DV = 10**6


class Disturbance:
    """Per phase what is forced on it, and until when: true time (epoch seconds), 0 for nothing.

    `network_dv` is what the voltages are meanwhile, in 0.1 V, and will be again.
    """

    __slots__ = ("forced_dv", "until_s", "network_dv")

    def __init__(self, network_dv: PerPhase) -> None:
        self.forced_dv = [0, 0, 0]
        self.until_s = [0, 0, 0]
        self.network_dv = network_dv

    def measured(self) -> PerPhase:
        """What the meter sees of it all."""
        l1, l2, l3 = (
            forced_dv if until_s else network_dv
            for forced_dv, until_s, network_dv in zip(
                self.forced_dv, self.until_s, self.network_dv, strict=True
            )
        )
        return l1, l2, l3

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Disturbance:
        """What was kept; raises what Python does for content that is not it."""
        l1, l2, l3 = phases.restored("network_dv", saved["network_dv"], _MOST_DV)
        disturbance = cls((l1, l2, l3))
        disturbance.forced_dv = phases.restored(
            "forced_dv", saved["forced_dv"], _MOST_DV
        )
        disturbance.until_s = phases.restored("until_s", saved["until_s"], 1 << 33)
        return disturbance


def begin(meter: Meter, phase: int, voltage_dv: int, duration_s: int) -> None:
    """Forces a voltage on a phase, counted from 0, from now on and for so long.

    Raises `LocalError` when the meter does not have that phase.
    """
    if not 0 <= phase < meter.identity.phases:
        raise LocalError(f"the meter has no L{phase + 1}")
    state = meter.state
    if state.disturbance is None:
        l1, l2, l3 = state.voltage_dv
        state.disturbance = Disturbance((l1, l2, l3))
    state.disturbance.forced_dv[phase] = voltage_dv
    state.disturbance.until_s[phase] = state.at_s + duration_s
    _measure(meter, state.disturbance)


def measured(meter: Meter, network_dv: PerPhase) -> PerPhase:
    """What the meter sees of the network's voltages, which are these from now on."""
    disturbance = meter.state.disturbance
    if disturbance is None:
        return network_dv
    disturbance.network_dv = network_dv
    return disturbance.measured()


def due(meter: Meter, after_s: int) -> int:
    """When the next phase is left alone."""
    disturbance = meter.state.disturbance
    if disturbance is None:
        return NEVER
    instants = (until_s for until_s in disturbance.until_s if until_s > after_s)
    return min(instants, default=NEVER)


def settle(meter: Meter) -> None:
    """Leaves the phases alone whose time is over."""
    state = meter.state
    disturbance = state.disturbance
    if disturbance is not None:
        disturbance.until_s = [
            until_s if until_s > state.at_s else 0 for until_s in disturbance.until_s
        ]
        if not any(disturbance.until_s):
            state.disturbance = None
        _measure(meter, disturbance)


def _measure(meter: Meter, disturbance: Disturbance) -> None:
    l1, l2, l3 = meter.state.demand_w
    meter.set_load((l1, l2, l3), disturbance.network_dv)
    meter.changed()
