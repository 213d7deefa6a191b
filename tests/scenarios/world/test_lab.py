"""The whole chain in one world: every wire, in simulated time."""

from __future__ import annotations

import gc
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from scenarios.language.document import Scenario, parse
from scenarios.language.settings import Controller
from scenarios.playing.results import Hop
from scenarios.playing.runner import Played, Runner
from scenarios.playing.world_protocol import Car, Refuser
from scenarios.transport.garbage import YOUNG_OBJECTS
from scenarios.world.making import SimulatedLab
from wire.errors import LocalError

FILES = Path(__file__).resolve().parents[3] / "scenarios" / "files"

TEXT = """
scenario: small
seed: {seed}
world:
  start: 2024-01-27T17:30:00+01:00
  stations: {stations}
  standard: {standard}
  feeder: {files}/../data/lv_feeder_january.csv
  rating_va: {rating_va}
  controller: headroom
  latency_s: {latency_s}
steps:
  - run_for: 1s
"""


def scenario(
    seed: int = 1,
    stations: int = 2,
    rating_va: int = 160_000,
    standard: str = "dsmr-4.2.2",
    latency_s: float = 0.7,
) -> Scenario:
    """A small evening world."""
    text = TEXT.format(
        seed=seed,
        stations=stations,
        rating_va=rating_va,
        standard=standard,
        latency_s=latency_s,
        files=FILES,
    )
    return parse(text, FILES / "small.yaml")


async def an_evening(lab: SimulatedLab, minutes: int = 60) -> SimulatedLab:
    """Two cars come, and time passes."""
    lab.site(1).plug_car(Car(energy_wh=40_000, max_w=11_000))
    lab.site(2).plug_car(Car(energy_wh=40_000, max_w=7400, phases=1, phase=2))
    await lab.run_until(lab.now + timedelta(minutes=minutes))
    return lab


def played(seed: int = 1, rating_va: int = 160_000) -> SimulatedLab:
    """A world after its evening."""
    made = scenario(seed=seed, rating_va=rating_va)
    lab = SimulatedLab(made, Controller.HEADROOM)
    try:
        return lab.drive(an_evening(lab))
    finally:
        lab.close()


def test_the_same_seed_gives_the_same_run() -> None:
    first, second, other = played(seed=5), played(seed=5), played(seed=6)
    assert first.log.lines == second.log.lines
    assert len(first.log.lines) > 10
    assert first.kpis() == second.kpis()
    assert other.log.digest() != "" and other.kpis().keys() == first.kpis().keys()


def test_a_tight_transformer_cuts_the_cars_over_every_wire() -> None:
    lab = played(rating_va=110_000)
    data = lab.report()
    assert {station.name for station in data.stations} == {"CP001", "CP002"}
    for station in data.stations:
        limits = [value or 0 for _, value in station.limit_w.points]
        assert limits[0] == 22_000 and min(limits[1:]) < 11_000
    reached = {row.hop for row in data.latencies if row.count}
    assert reached == set(Hop) - {Hop.PLANNED}
    assert data.followed is not None
    titles = [stage.title for stage in data.followed.stages]
    assert len(titles) == 12 and titles[0].startswith("The plan")
    assert [stage.at for stage in data.followed.stages] == sorted(
        stage.at for stage in data.followed.stages
    )


def test_a_message_goes_forward_from_hop_to_hop_however_late_the_answer_comes() -> None:
    made = scenario(latency_s=10)
    lab = SimulatedLab(made, Controller.NONE)

    async def play() -> None:
        assert (await lab.head_end.send_message(1, b"HELLO", check=True)).accepted

    lab.drive(play())
    lab.close()
    (journey,) = lab._witness.journeys.all
    assert {Hop.IN_METER, Hop.ON_P1} < journey.reached.keys()
    times = [journey.reached[hop] for hop in Hop if hop in journey.reached]
    assert times == sorted(times)


