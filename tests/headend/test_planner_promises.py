"""What the planner promises whatever comes: the target holds, and nobody starves."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from headend.allocation import Load, draw
from tests.headend.planner_bench import NO_CAR, Bench
from wire.quantities import PerPhase

PHASES = st.sampled_from([(0,), (1,), (2,), (0, 1, 2)])
CARS = st.lists(st.tuples(PHASES, st.integers(4140, 22_000)), min_size=1, max_size=8)
NAMES = "ABCDEFGH"
TARGET_W, PAUSE_W = 18_000, 19_000


def drawn(car: tuple[tuple[int, ...], int], limit_w: int) -> PerPhase:
    """What a car draws under a limit: nothing below 6 A."""
    phases, most_w = car
    load = Load(phases, min(most_w, 7360 * len(phases)))
    return draw([load], [limit_w]) if limit_w >= load.minimum_w else NO_CAR


def total(premises_w: PerPhase, powers: list[PerPhase]) -> PerPhase:
    l1, l2, l3 = (sum(phase) for phase in zip(premises_w, *powers))
    return l1, l2, l3


@example(
    [((0,), 4140)] * 3 + [((1,), 6337), ((1,), 6690), ((0, 1, 2), 6490)], (0, 2820, 0)
)
@settings(max_examples=60, deadline=None)
@given(CARS, st.tuples(*[st.integers(-18_000, 17_000)] * 3))
def test_where_measurements_are_right_the_sum_is_within_the_target(
    cars: list[tuple[tuple[int, ...], int]], premises_w: PerPhase
) -> None:
    bench = Bench(*NAMES[: len(cars)], transformer_va=60_000)
    powers = [drawn(car, 22_000) for car in cars]
    for step in range(24):
        limits = bench.step(premises_w, *powers)
        powers = [drawn(car, limits[name]) for car, name in zip(cars, NAMES)]
        if step:
            sums = total(premises_w, powers)
            least = total(premises_w, [drawn(car, 4140) for car in cars])
            for phase in range(3):
                # Above the target only with minimums, and those only up to where cars pause;
                # and by cuts that are too small to be worth a message.
                small_w = sum(
                    max(200, limits[name] // 20) / len(phases)
                    for name, (phases, _) in zip(NAMES, cars)
                    if phase in phases
                )
                bound_w = max(TARGET_W, min(PAUSE_W, least[phase])) + small_w
                assert sums[phase] <= bound_w


@settings(max_examples=30, deadline=None)
@given(CARS, st.integers(0, 15_000))
def test_who_is_paused_gets_a_turn_within_hours(
    cars: list[tuple[tuple[int, ...], int]], premises_w: int
) -> None:
    bench = Bench(*NAMES[: len(cars)], transformer_va=60_000)
    powers = [drawn(car, 22_000) for car in cars]
    starved = dict.fromkeys(NAMES, 0)
    for _ in range(96):
        limits = bench.step(premises_w, *powers)
        powers = [drawn(car, limits[name]) for car, name in zip(cars, NAMES)]
        for name, power_w in zip(NAMES, powers):
            starved[name] = 0 if any(power_w) else starved[name] + 1
            # Turns of an hour, of eight cars at most, of which one at least charges.
            assert starved[name] <= 8 * 4 + 4
