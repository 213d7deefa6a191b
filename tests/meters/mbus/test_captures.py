"""Profiles of M-Bus devices: what they capture, and when (P3 4.2.2, 7.4; DSMR-M 4.5.4 to 4.5.8)."""

from __future__ import annotations

from typing import Any

import pytest

from meters.behaviour import amr
from meters.behaviour.clockwork import set_clock
from meters.mbus import orders
from meters.mbus.channels import used
from meters.meter import Meter
from tests.meters.access import act, get, restored
from tests.meters.builders import NOW_S
from tests.meters.mbus import samples
from tests.meters.mbus.samples import bring, hourly, with_status
from tests.meters.p3.test_profile_access import by_entry, by_range
from tests.meters.test_profiles import LOST, epoch, written
from wire.cosem.rows import DSMR4, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult
from wire.instants import decode_date_time
from wire.mbus.values import Status

HOURLY = (7, "0-1:24.3.0")
DAILY = {
    standard: (7, "1-0:99.2.0" if standard in DSMR4 else "0-1:24.3.1")
    for standard in Standard
}
MONTHLY = {
    standard: (7, "0-0:98.1.0" if standard in DSMR4 else "0-1:24.3.2")
    for standard in Standard
}
RESET = axdr.integer(0)
NEVER = "never"


def bound(standard: Standard = Standard.DSMR_4_2_2, *numbers: int) -> Meter:
    """A gas meter on each of these channels since a quarter past eight."""
    return samples.bound(standard, *numbers, after_s=900)


def time_of(octets: bytes) -> str:
    """A capture time as people read it."""
    return NEVER if octets[:2] == b"\xff\xff" else written(octets)


def rows(meter: Meter, profile: tuple[int, str] = HOURLY) -> list[list[Any]]:
    """Stamp, status, value and its time, of a channel's own profile."""
    made: list[list[Any]] = axdr.plain(get(meter, profile))
    return [[written(a), status, value, time_of(d)] for a, status, value, d in made]


def beside(meter: Meter, profile: tuple[int, str], channel: int = 1) -> list[list[Any]]:
    """Stamp, value and time of a channel's columns in a combined profile."""
    made: list[list[Any]] = axdr.plain(get(meter, profile))
    at = 2 * channel - 10
    return [
        [written(row[0]), row[at], time_of(row[at + 1 or len(row) - 1])] for row in made
    ]


