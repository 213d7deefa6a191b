"""Calendars: what holds when, by a plain reading minute by minute, and calendars that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.behaviour.calendar import (
    ENTRIES_PER_DAY,
    Plan,
    calendar_of,
    special_days_of,
)
from wire.cosem.dsmr.tariff import SCRIPTS
from wire.cosem.types import type_of
from wire.dlms.data import Data
from wire.errors import WireError
from wire.instants import local, parse_tst
from wire.zones import DUTCH, Zone

WINTER, SUMMER = "ffff0afe07030000ff800000", "ffff03fe07020000ff800000"


def data(kind: str, value: object) -> Data:
    return type_of(kind).data(value)


def seasons(*items: tuple[bytes, str, bytes]) -> Data:
    """Name, start as hex, week."""
    return data("season_profile", [(a, bytes.fromhex(b), c) for a, b, c in items])


def weeks(*items: tuple[Any, ...]) -> Data:
    return data("week_profile_table", items)


def days(**schedules: dict[str, int]) -> Data:
    """`d1={"07:30": 2}`: day 1 has script 2 from 07:30 on."""
    return data(
        "day_profile_table",
        [
            (
                int(name[1:]),
                [
                    (bytes((*map(int, at.split(":")), 0, 0)), SCRIPTS, script)
                    for at, script in schedule.items()
                ],
            )
            for name, schedule in schedules.items()
        ],
    )


def special_days(*items: tuple[int, str, int]) -> Data:
    return data("special_days", [(a, bytes.fromhex(b), c) for a, b, c in items])


ONE_SEASON = seasons((b"1", "ffff0101ff00000000800000", b"w"))
ONE_WEEK = weeks((b"w", *(1,) * 7))
NO_DAYS = special_days()


def plan(
    schedule: Data,
    week: Data = ONE_WEEK,
    season: Data = ONE_SEASON,
    special: Data = NO_DAYS,
    zone: Zone = DUTCH,
) -> Plan:
    return Plan(calendar_of(season, week, schedule), special_days_of(special), zone)


def epoch(tst: str) -> int:
    return int(parse_tst(tst).timestamp())


def starts(made: Plan, begin: str, end: str) -> list[str]:
    """When scripts start from one instant on and before another, with what holds then."""
    at_s, found = epoch(begin) - 1, []
    while (at_s := made.next_s(at_s)) < epoch(end):
        civil = local(datetime.fromtimestamp(at_s, UTC))
        found.append(f"{civil:%d %H:%M%Z} {made.script_at(at_s)}")
    return found


def test_entries_start_at_any_minute_of_local_time() -> None:
    made = plan(days(d1={"23:59": 1, "00:01": 2, "07:30": 3}))
    assert starts(made, "240109000000W", "240110000000W") == [
        "09 00:01W 2",
        "09 07:30W 3",
        "09 23:59W 1",
    ]
    assert made.script_at(epoch("240110000000W")) == 1


def test_an_entry_in_the_hour_that_spring_leaves_out_holds_from_its_end() -> None:
    made = plan(days(d1={"00:00": 1, "02:30": 2}))
    assert starts(made, "240331000000W", "240401000000S") == [
        "31 00:00W 1",
        "31 03:00S 2",
    ]


def test_what_holds_in_the_doubled_hour_of_autumn_is_twice_the_same() -> None:
    made = plan(days(d1={"00:00": 1, "02:30": 2}))
    assert starts(made, "241027000000S", "241028000000W") == [
        "27 00:00S 1",
        "27 02:30S 2",
        "27 02:00W 1",
        "27 02:30W 2",
    ]


def test_a_switch_of_daylight_saving_that_changes_nothing_starts_nothing() -> None:
    made = plan(days(d1={"00:00": 1, "05:00": 2}))
    assert len(starts(made, "240331000000W", "240401000000S")) == 2
    assert len(starts(made, "241027000000S", "241028000000W")) == 2


def test_each_weekday_has_its_day() -> None:
    week = weeks((b"w", 1, 2, 3, 4, 1, 2, 3))
    made = plan(
        days(d1={"08:00": 1}, d2={"08:00": 2}, d3={"08:00": 3}, d4={"08:00": 4}), week
    )
    found = starts(made, "240108000000W", "240115000000W")
    assert [text[-1] for text in found] == list("1234123")


def test_seasons_start_at_their_local_time() -> None:
    made = plan(
        days(d1={"00:00": 1}, d2={"00:00": 2, "03:15": 3}),
        weeks((b"w", *(1,) * 7), (b"s", *(2,) * 7)),
        seasons((b"winter", WINTER, b"w"), (b"summer", SUMMER, b"s")),
    )
    assert starts(made, "240330000000W", "240401000000S") == [
        "30 00:00W 1",
        "31 00:00W 1",
        "31 03:00S 2",
        "31 03:15S 3",
    ]
    # 03:00 is there twice: once as 02:00 after it, and what holds follows local time.
    found = starts(made, "241027000000S", "241029000000W")
    assert found == ["27 00:00S 2", "27 03:00W 1", "28 00:00W 1"]


@pytest.mark.parametrize(
    "start", ["ffff0701ffffffffff800000", "ffff0701ff00000000800000"]
)
def test_a_season_begins_with_its_day(start: str) -> None:
    made = plan(
        days(d1={"00:00": 1}, d2={"00:00": 2}),
        weeks((b"w", *(1,) * 7), (b"s", *(2,) * 7)),
        seasons((b"always", "ff" * 12, b"w"), (b"july", start, b"s")),
    )
    assert made.script_at(epoch("240630235959S")) == 2  # since July of the year before
    assert made.script_at(epoch("240701000000S")) == 2


def test_a_season_of_one_year_comes_once_and_stays() -> None:
    made = plan(
        days(d1={"00:00": 1}, d2={"00:00": 2}),
        weeks((b"w", *(1,) * 7), (b"s", *(2,) * 7)),
        seasons(
            (b"always", "ff" * 12, b"w"), (b"new", "07e80701ff000000ff800000", b"s")
        ),
    )
    assert made.script_at(epoch("240630235959S")) == 1
    assert made.script_at(epoch("240701000000S")) == 2
    assert made.script_at(epoch("310101000000W")) == 2


@pytest.mark.parametrize(
    ("date", "day", "special"),
    [
        ("07e80c19ff", "241225", True),
        ("07e80c19ff", "251225", False),
        ("ffff0c19ff", "251225", True),
        ("ffff04fe01", "240429", True),
        ("ffff04fe01", "240422", False),
    ],
)
def test_a_special_day_takes_the_place_of_the_weekday(
    date: str, day: str, special: bool
) -> None:
    made = plan(
        days(d1={"00:00": 1}, d4={"00:00": 4, "12:00": 3}),
        special=special_days((1, "07e80101ff", 4), (2, date, 4)),
    )
    zone = "S" if day[2:4] == "04" else "W"
    assert made.script_at(epoch(f"{day}080000{zone}")) == (4 if special else 1)
    assert made.script_at(epoch(f"{day}120000{zone}")) == (3 if special else 1)


def test_a_special_day_of_an_unknown_day_is_a_day_like_others() -> None:
    made = plan(days(d1={"00:00": 1}), special=special_days((1, "ffff0c19ff", 9)))
    assert made.script_at(epoch("241225080000W")) == 1


minutes = st.integers(0, 1439).map(lambda at: f"{at // 60:02}:{at % 60:02}")
schedules = st.dictionaries(minutes, st.integers(1, 3), min_size=1, max_size=5)
moments = st.tuples(st.integers(1, 12), st.integers(1, 28), st.integers(0, 23))


@settings(max_examples=8, deadline=None)
@given(
    schedules,
    schedules,
    schedules,
    st.lists(st.integers(1, 3), min_size=14, max_size=14),
    st.lists(moments, min_size=1, max_size=3, unique=True),
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(1, 28)), max_size=3, unique=True
    ),
)
def test_starts_are_where_a_reading_minute_by_minute_has_them(
    first: dict[str, int],
    second: dict[str, int],
    third: dict[str, int],
    week_days: list[int],
    season_starts: list[tuple[int, int, int]],
    holidays: list[tuple[int, int]],
) -> None:
    """A year with both switches of daylight saving: walked by starts, and read by minutes."""
    schedules_by_day = {1: first, 2: second, 3: third}
    made = plan(
        days(d1=first, d2=second, d3=third),
        weeks((b"a", *week_days[:7]), (b"b", *week_days[7:])),
        seasons(
            *(
                (
                    bytes((place,)),
                    bytes((255, 255, month, day, 255, hour, 0, 0, 0, 128, 0, 0)).hex(),
                    b"ab"[place % 2 : place % 2 + 1],
                )
                for place, (month, day, hour) in enumerate(season_starts)
            )
        ),
        special=special_days(
            *(
                (place, bytes((255, 255, month, day, 255)).hex(), 1 + place % 3)
                for place, (month, day) in enumerate(holidays)
            )
        ),
    )
    begin = datetime(2023, 12, 1)
    read = minute_by_minute(begin, schedules_by_day, week_days, season_starts, holidays)
    at_s, end_s = epoch("240101000000W"), epoch("250101000000W")
    held, next_s = made.script_at(at_s), made.next_s(at_s)
    for hour_s in range(at_s, end_s, 3600):
        civil = local(datetime.fromtimestamp(hour_s, UTC)).replace(tzinfo=None)
        minute = (civil - begin) // timedelta(minutes=1)
        for clock_s in range(hour_s, hour_s + 3600, 60):
            if clock_s == next_s:
                held, next_s = made.script_at(clock_s), made.next_s(clock_s)
            assert held == read[minute], civil
            minute += 1


def minute_by_minute(
    begin: datetime,
    schedules_by_day: dict[int, dict[str, int]],
    week_days: list[int],
    season_starts: list[tuple[int, int, int]],
    holidays: list[tuple[int, int]],
) -> list[int]:
    """What holds at each local minute until the end of 2024, one after the other."""
    ordered = sorted((*at, place % 2) for place, at in enumerate(season_starts))
    week = ordered[-1][3]
    made: list[int] = []
    held = 0
    for day in range((datetime(2025, 1, 1) - begin).days):
        civil = begin + timedelta(day)
        today = civil.month, civil.day
        for minute in range(1440):
            hour, text = minute // 60, f"{minute // 60:02}:{minute % 60:02}"
            starting = [
                season
                for season in ordered
                if minute % 60 == 0 and season[:3] == (*today, hour)
            ]
            week = starting[-1][3] if starting else week
            if today in holidays:
                entries = schedules_by_day[1 + holidays.index(today) % 3]
            else:
                entries = schedules_by_day[week_days[7 * week + civil.weekday()]]
            if text in entries:
                held = entries[text]
            elif starting and hour and any(at <= text for at in entries):
                held = entries[max(at for at in entries if at <= text)]
            made.append(held)
    return made


@pytest.mark.parametrize(
    ("season", "week", "schedule"),
    [
        (seasons(), ONE_WEEK, days(d1={"00:00": 1})),
        (ONE_SEASON, weeks(), days(d1={"00:00": 1})),
        (ONE_SEASON, ONE_WEEK, days()),
        (ONE_SEASON, weeks((b"x", *(1,) * 7)), days(d1={"00:00": 1})),
        (ONE_SEASON, weeks((b"w", *(1,) * 6, 2)), days(d1={"00:00": 1})),
        (ONE_SEASON, ONE_WEEK, days(d1={"00:00": 9})),
        (
            seasons((b"once", "07e80701ff000000ff800000", b"w")),
            ONE_WEEK,
            days(d1={"00:00": 1}),
        ),
    ],
)
def test_a_calendar_that_does_not_hang_together(
    season: Data, week: Data, schedule: Data
) -> None:
    assert calendar_of(ONE_SEASON, ONE_WEEK, days(d1={"00:00": 1})).whole([1, 2])
    assert not calendar_of(season, week, schedule).whole([1, 2])


WRONG = [
    *(
        (seasons((b"1", start, b"w")), ONE_WEEK, days(d1={"00:00": 1}))
        for start in (
            "",
            "ff" * 11,
            "ffff0d01ff000000ff800000",
            "ffff07ffff000000ff800000",
            "ffffff0107000000ff800000",
            "ffff021dff000000ff800000",
            "ffff0701ff180000ff800000",
            "ffff0701ffff0000ff800000",
        )
    ),
    (
        seasons((b"1", WINTER, b"w"), (b"1", SUMMER, b"w")),
        ONE_WEEK,
        days(d1={"00:00": 1}),
    ),
    (
        seasons((b"1", WINTER, b"w"), (b"2", WINTER, b"w")),
        ONE_WEEK,
        days(d1={"00:00": 1}),
    ),
    (ONE_SEASON, weeks(*((b"w", *(1,) * 7),) * 2), days(d1={"00:00": 1})),
    (ONE_SEASON, ONE_WEEK, days(d1={})),
    (ONE_SEASON, ONE_WEEK, days(d1={"24:00": 1})),
    (ONE_SEASON, ONE_WEEK, days(d1={"00:60": 1})),
    (ONE_SEASON, ONE_WEEK, days(d1={"7:00": 1, "07:00": 2})),
    (ONE_SEASON, ONE_WEEK, days(d1={"00:00": 1}, d01={"01:00": 1})),
    (
        ONE_SEASON,
        ONE_WEEK,
        days(d1={f"00:{at:02}": 1 for at in range(ENTRIES_PER_DAY + 1)}),
    ),
    (
        ONE_SEASON,
        ONE_WEEK,
        data("day_profile_table", [(1, [(bytes(4), bytes(6), 1)])]),
    ),
    (
        ONE_SEASON,
        ONE_WEEK,
        data("day_profile_table", [(1, [(bytes(3), SCRIPTS, 1)])]),
    ),
]


@pytest.mark.parametrize(("season", "week", "schedule"), WRONG)
def test_a_calendar_that_is_wrong_by_itself(
    season: Data, week: Data, schedule: Data
) -> None:
    with pytest.raises(WireError):
        calendar_of(season, week, schedule)


@pytest.mark.parametrize(
    "special",
    [
        special_days((1, "ffff0c19ff", 1), (1, "ffff0c1aff", 1)),
        special_days((1, "ffff0c20ff", 1)),
        special_days((1, "ffff0c19", 1)),
        special_days((1, "", 1)),
    ],
)
def test_special_days_that_are_none(special: Data) -> None:
    with pytest.raises(WireError):
        special_days_of(special)
