"""Dates with open parts: the Blue Book's examples, and what is no date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.dates import DatePattern
from wire.errors import WireError


def pattern(octets: str) -> DatePattern:
    return DatePattern.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "year", "day"),
    [
        ("ffff03fe07", 2024, date(2024, 3, 31)),
        ("ffff03fe07", 2026, date(2026, 3, 29)),
        ("ffff03feff", 2026, date(2026, 3, 31)),
        ("ffff02fdff", 2024, date(2024, 2, 28)),
        ("ffff030107", 2024, date(2024, 3, 3)),
        ("ffff031607", 2024, date(2024, 3, 24)),
        ("ffff0c19ff", 2025, date(2025, 12, 25)),
        ("ffff021dff", 2024, date(2024, 2, 29)),
        ("ffff021dff", 2025, None),
        ("07e80c1903", 2024, date(2024, 12, 25)),
        ("07e80c19ff", 2025, None),
    ],
)
def test_the_day_of_a_year(octets: str, year: int, day: date | None) -> None:
    assert pattern(octets).in_year(year) == day


@pytest.mark.parametrize(
    ("octets", "day", "meant"),
    [
        ("ffffffffff", date(2024, 1, 1), True),
        ("ffffff01ff", date(2024, 5, 1), True),
        ("ffffff01ff", date(2024, 5, 2), False),
        ("ffffffff07", date(2024, 1, 7), True),
        ("ffffffff07", date(2024, 1, 8), False),
        ("fffffffeff", date(2023, 2, 28), True),
        ("ffffff1fff", date(2024, 4, 30), False),
        ("07e8ffffff", date(2024, 4, 30), True),
        ("07e8ffffff", date(2025, 4, 30), False),
        ("ffff0cffff", date(2025, 12, 3), True),
        ("ffff0cffff", date(2025, 11, 3), False),
        ("ffff0c19ff", date(2025, 12, 25), True),
    ],
)
def test_the_days_that_are_meant(octets: str, day: date, meant: bool) -> None:
    assert pattern(octets).matches(day) is meant


@pytest.mark.parametrize(
    "octets",
    [
        "ffff00ff07",
        "ffff0d0101",
        "fffffe01ff",
        "fffffd01ff",
        "ffff0100ff",
        "ffff0120ff",
        "ffff01fcff",
        "ffff010100",
        "ffff010108",
        "ffff02fd07",
        "ffff041fff",
        "ffff021eff",
        "07e9021dff",
        "07e80c1904",
        "000001ffff",
        "2710ffffff",
        "ffffffff",
        "ffffffffffff",
        "",
    ],
)
def test_what_is_no_date(octets: str) -> None:
    with pytest.raises(WireError):
        pattern(octets)


@given(st.binary(min_size=5, max_size=5), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_any_octets_are_a_pattern_or_a_wire_error(octets: bytes, day: date) -> None:
    try:
        made = DatePattern.decode(octets)
    except WireError:
        return
    assert made.matches(day) in (True, False)
    if made.yearly:
        found = [
            day.replace(month=1, day=1) + timedelta(step)
            for step in range(366)
            if made.matches(day.replace(month=1, day=1) + timedelta(step))
        ]
        assert len([one for one in found if one.year == day.year]) <= 1
