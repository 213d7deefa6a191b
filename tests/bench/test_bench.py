"""What is measured is the same work: we and each peer come to the same result."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from chargepoint.sessions import read_sessions
from headend.dali import read_feeder
from meters.p2.faults import Faults
from scenarios.language.document import load
from tests.bench import __main__ as bench
from tests.bench import congestion, day, dlms, gas, mbus, meters, p1
from tests.bench.measure import Contest, Figure
from tests.meters.builders import KEYS
from tests.peers.exchange import MeterExchange
from wire.cosem.rows import Right

MAKERS = [
    dlms.ciphered_get,
    dlms.association,
    dlms.profile_by_blocks,
    p1.p1_stream,
    mbus.write_hourly,
    mbus.read_hourly,
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_both_come_to_the_same_result(make: Callable[[], Contest]) -> None:
    contest = make()
    assert contest.agree()
    # Again: an association, a counter or a buffer that the first left must not be in the way.
    assert contest.agree()


def test_a_different_result_is_not_measured() -> None:
    contest = replace(dlms.ciphered_get(), theirs=lambda: -1)
    with pytest.raises(AssertionError, match="disagrees"):
        contest.measure()


def figure(ours_us: int, theirs_us: int) -> Figure:
    """A contest of two loops, as long as these say relative to each other."""
    return Contest(
        "loops",
        "a loop",
        lambda: sum(range(ours_us * 100)),
        lambda: sum(range(theirs_us * 100)),
        lambda ours, theirs: True,
        at_least=2,
        ours_times=1,
        theirs_times=1,
        at_most_us=1e9,
    ).measure(rounds=3)


def test_a_figure_says_whether_the_target_was_met() -> None:
    assert figure(1, 100).met
    assert not figure(100, 1).met
    slow = figure(1, 100).to_json()
    assert slow["target"] == "≥ 2 ×, ≤ 1e+09 µs"


def test_the_rows_are_written_as_the_contract_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = Figure("a row", 12.5, "µs", "a peer", 25.0, 2.0, "≥ 3 ×", False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench, "ROWS", {"a": lambda: missed, "b": pytest.fail})
    bench.main(["--only", "a"])
    assert json.loads((tmp_path / "out" / "bench.json").read_text("utf-8")) == [
        {
            "name": "a row",
            "value": 12.5,
            "unit": "µs",
            "peer": "a peer",
            "peer_value": 25.0,
            "ratio": 2.0,
            "target": "≥ 3 ×",
            "met": False,
        }
    ]
    assert "MISSED: a row: 12.5 µs, 2.00 ×" in capsys.readouterr().out


def test_a_full_meter_is_full_and_an_idle_one_small() -> None:
    profiles = meters.filled(meters.make(1)).state.profiles
    assert profiles is not None
    sizes = {name: len(rows) for name, rows in profiles.items()}
    assert sizes == {
        "load_profile": 960,
        "daily_load_profile": 40,
        "monthly_profile": 13,
    }
    for make_one in (meters.make, meters.printed):
        assert meters.kib_each(make_one, 20) <= meters.IDLE_KIB


def test_every_attribute_that_may_be_read_is_read() -> None:
    meter = meters.make(1, KEYS)
    client = dlms.OurClient(MeterExchange(meter), count(1000).__next__)
    client.play(client.session.open())
    readable = sum(
        bool(attribute.management & Right.R)
        for row in meter.model.rows
        for attribute in row.attributes
    )
    assert meters.read_whole(client) == readable > 100


def test_the_day_is_what_its_row_says() -> None:
    scenario = load(day.SCENARIO)
    world = scenario.world
    assert (world.days, world.stations) == (1, 30)
    assert world.standard == "dsmr-4.2.2", "which sends P1 every 10 s"
    assert [controller.value for controller in world.controllers] == [
        "none",
        "headroom",
    ]


def test_more_stations_are_the_same_cars_again_at_as_large_a_feeder() -> None:
    with congestion.world_of(60, 12) as scenario:
        world = scenario.world
        assert world.feeder is not None and world.sessions is not None
        assert (world.stations, world.days, world.p1_period_s) == (60, 0.5, 60)
        assert world.rating_va == 2 * congestion.RATING_VA
        sessions = read_sessions(world.sessions)
        assert len(sessions) == 60
        for one, other in zip(sessions["CP007"], sessions["CP037"], strict=True):
            assert replace(one, station="CP037") == other
        ours = next(iter(read_feeder(world.feeder)))
        data = next(iter(read_feeder(congestion.DATA / "lv_feeder_january.csv")))
        assert ours.power_w == tuple(2 * watt for watt in data.power_w)


def test_a_span_is_scaled_and_says_so() -> None:
    cost = congestion.cost(30, 0.5)
    assert cost.messages > 0
    figure = congestion._scaled("a day", cost, 24, 10**6)
    assert figure.value == round(48 * cost.wall_s, 1)
    assert figure.met and "0.5 h played, times 48" in figure.note


def test_the_day_of_gas_meters_is_passed_in_two_processes() -> None:
    figure = gas.gas_day(8)
    assert figure.met and figure.name.startswith("one simulated day, 8 gas meters")


def test_the_gas_meters_are_of_both_kinds_and_each_reading_is_kept() -> None:
    households = [gas.bound(number) for number in range(1, 5)]
    assert [
        bool(meter.state.attached and meter.state.attached.radios)
        for meter in households
    ] == [
        *(False, True, True, False),
    ]
    assert not any(gas.kept(meter) for meter in households)
    gas.pass_day(households)
    assert all(gas.kept(meter) for meter in households)


def test_a_reading_that_is_not_on_p1_is_not_measured() -> None:
    meter = gas.bound(1)
    assert meter.state.attached is not None
    (device,) = meter.state.attached.devices
    meter.state.attached.set_faults(device.identity.equipment_id, Faults(lost=100))
    with pytest.raises(AssertionError, match="no reading of 2024-01-09 10:00"):
        gas.pass_day([meter])
