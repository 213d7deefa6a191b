"""What a world reports of itself: the key figures, and the material for the report."""

from __future__ import annotations

from collections.abc import Sequence

from chargepoint.registers import hardware_max_w
from scenarios.results import RunData, Series, StationData, Trace
from scenarios.world.fairness import energy_served, fifth_percentile, jain
from scenarios.world.station import UNIT_MAX_DA, Station
from scenarios.world.transformer import QUARTER_S, Transformer
from scenarios.world.witness import Witness
from wire.instants import from_epoch

DAY_S, WEEK_S = 86_400, 7 * 86_400


def key_figures(
    transformer: Transformer,
    stations: Sequence[Station],
    messages: int,
    start_s: int,
    now_s: int,
) -> dict[str, float]:
    """The figures of the contract, from the start until now."""
    passed_s = max(1, now_s - start_s)
    per_week = WEEK_S / passed_s
    per_station_day = DAY_S / passed_s / len(stations)
    served = [session for station in stations for session in station.served(now_s)]
    return {
        "overload_min_per_week": transformer.overload_min * per_week,
        "overload_pu_min_per_week": transformer.overload_pu_min * per_week,
        "max_pu": transformer.max_pu,
        "energy_served": energy_served(served),
        "p5_session_served": fifth_percentile(served),
        "jain": jain(served),
        "messages_per_station_per_day": messages * per_station_day,
        "reversals_per_station_per_day": sum(s.reversals.count for s in stations)
        * per_station_day,
        "min_below_6a_per_station_per_day": sum(s.starved_s for s in stations)
        / 60
        * per_station_day,
    }


def run_data(
    transformer: Transformer,
    stations: Sequence[Station],
    witness: Witness,
    start_s: int,
) -> RunData:
    """The report's material; the stations that drew most come first."""
    first_s = start_s // QUARTER_S * QUARTER_S
    l1, l2, l3 = (
        Series(
            from_epoch(first_s),
            QUARTER_S,
            tuple(round(quarter[phase]) for quarter in transformer.quarters),
        )
        for phase in range(3)
    )
    busiest = sorted(stations, key=lambda s: (-s.unit.station.lifetime_ws, s.name))
    return RunData(
        (l1, l2, l3),
        transformer.phase_rating_w,
        tuple(_station(station) for station in busiest),
        witness.journeys.latencies(),
        witness.follower.message() if witness.follower is not None else None,
    )


def _station(station: Station) -> StationData:
    return StationData(
        station.name,
        _trace(station.limits),
        _trace(station.draws),
        hardware_max_w(3, UNIT_MAX_DA),
    )


def _trace(points: Sequence[tuple[int, int]]) -> Trace:
    return Trace(tuple((from_epoch(at_s), float(value)) for at_s, value in points))
