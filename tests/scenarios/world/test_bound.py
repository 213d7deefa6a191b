"""The bound, on cars that a person can add up."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.car import Visits
from chargepoint.limits import Ratings
from chargepoint.sessions import Session
from scenarios.world.bound import Stay, most_wh, stays
from wire.quantities import PerPhase

ALL = (0, 1, 2)
HOUR_S = 3600
CAR = Stay(0, HOUR_S, 20_000, 11_000, ALL)


def no_premises(now_s: int) -> PerPhase:
    return 0, 0, 0


def near(found: float, wanted: float) -> bool:
    return abs(found - wanted) < 0.01


def test_one_car_takes_what_it_wants_or_what_it_can_while_it_is_there() -> None:
    assert near(most_wh([CAR], no_premises, 90_000), 11_000)
    assert near(most_wh([replace(CAR, wanted_wh=5000)], no_premises, 90_000), 5000)
    late = replace(CAR, arrival_s=500, departure_s=500 + 1800)
    assert near(most_wh([late], no_premises, 90_000), 5500)


def test_nothing_is_possible_without_cars_or_beside_premises_that_fill_it() -> None:
    assert most_wh([], no_premises, 90_000) == 0
    assert near(most_wh([CAR], lambda now_s: (40_000, 0, 0), 90_000), 0)


def test_each_phase_has_a_third_of_the_rating_and_what_the_premises_leave() -> None:
    one, other = (replace(CAR, phases=(phase,), max_w=7400) for phase in (0, 1))
    # 5 kW on each phase; beside 3 kW of premises on L1 it is 2.
    assert near(most_wh([one], no_premises, 15_000), 5000)
    assert near(most_wh([one, one], no_premises, 15_000), 5000)
    assert near(most_wh([one, other], no_premises, 15_000), 10_000)
    assert near(most_wh([one, other], lambda now_s: (3000, 0, 0), 15_000), 7000)
    # Three phases are filled alike: the fullest decides.
    assert near(most_wh([CAR], lambda now_s: (3000, 0, 0), 15_000), 6000)


def test_what_panels_give_is_room() -> None:
    assert near(most_wh([CAR], lambda now_s: (-3000,) * 3, 3000), 11_000)


def test_who_can_wait_leaves_the_room_to_who_leaves_soon() -> None:
    soon = Stay(0, HOUR_S, 6000, 6000, (0,))
    patient = replace(soon, departure_s=2 * HOUR_S)
    assert near(most_wh([soon, patient], no_premises, 18_000), 12_000)
    assert near(most_wh([soon, soon], no_premises, 18_000), 6000)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7000),
            st.integers(1, 7000),
            st.integers(1, 30_000),
            st.sampled_from([(0,), (1,), (2,), ALL]),
        ),
        max_size=6,
    ),
    st.integers(3000, 60_000),
)
def test_more_room_and_one_car_more_never_make_it_less(
    cars: list[tuple[int, int, int, tuple[int, ...]]], rating_va: int
) -> None:
    all_of_them = [
        Stay(begin_s, begin_s + stay_s, wanted_wh, 7400, phases)
        for begin_s, stay_s, wanted_wh, phases in cars
    ]
    most = most_wh(all_of_them, no_premises, rating_va)
    assert most <= most_wh([*all_of_them, CAR], no_premises, rating_va) + 0.01
    assert most <= most_wh(all_of_them, no_premises, rating_va + 3000) + 0.01
    free = sum(min(s.wanted_wh, 7400 * h) for s in all_of_them for h in [_hours(s)])
    assert most <= free + 0.01


def _hours(stay: Stay) -> float:
    return (stay.departure_s - stay.arrival_s) / 3600


def test_cars_are_bounded_by_their_station_and_wait_for_its_place() -> None:
    first = Session("A", 0, HOUR_S, 10_000, 1, 2, 11_000)
    second = Session("A", 1800, 2 * HOUR_S, 10_000, 3, 0, 22_000)
    third = Session("A", 3 * HOUR_S, 9 * HOUR_S, 10_000, 3, 0, 22_000)
    visits = Visits([first, second, third])
    visits.move(4 * HOUR_S)
    found = stays(visits.cars, Ratings(3, 160, 9000), 4 * HOUR_S)
    # 16 A on one phase; 9 kW of the own configuration; the third is still there.
    assert found == [
        Stay(0, HOUR_S, 10_000, 3680, (1,)),
        Stay(HOUR_S, 2 * HOUR_S, 10_000, 9000, ALL),
    ]
