"""The ring of rows: full, cut, filled, cleared, and its octets against a plain encoder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.behaviour import amr
from meters.behaviour.loadprofile import PERIOD_S, LoadProfile
from wire.dlms import axdr
from wire.instants import encode_date_time, from_epoch

QUARTER = 1_704_783_600 // PERIOD_S


def filled(rows: int, capacity: int = 960) -> LoadProfile:
    """Rows with counters that tell their place."""
    profile = LoadProfile(capacity)
    for index in range(rows):
        profile.append(
            QUARTER + index, 1000 + index, 0xFFFF_FF00 + index % 200, index % 256
        )
    return profile


def plainly(first: int, rows: range, columns: tuple[int, ...]) -> bytes:
    """The same rows, value by value."""
    made = []
    for index in rows:
        end_s = (QUARTER + first + index) * PERIOD_S
        values = (
            axdr.octet_string(encode_date_time(from_epoch(end_s))),
            axdr.unsigned((first + index) % 256),
            axdr.double_long_unsigned(1000 + first + index),
            axdr.double_long_unsigned(0xFFFF_FF00 + (first + index) % 200),
        )
        made.append(axdr.structure(*(values[column] for column in columns)))
    return axdr.encode(axdr.array(made))


@pytest.mark.parametrize("rows", [0, 1, 2, 127, 128, 959, 960, 961, 1500, 1920])
@pytest.mark.parametrize("columns", [(0, 1, 2, 3), (0, 1, 2), (2,), (0,)])
def test_the_octets_are_those_of_a_plain_encoder(
    rows: int, columns: tuple[int, ...]
) -> None:
    profile = filled(rows)
    kept = min(rows, 960)
    expected = plainly(rows - kept, range(kept), columns)
    assert profile.encode(range(len(profile)), columns) == expected


@given(st.integers(0, 30), st.integers(-5, 40), st.integers(-5, 40))
def test_places_of_a_range(rows: int, first: int, last: int) -> None:
    profile = filled(rows, capacity=16)
    oldest = max(0, rows - 16)
    expected = [row for row in range(oldest, rows) if first <= row <= last]
    places = profile.between(QUARTER + first, QUARTER + last)
    assert [oldest + place for place in places] == expected


def decoded(profile: LoadProfile) -> list[tuple[int, int, int]]:
    """Status, import and export of all rows."""
    made: Any = axdr.plain(axdr.decode(profile.encode(range(len(profile)), (1, 2, 3))))
    return [tuple(row) for row in made]


@given(st.integers(0, 40), st.integers(-20, 60))
@settings(max_examples=60)
def test_setting_back_drops_what_is_captured_again(rows: int, quarter: int) -> None:
    profile = filled(rows, capacity=16)
    profile.drop_from(QUARTER + quarter)
    oldest = max(0, rows - 16)
    left = [row for row in range(oldest, rows) if row < quarter]
    assert [row[1] - 1000 for row in decoded(profile)] == left
    if left:
        assert profile.last_quarter == QUARTER + left[-1]


def test_missed_quarters_are_filled_and_flagged() -> None:
    profile = filled(3)
    profile.append(QUARTER + 6, 2000, 7, 0)
    lost = amr.DATA_NOT_VALID | amr.POWER_DOWN
    assert decoded(profile)[3:] == [
        *[(lost, 1002, 0xFFFF_FF02)] * 3,
        (0, 2000, 7),
    ]


def test_a_gap_longer_than_the_ring_fills_it_once() -> None:
    profile = filled(3, capacity=8)
    profile.fill(QUARTER + 10_000_000, amr.POWER_DOWN)
    assert len(profile) == 8
    assert profile.last_quarter == QUARTER + 10_000_000
    assert {row[1] for row in decoded(profile)} == {1002}


def test_nothing_is_filled_before_the_first_row() -> None:
    profile = LoadProfile()
    profile.fill(QUARTER, amr.POWER_DOWN)
    assert len(profile) == 0
    profile.append(QUARTER, 1, 2, 0)
    assert decoded(profile) == [(0, 1, 2)]


@pytest.mark.parametrize("rows", [0, 5, 960, 1100])
def test_what_is_saved_comes_back(rows: int) -> None:
    profile = filled(rows)
    again = LoadProfile.from_json(profile.to_json())
    assert again.encode(range(len(again))) == profile.encode(range(len(profile)))
    again.append(QUARTER + rows, 1, 2, 3)
    profile.append(QUARTER + rows, 1, 2, 3)
    assert decoded(again) == decoded(profile)


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"last_quarter": 1, "import_wh": [1], "export_wh": [], "status": ""},
        {"last_quarter": 1, "import_wh": [-1], "export_wh": [1], "status": "00"},
        {"last_quarter": "x", "import_wh": [], "export_wh": [], "status": ""},
    ],
)
def test_other_content_is_not_taken(saved: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, OverflowError, TypeError)):
        LoadProfile.from_json(saved)
