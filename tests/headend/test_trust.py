"""What the planner makes of a transformer that is measured late, wrong or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.dali import FeederSample
from headend.trust import TRANSFORMER, Doubt
from tests.headend.planner_bench import NO_CAR, QUARTER, Bench, sample, three
from wire.quantities import PerPhase

CAR = three(12_000)


class Doubted(Bench):
    """Stations that are read, at a transformer that is measured as a test wants."""

    def see(self, measured: FeederSample | None, car: PerPhase = CAR) -> Doubt | None:
        self.now += QUARTER
        metered = {"A": car, "B": NO_CAR, "C": NO_CAR}
        self.planner.plan(self.now, measured, metered)
        return self.planner.doubts.get(TRANSFORMER)

    def measured(self, *power_w: int) -> FeederSample:
        """The transformer's power in the quarter that is over at the next plan."""
        l1, l2, l3 = power_w
        return sample(self.now + QUARTER, (l1, l2, l3))

    @property
    def loads(self) -> list[PerPhase]:
        return list(self.planner.state.history.load_w.values())


def test_what_is_right_is_not_doubted() -> None:
    bench = Doubted()
    for load_w in (0, 0, 9000, -3000, 29_000):
        assert bench.see(bench.measured(*[load_w + 4000] * 3)) is None
    assert bench.loads == [(0,) * 3, (0,) * 3, (9000,) * 3, (-3000,) * 3, (29_000,) * 3]
    assert bench.planner.doubts == {}


@pytest.mark.parametrize("power_w", [(34_100, 0, 0), (4000, 4000, -6100)])
def test_what_cannot_be_is_left_out(power_w: tuple[int, int, int]) -> None:
    # 10 kW per phase: three times that into the premises, or once out of them.
    bench = Doubted()
    assert bench.see(bench.measured(*power_w)) is Doubt.BEYOND
    assert bench.loads == []
    assert bench.see(bench.measured(4000, 4000, 4000)) is None


def test_a_box_that_repeats_itself_while_cars_come_and_go_is_stuck() -> None:
    bench = Doubted()
    assert bench.see(bench.measured(5000, 5000, 5000)) is None
    # Premises that draw the same twice are no wonder, as long as the cars do.
    assert bench.see(bench.measured(5000, 5000, 5000)) is None
    assert bench.see(bench.measured(5000, 5000, 5000), NO_CAR) is Doubt.STUCK
    assert len(bench.loads) == 2
    assert bench.see(bench.measured(1000, 1000, 1000), NO_CAR) is None


def test_a_box_that_is_stuck_is_not_believed_when_the_cars_have_settled() -> None:
    bench = Doubted()
    stuck = (5000, 5000, 5000)
    assert bench.see(bench.measured(*stuck)) is None
    for _ in range(12):
        assert bench.see(bench.measured(*stuck), NO_CAR) is Doubt.STUCK
    assert bench.see(bench.measured(1100, 1100, 1100), NO_CAR) is None


def test_one_phase_that_repeats_itself_is_enough() -> None:
    bench = Doubted()
    assert bench.see(bench.measured(5000, 5000, 0)) is None
    assert bench.see(bench.measured(1100, 1100, 0), NO_CAR) is Doubt.STUCK
    assert bench.see(bench.measured(1100, 1100, 5)) is Doubt.STUCK
    assert bench.see(bench.measured(5100, 5100, 4005)) is None


def test_the_same_row_again_is_no_box_that_is_stuck() -> None:
    bench = Doubted()
    same = bench.measured(5000, 5000, 5000)
    assert bench.see(same) is bench.see(same, NO_CAR) is None


def large() -> Doubted:
    """On 90 kVA: 30 kW per phase, of which a fall of 12 kW is too much at once."""
    return Doubted(transformer_va=90_000)


def test_a_load_that_falls_by_far_too_much_is_not_believed_that_day() -> None:
    bench = large()
    for load_w in (20_000, 8_100, 20_000):
        assert bench.see(bench.measured(*[load_w + 4000] * 3)) is None
    for _ in range(20):
        fallen = bench.see(bench.measured(11_900, 24_000, 24_000))
        assert fallen is (Doubt.FALLEN if len(bench.loads) == 3 else None)
    assert bench.loads[2] == (20_000,) * 3


