"""The reset to factory setting (P3, 8.5), done once the association has ended."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from meters.behaviour import harmonics, supply, tariff
from meters.behaviour.breaker import Breaker
from meters.behaviour.task import NEVER
from meters.state import State

if TYPE_CHECKING:
    from meters.meter import Meter

# Before commissioning the policy is none; security_activate raises it again.
FACTORY_POLICY = 0

# What is no setting and no record: time, what flows, the four energy registers, the keys with
# the counters used under them, the firmware, and the M-Bus devices, which are no part of the
# meter: it forgets that it knew them. The breaker stays where it stands.
_KEPT = {
    *("keys", "at_s", "clock_offset_s", "energy_wh", "remainder_ws", "beyond_rates_wh"),
    *("demand_w", "power_w", "voltage_dv", "net_w", "disturbance"),
    *("powered", "off_since_s", "failing_since_s"),
    *("received_counter", "received_reserved", "received_floor"),
    *("sending_counter", "reserved_counter", "spent_keys", "firmware"),
    "attached",
}


def due(meter: Meter, after_s: int) -> int:
    """A second after the association has ended in which it was asked for."""
    waits = meter.state.reset_pending and not meter.associations
    return after_s + 1 if waits else NEVER


def reset(meter: Meter) -> None:
    """Gives the meter the state that it left the factory with, but for what it must keep."""
    state = meter.state
    new = State(state.keys, state.at_s, security_policy=FACTORY_POLICY)
    if state.breaker is not None:
        new.breaker = Breaker(state.breaker.control_state)
    if state.harmonics is not None:
        new.harmonics = state.harmonics.begun_anew()
    for slot in fields(State):
        if slot.name not in _KEPT:
            setattr(state, slot.name, getattr(new, slot.name))
    supply.watch(meter)
    harmonics.watch(meter)
    tariff.switch(meter)
    meter.changed()
