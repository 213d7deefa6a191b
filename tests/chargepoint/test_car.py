"""What a car draws under a limit, and how cars follow one another."""

from __future__ import annotations

import pytest

from chargepoint.car import Car, Visits
from chargepoint.sessions import Session


def session(
    arrival_s: int = 0,
    departure_s: int = 1000,
    energy_wh: int = 10_000,
    phases: int = 3,
    phase: int = 0,
    max_w: int = 11_000,
) -> Session:
    return Session("CP001", arrival_s, departure_s, energy_wh, phases, phase, max_w)


@pytest.mark.parametrize(
    ("limit_w", "phases", "power_w"),
    [
        (22_080, 3, (3666, 3666, 3666)),
        (6_000, 3, (2000, 2000, 2000)),
        (4_140, 3, (1380, 1380, 1380)),
        (4_139, 3, (0, 0, 0)),
        (0, 3, (0, 0, 0)),
        (4_139, 1, (3666, 0, 0)),
        (1_380, 1, (1380, 0, 0)),
        (1_379, 1, (0, 0, 0)),
    ],
)
def test_a_three_phase_car(
    limit_w: int, phases: int, power_w: tuple[int, int, int]
) -> None:
    assert Car(session()).power_w(limit_w, phases) == power_w


@pytest.mark.parametrize("phase", [1, 2, 3])
@pytest.mark.parametrize(
    ("limit_w", "drawn_w"), [(22_080, 7400), (3000, 3000), (1380, 1380), (1379, 0)]
)
def test_a_single_phase_car_draws_on_its_phase(
    phase: int, limit_w: int, drawn_w: int
) -> None:
    car = Car(session(phases=1, phase=phase, max_w=7400))
    expected = tuple(drawn_w if at == phase else 0 for at in (1, 2, 3))
    assert car.power_w(limit_w, 1) == expected


def test_a_full_car_draws_nothing() -> None:
    car = Car(session(energy_wh=1), drawn_ws=3599)
    assert car.power_w(11_000) != (0, 0, 0)
    car.drawn_ws += 1
    assert car.power_w(11_000) == (0, 0, 0)
    assert (car.remaining_ws, car.energy_wh) == (0, 1)


def test_seconds_until_full_round_up() -> None:
    car = Car(session(energy_wh=1))
    assert car.full_in_s(3600) == 1
    assert car.full_in_s(3599) == 2
    assert car.full_in_s(0) is None
    car.drawn_ws = 3600
    assert car.full_in_s(3600) is None


def test_what_it_got_is_never_more_than_it_wanted() -> None:
    assert Car(session(energy_wh=1), drawn_ws=9000).energy_wh == 1


def test_cars_come_and_go_at_their_instants() -> None:
    visits = Visits([session(20, 30), session(0, 10)])
    seen = []
    for now_s in range(32):
        visits.move(now_s)
        seen.append(visits.present is not None)
    assert [s for s, there in enumerate(seen) if there] == [
        *range(0, 10),
        *range(20, 30),
    ]
    assert visits.next_s is None
    assert [car.session.arrival_s for car in visits.cars] == [0, 20]


def test_a_car_waits_for_the_one_before_it() -> None:
    visits = Visits([session(0, 10), session(5, 20)])
    visits.move(9)
    assert visits.present is not None and visits.present.session.arrival_s == 0
    visits.move(10)
    assert visits.present is not None and visits.present.session.arrival_s == 5
    assert visits.next_s == 20


def test_a_car_whose_time_has_passed_turns_away() -> None:
    visits = Visits([session(0, 10), session(5, 9), session(6, 30), session(7, 10)])
    visits.move(10)
    assert [car.session.departure_s for car in visits.cars] == [10, 30]


def test_one_move_over_a_whole_day_meets_every_car() -> None:
    visits = Visits([session(at, at + 5) for at in range(0, 1000, 10)])
    visits.move(2000)
    assert len(visits.cars) == 100
    assert visits.present is None and visits.next_s is None


def test_a_car_that_is_taken_away_has_stayed_until_then() -> None:
    visits = Visits([session(0, 1000), session(500, 2000)])
    visits.move(0)
    visits.replace(session(300, 9000), 300)
    visits.replace(None, 400)
    visits.move(600)
    departures = [car.session.departure_s for car in visits.cars]
    assert departures == [300, 400, 2000]
    assert visits.present is visits.cars[-1]
