"""What a world reports of itself: the key figures, and the material for the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chargepoint.registers import hardware_max_w
from scenarios.playing.results import RunData, Series, StationData, Trace
from scenarios.world.account import Account
from scenarios.world.bound import Stay, most_wh
from scenarios.world.fairness import Served, energy_served, fifth_percentile, jain
from scenarios.world.station import Station
from scenarios.world.transformer import (
    MINUTE_S,
    PHASES,
    QUARTER_S,
    Transformer,
)
from scenarios.world.unit_process import UNIT_MAX_DA
from scenarios.world.voltages import voltages
from scenarios.world.witness import Witness
from wire.instants import from_epoch
from wire.quantities import PerPhase

DAY_S, WEEK_S = 86_400, 7 * 86_400


def key_figures(
    transformer: Transformer,
    accounts: Sequence[Account],
    premises_w: Callable[[int], PerPhase],
    messages: int,
    start_s: int,
    now_s: int,
) -> dict[str, float]:
    """The figures of the contract, from the start until now.

    `premises_w` tells the premises' load in the quarter of an instant.
    """
    passed_s = max(1, now_s - start_s)
    per_week = WEEK_S / passed_s
    per_station_day = DAY_S / passed_s / len(accounts)
    served = [session for account in accounts for session in account.served(now_s)]
    stays = [stay for account in accounts for stay in account.stays(now_s)]
    # Where no car came and went there is nothing to ask of other people's solvers.
    of_bound: dict[str, float] = {}
    flow: dict[str, float] = {}
    if stays:
        of_bound = _of_bound(stays, served, premises_w, transformer.rating_va)
        flow = _voltages(transformer, accounts, passed_s)
    return {
        "overload_min_per_week": transformer.overload_min * per_week,
        "overload_pu_min_per_week": transformer.overload_pu_min * per_week,
        "max_pu": transformer.max_pu,
        "energy_served": energy_served(served),
        **of_bound,
        "p5_session_served": fifth_percentile(served),
        "jain": jain(served),
        "messages_per_station_per_day": messages * per_station_day,
        "reversals_per_station_per_day": sum(a.reversals.count for a in accounts)
        * per_station_day,
        "min_below_6a_per_station_per_day": sum(a.starved_s for a in accounts)
        / 60
        * per_station_day,
        **flow,
    }


def _of_bound(
    stays: Sequence[Stay],
    served: Sequence[Served],
    premises_w: Callable[[int], PerPhase],
    rating_va: int,
) -> dict[str, float]:
    """How near the cars came to what was possible; nothing where nothing was."""
    bound_wh = most_wh(stays, premises_w, rating_va)
    if bound_wh < 1:
        return {}
    served_wh = sum(min(one.served_wh, one.wanted_wh) for one in served)
    return {"energy_served_of_bound": served_wh / bound_wh}


def _voltages(
    transformer: Transformer, accounts: Sequence[Account], passed_s: int
) -> dict[str, float]:
    """What a power flow makes of the loads; nothing before a quarter-hour is over."""
    drawn_w = [account.quarters.means for account in accounts]
    if not transformer.quarters:
        return {}
    premises_w = [
        [total - sum(drawn) for total, *drawn in zip(totals, *of_stations)]
        for totals, *of_stations in zip(transformer.quarters, *drawn_w)
    ]
    found = voltages(premises_w, drawn_w, transformer.rating_va)
    return {
        "lowest_voltage": found.lowest_v,
        "highest_voltage": found.highest_v,
        "voltage_outside_min_per_week": found.outside_s / 60 * WEEK_S / passed_s,
    }


def run_data(
    transformer: Transformer,
    stations: Sequence[Station],
    witness: Witness,
    start_s: int,
) -> RunData:
    """The report's material; the stations that drew most come first."""
    busiest = sorted(stations, key=lambda s: (-s.unit.station.lifetime_ws, s.name))
    return RunData(
        _phases(transformer.quarters, QUARTER_S, start_s),
        transformer.phase_rating_w,
        tuple(_station(station) for station in busiest),
        witness.journeys.latencies(),
        witness.follower.message() if witness.follower is not None else None,
        _phases(transformer.minutes, MINUTE_S, start_s),
    )


def _phases(
    means_w: Sequence[tuple[float, float, float]], step_s: int, start_s: int
) -> tuple[Series, Series, Series]:
    """Means of so many seconds of the clock, the first of them holding the start."""
    first = from_epoch(start_s // step_s * step_s)
    l1, l2, l3 = (
        Series(first, step_s, tuple(round(mean[phase]) for mean in means_w))
        for phase in PHASES
    )
    return l1, l2, l3


def _station(station: Station) -> StationData:
    return StationData(
        station.name,
        _trace(station.account.limits),
        _trace(station.account.draws),
        hardware_max_w(3, UNIT_MAX_DA),
    )


def _trace(points: Sequence[tuple[int, int]]) -> Trace:
    return Trace(tuple((from_epoch(at_s), float(value)) for at_s, value in points))
