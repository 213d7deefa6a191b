"""Instants on the wire: summer and winter time, and what is no time at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import WireError
from wire.instants import (
    DEVIATION_NOT_SPECIFIED,
    NOT_SPECIFIED,
    STATUS_DOUBTFUL,
    STATUS_DST,
    DateTime,
    civil_instants,
    decode_date_time,
    encode_date_time,
    format_tst,
    from_epoch,
    parse_tst,
    season_mismatch,
)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[arg-type, misc]


SECONDS = st.integers(978_310_800, 4_070_905_199)
"""2001 to 2098, in Dutch civil time too."""


@pytest.mark.parametrize(
    ("instant", "tst"),
    [
        # 2024 has a 31 March that is a Sunday, 2021 such a 31 October.
        (utc(2024, 3, 31, 0, 59, 59), "240331015959W"),
        (utc(2024, 3, 31, 1), "240331030000S"),
        (utc(2024, 10, 27, 0, 59, 59), "241027025959S"),
        (utc(2024, 10, 27, 1), "241027020000W"),
        (utc(2021, 3, 28, 0, 59, 59), "210328015959W"),
        (utc(2021, 3, 28, 1), "210328030000S"),
        (utc(2021, 10, 31, 0, 59, 59), "211031025959S"),
        (utc(2021, 10, 31, 1), "211031020000W"),
        (utc(2024, 12, 31, 23), "250101000000W"),
    ],
)
def test_the_seasons_change_on_the_last_sunday_at_one_utc(
    instant: datetime, tst: str
) -> None:
    assert format_tst(instant) == tst
    assert parse_tst(tst) == instant


@pytest.mark.parametrize(
    ("civil", "instants"),
    [
        (datetime(2024, 1, 9, 1), [utc(2024, 1, 9)]),
        (datetime(2024, 7, 1, 2), [utc(2024, 7, 1)]),
        (datetime(2024, 3, 31, 1, 59, 59), [utc(2024, 3, 31, 0, 59, 59)]),
        (datetime(2024, 3, 31, 2), []),
        (datetime(2024, 3, 31, 2, 59, 59), []),
        (datetime(2024, 3, 31, 3), [utc(2024, 3, 31, 1)]),
        (datetime(2024, 10, 27, 1, 59), [utc(2024, 10, 26, 23, 59)]),
        (datetime(2024, 10, 27, 2), [utc(2024, 10, 27, 0), utc(2024, 10, 27, 1)]),
        (datetime(2024, 10, 27, 3), [utc(2024, 10, 27, 2)]),
    ],
)
def test_what_a_dutch_clock_shows_may_be_never_or_twice(
    civil: datetime, instants: list[datetime]
) -> None:
    assert list(civil_instants(civil)) == instants


@pytest.mark.parametrize(
    ("tst", "wrong"),
    [
        ("240701120000S", False),
        ("240701120000W", True),
        ("240109120000W", False),
        ("240109120000S", True),
        ("241027023000S", False),
        ("241027023000W", False),
    ],
)
def test_a_time_stamp_of_the_other_season(tst: str, wrong: bool) -> None:
    assert season_mismatch(tst) is wrong


@given(SECONDS)
def test_a_time_stamp_there_and_back(seconds: int) -> None:
    instant = from_epoch(seconds)
    assert parse_tst(format_tst(instant)) == instant


@given(SECONDS, st.integers(0, 99))
def test_a_date_time_there_and_back(seconds: int, hundredths: int) -> None:
    instant = from_epoch(seconds).replace(microsecond=hundredths * 10_000)
    octets = encode_date_time(instant)
    assert decode_date_time(octets) == instant
    assert DateTime.decode(octets).encode() == octets


def test_a_date_time_says_its_season_in_deviation_and_status() -> None:
    summer = encode_date_time(utc(2024, 7, 1, 12, 30, 5), STATUS_DOUBTFUL)
    assert summer.hex() == "07e80701010e1e0500ff8882"
    winter = encode_date_time(utc(2024, 1, 7, 12, 30, 5), STATUS_DOUBTFUL)
    assert winter.hex() == "07e80107070d1e0500ffc402"


@pytest.mark.parametrize(
    ("month", "day", "hour", "status", "instant"),
    [
        (1, 9, 12, STATUS_DST, utc(2024, 1, 9, 11)),
        (7, 1, 12, 0, utc(2024, 7, 1, 10)),
        (10, 27, 2, STATUS_DST, utc(2024, 10, 27, 0)),
        (10, 27, 2, 0, utc(2024, 10, 27, 1)),
        (10, 27, 1, 0, utc(2024, 10, 26, 23)),
        (10, 27, 3, STATUS_DST, utc(2024, 10, 27, 2)),
        # An hour that the clocks skip: what one that was not put forward shows then.
        (3, 31, 2, 0, utc(2024, 3, 31, 1)),
    ],
)
def test_without_a_deviation_it_is_dutch_civil_time(
    month: int, day: int, hour: int, status: int, instant: datetime
) -> None:
    fields = (2024, month, day, NOT_SPECIFIED, hour, 0, 0, NOT_SPECIFIED)
    moment = DateTime(*fields, DEVIATION_NOT_SPECIFIED, status)
    assert moment.instant() == instant


@pytest.mark.parametrize(
    "octets",
    [
        "000101010100000000ffff00",
        "270f0c1f05173b3b007fff00",
        "ffff01010100000000ffc400",
        "07e8021eff00000000ffc400",
        "07e80101010000000000",
        "",
    ],
)
def test_what_names_no_instant(octets: str) -> None:
    with pytest.raises(WireError):
        decode_date_time(bytes.fromhex(octets))


@given(st.binary(min_size=12, max_size=12))
def test_random_octets_are_an_instant_or_refused(octets: bytes) -> None:
    try:
        assert decode_date_time(octets).tzinfo is UTC
    except WireError:
        pass


@pytest.mark.parametrize(
    "text",
    ["", "240109120000", "240109120000X", "240230120000W", "240109240000W"]
    + ["٢40109120000W", " 40109120000W", "+40109120000W", "2401091200000W"],
)
def test_what_is_no_time_stamp(text: str) -> None:
    with pytest.raises(WireError):
        parse_tst(text)
