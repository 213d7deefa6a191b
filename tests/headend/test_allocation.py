"""Dividing headroom: never too much, as equal as can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headend.allocation import Load, draw, fill, fits

SINGLE = [Load((phase,), 7333) for phase in range(3)]


def test_equal_limits_for_equal_cars() -> None:
    assert fill((10_000, 10_000, 10_000), [Load(), Load()], 22_000) == [15_000, 15_000]


def test_a_single_phase_car_counts_whole_on_its_phase() -> None:
    # 3 W of a three-phase car cost a phase 1 W; of a single-phase car there, 3 W.
    assert fill((8000, 50_000, 50_000), [Load(), SINGLE[0]], 22_000) == [6000, 6000]


def test_cars_on_other_phases_than_the_full_one_rise_on() -> None:
    limits = fill((2000, 9000, 50_000), [SINGLE[0], SINGLE[0], SINGLE[1]], 7333)
    assert limits == [1000, 1000, 7333]


def test_what_a_car_cannot_draw_is_left_to_the_others() -> None:
    limits = fill((9000,) * 3, [Load((0,), 1500), SINGLE[0]], 22_000)
    assert limits == [22_000, 22_000]
    assert fill((5000,) * 3, [Load((0,), 1500), SINGLE[0]], 22_000) == [3500, 3500]


def test_no_headroom_is_no_power() -> None:
    limits = fill((-1, 5000, 9000), [Load(), SINGLE[0], SINGLE[1], SINGLE[2]], 22_000)
    assert limits == [0, 0, 5000, 22_000]


def test_nobody_to_divide_over() -> None:
    assert fill((1, 1, 1), [], 22_000) == []


def test_fitting() -> None:
    assert fits((1380, 1380, 1380), Load(), 4140)
    assert not fits((1380, 1379, 1380), Load(), 4140)
    assert fits((0, 1380, 0), SINGLE[1], 1380)


LOADS = st.lists(
    st.builds(
        Load,
        st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)]),
        st.integers(1, 22_000),
    ),
    max_size=12,
)
ROOM = st.tuples(*[st.integers(-5000, 60_000)] * 3)


@given(ROOM, LOADS)
def test_a_phase_is_never_overfilled_and_nothing_is_left_that_could_be_given(
    room: tuple[int, int, int], loads: list[Load]
) -> None:
    limits = fill(room, loads, 22_000)
    drawn = draw(loads, limits)
    for phase in range(3):
        assert drawn[phase] <= max(0, room[phase])
    for index, (load, limit) in enumerate(zip(loads, limits)):
        assert 0 <= limit <= 22_000
        if limit < 22_000:
            # One watt per phase more would overfill a phase, or it would leave another
            # load on that phase with less than it.
            raised = [*limits]
            raised[index] = limit + len(load.phases) * len(loads)
            more = draw(loads, raised)
            full = [p for p in load.phases if more[p] > room[p]]
            stopped = [p for p in load.phases if drawn[p] + len(loads) + 1 > room[p]]
            assert full or stopped or load.demand_w <= limit


@given(ROOM, LOADS)
def test_cars_alike_are_treated_alike(
    room: tuple[int, int, int], loads: list[Load]
) -> None:
    limits = fill(room, [*loads, *loads], 22_000)
    assert limits[: len(loads)] == limits[len(loads) :]
