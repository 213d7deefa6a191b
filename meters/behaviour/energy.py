"""Counting energy: watt times second in integers, into the register of the rate that holds."""

from __future__ import annotations

from meters.state import State

# A register shows 999999.999 kWh at most, then starts again at 0 (P1 5.0.2, 6.12).
REGISTER_WH = 10**9


def count(state: State, duration_s: int) -> None:
    """Adds what flowed since, at the load and the rate that held all the while."""
    net_w = state.net_w
    if not net_w:
        return
    export = net_w < 0
    energy_ws = state.remainder_ws[export] + abs(net_w) * duration_s
    if energy_ws >= 3600:
        whole_wh, energy_ws = divmod(energy_ws, 3600)
        register = 2 * export + state.rate
        state.energy_wh[register] = (state.energy_wh[register] + whole_wh) % REGISTER_WH
    state.remainder_ws[export] = energy_ws


def import_wh(state: State) -> int:
    """1.8.0: what both import registers add up to."""
    return (state.energy_wh[0] + state.energy_wh[1]) % REGISTER_WH


def export_wh(state: State) -> int:
    """2.8.0: what both export registers add up to."""
    return (state.energy_wh[2] + state.energy_wh[3]) % REGISTER_WH
