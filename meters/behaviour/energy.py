"""Counting energy: watt times second in integers, into the registers of the active mask."""

from __future__ import annotations

from meters.state import State

# A register shows 999999.999 kWh at most, then starts again at 0 (P1 5.0.2, 6.12).
REGISTER_WH = 10**9

# The places in `energy_wh` that count import, and those that count export, by `counting`.
_PLACES = tuple(
    tuple(
        tuple(place for place in places if counting >> place & 1)
        for places in ((0, 1), (2, 3))
    )
    for counting in range(16)
)


def count(state: State, duration_s: int) -> None:
    """Adds what flowed since, at the load and the mask that held all the while."""
    net_w = state.net_w
    if not net_w:
        return
    export = net_w < 0
    energy_ws = state.remainder_ws[export] + abs(net_w) * duration_s
    if energy_ws >= 3600:
        whole_wh, energy_ws = divmod(energy_ws, 3600)
        places = _PLACES[state.counting][export]
        for place in places:
            state.energy_wh[place] = (state.energy_wh[place] + whole_wh) % REGISTER_WH
        if len(places) != 1:
            beyond_wh = state.beyond_rates_wh[export] + whole_wh * (1 - len(places))
            state.beyond_rates_wh[export] = beyond_wh % REGISTER_WH
    state.remainder_ws[export] = energy_ws


def import_wh(state: State) -> int:
    """1.8.0: all import, whatever the tariff registers counted of it."""
    low, normal, _, _ = state.energy_wh
    return (low + normal + state.beyond_rates_wh[0]) % REGISTER_WH


def export_wh(state: State) -> int:
    """2.8.0: all export, whatever the tariff registers counted of it."""
    _, _, low, normal = state.energy_wh
    return (low + normal + state.beyond_rates_wh[1]) % REGISTER_WH
