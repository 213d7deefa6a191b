"""The congestion planner: single decisions (what they come to: scenarios/world/test_january)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.controllers import CONTROLLERS, NoControl, Threshold
from headend.planner import Planner
from headend.planner_model import Settings
from tests.headend.planner_bench import NO_CAR, QUARTER, START, Bench, sample, three
from wire.charging_profile import decode, encode
from wire.quantities import PerPhase


def test_the_first_message_goes_to_all_and_carries_a_day_of_limits() -> None:
    bench = Bench()
    bench.step(1000, NO_CAR, NO_CAR, NO_CAR)
    assert [command.station for command in bench.commands] == ["A", "B", "C"]
    for command in bench.commands:
        profile = command.profile
        assert profile.valid_from == profile.periods[0].start == bench.now
        span = profile.valid_to - profile.valid_from
        assert timedelta(hours=20) <= span <= timedelta(hours=21)
        later = [period.start for period in profile.periods[1:]]
        assert all(start.minute == start.second == 0 for start in later)


def test_profiles_do_not_expire_together() -> None:
    bench = Bench(*(f"CP{n}" for n in range(30)))
    ends = {
        c.profile.valid_to for c in bench.plan(0, dict.fromkeys(bench.stations, NO_CAR))
    }
    assert len(ends) > 25
    assert max(ends) - min(ends) > timedelta(minutes=30)


def test_a_cut_takes_effect_at_once_and_a_release_when_room_has_lasted() -> None:
    bench = Bench()
    assert bench.step(0, three(22_000), NO_CAR, NO_CAR)["A"] == 22_000
    # 9000 - 5000 W per phase.
    assert bench.step(5000, three(22_000), NO_CAR, NO_CAR)["A"] == 12_000
    for _ in range(2):
        # The last 45 minutes still count.
        assert bench.step(0, three(12_000), NO_CAR, NO_CAR)["A"] == 12_000
    # Then half of the way at each step, and all when little would be left.
    rising = [bench.step(0, three(12_000), NO_CAR, NO_CAR)["A"] for _ in range(3)]
    assert rising == [17_000, 22_000, 22_000]


def test_the_stations_own_draw_is_not_premises_load() -> None:
    bench = Bench()
    for _ in range(4):
        limits = bench.step(3000, three(18_000), NO_CAR, NO_CAR)
    assert limits["A"] == 18_000


def test_without_any_station_metering_their_draw_is_premises_load() -> None:
    planner = Planner(Settings(("A", "B", "C"), 30_000))
    limits = []
    for step in range(6):
        now = START + step * QUARTER
        planner.plan(now, sample(now, (4000,) * 3), {})
        limits.append(max(planner.in_force_w(name, now) for name in "ABC"))
    # Until nothing was heard of the three for 45 minutes they have no cars; from then on
    # each may have one, and 5 kW per phase are for three.
    assert limits == [4140] * 4 + [4990] * 2


def test_the_worst_phase_leads_for_three_phase_cars() -> None:
    bench = Bench()
    limits = bench.step((1000, 4500, 2000), three(9000), three(9000), NO_CAR)
    # 4500 W on phase 2, half of it for each of the two cars.
    assert limits == {"A": 6750, "B": 6750, "C": 4140}


def test_what_a_car_cannot_draw_is_shared_by_the_others() -> None:
    bench = Bench()
    bench.step(0, three(4500), three(12_000), NO_CAR)
    for _ in range(2):
        limits = bench.step(0, three(4500), three(13_500), NO_CAR)
    # 4500 W that can be 5 % more and 100 W; of 27 kW the rest is B's.
    assert limits["B"] == 22_000
    for _ in range(2):
        limits = bench.step(2000, three(4500), three(16_000), NO_CAR)
    assert limits["B"] == pytest.approx(21_000 - 4825, abs=10)
    # It takes all that it may: it may be able to take more.
    for _ in range(2):
        limits = bench.step(6000, three(4500), three(4500), NO_CAR)
    assert limits["A"] == limits["B"] == 4500


def test_a_message_that_is_long_on_its_way_is_no_car_of_small_demand() -> None:
    bench = Bench()
    for _ in range(5):
        bench.step(7600, three(4140), NO_CAR, NO_CAR)
    while bench.step(0, three(4140), NO_CAR, NO_CAR)["A"] == 4140:
        pass
    # Released just now, and the station still does what it was told before.
    bench.step(0, three(4140), NO_CAR, NO_CAR)
    assert bench.planner.state.stations["A"].demand_w == 22_000
    for _ in range(2):
        bench.step(0, three(4140), NO_CAR, NO_CAR)
    assert bench.planner.state.stations["A"].demand_w < 5000


def test_a_single_phase_car_is_only_held_by_its_own_phase() -> None:
    bench = Bench()
    limits = bench.step((0, 8000, 0), (0, 3700, 0), (0, 0, 3700), NO_CAR)
    assert limits["A"] in (0, 1380)
    assert limits["B"] > 3700


def test_no_limit_lies_between_nothing_and_six_ampere() -> None:
    bench = Bench(*"ABCDEFGH")
    seen = set()
    for premises_w in (
        0,
        3000,
        5000,
        6000,
        7000,
        7600,
        8500,
        9500,
        7000,
        5000,
        1000,
    ) * 2:
        powers = [three(max(4140, 9000)), (3700, 0, 0)] * 4
        bench.step(premises_w, *powers)
        for command in bench.commands:
            minimum_w = 4140 if command.station in "ACEG" else 1380
            for period in command.profile.periods:
                seen.add(period.max_w)
                assert period.max_w == 0 or period.max_w >= minimum_w
    assert 0 in seen


def drawing(limits: dict[str, int]) -> list[PerPhase]:
    return [three(limit) if limit >= 4140 else NO_CAR for limit in limits.values()]


def test_when_there_is_too_little_for_all_cars_they_take_turns() -> None:
    bench = Bench(*"ABCDEF")
    powers = [three(11_000)] * 6
    served = dict.fromkeys("ABCDEF", 0)
    for _ in range(48):
        limits = bench.step(6000, *powers)
        powers = drawing(limits)
        # 3000 W per phase, and 500 up to where cars pause: the minimum of two.
        charging = [limit for limit in limits.values() if limit]
        assert len(charging) == 2 and min(charging) >= 4140
        assert sum(charging) <= 9000
        for name, limit in limits.items():
            served[name] += limit > 0
    assert min(served.values()) >= 12
    assert max(served.values()) <= 20


def test_a_preferred_station_gets_twice_the_share_and_pauses_last() -> None:
    bench = Bench(*"ABC", preferred=frozenset("B"))
    powers = [three(11_000)] * 3
    # 6000 W per phase: a quarter, a half and a quarter of 18 kW.
    limits = bench.step(3000, *powers)
    assert limits == {"A": 4500, "B": 9000, "C": 4500}
    for _ in range(24):
        limits = bench.step(7000, *powers)
        powers = drawing(limits)
        assert limits["B"] >= 4140
        assert 0 in (limits["A"], limits["C"])


def test_a_turn_lasts() -> None:
    bench = Bench(*"ABCD")
    powers = [three(11_000)] * 4
    changes = 0
    before: dict[str, int] = {}
    for _ in range(32):
        limits = bench.step(6000, *powers)
        powers = drawing(limits)
        changes += before not in ({}, limits)
        before = limits
    # In eight hours each turn of an hour ends once: not 31 changes.
    assert changes <= 16


def test_a_paused_car_is_woken_when_there_is_room_again() -> None:
    bench = Bench()
    bench.step(0, three(11_000), NO_CAR, NO_CAR)
    assert bench.step(9500, three(11_000), NO_CAR, NO_CAR)["A"] == 0
    for _ in range(4):
        limits = bench.step(9500, NO_CAR, NO_CAR, NO_CAR)
    assert limits["A"] == 0
    while not (limits := bench.step(1000, NO_CAR, NO_CAR, NO_CAR))["A"]:
        assert bench.now < START + timedelta(hours=4)
    assert limits["A"] == 11_000
    # It does not take it: it has gone.
    assert bench.step(1000, NO_CAR, NO_CAR, NO_CAR)["A"] == 4140


def test_all_pause_only_when_their_minimum_does_not_fit() -> None:
    bench = Bench()
    # Above the target of 9 kW, and not yet above the 9.5 kW at which cars pause.
    assert bench.step(8100, three(11_000), NO_CAR, NO_CAR)["A"] == 4140
    assert bench.step(8130, three(4140), NO_CAR, NO_CAR)["A"] == 0


def test_a_station_without_a_car_is_never_shut() -> None:
    bench = Bench()
    limits = bench.step(9500, NO_CAR, NO_CAR, NO_CAR)
    assert set(limits.values()) == {4140}
    # Even where the tail of its profile would shut it, hour by hour.
    for _ in range(12):
        assert min(bench.step(9500, NO_CAR, NO_CAR, NO_CAR).values()) == 4140


POWERS = st.none() | st.sampled_from(
    [NO_CAR, (3700, 0, 0), (0, 7360, 0), three(11_000), three(22_000), (3000, 3000, 0)]
)


STEP = st.tuples(
    st.tuples(*[st.integers(-20_000, 60_000)] * 3),
    st.lists(POWERS, min_size=4, max_size=4),
)


@settings(max_examples=60)
@given(st.lists(STEP, min_size=1, max_size=12), st.integers(0, 20_000))
def test_any_measurements_give_messages_that_a_gateway_accepts(
    steps: list[tuple[PerPhase, list[PerPhase | None]]], hours: int
) -> None:
    names = ("A", "B", "C", "D")
    planner = Planner(Settings(names, 50_000))
    now = START + timedelta(hours=hours)
    for power_w, powers in steps:
        now += QUARTER
        for command in planner.plan(
            now, sample(now, power_w), dict(zip(names, powers))
        ):
            profile = command.profile
            assert 1 <= len(profile.periods) <= 22
            text = encode(profile)
            assert len(text) <= 1024
            decoded = decode(text, hardware_max_w=22_000)
            assert decoded.profile == profile
            assert not decoded.warnings
            for period in profile.periods:
                assert period.max_w == 0 or 1380 <= period.max_w <= 22_000


def test_the_threshold_sees_phase_1_only_and_sends_the_printed_profile() -> None:
    rule = Threshold(Settings(("A", "B"), 30_000))
    assert rule.plan(START, sample(START, (9000, 50_000, 50_000)), {}) == []
    assert rule.plan(START, None, {}) == []
    high = sample(START, (9001, 0, 0))
    commands = rule.plan(START, high, {})
    assert [command.station for command in commands] == ["A", "B"]
    profile = commands[0].profile
    assert profile.valid_to - profile.valid_from == timedelta(hours=3)
    assert [period.max_w for period in profile.periods] == [6000, 9000]
    assert rule.plan(START + QUARTER, high, {}) == []
    rule.undelivered(commands[1])
    assert [c.station for c in rule.plan(START + 2 * QUARTER, high, {})] == ["B"]
    again = rule.plan(START + timedelta(hours=2), high, {})
    assert [command.station for command in again] == ["A"]
    assert again[0].profile.seq != profile.seq


def test_the_threshold_tells_no_station_more_than_it_can() -> None:
    rule = Threshold(Settings(("A",), 30_000, station_max_w=7400))
    (command,) = rule.plan(START, sample(START, (10**6, 0, 0)), {})
    assert [period.max_w for period in command.profile.periods] == [6000, 7400]


def test_no_control_says_nothing() -> None:
    nothing = NoControl(Settings(("A",), 1))
    assert nothing.plan(START, sample(START, (10**6,) * 3), {}) == []


def test_controllers_by_name() -> None:
    made = {name: make(Settings(("A",), 30_000)) for name, make in CONTROLLERS.items()}
    assert {name: type(one) for name, one in made.items()} == {
        "none": NoControl,
        "threshold": Threshold,
        "headroom": Planner,
    }