def test_clouds_that_part_step_by_step_are_believed() -> None:
    bench = large()
    for load_w in range(20_000, -26_000, -9000):
        assert bench.see(bench.measured(*[load_w + 4000] * 3)) is None


def test_yesterday_at_this_time_speaks_against_a_load_that_fell() -> None:
    bench = large()
    for _ in range(96):
        assert bench.see(bench.measured(24_000, 24_000, 24_000)) is None
    for _ in range(6):
        bench.see(None)
    assert bench.see(bench.measured(11_900, 24_000, 24_000)) is Doubt.FALLEN
    assert bench.see(bench.measured(12_100, 24_000, 24_000)) is None


def test_a_small_feeder_may_lose_its_only_large_load() -> None:
    bench = Doubted()
    assert bench.see(bench.measured(14_000, 4000, 4000)) is None
    assert bench.see(bench.measured(4000, 4000, 4000)) is None


CARS: list[PerPhase] = [
    (6000, 2000, 0),
    (0, 4000, 3000),
    (3000, 0, 6000),
    (500, 7000, 0),
]


def seen(
    bench: Doubted, wires: Callable[[PerPhase], PerPhase], rounds: int
) -> set[str]:
    """What is doubted while cars come and go on single phases, the wires as they are."""
    doubts = set()
    for number in range(rounds):
        car = CARS[number % 4]
        true_w = [8000 + 700 * (number % 3) + watt for watt in car]
        power_w = wires((true_w[0], true_w[1], true_w[2]))
        doubts.add(str(bench.see(bench.measured(*power_w), car)))
    return doubts


@pytest.mark.parametrize(
    "wires",
    [
        lambda w: (w[1], w[2], w[0]),
        lambda w: (w[0], w[2], w[1]),
        lambda w: (w[0], w[1], -w[2]),
        lambda w: (-w[0], -w[1], -w[2]),
    ],
    ids=["in turn", "two of them", "one turned", "all turned"],
)
def test_wires_on_another_phase_or_the_other_way_round_are_seen(
    wires: Callable[[PerPhase], PerPhase],
) -> None:
    bench = large()
    assert seen(bench, lambda power_w: power_w, 16) == {"None"}
    seen(bench, wires, 12)
    loads = dict(bench.planner.state.history.load_w)
    doubts = seen(bench, wires, 12)
    assert str(Doubt.MISWIRED) in doubts and str(None) not in doubts
    assert bench.planner.state.history.load_w.items() <= loads.items()
    seen(bench, lambda power_w: power_w, 12)
    assert seen(bench, lambda power_w: power_w, 12) == {"None"}


def test_what_wrong_wires_told_is_forgotten() -> None:
    bench = large()
    seen(bench, lambda power_w: power_w, 16)
    assert len(bench.loads) == 16
    while bench.planner.doubts.get(TRANSFORMER) is not Doubt.MISWIRED:
        seen(bench, lambda w: (w[1], w[2], w[0]), 4)
    newest = int(bench.now.timestamp()) // 900 - 1
    assert max(bench.planner.state.history.load_w) < newest - 8


def test_premises_against_which_the_cars_are_held_are_no_wrong_wires() -> None:
    # The controller keeps the sum where it is: what does not follow is no proof.
    bench = large()
    for step in range(16):
        car = (step * 1500 % 9000, 0, 0)
        assert bench.see(bench.measured(20_000 + step, 9000, 9000), car) is None


def test_a_fall_that_the_cars_confirm_is_believed() -> None:
    bench = large()
    assert seen(bench, lambda power_w: power_w, 96) == {"None"}
    for number in range(8):
        car = CARS[number % 4]
        l1, l2, l3 = (watt - 5000 for watt in car)
        doubt = bench.see(bench.measured(l1, l2, l3), car)
        assert doubt is (None if number >= 4 else Doubt.FALLEN)


