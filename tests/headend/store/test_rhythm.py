"""Instants that recur, in UTC and by the Dutch clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.store.rhythm import LONGEST_S, Daily, Every, Rhythm
from wire.errors import LocalError
from wire.instants import from_epoch, local

RHYTHMS = st.one_of(
    st.integers(1, LONGEST_S).map(Every), st.integers(0, 1439).map(Daily)
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_every_quarter_of_an_hour_in_utc() -> None:
    quarter = Every(900)
    now_s = at("2026-03-29 00:59:59")
    assert quarter.last_s(now_s) == at("2026-03-29 00:45")
    assert quarter.next_s(now_s) == at("2026-03-29 01:00")
    assert quarter.last_s(at("2026-03-29 01:00")) == at("2026-03-29 01:00")
    assert quarter.next_s(at("2026-03-29 01:00")) == at("2026-03-29 01:15")


@pytest.mark.parametrize(
    "minute, now, expected",
    [
        (0, "2026-01-10 12:00", "2026-01-10 23:00"),
        (0, "2026-07-10 12:00", "2026-07-10 22:00"),
        (0, "2026-07-10 22:00", "2026-07-11 22:00"),
        # The clock goes from 02:00 to 03:00: 02:30 is not there.
        (150, "2026-03-28 02:00", "2026-03-29 01:30"),
        (150, "2026-03-29 01:30", "2026-03-30 00:30"),
        (180, "2026-03-28 12:00", "2026-03-29 01:00"),
        # And back from 03:00 to 02:00: 02:30 is there twice.
        (150, "2026-10-24 12:00", "2026-10-25 00:30"),
        (150, "2026-10-25 00:30", "2026-10-26 01:30"),
        (180, "2026-10-24 12:00", "2026-10-25 02:00"),
    ],
)
def test_a_time_of_the_dutch_day(minute: int, now: str, expected: str) -> None:
    assert Daily(minute).next_s(at(now)) == at(expected)


@given(rhythm=RHYTHMS, now_s=st.floats(at("2000-01-02"), at("2099-01-01")))
def test_the_last_and_the_next_are_neighbours(rhythm: Rhythm, now_s: float) -> None:
    last_s, next_s = rhythm.last_s(now_s), rhythm.next_s(now_s)
    assert last_s <= now_s < next_s
    assert rhythm.last_s(next_s) == next_s and rhythm.next_s(last_s) == next_s
    assert rhythm.last_s(next_s - 0.001) == last_s
    if isinstance(rhythm, Every):
        assert last_s % rhythm.seconds == 0
    else:
        civil = local(from_epoch(last_s))
        assert abs(civil.hour * 60 + civil.minute - rhythm.minute) in (0, 60)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_S + 1])
def test_intervals_that_cannot_be(seconds: int) -> None:
    with pytest.raises(LocalError, match="an interval is 1 to"):
        Every(seconds)


@pytest.mark.parametrize("minute", [-1, 1440])
def test_times_that_no_day_has(minute: int) -> None:
    with pytest.raises(LocalError, match="a day has minutes"):
        Daily(minute)