def test_messages_that_are_handed_in_have_journeys_and_refused_ones_none() -> None:
    lab = SimulatedLab(scenario(), Controller.NONE)

    async def play() -> None:
        head_end = lab.head_end
        for meter, text in ((1, "ONE"), (2, "TWO"), (1, "T\x00O")):
            await head_end.jobs.hand_in(meter, "message", {"text": text})
        await head_end.send_message(1, b"A" * 1025, check=True)
        await lab.run_until(lab.now + timedelta(minutes=1))

    lab.drive(play())
    lab.close()
    assert len(lab.delays_s(Hop.JOB, Hop.ON_P1, None)) == 2
    (delay_s,) = lab.delays_s(Hop.JOB, Hop.ON_P1, 2)
    assert delay_s is not None and 0 < delay_s < 30
    with pytest.raises(LocalError, match="no station 3"):
        lab.delays_s(Hop.JOB, Hop.ON_P1, 3)


LIMITED = """
scenario: limited
world: {start: 2024-01-27T17:30:00+01:00, stations: 3, connections_per_s: 0.1}
steps:
  - hand_in: {meter: 1, operation: clock}
  - hand_in: {meter: 2, operation: clock}
  - hand_in: {meter: 3, operation: clock, as: third}
  - expect: {job: {name: third, item: state, equals: done}, within: 1m}
  - expect: {job: {name: third, item: waited, min: 20}}
"""


@pytest.mark.parametrize(
    ("limit", "waited"),
    [("connections_per_s: 0.1", "min: 20"), ("concurrency: 16", "max: 0")],
)
def test_the_head_end_begins_no_more_connections_than_it_may(
    limit: str, waited: str
) -> None:
    text = LIMITED.replace("connections_per_s: 0.1", limit)
    made = parse(text.replace("min: 20", waited), FILES / "l.yaml")
    lab = SimulatedLab(made, Controller.NONE)
    result: Played = lab.drive(Runner(made, lab, "none").play())
    lab.close()
    assert [seen for seen in result.run.expectations if not seen.passed] == []


TOLD = """
scenario: told
world: {start: 2024-01-27T17:30:00+01:00}
steps:
  - expect: {transformer: {item: told_l1, equals: null}}
  - set_load: {power_w: [3000, 200, -100]}
  - run_for: 31m
  - expect: {transformer: {item: told_l3, equals: -100, tolerance: 1}}
  - disturb_feeder: {fault: negated}
  - run_for: 15m
  - expect: {transformer: {item: told_l1, equals: -3000, tolerance: 1}}
  - expect: {transformer: {item: power_l1, equals: 3000, tolerance: 1}}
  - disturb_feeder: {fault: missing}
  - run_for: 15m
  - expect: {transformer: {item: told_l1, equals: null}}
"""


def test_what_the_transformer_s_box_tells_stands_beside_what_flows() -> None:
    lab = SimulatedLab(made := parse(TOLD, FILES / "t.yaml"), Controller.NONE)
    result: Played = lab.drive(Runner(made, lab, "none").play())
    lab.close()
    assert [seen for seen in result.run.expectations if not seen.passed] == []


def test_a_message_may_wait_a_quarter_of_an_hour_and_control_goes_on() -> None:
    lab = SimulatedLab(scenario(rating_va=30_000, latency_s=900), Controller.HEADROOM)

    async def play() -> None:
        lab.site(1).plug_car(Car(energy_wh=40_000, max_w=11_000))
        await lab.run_until(lab.now + timedelta(minutes=20))
        lab.site(2).plug_car(Car(energy_wh=40_000, max_w=11_000))
        await lab.run_until(lab.now + timedelta(minutes=40))

    lab.drive(play())
    lab.close()
    journeys = lab._witness.journeys.all
    arrived_s = {
        journey.reached[Hop.PLANNED]: journey.reached[Hop.IN_METER]
        for journey in journeys
        if Hop.IN_METER in journey.reached
    }
    assert arrived_s
    assert all(at_s - planned_s >= 890 for planned_s, at_s in arrived_s.items())
    first, second, *_ = sorted({journey.reached[Hop.PLANNED] for journey in journeys})
    assert second - first == 900


