"""Daily and monthly rows: when, with what status, after outages and steps of the clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour import amr
from meters.behaviour.clockwork import set_clock
from meters.behaviour.profiles import judge
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import act, get, put
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.rows import DSMR4, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError
from wire.instants import decode_date_time, parse_tst
from wire.zones import DUTCH

VOLTAGE = (2300, 2300, 2300)
INTERVALS, DAYS = (7, "1-0:99.1.0"), (7, "1-0:99.2.0")
MONTHS = {
    standard: (7, "0-0:98.1.0" if standard in DSMR4 else "1-0:98.1.0")
    for standard in Standard
}
LOST = amr.POWER_DOWN | amr.DATA_NOT_VALID
ADJUSTED = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
OLD = Standard.DSMR_4_2_2


def epoch(text: str) -> int:
    """Seconds of a TST."""
    return int(parse_tst(text).timestamp())


def rows(meter: Meter, profile: tuple[int, str]) -> list[list[Any]]:
    """All rows, the columns of M-Bus devices left out, stamps as TST."""
    made: list[list[Any]] = axdr.plain(get(meter, profile))
    return [[written(row[0]), *row[1:6]] for row in made]


def written(octets: bytes) -> str:
    """A stamp as people read it."""
    civil = DUTCH.local(int(decode_date_time(octets).timestamp()))
    return f"{civil:%y%m%d%H%M}{civil.tzname()}"


def lived(until: str, power_w: int = 3600, standard: Standard = OLD) -> Meter:
    """A meter under this load from its first moment, 2024-01-09 08:00, until then."""
    meter = make_meter(standard)
    meter.set_load((power_w, 0, 0), VOLTAGE)
    meter.advance(epoch(until))
    return meter


def test_a_day_is_one_row_at_midnight_with_the_registers_of_then() -> None:
    meter = lived("240111000000W")
    low, normal = 3600, 15 * 3600
    assert rows(meter, DAYS) == [
        ["2401100000W", 0, low, normal, 0, 0],
        ["2401110000W", 0, 9 * low, normal + 16 * 3600, 0, 0],
    ]
    meter.advance(epoch("240111235959W"))
    assert len(rows(meter, DAYS)) == 2
    meter.set_load((-3600, 0, 0), VOLTAGE)
    meter.advance(epoch("240113000000W"))
    assert rows(meter, DAYS)[-1][-2:] == [8 * 3600 + 1, 16 * 3600]


def test_days_of_23_and_25_hours_have_one_row_each() -> None:
    meter = lived("240330120000W", power_w=1000)
    meter.advance(epoch("240402000000S"))
    last = rows(meter, DAYS)[-3:]
    assert [row[:2] for row in last] == [
        ["2403310000W", 0],
        ["2404010000S", amr.DAYLIGHT_SAVING],
        ["2404020000S", amr.DAYLIGHT_SAVING],
    ]
    # A Sunday, all of it at the low rate.
    assert last[1][2] - last[0][2] == 23_000
    meter.advance(epoch("241029000000W"))
    last = rows(meter, DAYS)[-3:]
    assert [row[0] for row in last] == ["2410270000S", "2410280000W", "2410290000W"]
    assert last[1][2] - last[0][2] == 25_000


@pytest.mark.parametrize("standard", list(Standard))
def test_profiles_forget_the_oldest_beyond_their_size(standard: Standard) -> None:
    meter = lived("250301120000W", 100, standard)
    days, months = rows(meter, DAYS), rows(meter, MONTHS[standard])
    assert [days[0][0], days[-1][0], len(days)] == ["2501210000W", "2503010000W", 40]
    assert [row[0] for row in months] == [
        *(f"24{month:02}010000W" for month in (3,)),
        *(f"24{month:02}010000S" for month in range(4, 11)),
        *("2411010000W", "2412010000W"),
        *("2501010000W", "2502010000W", "2503010000W"),
    ]
    assert len(rows(meter, INTERVALS)) == 960
    for profile, entries in ((DAYS, 40), (MONTHS[standard], 13), (INTERVALS, 960)):
        assert get(meter, profile, 7).value == get(meter, profile, 8).value == entries


def test_a_combined_profile_shows_four_channels_without_a_device() -> None:
    meter = lived("240202000000W")
    objects = axdr.plain(get(meter, DAYS, 3))
    channel = [
        [4, bytes((0, x, 24, 2, 1, 255)), n, 0] for x in range(1, 5) for n in (2, 5)
    ]
    assert [row[0] for row in objects[:2]] == [8, 1]
    assert objects[6:] == channel
    nothing = [0, bytes.fromhex("ffffffffffffffffff8000ff")] * 4
    assert axdr.plain(get(meter, DAYS))[0][6:] == nothing
    month = axdr.plain(get(meter, MONTHS[OLD], 3))
    assert month == [objects[0], *objects[2:]]
    assert axdr.plain(get(meter, MONTHS[OLD]))[0][5:] == nothing


def test_in_smr_5_the_billing_profiles_have_a_status_of_their_own() -> None:
    meter = lived("240202000000W", standard=Standard.SMR_5_0)
    for profile, code in (
        (DAYS, "0000600a04ff"),
        (MONTHS[Standard.SMR_5_0], "0000600a06ff"),
    ):
        objects = axdr.plain(get(meter, profile, 3))
        assert [item[1].hex() for item in objects[1:]] == [
            *(code, "0100010801ff", "0100010802ff", "0100020801ff", "0100020802ff"),
        ]
        *_, row = axdr.plain(get(meter, profile))
        assert len(row) == 6 and row[1] == 0


def test_an_outage_over_midnight_leaves_flagged_rows_of_what_stood_still() -> None:
    meter = lived("240110120000W")
    meter.power_off()
    meter.power_on(epoch("240112060000W"))
    meter.advance(epoch("240114000000W"))
    assert [row[:4] for row in rows(meter, DAYS)] == [
        ["2401100000W", 0, 3600, 15 * 3600],
        ["2401110000W", LOST, 8 * 3600, 20 * 3600],
        ["2401120000W", LOST, 8 * 3600, 20 * 3600],
        ["2401130000W", amr.POWER_DOWN, 10 * 3600, 36 * 3600],
        ["2401140000W", 0, 34 * 3600, 36 * 3600],
    ]
    # One row per quarter-hour too, flagged while there was none to measure.
    quarters = rows(meter, INTERVALS)
    assert len(quarters) == (4 * 24 + 16) * 4
    assert sum(row[1] == LOST for row in quarters) == 42 * 4
    assert quarters[28 * 4 - 1][:2] == ["2401101200W", 0]
    assert quarters[70 * 4][:2] == ["2401120615W", amr.POWER_DOWN]


def test_an_outage_over_the_end_of_a_month_keeps_what_is_billed_right() -> None:
    meter = lived("240131230000W")
    counted = list(meter.state.energy_wh)
    meter.power_off()
    meter.advance(epoch("240202000000W"))
    meter.power_on(epoch("240203060000W"))
    meter.advance(epoch("240401000000S"))
    assert [row[0] for row in rows(meter, MONTHS[OLD])] == [
        *("2402010000W", "2403010000W", "2404010000S"),
    ]
    assert rows(meter, MONTHS[OLD])[0][1:5] == counted


def test_a_failure_at_noon_flags_the_quarter_the_day_and_the_month() -> None:
    meter = lived("240109120100W", standard=Standard.SMR_5_0)
    meter.power_off()
    meter.power_on(epoch("240109120200W"))
    shown = [get(meter, (1, code)).value for code in STATUSES]
    assert shown == [amr.POWER_DOWN] * 3
    meter.advance(epoch("240109120100W") + 3600)
    shown = [get(meter, (1, code)).value for code in STATUSES]
    assert shown == [0, amr.POWER_DOWN, amr.POWER_DOWN]
    meter.advance(epoch("240302000000W"))
    assert [row[1] for row in rows(meter, DAYS)][:3] == [0] * 3
    assert [row[1] for row in rows(meter, MONTHS[Standard.SMR_5_0])] == [0x80, 0]


STATUSES = "0-0:96.10.2", "0-0:96.10.4", "0-0:96.10.6"


def test_a_step_forward_over_midnights_flags_what_was_never_measured() -> None:
    meter = lived("240110120000W")
    set_clock(meter, epoch("240112060000W"))
    meter.advance(epoch("240110120000W") + 18 * 3600)
    assert [row[:4] for row in rows(meter, DAYS)] == [
        ["2401100000W", 0, 3600, 15 * 3600],
        ["2401110000W", ADJUSTED, 8 * 3600, 20 * 3600],
        ["2401120000W", ADJUSTED, 8 * 3600, 20 * 3600],
        ["2401130000W", ADJUSTED, 10 * 3600, 36 * 3600],
    ]


def test_a_step_back_over_midnights_captures_those_days_again() -> None:
    meter = lived("240112060000W")
    before = rows(meter, DAYS)
    set_clock(meter, epoch("240110120000W"))
    assert rows(meter, DAYS) == before[:1]
    meter.advance(epoch("240112060000W") + 36 * 3600)
    made = rows(meter, DAYS)
    assert [row[:2] for row in made] == [
        ["2401100000W", 0],
        ["2401110000W", ADJUSTED],
        ["2401120000W", 0],
    ]
    assert made[2][2] == 32 * 3600, "two days more than were, and counted through"


def test_a_step_back_to_a_boundary_leaves_its_row() -> None:
    meter = lived("240112060000W")
    set_clock(meter, epoch("240111000000W"))
    assert [row[0] for row in rows(meter, DAYS)] == ["2401100000W", "2401110000W"]
    meter.advance(epoch("240112060000W") + 86_400)
    assert [row[:2] for row in rows(meter, DAYS)][1:] == [
        ["2401110000W", 0],
        ["2401120000W", ADJUSTED],
    ]


def test_what_a_day_had_before_it_was_cut_short_is_in_its_row() -> None:
    meter = lived("240110120000W")
    set_clock(meter, meter.clock_s + 100)
    meter.advance(epoch("240110180000W"))
    meter.power_off()
    meter.power_on(epoch("240112060000W"))
    assert [row[1] for row in rows(meter, DAYS)] == [0, LOST | ADJUSTED, LOST]


def test_a_reset_does_not_make_the_running_day_better() -> None:
    meter = lived("240110120100W")
    meter.power_off()
    meter.power_on(epoch("240110120200W"))
    meter.advance(epoch("240110130000W"))
    assert act(meter, DAYS, 1, axdr.integer(0)) is ActionResult.SUCCESS
    meter.advance(epoch("240112000000W"))
    assert [row[1] for row in rows(meter, DAYS)] == [amr.POWER_DOWN, 0]


def test_a_small_step_over_midnight_leaves_good_rows() -> None:
    meter = lived("240131235945W")
    set_clock(meter, epoch("240201000015W"))
    meter.advance(epoch("240201120000W"))
    assert [row[:2] for row in rows(meter, DAYS)][-1] == ["2402010000W", 0]
    assert len(rows(meter, DAYS)) == 23
    assert [row[0] for row in rows(meter, MONTHS[OLD])] == ["2402010000W"]
    set_clock(meter, meter.clock_s - 30)
    assert len(rows(meter, DAYS)) == 23


def test_a_small_step_back_over_midnight_captures_it_once() -> None:
    meter = lived("240201000010W")
    before = rows(meter, DAYS)
    set_clock(meter, epoch("240131235950W"))
    for seconds in (0, 10, 20):
        meter.advance(epoch("240201000010W") + seconds)
        assert rows(meter, DAYS) == before
        assert [row[0] for row in rows(meter, MONTHS[OLD])] == ["2402010000W"]


def test_days_begin_where_the_clock_says_so() -> None:
    meter = make_meter()
    assert put(meter, (8, "0-0:1.0.0"), 3, axdr.long(-330)) is DataAccessResult.SUCCESS
    meter.advance(NOW_S + 86_400)
    ((time, *_),) = axdr.plain(get(meter, DAYS))
    assert time.hex() == "07e8010a03000000" + "00" + "feb6" + "00"


@pytest.mark.parametrize("standard", list(Standard))
def test_reset_empties_one_profile_and_the_next_row_comes(standard: Standard) -> None:
    meter = lived("240202060000W", standard=standard)
    for profile in (DAYS, INTERVALS, MONTHS[standard]):
        assert rows(meter, profile)
        assert act(meter, profile, 1, axdr.integer(0)) is ActionResult.SUCCESS
        assert meter.state.unsaved
        assert rows(meter, profile) == [] and get(meter, profile, 7).value == 0
    meter.power_off()
    meter.power_on(epoch("240203060000W"))
    # Rows are missing from the reset on, and only from there.
    assert [row[:2] for row in rows(meter, DAYS)] == [["2402030000W", LOST]]
    assert len(rows(meter, INTERVALS)) == 96


def test_rows_outlive_the_process_and_are_judged_when_they_return() -> None:
    meter = lived("240202060000W")
    again = make_meter()
    again.state = from_json(json.loads(json.dumps(to_json(meter.state))))
    judge(again)
    for one in (again, meter):
        one.advance(epoch("240204000000W"))
    profiles, others = again.state.profiles, meter.state.profiles
    assert profiles is not None and others is not None
    assert profiles.to_json() == others.to_json()
    for other, name in (
        ("load_profile", "daily_load_profile"),
        ("daily_load_profile", "monthly_profile"),
        ("daily_load_profile", "other"),
    ):
        again.state.profiles = type(profiles)({name: profiles[other]})
        with pytest.raises(ConfigError, match=name):
            judge(again)
