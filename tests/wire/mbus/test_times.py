"""Types I and F, and the block that sets a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.mbus.samples import WIRED, utc
from wire.errors import LocalError, WireError
from wire.mbus.times import (
    decode_set_clock,
    decode_type_f,
    decode_type_i,
    encode_set_clock,
    encode_type_f,
    encode_type_i,
)

INSTANTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("octets", "instant"),
    [
        ("00000B321600", utc(2009, 6, 18, 11)),  # the companion standard, B1.5
        ("000008162700", utc(2016, 7, 22, 8)),  # a G350 of Landis+Gyr
        ("00004DB01700", utc(2013, 7, 16, 13)),  # the release notes of 4.0.6
        ("FB7BB77FCC3F", utc(2099, 12, 31, 23, 59, 59)),
    ],
)
def test_type_i_is_read(octets: str, instant: datetime) -> None:
    assert decode_type_i(bytes.fromhex(octets)) == instant


def test_type_i_is_written_with_leap_year_and_weekday() -> None:
    assert encode_type_i(utc(2013, 7, 16, 13), weekday=True).hex() == "00004db01700"
    assert encode_type_i(utc(2009, 6, 18, 11)).hex() == "00000b321600"
    assert encode_type_i(utc(2016, 2, 29, 1, 2, 3)).hex() == "8302011d2200"
    east = timezone(timedelta(hours=2))
    assert encode_type_i(datetime(2009, 6, 18, 13, tzinfo=east)).hex() == "00000b321600"


@given(INSTANTS)
def test_instants_both_ways(instant: datetime) -> None:
    whole = instant.replace(microsecond=0)
    for weekday in (False, True):
        assert decode_type_i(encode_type_i(instant, weekday)) == whole
    assert decode_type_f(encode_type_f(instant)) == whole.replace(second=0)
    assert decode_set_clock(encode_set_clock(instant)) == whole


@pytest.mark.parametrize(
    "octets",
    [
        "00000B3216",
        "00000B32160000",
        "00800B321600",  # said to be invalid
        "3F000B321600",  # every second
        "003F0B321600",
        "00001F321600",
        "00000B201600",  # day 0
        "00000B3F1600",  # 31 June
        "00000B321000",
        "00000B321F00",
        "00000BF2F600",  # year 127: every
        "00000B9DC200",  # year 100
    ],
)
def test_type_i_that_is_none(octets: str) -> None:
    with pytest.raises(WireError):
        decode_type_i(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "instant"),
    [
        ("32371F15", utc(2008, 5, 31, 23, 50)),  # EN 13757-3, annex P
        ("2B0F791A", utc(2011, 10, 25, 15, 43)),  # a Cyble, without century
        ("0000A1A1", utc(1985, 1, 1)),
    ],
)
def test_type_f_is_read(octets: str, instant: datetime) -> None:
    assert decode_type_f(bytes.fromhex(octets)) == instant


@pytest.mark.parametrize(
    "octets", ["32371F", "B2371F15", "3C371F15", "32371F1D", "32571F15"]
)
def test_type_f_that_is_none(octets: str) -> None:
    with pytest.raises(WireError):
        decode_type_f(bytes.fromhex(octets))


def test_the_block_that_sets_a_clock() -> None:
    block = bytes.fromhex(WIRED["set clock, enciphered"]["plaintext"])
    assert encode_set_clock(utc(2013, 7, 16, 13)) == block
    assert decode_set_clock(block) == utc(2013, 7, 16, 13)
    around_the_time = [*range(3), *range(9, 16)]
    for at in around_the_time:
        wrong = bytearray(block)
        wrong[at] = 0x80
        with pytest.raises(WireError):
            decode_set_clock(bytes(wrong))
    with pytest.raises(WireError, match="invalid"):
        decode_set_clock(block[:4] + b"\x80" + block[5:])
    with pytest.raises(WireError, match="16 octets, not 15"):
        decode_set_clock(block[:-1])


def test_instants_that_m_bus_cannot_tell() -> None:
    with pytest.raises(LocalError, match="1999"):
        encode_type_i(utc(1999, 12, 31))
    with pytest.raises(LocalError, match="2100"):
        encode_type_f(utc(2100, 1, 1))
    with pytest.raises(LocalError, match="time zone"):
        encode_type_i(datetime(2020, 1, 1))


@given(st.binary(min_size=16, max_size=16))
def test_any_octets_are_an_instant_or_refused(octets: bytes) -> None:
    for decode, size in (
        (decode_type_i, 6),
        (decode_type_f, 4),
        (decode_set_clock, 16),
    ):
        try:
            assert decode(octets[:size]).tzinfo is UTC
        except WireError:
            pass
