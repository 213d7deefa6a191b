"""Patterns of dates and times, and windows made of two of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.behaviour.recurrence import Pattern, Windows, pattern
from wire.cosem.types import type_of
from wire.dates import DatePattern
from wire.errors import WireError
from wire.instants import SUMMER, WINTER
from wire.zones import DUTCH

ANY = "ffffffffff"


def at(*civil: int, zone: object = WINTER) -> int:
    return int(datetime(*civil, tzinfo=zone).timestamp())  # type: ignore[arg-type,misc]


NOW = at(2024, 1, 9, 8, 0)  # a Tuesday


@pytest.mark.parametrize(
    ("date", "time", "coming", "gone"),
    [
        (ANY, "0a000000", at(2024, 1, 9, 10), at(2024, 1, 8, 10)),
        (ANY, "080000ff", at(2024, 1, 10, 8), NOW),
        (ANY, "0700ffff", at(2024, 1, 10, 7), at(2024, 1, 9, 7)),
        ("ffffff01ff", "00000000", at(2024, 2, 1), at(2024, 1, 1)),
        ("fffffffeff", "00000000", at(2024, 1, 31), at(2023, 12, 31)),
        ("fffffffdff", "00000000", at(2024, 1, 30), at(2023, 12, 30)),
        ("ffffffff07", "03000000", at(2024, 1, 14, 3), at(2024, 1, 7, 3)),
        ("ffff021dff", "00000000", at(2024, 2, 29), at(2020, 2, 29)),
        ("07e80701ff", "00000000", at(2024, 7, 1, zone=SUMMER), None),
        ("07d70701ff", "00000000", None, at(2007, 7, 1, zone=SUMMER)),
        ("07e80701ff", "1e000000", WireError, WireError),
        ("07e8070106", "00000000", WireError, WireError),
    ],
)
def test_a_pattern_comes_after_and_came_before(
    date: str, time: str, coming: object, gone: object
) -> None:
    octets = bytes.fromhex(date), bytes.fromhex(time)
    if coming is WireError:
        with pytest.raises(WireError):
            pattern(*octets, DUTCH)
        return
    found = pattern(*octets, DUTCH)
    assert found is not None
    assert found.after(NOW) == coming
    assert found.until(NOW) == gone


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("ffff0dffff", "00000000"),
        ("ffffff20ff", "00000000"),
        ("ffff021eff", "00000000"),
        ("07e7021dff", "00000000"),
        ("ffffffff08", "00000000"),
        ("ffffffff00", "00000000"),
        ("ffff00ffff", "00000000"),
        ("ffffff00ff", "00000000"),
        ("0001ffffff", "00000000"),
        (ANY, "18000000"),
        (ANY, "003c0000"),
        (ANY, "00003c00"),
        (ANY, "00ff0000"),
        (ANY, "000000"),
        ("ffffffff", "00000000"),
    ],
)
def test_what_names_no_instant_is_refused(date: str, time: str) -> None:
    with pytest.raises(WireError):
        pattern(bytes.fromhex(date), bytes.fromhex(time), DUTCH)


def test_without_an_hour_it_never_comes() -> None:
    assert pattern(bytes.fromhex(ANY), b"\xff\xff\xff\xff", DUTCH) is None


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=4, max_size=4))
def test_any_octets_are_a_pattern_or_refused(date: bytes, time: bytes) -> None:
    try:
        found = pattern(date, time, DUTCH)
    except WireError:
        return
    if found is not None:
        after, until = found.after(NOW), found.until(NOW)
        assert after is None or after > NOW
        assert until is None or until <= NOW


def moment(digits: str) -> bytes:
    """Each day at `hhmmss`; `------` is an open time."""
    parts = [
        0xFF if d == "--" else int(d) for d in (digits[:2], digits[2:4], digits[4:])
    ]
    return b"\xff" * 5 + bytes(parts) + b"\0\x80\0\0"


def windows(*pairs: tuple[str, str]) -> Windows:
    """Windows that open and close each day at these times."""
    moments = [tuple(moment(digits) for digits in pair) for pair in pairs]
    return Windows(type_of("communication_window").data(moments), DUTCH)


def test_no_windows_are_always_open_and_never_is_written_so() -> None:
    assert windows().is_open(NOW) and windows().within(NOW, 60) == NOW + 60
    never = windows(("------", "235959"))
    assert not never.is_open(NOW) and never.within(NOW, 0) is None


def test_a_delay_counts_from_the_trigger_within_a_window() -> None:
    morning = windows(("070000", "090000"))
    assert morning.within(NOW, 600) == NOW + 600
    assert morning.is_open(NOW) and not morning.is_open(NOW + 3600)


def test_a_delay_counts_from_the_opening_when_the_trigger_was_earlier() -> None:
    night = windows(("020000", "040000"))
    assert night.within(NOW, 600) == at(2024, 1, 10, 2, 10)


def test_what_is_left_of_a_delay_spills_into_the_next_window() -> None:
    narrow = windows(("075900", "080100"))
    assert narrow.within(NOW, 59) == NOW + 59
    assert narrow.within(NOW, 60) == at(2024, 1, 10, 7, 59)
    assert narrow.within(NOW, 60 + 120 + 5) == at(2024, 1, 11, 7, 59, 5)


def test_a_window_may_span_midnight() -> None:
    night = windows(("230000", "010000"))
    assert night.is_open(at(2024, 1, 9, 0, 30)) and night.is_open(at(2024, 1, 9, 23))
    assert not night.is_open(at(2024, 1, 9, 1))


def test_the_widest_delay_through_narrow_windows_ends() -> None:
    assert windows(("000000", "000001")).within(NOW, 0xFFFF) is None


class Counted(DatePattern):
    """A date with open parts that notes which days were held against it."""

    asked: ClassVar[list[date]] = []

    def matches(self, day: date) -> bool:
        """Whether it stands for this day."""
        self.asked.append(day)
        return super().matches(day)


def test_days_are_looked_through_once_however_often_it_is_asked_for() -> None:
    rare = Counted.decode(bytes.fromhex("ffff021d01"))
    schedule = Pattern(rare, 43_200, DUTCH)
    first = schedule.after(NOW)
    looked = len(Counted.asked)
    assert looked > 50
    for later_s in range(0, 36_000, 900):
        assert schedule.after(NOW + later_s) == first
    assert len(Counted.asked) == looked
