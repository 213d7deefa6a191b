"""Rules 2 to 9 of the charging profile, each with its code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wire.profile_messages import (
    FROM,
    MAX_W,
    START,
    TO,
    message,
    refused,
    remarks,
    row,
    taken,
)
from wire.charging_profile import MAX_CHARACTERS, Period, Reject


def test_rule_2_filler() -> None:
    assert refused(b"\xff" * 1024) is Reject.FILLER
    assert refused(b"\xff") is Reject.FILLER


@pytest.mark.parametrize(
    "octet", [b"\r", b"\n", b"\t", b"\0", b"\x7f", b"\x80", b"\xff"]
)
def test_rule_3_characters(octet: bytes) -> None:
    text = message(row()).encode().replace(b",", b"," + octet, 1)
    assert refused(text) is Reject.CHARACTERS


def test_rule_3_characters_of_a_string() -> None:
    assert refused("{é}") is Reject.CHARACTERS
    assert refused("\ud800") is Reject.CHARACTERS


def test_rule_4_truncated_is_never_repaired() -> None:
    long = message(
        *(
            row(f"190329{hour:02}{minute:02}00W")
            for hour in (16, 17, 18)
            for minute in range(0, 60, 6)
        )
    )
    assert len(long) > MAX_CHARACTERS
    cut = long[:MAX_CHARACTERS]
    assert refused(cut) is Reject.TRUNCATED
    assert refused(cut, tolerant=True) is Reject.TRUNCATED
    assert refused(cut[:-1], tolerant=True) is Reject.MALFORMED
    doubled = cut.replace("[{", "[{{")[:MAX_CHARACTERS]
    assert refused(doubled, tolerant=True) is Reject.TRUNCATED


def test_rule_4_exactly_1024_sound_characters_are_taken() -> None:
    text = message(row(), Note="")
    text = text.replace('"Note":""', f'"Note":"{"x" * (MAX_CHARACTERS - len(text))}"')
    assert len(text) == MAX_CHARACTERS
    assert taken(text).periods == (Period(START, 6000),)
    assert refused(text + " ") is Reject.TOO_LONG


def test_rule_4_cut_between_two_keys() -> None:
    whole = message(row(), Note="", More=1)
    at = whole.index(',"More"')
    begin = whole[:at].replace('"Note":""', f'"Note":"{"x" * (MAX_CHARACTERS - at)}"')
    assert len(begin) == MAX_CHARACTERS and begin.endswith('"')
    assert refused(begin, tolerant=True) is Reject.TRUNCATED


def test_rule_4_nothing_is_cut_off_where_all_is_closed() -> None:
    text = message(row(), Note="").replace('"Seq"', "Seq").replace(":6000", ":06000")
    text = text.replace('"Note":""', f'"Note":"{"x" * (MAX_CHARACTERS - len(text))}"')
    assert len(text) == MAX_CHARACTERS
    assert refused(text) is Reject.MALFORMED


def test_rule_4_a_quote_left_open_at_1024_is_truncated() -> None:
    text = message(row())[:-3] + ',"x":"'
    assert refused(text + "y" * (MAX_CHARACTERS - len(text))) is Reject.TRUNCATED


def test_rule_5_fixed_offsets() -> None:
    summer = message(
        row("190401000000S"), valid_from="190401000000S", valid_to="190402000000S"
    )
    assert taken(summer).valid_from == datetime(2019, 3, 31, 22, tzinfo=UTC)
    assert remarks(summer) == []


def test_rule_5_season_mismatch_is_taken_as_written_with_a_remark() -> None:
    text = message(
        row("190701000000W"), valid_from="190701000000W", valid_to="190702000000S"
    )
    assert taken(text).valid_from == datetime(2019, 6, 30, 23, tzinfo=UTC)
    assert remarks(text) == [Reject.SEASON, Reject.SEASON]


def test_rule_5_october_has_its_hour_twice() -> None:
    text = message(
        row("251026013000S", 1),
        row("251026023000S", 2),
        row("251026023000W", 3),
        valid_from="251026013000S",
        valid_to="251026033000W",
    )
    half_past = datetime(2025, 10, 25, 23, 30, tzinfo=UTC)
    assert [p.start for p in taken(text).periods] == [
        half_past + timedelta(hours=hour) for hour in range(3)
    ]
    assert remarks(text) == []
    swapped = text.replace('3000S","MxPwr":2', '3000W","MxPwr":2').replace(
        '3000W","MxPwr":3', '3000S","MxPwr":3'
    )
    assert refused(swapped) is Reject.ORDER


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "190329160000",
        "190329160000X",
        "190329160000w",
        "190229160000W",
        "190329240000W",
        "190329166000W",
        "191329160000W",
        " 90329160000W",
        "+90329160000W",
        "190329160000W ",
        "1903291600000W",
        "000000000000W",
        "000101000000S",
    ],
)
def test_rule_5_no_time_stamp(stamp: str) -> None:
    assert refused(message(row(), valid_from=stamp)) is Reject.TIME_STAMP
    assert refused(message(row(), valid_to=stamp)) is Reject.TIME_STAMP
    assert refused(message(row(stamp))) is Reject.TIME_STAMP


def test_rule_5_time_stamp_of_another_type() -> None:
    assert refused(message(row(190329160000))) is Reject.STRUCTURE


def test_rule_6_validity() -> None:
    assert refused(message(row(), valid_to=FROM)) is Reject.VALIDITY
    assert refused(message(row(), valid_to="190329150000W")) is Reject.VALIDITY
    # 16:30 W is 15:30 UTC, 17:00 S is 15:00 UTC: compared in UTC, not as text.
    assert (
        refused(message(row(), valid_from="190329163000W", valid_to="190329170000S"))
        is Reject.VALIDITY
    )


def test_rule_6_span() -> None:
    assert taken(message(row(), valid_to="190405160000W"))
    assert refused(message(row(), valid_to="190405160001W")) is Reject.SPAN
    assert refused(message(row(), valid_to="990405160001W")) is Reject.SPAN


def test_rule_7_gap() -> None:
    text = message(row("190329170000W"))
    assert remarks(text) == [Reject.GAP]
    profile = taken(text)
    assert profile.period_at(START) is None
    assert profile.period_at(START + timedelta(hours=1)) == profile.periods[0]


def test_rule_7_clipped() -> None:
    text = message(
        row("190329140000W", 1), row("190329150000W", 2), row("190329170000W", 3)
    )
    assert remarks(text) == [Reject.CLIPPED]
    assert taken(text).periods == (
        Period(START, 2),
        Period(START + timedelta(hours=1), 3),
    )
    exact = message(row("190329140000W", 1), row(FROM, 2))
    assert taken(exact).periods == (Period(START, 2),)
    assert remarks(exact) == [Reject.CLIPPED]


def test_rule_7_dropped() -> None:
    text = message(row(), row(TO, 1), row("190329200000W", 2))
    assert remarks(text) == [Reject.DROPPED]
    assert taken(text).periods == (Period(START, 6000),)


def test_rule_7_nothing_left_is_no_clear() -> None:
    assert refused(message(row(TO))) is Reject.NOTHING_LEFT


def test_rule_8_order() -> None:
    assert refused(message(row(), row())) is Reject.ORDER
    assert refused(message(row("190329170000W"), row())) is Reject.ORDER
    # The same instant in two spellings is still twice.
    assert refused(message(row(), row("190329170000S"))) is Reject.ORDER
    # Also among those that would be dropped or clipped.
    assert refused(message(row(), row("190330000000W"), row(TO))) is Reject.ORDER


@pytest.mark.parametrize(
    "power", [-1, MAX_W + 1, 1.5, 6000.0, True, "6000", None, [6000]]
)
def test_rule_9_power(power: object) -> None:
    assert refused(message(row(max_w=power))) is Reject.POWER


def test_rule_9_bounds_and_fallback() -> None:
    assert taken(message(row(max_w=0))).periods[0].max_w == 0
    assert taken(message(row(max_w=MAX_W))).periods[0].max_w == MAX_W
    assert taken(message(row(), FbPwr=4200)).fallback_w == 4200
    assert refused(message(row(), FbPwr=MAX_W + 1)) is Reject.POWER


def test_codes_are_stable_and_say_their_rule() -> None:
    assert {code.name: int(code) for code in Reject} == {
        "NONE": 0,
        "TELEGRAM_CRC": 10,
        "TELEGRAM_DAMAGED": 11,
        "NOT_HEX": 20,
        "FILLER": 21,
        "CHARACTERS": 30,
        "TRUNCATED": 40,
        "MALFORMED": 41,
        "TOO_LONG": 42,
        "DUPLICATE_KEY": 43,
        "NUMBER": 44,
        "NESTING": 45,
        "STRUCTURE": 46,
        "ACTION": 47,
        "TIME_STAMP": 50,
        "SEASON": 51,
        "VALIDITY": 60,
        "SPAN": 61,
        "GAP": 70,
        "CLIPPED": 71,
        "DROPPED": 72,
        "NOTHING_LEFT": 73,
        "ORDER": 80,
        "POWER": 90,
        "EXPIRED": 100,
        "UNCHANGED": 110,
        "REPLAY": 120,
        "NO_SEQUENCE": 121,
        "CLEARED": 130,
        "KEPT": 140,
        "CLOCKS_APART": 150,
        "REPAIRED": 200,
    }
