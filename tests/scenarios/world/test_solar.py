"""A feeder with panels and heat pumps: its data, and what its scenario shows."""

from __future__ import annotations

from chargepoint.sessions import read_sessions
from headend.dali import read_feeder
from headend.planner import Planner
from headend.planner_model import Settings
from scenarios.language.document import load
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.world.feeder import Feeder
from scenarios.world.making import SimulatedLab
from scenarios.world.rehearsal import Rehearsal
from tests.scenarios.world.solar_feeder import DATA, solar_feeder
from tests.scenarios.world.test_rehearsal import DAY_S, FILES, rehearsed
from wire.instants import parse_tst

SOLAR = DATA / "solar_feeder.csv"
MONDAY_S = int(parse_tst("240205000000W").timestamp())


def test_the_data_are_what_their_rule_makes() -> None:
    assert SOLAR.read_text() == solar_feeder()
    loads = [sample.power_w for sample in read_feeder(SOLAR)]
    assert min(map(min, loads)) < -25_000 and 42_000 < max(map(max, loads)) < 53_000


def test_the_evening_is_kept_and_the_sun_trips_nothing() -> None:
    alone = rehearsed("none", MONDAY_S, DAY_S, feeder=SOLAR)
    assert alone["max_pu"] > 1.1
    sessions = read_sessions(DATA / "ev_sessions_january.csv")
    planner = Planner(Settings(tuple(sorted(sessions)), 160_000))
    rehearsal = Rehearsal(
        planner,
        Feeder(SOLAR),
        sessions,
        start_s=MONDAY_S,
        rating_va=160_000,
        station_max_w=22_000,
    )
    for quarter in range(1, 97):
        rehearsal.run_until(MONDAY_S + 900 * quarter)
        assert not planner.doubts
    kpis = rehearsal.kpis()
    assert kpis["max_pu"] <= 1.05
    assert kpis["overload_min_per_week"] <= 0.04 * alone["overload_min_per_week"]
    assert kpis["energy_served_of_bound"] > 0.75
    assert 207 < kpis["lowest_voltage"] < kpis["highest_voltage"] < 253


def test_cars_draw_more_than_the_rating_on_the_surplus_over_all_wires() -> None:
    noon = {"stations": "10", "start": "2024-02-05T10:30:00+01:00", "days": "0.17"}
    made = load(FILES / "solar_and_heat_pumps.yaml", noon)
    lab = SimulatedLab(made, Controller.HEADROOM)
    try:
        played = lab.drive(Runner(made, lab, "headroom").play())
    finally:
        lab.close()
    assert not played.stopped and played.run.kpis["max_pu"] <= 1.0
    seen = played.run.expectations
    # Ten stations of which each gives 16.5 kW or more, and no doubt.
    assert len(seen) == 11 and all(one.passed for one in seen)