def test_energy_is_the_same_to_the_car_the_meter_and_the_transformer() -> None:
    lab = played(rating_va=110_000)
    for station in lab._stations:
        lab_ws = station.unit.station.lifetime_ws
        metered_wh = sum(station.meter.state.energy_wh)
        assert lab_ws > 3_600_000
        assert abs(metered_wh - lab_ws // 3600) <= 1
    cars_ws = sum(station.unit.station.lifetime_ws for station in lab._stations)
    premises_ws = sum(
        900 * sum(lab._feeder.power_w(lab._start_s + 900 * quarter))
        for quarter in range(4)
    )
    carried_ws = 900 * sum(sum(quarter) for quarter in lab._transformer.quarters)
    assert carried_ws == premises_ws + cars_ws


def test_an_interruption_within_a_call_ends_the_play() -> None:
    lab = SimulatedLab(scenario(), Controller.NONE)
    struck: Deferred[None] = Deferred()
    struck.addCallback(lambda _: signal.raise_signal(signal.SIGINT))

    async def play() -> None:
        lab._clock.callLater(1, struck.callback, None)
        await lab.run_until(lab.now + timedelta(minutes=1))

    # Whoever starts the tests in the background has SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            lab.drive(play())
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
        lab.close()


def test_while_a_world_is_driven_garbage_is_looked_for_seldom() -> None:
    async def threshold() -> int:
        return gc.get_threshold()[0]

    lab = SimulatedLab(scenario(), Controller.NONE)
    assert lab.drive(threshold()) == YOUNG_OBJECTS
    lab.close()


def test_refusals_are_outcomes() -> None:
    lab = SimulatedLab(scenario(), Controller.NONE)

    async def play() -> None:
        at_desk = await lab.head_end.send_message(1, b"A" * 1025, check=True)
        assert at_desk.refused_by is Refuser.HEADEND
        at_meter = await lab.head_end.send_message(1, b"A" * 1025, check=False)
        assert (at_meter.refused_by, at_meter.result) == (Refuser.METER, "other-reason")
        denied = await lab.head_end.write(1, "energy_import_rate_1:2", 5)
        assert (denied.refused_by, denied.result) == (
            Refuser.METER,
            "read-write-denied",
        )
        lab.site(2).power_off()
        silent = await lab.head_end.read(2, "clock")
        assert silent.refused_by is Refuser.TRANSPORT
        lab.site(2).power_on()
        assert (await lab.head_end.read(2, "clock")).accepted

    lab.drive(play())
    lab.close()


def test_a_station_that_is_not_there_is_said_so() -> None:
    lab = SimulatedLab(scenario(), Controller.NONE)
    with pytest.raises(LocalError, match="no station 3"):
        lab.site(3).telegram()
    lab.close()


def test_lost_messages_leave_the_transformer_guarded() -> None:
    lab = SimulatedLab(scenario(rating_va=110_000), Controller.HEADROOM)
    for address in lab._addresses:
        lab.network.link(*address.p3).loss = 0.5
    lab.drive(an_evening(lab, 90))
    lab.close()
    alone = SimulatedLab(scenario(rating_va=110_000), Controller.NONE)
    alone.drive(an_evening(alone, 90))
    alone.close()
    assert lab.kpis()["messages_per_station_per_day"] > 0
    assert (
        lab.kpis()["overload_pu_min_per_week"]
        < alone.kpis()["overload_pu_min_per_week"]
    )


def test_what_a_hand_has_set_outlives_the_quarter_and_the_world_s_files() -> None:
    text = """
scenario: held
world: {start: 2024-01-10T12:00:00+01:00, stations: 2, standard: smr-5.0,
  premises: ../data/premises_profiles_january.csv, feeder: ../data/lv_feeder_january.csv}
steps: [{run_until: end}]
"""
    lab = SimulatedLab(parse(text, FILES / "held.yaml"), Controller.NONE)

    async def play() -> None:
        one, two = lab.site(1), lab.site(2)
        one.set_load((500, 0, -400), (2315, 2290, 2280), (10, 20, 30))
        two.set_load((7, 7, 7), None)
        followed_dv = two.voltage_dv
        await lab.run_until(lab.now + timedelta(hours=1))
        assert one.meter.state.power_w == (500, 0, -400)
        assert one.meter.state.reactive_var == (10, 20, 30)
        newest = one.telegram()
        assert newest is not None and newest.values["1-0:32.7.0"] == 2315
        assert two.meter.state.power_w == (7, 7, 7)
        assert two.voltage_dv != followed_dv

    lab.drive(play())
    lab.close()
