"""Capture periods: quarter-hours, hours of the wall clock, midnights, firsts of a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.behaviour.periods import DAY_S, MONTH, Period, can_be, every, soonest
from wire.instants import parse_tst
from wire.zones import DUTCH, SUMMER_BEGINS, SUMMER_ENDS, Zone, zone_of

INSTANTS = st.integers(1_000_000_000, 3_700_000_000)
INDIA = zone_of(-330, SUMMER_BEGINS, SUMMER_ENDS, False)
# Summer time that begins at midnight: that day has none.
NO_MIDNIGHT = zone_of(
    -60,
    bytes.fromhex("ffff0402ff00000000ffc400"),
    bytes.fromhex("ffff0902ff00000000ff8880"),
    True,
)
LENGTHS = (60, 300, 600, 900, 3600, 7200, 21_600, DAY_S)


def epoch(text: str) -> int:
    """Seconds of a TST."""
    return int(parse_tst(text).timestamp())


def instants(period: Period, begin: str, count: int) -> list[str]:
    """The next instants of Dutch time after one, as TST."""
    at_s, found = epoch(begin), []
    for _ in range(count):
        at_s = period.next_s(DUTCH, at_s)
        civil = DUTCH.local(at_s)
        found.append(f"{civil:%y%m%d%H%M%S}{civil.tzname()}")
    return found


@pytest.mark.parametrize(
    ("period", "begin", "expected"),
    [
        (900, "240109080000W", ["240109081500W", "240109083000W"]),
        (900, "240109081459W", ["240109081500W"]),
        (DAY_S, "240109000000W", ["240110000000W", "240111000000W"]),
        (DAY_S, "240330120000W", ["240331000000W", "240401000000S"]),
        (DAY_S, "241026120000S", ["241027000000S", "241028000000W"]),
        (7200, "240331010000W", ["240331030000S", "240331040000S"]),
        (7200, "241027020000S", ["241027040000W"]),
        (3600, "241027010000S", ["241027020000S", "241027020000W", "241027030000W"]),
        (21_600, "241027000000S", ["241027060000W", "241027120000W"]),
    ],
)
def test_the_days_that_summer_time_begins_and_ends_too(
    period: int, begin: str, expected: list[str]
) -> None:
    assert instants(every(period), begin, len(expected)) == expected


def test_months_begin_at_local_midnight() -> None:
    assert instants(MONTH, "240131235959W", 4) == [
        "240201000000W",
        "240301000000W",
        "240401000000S",
        "240501000000S",
    ]
    assert instants(MONTH, "241001000000S", 3) == [
        "241101000000W",
        "241201000000W",
        "250101000000W",
    ]


@given(INSTANTS, st.sampled_from(LENGTHS), st.sampled_from([DUTCH, INDIA, NO_MIDNIGHT]))
def test_the_next_instant_is_later_and_the_first(
    clock_s: int, period_s: int, zone: Zone
) -> None:
    period = every(period_s)
    next_s = period.next_s(zone, clock_s)
    assert clock_s < next_s <= clock_s + period.longest_s
    assert period.next_s(zone, next_s - 1) == next_s


@given(INSTANTS)
def test_each_civil_day_and_month_has_one(clock_s: int) -> None:
    midnight_s = every(DAY_S).next_s(DUTCH, clock_s)
    civil, before = DUTCH.local(midnight_s), DUTCH.local(clock_s)
    assert (civil.hour, civil.minute, civil.second) == (0, 0, 0)
    assert civil.date() == before.date() + timedelta(days=1)
    first = DUTCH.local(MONTH.next_s(DUTCH, clock_s))
    assert (first.day, first.hour, first.minute, first.second) == (1, 0, 0, 0)
    assert first.month == before.month % 12 + 1


def test_another_zone_has_other_midnights() -> None:
    midnight_s = every(DAY_S).next_s(INDIA, epoch("240109080000W"))
    assert datetime.fromtimestamp(midnight_s, UTC) == datetime(
        2024, 1, 9, 18, 30, tzinfo=UTC
    )


def test_what_passed_is_told_as_far_as_there_is_room() -> None:
    begin_s, end_s = epoch("240101120000W"), epoch("240110000000W")
    period = every(DAY_S)
    passed = period.passed(DUTCH, begin_s, end_s, 40)
    assert len(passed) == 9 and passed[-1] == end_s
    assert period.passed(DUTCH, begin_s, end_s, 3) == passed[-3:]
    assert period.passed(DUTCH, begin_s, end_s - 1, 3) == passed[-4:-1]
    assert period.passed(DUTCH, end_s, end_s, 3) == []
    assert len(MONTH.passed(DUTCH, 0, end_s, 13)) == 13
    assert len(every(900).passed(DUTCH, 0, end_s, 960)) == 960


@pytest.mark.parametrize("period_s", [1, 59, 420, 86_399, 86_401, 172_800, -900])
def test_a_day_has_a_whole_number_of_periods(period_s: int) -> None:
    assert not can_be(period_s)
    assert all(can_be(length) for length in LENGTHS)


@given(
    st.sampled_from((DUTCH, INDIA, NO_MIDNIGHT)),
    INSTANTS,
    st.sampled_from((300, 900, 3600)),
)
def test_the_soonest_of_several_is_the_first_of_each(
    zone: Zone, after_s: int, length_s: int
) -> None:
    periods = every(length_s), every(DAY_S), MONTH
    expected = min(period.next_s(zone, after_s) for period in periods)
    assert soonest(periods, zone, after_s) == expected
