"""The ring of rows: full, cut, cleared, and its octets against a plain encoder."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.behaviour.loadprofile import STAMP, LoadProfile, Profiles
from wire.dlms import axdr
from wire.dlms.data import Data, Tag
from wire.zones import DUTCH

BEGIN_S, PERIOD_S = 1_704_783_600, 900
TAGS = Tag.UNSIGNED, Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG, Tag.LONG64_UNSIGNED
SOURCES = (STAMP, 1, 2, 3, 4)


def values(index: int) -> tuple[int, ...]:
    """What row number `index` captured."""
    return index % 256, 0xFFFF_FF00 + index % 200, index - 1000, index << 40


def filled(rows: int, capacity: int = 960, period_s: int = PERIOD_S) -> LoadProfile:
    """Rows with values that tell their place."""
    profile = LoadProfile(capacity, TAGS)
    for index in range(rows):
        profile.append(BEGIN_S + index * period_s, values(index))
    return profile


def plainly(rows: range, sources: tuple[int | bytes, ...], period_s: int) -> bytes:
    """The same rows, value by value."""
    made = []
    for index in rows:
        stamp = axdr.octet_string(DUTCH.encode(BEGIN_S + index * period_s))
        row = [stamp, *map(Data, TAGS, values(index))]
        made.append(
            axdr.structure(
                *(
                    axdr.decode(source) if isinstance(source, bytes) else row[source]
                    for source in sources
                )
            )
        )
    return axdr.encode(axdr.array(made))


@pytest.mark.parametrize("period_s", [900, 300, 86_400, 777])
@pytest.mark.parametrize("rows", [0, 1, 2, 127, 128, 959, 960, 961, 1500, 1920])
@pytest.mark.parametrize("sources", [SOURCES, (0, 1, 2), (3,), (0,), (0, b"\x00", 4)])
def test_the_octets_are_those_of_a_plain_encoder(
    rows: int, sources: tuple[int | bytes, ...], period_s: int
) -> None:
    profile = filled(rows, period_s=period_s)
    kept = range(max(0, rows - 960), rows)
    expected = plainly(kept, sources, period_s)
    assert profile.encode(range(len(profile)), sources) == expected


def test_a_run_with_a_gap_or_an_odd_second_is_not_taken_for_quarter_hours() -> None:
    for odd_s in (BEGIN_S + 3 * PERIOD_S, BEGIN_S + 2 * PERIOD_S + 1):
        profile = LoadProfile(9, ())
        stamps = [BEGIN_S, BEGIN_S + PERIOD_S, odd_s, BEGIN_S + 5 * PERIOD_S]
        for stamp_s in stamps:
            profile.append(stamp_s, ())
        rows = axdr.plain(axdr.decode(profile.encode(range(4), (STAMP,))))
        assert rows == [[DUTCH.encode(stamp_s)] for stamp_s in stamps]


@given(st.integers(0, 30), st.integers(-4500, 36_000), st.integers(-4500, 36_000))
def test_places_of_a_range(rows: int, first_s: int, last_s: int) -> None:
    profile = filled(rows, capacity=16)
    oldest = max(0, rows - 16)
    expected = [
        row for row in range(oldest, rows) if first_s <= row * PERIOD_S <= last_s
    ]
    places = profile.between(BEGIN_S + first_s, BEGIN_S + last_s)
    assert [oldest + place for place in places] == expected


def places(profile: LoadProfile) -> list[int]:
    """The numbers of the rows that are there."""
    made: Any = axdr.plain(axdr.decode(profile.encode(range(len(profile)), (3,))))
    return [row[0] + 1000 for row in made]


@given(st.integers(0, 40), st.integers(-20, 60))
def test_setting_back_drops_what_is_captured_again(rows: int, quarter: int) -> None:
    profile = filled(rows, capacity=16)
    profile.drop_from(BEGIN_S + quarter * PERIOD_S)
    oldest = max(0, rows - 16)
    assert places(profile) == [row for row in range(oldest, rows) if row < quarter]


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_row_takes_the_place_of_those_at_and_after_it(rows: int, again: int) -> None:
    profile = filled(rows, capacity=16)
    profile.append(BEGIN_S + again * PERIOD_S, values(99))
    oldest = max(0, rows - 16)
    kept = [row for row in range(oldest, rows) if row < again]
    assert places(profile) == [*kept, 99][-16:]
    assert profile.ends_s[1] == BEGIN_S + again * PERIOD_S


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_newest_are_kept_when_there_is_less_room(rows: int, capacity: int) -> None:
    profile = filled(rows, capacity=16)
    profile.resize(capacity)
    profile.append(BEGIN_S + rows * PERIOD_S, values(rows))
    kept = list(range(max(0, rows - 16), rows))[-capacity:]
    assert places(profile) == [*kept, rows][-capacity:]


def test_a_number_is_held_within_its_type() -> None:
    profile = LoadProfile(4, TAGS)
    profile.append(BEGIN_S, (300, -1, 40_000, 1 << 64))
    made = axdr.plain(axdr.decode(profile.encode(range(1), (1, 2, 3, 4))))
    assert made == [[255, 0, 32_767, (1 << 64) - 1]]


@pytest.mark.parametrize("rows", [0, 5, 960, 1100])
def test_what_is_saved_comes_back(rows: int) -> None:
    profile = filled(rows)
    profile.flags = 0x84
    saved = json.loads(json.dumps(Profiles({"one": profile}).to_json()))
    again = Profiles.from_json(saved)["one"]
    assert again.to_json() == profile.to_json()
    for one in (again, profile):
        one.append(BEGIN_S + rows * PERIOD_S, values(rows))
    assert again.encode(range(len(again)), SOURCES) == profile.encode(
        range(len(profile)), SOURCES
    )


GOOD = filled(2, capacity=4).to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": 1},
        {"capacity": 0},
        {"capacity": 1441},
        {"capacity": True},
        {"flags": 256},
        {"flags": -1},
        {"tags": [17]},
        {"tags": [17, 6, 16, 9]},
        {"tags": "17"},
        {"stamps": GOOD["stamps"][:8]},
        {"stamps": GOOD["stamps"][8:] + GOOD["stamps"][:8]},
        {"stamps": GOOD["stamps"][:8] * 2},
        {"stamps": GOOD["stamps"][:-2]},
        {"values": GOOD["values"][:3]},
        {"values": [*GOOD["values"][:3], ""]},
        {"values": [*GOOD["values"][:3], "zz"]},
    ],
)
def test_other_content_is_not_taken(change: dict[str, Any]) -> None:
    assert len(LoadProfile.from_json(GOOD)) == 2
    with pytest.raises((KeyError, ValueError, OverflowError, TypeError)):
        LoadProfile.from_json({**GOOD, **change})
    (name,) = change
    with pytest.raises((KeyError, TypeError)):
        LoadProfile.from_json({key: GOOD[key] for key in GOOD if key != name})