def test_what_was_measured_before_is_learned_unless_it_is_in_doubt() -> None:
    bench = Doubted()
    bench.see(bench.measured(5000, 5000, 5000))
    bench.see(None)
    bench.see(None)
    late = [
        sample(bench.now - QUARTER, (6000,) * 3),
        sample(bench.now, (90_000,) * 3),
    ]
    bench.planner.learn(late)
    assert bench.loads == [(1000,) * 3, (2000,) * 3]


WATTS = st.integers(-(10**6), 10**6)
PHASES = st.tuples(WATTS, WATTS, WATTS)
CAR_WATTS = st.tuples(*[st.integers(0, 8000)] * 3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.none() | PHASES, CAR_WATTS), max_size=40))
def test_whatever_is_measured_what_is_kept_can_be_and_has_its_bounds(
    seen: list[tuple[PerPhase | None, PerPhase]],
) -> None:
    bench = large()
    for power_w, car in seen:
        bench.see(bench.measured(*power_w) if power_w is not None else None, car)
        assert 0 <= bench.planner.in_force_w("A", bench.now) <= 22_000
    assert all(-30_000 <= watt <= 90_000 for load in bench.loads for watt in load)
    assert len(bench.planner.state.trust.changes) <= 12


def test_without_measurements_the_load_is_taken_as_bad_until_there_is_one() -> None:
    bench = Doubted()
    for _ in range(96):
        bench.see(bench.measured(5000, 5000, 5000))
    assert bench.planner.in_force_w("A", bench.now) >= 12_000
    for _ in range(2):
        assert bench.see(None) is Doubt.ABSENT
    # What began 45 minutes ago still counts.
    assert bench.planner.in_force_w("A", bench.now) >= 12_000
    bench.see(None)
    # 900 - 700 permille of 10 kW, though yesterday there was more room.
    assert bench.planner.in_force_w("A", bench.now) == 6000
    for _ in range(6):
        assert bench.see(bench.measured(5000, 5000, 5000)) is None
    assert bench.planner.in_force_w("A", bench.now) >= 12_000


def test_yesterday_counts_for_who_is_blind_when_it_was_worse() -> None:
    bench = Doubted()
    for _ in range(96):
        bench.see(bench.measured(12_000, 12_000, 12_000))
    for _ in range(4):
        bench.see(None)
    # 8000 W of premises: 1000 W are left, and the car keeps its minimum up to 95 %.
    assert bench.planner.in_force_w("A", bench.now) == 4140


def test_a_measurement_of_long_ago_is_said_to_be_old() -> None:
    bench = Doubted()
    old = replace(sample(bench.now, (4000,) * 3), time=bench.now - timedelta(hours=1))
    assert bench.see(old) is Doubt.OLD
    assert bench.loads == []


def test_a_box_with_a_clock_that_is_fast_does_not_make_the_past_forgotten() -> None:
    bench = Doubted()
    bench.see(bench.measured(5000, 5000, 5000))
    ahead = replace(
        bench.measured(4000, 4000, 4000), time=bench.now + timedelta(days=9)
    )
    assert bench.see(ahead) is Doubt.AHEAD
    assert bench.loads == [(1000,) * 3]


def test_a_late_measurement_is_held_against_what_the_stations_drew_then() -> None:
    bench = Doubted()
    bench.see(bench.measured(5000, 5000, 5000))
    late = bench.measured(6000, 6000, 6000)
    bench.see(None)
    # The car has gone meanwhile; 6000 W were 4000 W of the car's.
    assert bench.see(late, NO_CAR) is None
    assert bench.loads == [(1000,) * 3, (2000,) * 3]


def test_a_station_that_is_not_read_is_said() -> None:
    bench = Bench()
    for _ in range(5):
        bench.plan(1000, {"A": NO_CAR, "B": NO_CAR})
    assert bench.planner.doubts == {"C": Doubt.UNREAD}
    bench.plan(1000, dict.fromkeys("ABC", NO_CAR))
    assert bench.planner.doubts == {}
