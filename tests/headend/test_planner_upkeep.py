"""What the planner says again, to whom it is silent, and what it makes of meters that lie."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headend.planner import Planner
from headend.planner_model import Command, PlannerState, Settings
from tests.headend.planner_bench import NO_CAR, QUARTER, START, Bench, sample, three
from wire.charging_profile import decode, encode
from wire.quantities import PerPhase


def test_silence_when_nothing_changes() -> None:
    bench = Bench()
    count = 0
    for step in range(3 * 96):
        bench.step(1000, three(3500), NO_CAR, NO_CAR)
        count += len(bench.commands) if step >= 96 else 0
    # After a day that taught it the load: in two days three renewals for each station.
    assert count <= 3 * 4


def test_stations_without_a_car_are_told_once_a_day() -> None:
    bench = Bench()
    count = 0
    for step in range(2 * 96):
        bench.step((step % 96) * 90, NO_CAR, NO_CAR, NO_CAR)
        count += len(bench.commands)
        for command in bench.commands:
            assert [period.max_w for period in command.profile.periods] == [4140]
    assert count <= 3 * 3


def test_profiles_are_renewed_before_they_expire() -> None:
    bench = Bench()
    for _ in range(4 * 24 * 3):
        bench.step(1000, NO_CAR, NO_CAR, NO_CAR)
        for name in bench.stations:
            profile = bench.planner.state.stations[name].profile
            assert profile is not None
            assert profile.valid_to - bench.now > timedelta(hours=2, minutes=45)


def test_what_was_not_delivered_is_said_again() -> None:
    bench = Bench()
    for _ in range(3):
        bench.step(0, three(11_000), NO_CAR, NO_CAR)
    bench.step(6000, three(11_000), NO_CAR, NO_CAR)
    (lost,) = [command for command in bench.commands if command.station == "A"]
    bench.planner.undelivered(lost)
    bench.step(6000, three(11_000), NO_CAR, NO_CAR)
    again = [command for command in bench.commands if command.station == "A"]
    assert again and again[0].profile.seq != lost.profile.seq
    # Too late: a newer one is out already.
    bench.planner.undelivered(lost)
    assert bench.planner.state.stations["A"].profile is again[0].profile


def test_a_meter_that_is_not_read_counts_as_a_car_after_a_while() -> None:
    bench = Bench()
    bench.step(1000, NO_CAR, NO_CAR, NO_CAR)
    bench.plan(1000, {"A": three(11_000), "B": NO_CAR, "C": None})

    def phases() -> tuple[int, ...]:
        return bench.planner.state.stations["C"].phases

    assert not phases()
    for _ in range(4):
        bench.plan(1000, {"A": three(11_000), "B": NO_CAR})
    assert phases() == (0, 1, 2)
    bench.step(1000, NO_CAR, NO_CAR, NO_CAR)
    assert not phases()


@pytest.mark.parametrize("lie", [(34_000, 0, 0), (-9000, -20_000, -9000)])
def test_a_meter_that_cannot_be_believed_counts_as_unread(lie: PerPhase) -> None:
    lied_to, unaware = Bench(), Bench()
    heard = {"A": three(11_000), "B": three(11_000)}
    for _ in range(6):
        unaware.now += QUARTER
        measured = sample(unaware.now, (11_000,) * 3)
        expected = unaware.planner.plan(unaware.now, measured, heard)
        told = lied_to.planner.plan(unaware.now, measured, heard | {"C": lie})
        assert told == expected


def test_no_station_is_told_more_than_it_can() -> None:
    bench = Bench(station_max_w=3680)
    for _ in range(5):
        for command in bench.plan(1000, {}):
            decode(encode(command.profile), hardware_max_w=3680)
    assert bench.planner.in_force_w("A", bench.now) == 3680


def test_a_station_of_one_phase_draws_all_of_it_there() -> None:
    bench = Bench(station_max_w=3680)
    for _ in range(3):
        limits = bench.step((3000, 0, 0), (3680, 0, 0), (3680, 0, 0), NO_CAR)
    assert limits["A"] == limits["B"] == 3000
    limits = bench.step((3000, 0, 0), (3000, 0, 0), (3000, 0, 0), NO_CAR)
    assert limits["A"] == limits["B"] == 3000


def test_without_a_fresh_measurement_the_load_is_taken_as_bad() -> None:
    planner = Planner(Settings(("A",), 30_000))
    (command,) = planner.plan(START, None, {"A": three(11_000)})
    # 900 - 700 permille of 10 kW.
    assert command.profile.periods[0].max_w == 6000
    assert not planner.state.history.load_w
    old = sample(START - timedelta(hours=2), (100, 100, 100))
    planner.plan(START + QUARTER, old, {"A": NO_CAR})
    assert not planner.state.history.load_w


def test_what_was_measured_before_the_start_is_known() -> None:
    planner = Planner(Settings(("A",), 30_000))
    days = range(2 * 96)
    planner.learn(sample(START - n * QUARTER, (3000,) * 3) for n in reversed(days))
    (command,) = planner.plan(START, None, {"A": three(11_000)})
    assert command.profile.periods[0].max_w == 18_000


def test_sequence_numbers_grow_across_a_restart() -> None:
    bench = Bench()
    bench.step(0, NO_CAR, NO_CAR, NO_CAR)
    first = bench.commands[0].profile.seq
    bench.planner = Planner(Settings(bench.stations, 30_000))
    bench.step(0, NO_CAR, NO_CAR, NO_CAR)
    second = bench.commands[0].profile.seq
    assert first is not None and second is not None and first < second < 2**32


def test_state_is_taken_over() -> None:
    bench = Bench()
    bench.step(5000, three(11_000), NO_CAR, NO_CAR)
    state: PlannerState = bench.planner.state
    bench.planner = Planner(Settings((*bench.stations, "D"), 30_000), state)
    metered = {"A": three(6000), "B": NO_CAR, "C": NO_CAR, "D": NO_CAR}
    assert {command.station for command in bench.plan(5000, metered)} == {"D"}


def test_while_messages_are_late_room_is_kept_for_who_comes_meanwhile() -> None:
    bench = Bench()
    for _ in range(6):
        limits = bench.step(4000, three(15_000), NO_CAR, NO_CAR)
    assert limits["A"] == 15_000
    command = Command("A", bench.planner.state.stations["A"].profile or pytest.fail())
    for _ in range(60):
        bench.planner.delivered(command, 900)
    # A car of 1380 W per phase may come in a quarter of an hour.
    assert bench.step(4000, three(15_000), NO_CAR, NO_CAR)["A"] == pytest.approx(
        15_000 - 3 * 1380, abs=20
    )
    # But nobody pauses for who may not come.
    assert bench.step(8050, three(11_000), NO_CAR, NO_CAR)["A"] == 4140


def test_a_message_that_took_days_is_no_reason_to_keep_room_for_days() -> None:
    bench = Bench()
    bench.step(0, NO_CAR, NO_CAR, NO_CAR)
    for _ in range(60):
        bench.planner.delivered(bench.commands[0], 5 * 86_400)
    assert bench.planner.state.late_s <= 3600


def test_hours_do_not_begin_before_a_late_message_can_correct_them() -> None:
    bench = Bench()
    bench.planner.state.late_s = 2700
    while not bench.now.minute == 15:
        bench.step(0, three(11_000), NO_CAR, NO_CAR)
    (command,) = bench.plan(7000, {"A": three(11_000), "B": NO_CAR, "C": NO_CAR})
    # 13:15 with an hour until what is planned next is there: 15:00, not 14:00.
    assert all(
        period.start - bench.now > timedelta(hours=1)
        for period in command.profile.periods[1:]
    )