def lived(meter: Meter, until: str, silent: tuple[str, ...] = ()) -> Meter:
    """Hours in each of which, at three minutes past, the number of hours since eight arrives.

    `silent` are the hours, as TSTs without seconds, in which nothing comes.
    """
    end_s, quiet = epoch(until), {epoch(f"{hour[:-1]}00{hour[-1]}") for hour in silent}
    hour_s = meter.state.at_s - meter.state.at_s % 3600 + 3600
    while hour_s <= end_s:
        meter.advance(min(hour_s + 180, end_s))
        if hour_s not in quiet and hour_s + 180 <= end_s:
            bring(meter, hourly((hour_s - NOW_S) // 3600, hour_s))
        hour_s += 3600
    meter.advance(end_s)
    return meter


def test_a_row_at_eleven_past_is_stamped_with_the_full_hour() -> None:
    meter = lived(bound(), "240109101059W")
    assert rows(meter) == [["2401090900W", 0, 1, "2401090900W"]]
    meter.advance(epoch("240109101100W"))
    assert rows(meter) == [
        ["2401090900W", 0, 1, "2401090900W"],
        ["2401091000W", 0, 2, "2401091000W"],
    ]


def test_nothing_is_captured_of_a_channel_without_a_device() -> None:
    meter = lived(bound(), "240110001500W")
    assert axdr.plain(get(meter, (7, "0-2:24.3.0"))) == []
    assert set(meter.state.profiles or {}) & {"mbus_hourly_profile_2"} == set()


def test_a_missed_reading_is_the_last_one_with_its_own_time_and_not_valid() -> None:
    meter = lived(bound(), "240109121100W", silent=("2401091000W", "2401091100W"))
    assert rows(meter) == [
        ["2401090900W", 0, 1, "2401090900W"],
        ["2401091000W", amr.DATA_NOT_VALID, 1, "2401090900W"],
        ["2401091100W", amr.DATA_NOT_VALID, 1, "2401090900W"],
        ["2401091200W", 0, 4, "2401091200W"],
    ]


def test_before_the_first_reading_there_is_none() -> None:
    meter = bound()
    meter.advance(epoch("240109091100W"))
    assert rows(meter) == [["2401090900W", amr.DATA_NOT_VALID, 0, NEVER]]


def test_a_reading_that_comes_after_eleven_past_is_too_late_for_the_row() -> None:
    meter = bound()
    meter.advance(epoch("240109091101W"))
    bring(meter, hourly(7, epoch("240109090000W")))
    meter.advance(epoch("240109101100W"))
    assert [row[1:3] for row in rows(meter)] == [
        [amr.DATA_NOT_VALID, 0],
        [amr.DATA_NOT_VALID, 7],
    ]


@pytest.mark.parametrize(
    ("clock", "second", "valid"),
    [
        *((True, second, False) for second in (-61, 61, 300, 3600)),
        *((True, second, True) for second in (-60, 0, 60)),
        *((False, second, True) for second in (0, 300, 660)),
        (False, 661, False),
    ],
)
def test_a_time_of_another_moment_does_not_count_for_the_hour(
    clock: bool, second: int, valid: bool
) -> None:
    meter = bound()
    hour_s = epoch("240109090000W")
    meter.advance(hour_s + 180)
    bring(meter, hourly(7, hour_s + second))
    used(meter, 1).meter_configuration = int(clock)
    meter.advance(hour_s + 660)
    assert rows(meter)[0][1] == (0 if valid else amr.DATA_NOT_VALID)


def test_a_value_that_came_before_the_hour_does_not_count_for_it() -> None:
    meter = bound()
    hour_s = epoch("240109090000W")
    meter.advance(hour_s - 5)
    bring(meter, hourly(7, hour_s))
    meter.advance(hour_s + 660)
    assert rows(meter)[0][1:3] == [amr.DATA_NOT_VALID, 7]


def test_a_device_that_is_broken_has_no_valid_readings() -> None:
    meter = bound()
    meter.advance(epoch("240109090300W"))
    bring(meter, hourly(7, epoch("240109090000W"), Status.PERMANENT_ERROR))
    meter.advance(epoch("240109091100W"))
    assert rows(meter)[0][1] == amr.CRITICAL_ERROR | amr.DATA_NOT_VALID


def test_the_clock_that_was_invalid_in_the_hour_and_not_after_it() -> None:
    meter = lived(bound(), "240109093000W")
    meter.state.interval_flags |= amr.CLOCK_INVALID
    lived(meter, "240109100500W")
    meter.state.interval_flags |= amr.CRITICAL_ERROR
    lived(meter, "240109111100W")
    assert [row[1] & ~amr.DATA_NOT_VALID for row in rows(meter)] == [
        0,
        amr.CLOCK_INVALID,
        amr.CRITICAL_ERROR,
    ]


@pytest.mark.parametrize("standard", list(Standard))
def test_the_reading_of_midnight_is_that_of_the_day(standard: Standard) -> None:
    meter = lived(bound(standard), "240110001059W")
    place = DAILY[standard]
    if standard in DSMR4:
        assert beside(meter, place) == [["2401100000W", 0, NEVER]]
    else:
        assert rows(meter, place) == []
    meter.advance(epoch("240110001100W"))
    expected = ["2401100000W", 16, "2401100000W"]
    if standard in DSMR4:
        assert beside(meter, place) == [expected]
        assert beside(meter, place, 4) == [["2401100000W", 0, NEVER]]
    else:
        assert rows(meter, place) == [[expected[0], 0, *expected[1:]]]


@pytest.mark.parametrize("standard", list(Standard))
def test_the_first_midnight_of_a_month_is_that_of_the_month(standard: Standard) -> None:
    meter = bound(standard)
    meter.advance(epoch("240131234500W"))
    lived(meter, "240201001100W")
    place = MONTHLY[standard]
    expected = ["2402010000W", 544, "2402010000W"]
    if standard in DSMR4:
        assert beside(meter, place) == [expected]
    else:
        assert rows(meter, place) == [[expected[0], 0, *expected[1:]]]


def test_each_channel_has_its_columns() -> None:
    meter = bound(Standard.DSMR_4_2_2, 1, 4)
    midnight_s = epoch("240110000000W")
    meter.advance(midnight_s + 60)
    bring(meter, hourly(11, midnight_s))
    bring(meter, hourly(44, midnight_s), 4)
    meter.advance(midnight_s + 660)
    place = DAILY[Standard.DSMR_4_2_2]
    assert [beside(meter, place, n)[0][1] for n in (1, 2, 3, 4)] == [11, 0, 0, 44]


def test_hours_are_kept_ten_days_days_forty_and_months_thirteen() -> None:
    meter = bound(Standard.SMR_5_0)
    meter.advance(epoch("250301001100W"))
    hours = rows(meter)
    assert len(hours) == 240
    assert (hours[0][0], hours[-1][0]) == ("2502190100W", "2503010000W")
    days, months = (
        rows(meter, place[meter.model.standard]) for place in (DAILY, MONTHLY)
    )
    assert (len(days), days[0][0], days[-1][0]) == (40, "2501210000W", "2503010000W")
    assert (len(months), months[0][0]) == (13, "2403010000W")


def test_summer_time_and_the_hour_that_comes_twice() -> None:
    meter = bound()
    meter.advance(epoch("241027003000S"))
    lived(meter, "241027031500W")
    assert [row[:2] for row in rows(meter)[-4:]] == [
        ["2410270100S", amr.DAYLIGHT_SAVING],
        ["2410270200S", amr.DAYLIGHT_SAVING],
        ["2410270200W", 0],
        ["2410270300W", 0],
    ]
    assert rows(meter)[-2][3] == "2410270200W"


def test_the_rows_of_an_outage_are_there_flagged_with_the_last_reading() -> None:
    meter = lived(bound(), "240109093000W")
    meter.power_off()
    meter.power_on(epoch("240109121500W"))
    assert rows(meter)[1:] == [
        [f"240109{hour}00W", LOST, 1, "2401090900W"] for hour in (10, 11, 12)
    ]
    lived(meter, "240109131100W")
    assert rows(meter)[-1] == ["2401091300W", amr.POWER_DOWN, 5, "2401091300W"]


def test_a_reading_that_comes_after_an_outage_and_before_the_row_is_valid() -> None:
    meter = lived(bound(), "240109093000W")
    meter.power_off()
    meter.power_on(epoch("240109100400W"))
    bring(meter, hourly(2, epoch("240109100000W")))
    meter.advance(epoch("240109101100W"))
    assert rows(meter)[-1] == ["2401091000W", amr.POWER_DOWN, 2, "2401091000W"]


def test_an_outage_between_the_hour_and_its_row_is_of_the_next_hour() -> None:
    meter = lived(bound(), "240109100400W")
    meter.power_off()
    meter.power_on(epoch("240109100600W"))
    lived(meter, "240109111100W")
    assert [row[:2] for row in rows(meter)[1:]] == [
        ["2401091000W", 0],
        ["2401091100W", amr.POWER_DOWN],
    ]


def test_an_outage_over_midnight_leaves_the_last_reading_beside_the_day() -> None:
    meter = lived(bound(), "240109233000W")
    meter.power_off()
    meter.power_on(epoch("240110063000W"))
    place = DAILY[Standard.DSMR_4_2_2]
    assert beside(meter, place) == [["2401100000W", 15, "2401092300W"]]


def test_a_large_step_forward_leaves_flagged_rows_and_one_back_none_twice() -> None:
    stepped = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
    meter = lived(bound(), "240109093000W")
    set_clock(meter, epoch("240109110500W"))
    assert rows(meter)[1:] == [["2401091000W", stepped, 1, "2401090900W"]]
    meter.advance(meter.state.at_s + 360)
    assert rows(meter)[-1][:2] == ["2401091100W", stepped]
    set_clock(meter, epoch("240109093000W"))
    assert [row[0] for row in rows(meter)] == ["2401090900W"]
    meter.advance(meter.state.at_s + 41 * 60)
    assert [row[0] for row in rows(meter)] == ["2401090900W", "2401091000W"]


def test_a_small_step_over_eleven_past_loses_no_row_and_makes_none_twice() -> None:
    meter = lived(bound(), "240109101030W")
    set_clock(meter, epoch("240109101110W"))
    expected = ["2401091000W", 0, 2, "2401091000W"]
    assert rows(meter)[-1] == expected
    set_clock(meter, epoch("240109101030W"))
    meter.advance(meter.state.at_s + 60)
    assert len(rows(meter)) == 2 and rows(meter)[-1] == expected


def test_the_rows_stay_when_the_device_is_given_up_and_no_more_come() -> None:
    meter = lived(bound(), "240109101500W")
    before = rows(meter)
    assert orders.slave_deinstall(meter, 1) is ActionResult.SUCCESS
    meter.advance(epoch("240109141500W"))
    assert rows(meter) == before and len(before) == 2


def test_reset_forgets_the_rows_and_the_next_hour_comes() -> None:
    meter = lived(bound(), "240109101500W")
    assert act(meter, HOURLY, 1, RESET) is ActionResult.SUCCESS
    assert rows(meter) == []
    lived(meter, "240109111100W")
    assert [row[0] for row in rows(meter)] == ["2401091100W"]


def test_reset_of_the_days_forgets_the_columns_of_the_channels_too() -> None:
    meter = lived(bound(), "240110003000W")
    place = DAILY[Standard.DSMR_4_2_2]
    act(meter, place, 1, RESET)
    assert get(meter, place).value == ()
    kept = meter.state.profiles
    assert kept is not None
    assert [len(kept[f"mbus_{kind}_profile_1"]) for kind in ("daily", "hourly")] == [
        0,
        16,
    ]


def test_a_small_step_over_a_row_and_a_quarter_leaves_the_flags_to_the_next() -> None:
    meter = lived(bound(), "240109101050W")
    meter.set_setting("clock_time_shift_limit", "value", axdr.unsigned(255))
    meter.state.interval_flags |= amr.CLOCK_INVALID
    set_clock(meter, epoch("240109101505W"))
    lived(meter, "240109111100W")
    assert [row[:2] for row in rows(meter)[-2:]] == [
        ["2401091000W", 0],
        ["2401091100W", amr.CLOCK_INVALID],
    ]


def test_by_range_by_entry_and_a_column() -> None:
    meter = lived(bound(), "240109151500W")
    begin, end = (
        axdr.octet_string(meter.zone.encode(epoch(text)))
        for text in ("240109100000W", "240109120000W")
    )
    chosen = axdr.plain(get(meter, HOURLY, 2, by_range(begin, end)))
    assert [row[2] for row in chosen] == [2, 3, 4]
    assert [row[2] for row in axdr.plain(get(meter, HOURLY, 2, by_entry(7, 0)))] == [7]
    times = axdr.plain(get(meter, HOURLY, 2, by_entry(1, 1, 4, 4)))
    assert decode_date_time(times[0][0]).timestamp() == epoch("240109090000W")
    place = DAILY[Standard.DSMR_4_2_2]
    lived(meter, "240110001100W")
    only = axdr.plain(get(meter, place, 2, by_entry(1, 1, 7, 8)))
    assert only[0][0] == 16 and time_of(only[0][1]) == "2401100000W"


@pytest.mark.parametrize("standard", list(Standard))
def test_the_columns_are_those_of_the_standard(standard: Standard) -> None:
    meter = bound(standard)
    register = 1 if standard in DSMR4 else 2
    for place, status in (
        (HOURLY, 3),
        *(() if standard in DSMR4 else ((DAILY[standard], 5), (MONTHLY[standard], 7))),
    ):
        objects = axdr.plain(get(meter, place, 3))
        assert [(c, list(code[:5]), n) for c, code, n, _ in objects] == [
            (8, [0, 0, 1, 0, 0], 2),
            (1, [0, 1, 96, 10, status], 2),
            (4, [0, 1, 24, 2, register], 2),
            (4, [0, 1, 24, 2, register], 5),
        ]


def test_the_status_object_says_what_the_running_hour_has_so_far() -> None:
    meter = lived(bound(), "240709093000S")
    assert get(meter, (1, "0-1:96.10.3")).value == amr.DAYLIGHT_SAVING
    meter.state.interval_flags |= amr.CLOCK_INVALID
    assert get(meter, (1, "0-1:96.10.3")).value & amr.CLOCK_INVALID


def test_a_restart_keeps_the_rows() -> None:
    meter = lived(bound(), "240110001500W")
    again = restored(meter)
    assert rows(again) == rows(meter)
    place = DAILY[Standard.DSMR_4_2_2]
    assert beside(again, place) == beside(meter, place)


def test_an_unused_channel_costs_nothing() -> None:
    meter = bound()
    used(meter, 2)
    meter.advance(epoch("240110001500W"))
    names = {name for name in meter.state.profiles or {} if name.startswith("mbus")}
    assert names == {"mbus_hourly_profile_1", "mbus_daily_profile_1"}
    bring(meter, with_status(Status(0)), 2)
    meter.advance(epoch("240110021500W"))
    assert "mbus_hourly_profile_2" not in (meter.state.profiles or {})
