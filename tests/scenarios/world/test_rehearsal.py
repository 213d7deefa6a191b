"""A feeder without wires: it comes to what the world comes to, over all of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chargepoint.sessions import read_sessions
from headend.controllers import CONTROLLERS
from headend.planner_model import Settings
from scenarios.language.document import Scenario, parse
from scenarios.language.settings import Controller
from scenarios.playing.runner import Runner
from scenarios.world.feeder import Feeder
from scenarios.world.making import SimulatedLab
from scenarios.world.rehearsal import Rehearsal, Way
from wire.instants import parse_tst

FILES = Path(__file__).resolve().parents[3] / "scenarios" / "files"
DATA = FILES.parent / "data"
DAY_S, WEEK_S = 86_400, 7 * 86_400
FIRST_S = int(parse_tst("240109010000W").timestamp())
# The first two weeks are what the planner was tuned on; the others it never saw.
TUNED, UNSEEN = FIRST_S, FIRST_S + 2 * WEEK_S

EVENING = """
scenario: evening
world:
  start: 2024-01-27T17:00:00+01:00
  days: 0.25
  stations: 30
  p1_period_s: 60
  feeder: {files}/../data/lv_feeder_january.csv
  sessions: {files}/../data/ev_sessions_january.csv
  controller: {controller}
steps:
  - run_until: end
"""


JANUARY = DATA / "lv_feeder_january.csv"


@cache
def rehearsed(
    controller: str,
    start_s: int,
    length_s: int,
    way: Way = Way(),
    feeder: Path = JANUARY,
    rating_va: int = 160_000,
) -> dict[str, float]:
    sessions = read_sessions(DATA / "ev_sessions_january.csv")
    rehearsal = Rehearsal(
        CONTROLLERS[controller](Settings(tuple(sorted(sessions)), rating_va)),
        Feeder(feeder),
        sessions,
        start_s=start_s,
        rating_va=rating_va,
        station_max_w=22_000,
        way=way,
    )
    rehearsal.run_until(start_s + length_s)
    return rehearsal.kpis()


def played(scenario: Scenario) -> dict[str, float]:
    lab = SimulatedLab(scenario, scenario.world.controller)
    try:
        run = lab.drive(Runner(scenario, lab, scenario.world.controller).play()).run
        return dict(run.kpis)
    finally:
        lab.close()


def evening(controller: Controller) -> tuple[dict[str, float], dict[str, float]]:
    """An evening in the world, and the same rehearsed."""
    text = EVENING.format(files=FILES, controller=controller)
    scenario = parse(text, FILES / "evening.yaml")
    start_s = int(scenario.world.start.timestamp())
    way = Way(reading_s=0, message_s=30)
    return played(scenario), rehearsed(controller, start_s, DAY_S // 4, way)


def test_an_evening_that_is_left_alone_is_the_world_s() -> None:
    world, rehearsal = evening(Controller.NONE)
    assert world["max_pu"] > 1.05
    for name, value in world.items():
        assert abs(rehearsal[name] - value) <= 0.001 * abs(value), name


def test_an_evening_under_control_is_the_world_s_but_for_seconds() -> None:
    world, rehearsal = evening(Controller.HEADROOM)
    for name, within in {
        "overload_min_per_week": 28 * 2,
        "max_pu": 0.02,
        "energy_served": 0.005,
        "energy_served_of_bound": 0.005,
        "p5_session_served": 0.02,
        "jain": 0.005,
        "messages_per_station_per_day": 1.0,
    }.items():
        assert abs(rehearsal[name] - world[name]) <= within, name
