"""What the planner makes of a transformer that is measured late, wrong or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

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
