"""Local time by the attributes of a clock: Dutch by default, and what else they can say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import LocalError, WireError
from wire.instants import (
    NEVER,
    DateTime,
    encode_date_time,
    from_epoch,
    is_summer,
    local,
)
from wire.p1.formats import Tst
from wire.zones import DUTCH, SUMMER_BEGINS, SUMMER_ENDS, Zone, time_of_day_s

SECONDS = st.integers(978_307_200, 4_070_908_799)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@given(SECONDS)
def test_the_default_is_dutch_civil_time(clock_s: int) -> None:
    instant = from_epoch(clock_s)
    assert DUTCH.is_summer(clock_s) is is_summer(instant)
    assert DUTCH.local(clock_s).isoformat() == local(instant).isoformat()
    assert DUTCH.encode(clock_s) == encode_date_time(instant)
    assert DUTCH.encode(clock_s, 2)[-1] == encode_date_time(instant)[-1] | 2
    assert int(DUTCH.instant(DateTime.decode(DUTCH.encode(clock_s))).timestamp()) == (
        clock_s
    )


@given(SECONDS)
def test_without_its_deviation_a_time_is_the_same_by_its_status(clock_s: int) -> None:
    octets = DUTCH.encode(clock_s)
    bare = DateTime.decode(octets[:9] + b"\x80\x00" + octets[11:])
    assert int(DUTCH.instant(bare).timestamp()) == clock_s
    assert bare.instant() == DUTCH.instant(bare)


def test_a_time_that_no_clock_shows_is_taken_as_normal_time() -> None:
    moment = DateTime(2024, 3, 31, 0xFF, 2, 30, 0, 0, -0x8000, 0x80)
    assert DUTCH.instant(moment) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "switches"),
    [
        # The second Sunday of March 03:00 to the first of November 04:00, by weekday and day.
        ("ffff030807030000ff800000", "ffff0b0107040000ff800000", ["03-10 02", "11-03 02"]),
        # Their deviation is given, and says otherwise than the zone.
        ("ffff03fe0702000000000000", "ffff0afe07030000000000ff", ["03-31 02", "10-27 03"]),
        # 2024 only.
        ("07e80401ff02000000800000", "07e80901ff03000000800000", ["04-01 01", "09-01 01"]),
        # South of the equator.
        ("ffff0afe0702000000800000", "ffff03fe0703000000800000", ["03-31 01", "10-27 01"]),
        # The same moment: never.
        ("ffff0401ff02000000ffc400", "ffff0401ff02000000ffc400", []),
    ],
)  # fmt: skip
def test_begin_and_end_by_their_patterns(
    begin: str, end: str, switches: list[str]
) -> None:
    zone = Zone(-60, bytes.fromhex(begin), bytes.fromhex(end))
    found = zone.switches_s(utc("2024-01-01"), utc("2025-01-01"))
    assert [f"{from_epoch(at_s):%m-%d %H}" for at_s in found] == switches
    for at_s in found:
        assert zone.is_summer(at_s) is not zone.is_summer(at_s - 1)


def test_a_year_that_is_given_does_not_return() -> None:
    zone = Zone(
        -60,
        bytes.fromhex("07e80401ff02000000800000"),
        bytes.fromhex("07e80901ff03000000800000"),
    )
    assert zone.is_summer(utc("2024-06-01"))
    assert not zone.is_summer(utc("2025-06-01"))
    assert zone.next_switch_s(utc("2024-10-01")) == NEVER


def test_another_zone_without_daylight_saving() -> None:
    zone = Zone(300)
    assert zone.next_switch_s(0) == NEVER
    clock_s = utc("2024-07-01T12:00:00")
    assert zone.encode(clock_s).hex() == "07e8070101070000" + "00" + "012c" + "00"
    assert zone.deviation_min(clock_s) == 300
    assert Tst().writer()(zone.local(clock_s)) == "(240701070000W)"


def test_daylight_saving_is_an_hour_from_the_zone() -> None:
    zone = Zone(0, SUMMER_BEGINS, SUMMER_ENDS)
    clock_s = utc("2024-07-01T12:00:00")
    assert zone.encode(clock_s).hex() == "07e80701010d0000" + "00" + "ffc4" + "80"
    assert Tst().writer()(zone.local(clock_s)) == "(240701130000S)"


def test_local_time_beyond_what_p1_prints_is_refused() -> None:
    with pytest.raises(LocalError):
        Tst().writer()(Zone(-60).local(utc("2099-01-01T00:30:00")))


@pytest.mark.parametrize(
    "octets",
    [
        "ffffffffff02000000ffc400",
        "ffffff010702000000ffc400",
        "ffff03ff0702000000ffc400",
        "ffff03fe07ff000000ffc400",
        "ffff03fe0702ff0000ffc400",
        "ffff03fe0718000000ffc400",
        "ffff03fe07023c0000ffc400",
        "ffff03fe0702003c00ffc400",
        "ffff03fe0702000064ffc400",
        "ffff03fe0702000000fd2f00",
        "ffff03fe0702000000",
        "000000000000000000000000",
        "",
    ],
)
def test_what_is_no_moment_of_a_year(octets: str) -> None:
    with pytest.raises(WireError):
        Zone(-60, bytes.fromhex(octets), SUMMER_ENDS)
    with pytest.raises(WireError):
        Zone(-60, SUMMER_BEGINS, bytes.fromhex(octets))


@given(st.binary(min_size=12, max_size=12))
def test_any_octets_are_a_begin_or_a_wire_error(octets: bytes) -> None:
    try:
        zone = Zone(-60, octets, SUMMER_ENDS)
    except WireError:
        return
    assert zone.is_summer(utc("2024-01-01")) in (True, False)


def test_open_seconds_are_none() -> None:
    assert time_of_day_s(bytes((7, 30, 255, 255))) == 7 * 3600 + 1800
    assert time_of_day_s(bytes((23, 59, 59, 99))) == 86_399


@pytest.mark.parametrize(
    "octets",
    [
        "000101010100000000800000",
        "270f0c1fff173b3bff800000",
        "07e8010aff000000fffd2f00",
        "07e8010aff000000ff02d100",
        "07e8021eff000000ff800000",
        "ffffffffffffffffffffffff",
    ],
)
@pytest.mark.parametrize("time_zone_min", [-720, -60, 0, 720])
def test_what_is_no_instant_is_none_in_any_zone(
    octets: str, time_zone_min: int
) -> None:
    moment = DateTime.decode(bytes.fromhex(octets))
    with pytest.raises(WireError):
        Zone(time_zone_min, SUMMER_BEGINS, SUMMER_ENDS).instant(moment)
