"""Dividing headroom: never too much, as equal as can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headend.allocation import Load, draw, fits, less, share

SINGLE = [Load((phase,), 7333) for phase in range(3)]


def test_equal_limits_for_equal_cars() -> None:
    assert share((10_000, 10_000, 10_000), [Load(), Load()], 22_000) == [15_000, 15_000]


def test_a_single_phase_car_counts_whole_on_its_phase() -> None:
    # 3 W of a three-phase car cost a phase 1 W; of a single-phase car there, 3 W.
    assert share((8000, 50_000, 50_000), [Load(), SINGLE[0]], 22_000) == [6000, 6000]


def test_cars_on_other_phases_than_the_full_one_rise_on() -> None:
    limits = share((3000, 9000, 50_000), [SINGLE[0], SINGLE[0], SINGLE[1]], 7333)
    assert limits == [1500, 1500, 7333]


def test_the_minimum_comes_before_equality() -> None:
    # Alike would be 4000 W, at which the car on three phases does not charge.
    assert share((5333,) * 3, [SINGLE[0], Load()], 22_000) == [3953, 4140]


def test_who_has_two_shares_gets_twice_as_much_until_it_cannot_take_it() -> None:
    twice = Load(shares=2)
    assert share((10_000,) * 3, [twice, Load()], 22_000) == [19_998, 9999]
    assert share((10_000,) * 3, [twice, Load()], 16_000) == [16_000, 13_998]
    # Not at the cost of the other's minimum.
    assert share((3100,) * 3, [twice, Load()], 22_000) == [5160, 4140]


def test_who_comes_first_gets_the_minimum_when_not_all_can() -> None:
    room = (2000, 2000, 2000)
    assert share(room, [Load(), SINGLE[0]], 22_000) == [6000, 0]
    assert share(room, [SINGLE[0], Load()], 22_000) == [2000, 0]


def test_a_minimum_may_use_the_slack_and_nothing_else_may() -> None:
    room = (2000, 2000, 2000)
    assert share(room, [Load(), SINGLE[0]], 22_000, 760) == [4140, 1380]
    assert share(room, [Load(), SINGLE[0]], 22_000, 759) == [6000, 0]
    assert share((-100, 0, 0), [SINGLE[0]], 22_000, 1480) == [1380]


def test_what_a_car_cannot_draw_is_left_to_the_others() -> None:
    limits = share((9000,) * 3, [Load((0,), 1500), SINGLE[0]], 22_000)
    assert limits == [22_000, 22_000]
    assert share((5000,) * 3, [Load((0,), 1500), SINGLE[0]], 22_000) == [3500, 3500]


def test_no_headroom_is_no_power() -> None:
    limits = share((-1, 5000, 9000), [Load(), SINGLE[0], SINGLE[1], SINGLE[2]], 22_000)
    assert limits == [0, 0, 5000, 22_000]  # None on L1: not for three phases either.


def test_nobody_to_divide_over() -> None:
    assert share((1, 1, 1), [], 22_000) == []


def test_fitting() -> None:
    assert fits((1380, 1380, 1380), Load(), 4140)
    assert not fits((1380, 1379, 1380), Load(), 4140)
    assert fits((0, 1380, 0), SINGLE[1], 1380)


LOADS = st.lists(
    st.builds(
        Load,
        st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)]),
        st.integers(1, 22_000),
        st.integers(1, 2),
    ),
    max_size=12,
)
ROOM = st.tuples(*[st.integers(-5000, 60_000)] * 3)


@given(ROOM, LOADS, st.integers(0, 3000))
def test_a_phase_is_never_overfilled_and_nothing_is_left_that_could_be_given(
    room: tuple[int, int, int], loads: list[Load], slack_w: int
) -> None:
    limits = share(room, loads, 22_000, slack_w)
    charging = [pair for pair in zip(loads, limits) if pair[1]]
    drawn = draw([load for load, _ in charging], [limit for _, limit in charging])
    at_least = draw(
        [load for load, _ in charging], [load.minimum_w for load, _ in charging]
    )
    for phase in range(3):
        most_w = max(room[phase], at_least[phase])
        assert drawn[phase] <= most_w
        assert at_least[phase] <= max(0, room[phase] + slack_w)
    for load, limit in charging:
        assert load.minimum_w <= limit <= 22_000
        if limit < min(22_000, load.demand_w):
            assert any(drawn[p] + 2 * len(loads) + 1 > room[p] for p in load.phases)
    for load, limit in zip(loads, limits):
        if not limit:
            left = less(room, at_least)
            left = left[0] + slack_w, left[1] + slack_w, left[2] + slack_w
            assert not fits(left, load, load.minimum_w)


@given(ROOM, LOADS)
def test_of_cars_alike_who_charge_get_alike(
    room: tuple[int, int, int], loads: list[Load]
) -> None:
    limits = share(room, [*loads, *loads], 22_000)
    for one, other in zip(limits[: len(loads)], limits[len(loads) :]):
        assert one == other or other == 0
