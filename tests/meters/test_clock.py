"""The clock over P3: set with and without its deviation, its zone, events 3 to 5."""

from __future__ import annotations

from typing import Any

import pytest

from meters.behaviour import amr, schedule
from meters.meter import Meter
from meters.objects.buffers import CLOCK as CLOCK_COLUMN
from tests.meters.access import get, put, restored
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult, Selection
from wire.errors import ConfigError
from wire.instants import parse_tst
from wire.zones import DUTCH

GOOD, REFUSED = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
CLOCK, LIMIT = (8, "0-0:1.0.0"), (3, "1-0:0.9.11")
ADJUSTED = amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID


def epoch(text: str) -> int:
    return int(parse_tst(text).timestamp())


def set_to(meter: Meter, octets: bytes | str, attribute: int = 2) -> object:
    """What the meter answers to these octets in an attribute of its clock."""
    if isinstance(octets, str):
        octets = bytes.fromhex(octets)
    return put(meter, CLOCK, attribute, axdr.octet_string(octets))


def shown(meter: Meter, attribute: int = 2) -> str:
    """An attribute of the clock as it is read."""
    value = get(meter, CLOCK, attribute).value
    return value.hex() if isinstance(value, bytes) else str(value)


def last_row(meter: Meter) -> list[Any]:
    """The newest row of the load profile, as it is read."""
    return list(axdr.plain(get(meter, (7, "1-0:99.1.0")))[-1])


def happened(meter: Meter) -> list[tuple[int, ...]]:
    """The rows of the standard event log."""
    logs = meter.state.logs
    return [] if logs is None else list(logs.rows(Log.STANDARD))


def at(tst: str, standard: Standard = Standard.DSMR_4_2_2) -> Meter:
    """A meter that has come to this time by itself."""
    meter = make_meter(standard)
    meter.advance(epoch(tst))
    return meter


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize(
    ("octets", "tst"),
    [
        # Local time, deviation and DST status: July, December, and each 02:30 of October.
        ("07e80701ff0c000000ff8880", "240701120000S"),
        ("07e80c01ff0c000000ffc400", "241201120000W"),
        ("07e80a1bff021e0000ff8880", "241027023000S"),
        ("07e80a1bff021e0000ffc400", "241027023000W"),
        # The deviation says when it is, whatever the status and the season.
        ("07e80701010c000000000000", "240701140000S"),
        ("07e80c01070c000000ff8880", "241201110000W"),
        # Without deviation it is local time; the status tells the doubled hour apart.
        ("07e80701ff0c0000ff800000", "240701120000S"),
        ("07e80a1bff021e00ff800080", "241027023000S"),
        ("07e80a1bff021e00ff800000", "241027023000W"),
    ],
)
def test_the_time_that_is_set(standard: Standard, octets: str, tst: str) -> None:
    meter = make_meter(standard)
    assert set_to(meter, octets) is GOOD
    assert meter.clock_s == epoch(tst)
    assert f"({tst})".encode() in meter.telegram(NOW_S)
    assert shown(meter) == DUTCH.encode(epoch(tst)).hex()


@pytest.mark.parametrize(
    "octets",
    [
        "ffff0701ff0c000000ff8880",
        "07e8ff01ff0c000000ff8880",
        "07e807ffff0c000000ff8880",
        "07e80701ffff000000ff8880",
        "07e80701ff0cff0000ff8880",
        "07e80701ff0c00ff00ff8880",
        "07e8021eff0c000000ffc400",
        "07e80701ff18000000ff8880",
        # 2024-07-01 was a Monday.
        "07e80701020c000000ff8880",
        "07e80701ff0c000000fd2f00",
        "07e80701ff0c00000002d100",
        "07d00701ff0c000000ff8880",
        "07e80701ff0c000000ff88",
        "",
    ],
)
def test_a_time_that_is_none_changes_nothing(octets: str) -> None:
    meter = make_meter()
    assert set_to(meter, octets) is REFUSED
    assert meter.clock_s == NOW_S
    assert happened(meter) == [] and not meter.state.interval_flags


@pytest.mark.parametrize("step_s", [-61, 61, 3600, -86_400])
def test_a_step_beyond_the_limit_logs_both_times(step_s: int) -> None:
    meter = make_meter()
    meter.advance(NOW_S + 100)
    assert set_to(meter, DUTCH.encode(NOW_S + 100 + step_s)) is GOOD
    assert happened(meter) == [(NOW_S + 100, 4), (NOW_S + 100 + step_s, 5)]
    assert meter.state.interval_flags == ADJUSTED


@pytest.mark.parametrize("step_s", [-60, -1, 0, 1, 60])
def test_a_step_within_the_limit_is_silent(step_s: int) -> None:
    meter = make_meter()
    meter.advance(NOW_S + 100)
    assert set_to(meter, DUTCH.encode(NOW_S + 100 + step_s)) is GOOD
    assert meter.clock_s == NOW_S + 100 + step_s
    assert happened(meter) == [] and not meter.state.interval_flags


def test_the_limit_is_a_setting() -> None:
    meter = make_meter()
    assert put(meter, LIMIT, 2, axdr.unsigned(5)) == GOOD
    assert put(meter, LIMIT, 2, axdr.long_unsigned(5)) == (
        DataAccessResult.TYPE_UNMATCHED
    )
    meter = restored(meter)
    set_to(meter, DUTCH.encode(NOW_S + 5))
    assert happened(meter) == []
    set_to(meter, DUTCH.encode(NOW_S + 11))
    assert happened(meter) == [(NOW_S + 5, 4), (NOW_S + 11, 5)]


def test_a_silent_step_over_a_quarter_hour_leaves_a_good_row() -> None:
    meter = make_meter()
    meter.set_load((3600, 0, 0), (2300,) * 3)
    meter.advance(NOW_S + 880)
    assert set_to(meter, DUTCH.encode(NOW_S + 910)) is GOOD
    made = axdr.plain(get(meter, (7, "1-0:99.1.0")))
    assert [row[1:3] for row in made] == [[0, 880]]
    meter.advance(NOW_S + 880 + 890)
    made = axdr.plain(get(meter, (7, "1-0:99.1.0")))
    assert [row[1:3] for row in made] == [[0, 880], [0, 1770]]


@pytest.mark.parametrize("switch", ["240331030000S", "241027020000W"])
def test_a_switch_of_daylight_saving_is_logged_before_it(switch: str) -> None:
    meter = at(switch)
    assert happened(meter)[-1:] == [(epoch(switch) - 1, 3)]
    assert {code for _, code in happened(meter)} == {3}
    assert not meter.state.interval_flags


def test_each_switch_is_logged_once() -> None:
    meter = at("241231120000W")
    assert [code for _, code in happened(meter)] == [3, 3]


def test_a_switch_that_the_clock_is_set_over_is_not_logged() -> None:
    meter = at("240331015000W")
    set_to(meter, DUTCH.encode(epoch("240331031000S")))
    meter.advance(epoch("240401000000S"))
    assert [code for _, code in happened(meter)] == [4, 5]
    assert shown(meter, 4) == "128"


def test_a_switch_during_an_outage_is_not_logged() -> None:
    meter = at("240331015000W")
    meter.power_off()
    meter.power_on(epoch("240331031000S"))
    meter.advance(epoch("240401000000S"))
    assert 3 not in [code for _, code in happened(meter)]
    assert shown(meter, 4) == "128"


def test_without_daylight_saving_there_is_no_switch() -> None:
    meter = at("240331015000W")
    assert put(meter, CLOCK, 8, axdr.boolean(False)) == GOOD
    meter = restored(meter)
    meter.advance(epoch("240701120000S"))
    assert happened(meter) == []
    assert shown(meter, 4) == "0"
    assert shown(meter) == "07e80701010b000000" + "ffc4" + "00"
    assert b"(240701110000W)" in meter.telegram(epoch("240701120000S"))


def test_all_time_stamps_follow_the_zone() -> None:
    meter = at("240701120000S")
    assert put(meter, CLOCK, 3, axdr.long(0)) == GOOD
    meter.power_off()
    meter.power_on(epoch("240701122000S"))
    meter.advance(epoch("240701124000S"))
    telegram = meter.telegram(epoch("240701124000S"))
    assert b"0-0:1.0.0(240701114000S)" in telegram
    assert b"(240701112000S)(0000001200*s)" in telegram
    assert shown(meter)[-6:] == "ffc480"
    last = last_row(meter)
    assert last[0].hex() == "07e80701010b1e0000" + "ffc480"
    assert last[1] & amr.DAYLIGHT_SAVING


def test_a_row_has_the_season_of_its_own_zone() -> None:
    meter = at("240701120000S")
    put(meter, CLOCK, 8, axdr.boolean(False))
    meter.advance(epoch("240701121500S"))
    assert not last_row(meter)[1] & amr.DAYLIGHT_SAVING


@pytest.mark.parametrize("attribute", [5, 6])
@pytest.mark.parametrize(
    "octets",
    [
        "ffff03fe0702000000ffc400",
        "ffff030807020000ff800000",
        "07e8031fff0200ffff800000",
    ],
)
def test_a_begin_and_an_end_by_their_rules(attribute: int, octets: str) -> None:
    meter = make_meter()
    assert set_to(meter, octets, attribute) is GOOD
    assert shown(restored(meter), attribute) == octets


@pytest.mark.parametrize("attribute", [5, 6])
@pytest.mark.parametrize(
    "octets",
    [
        "ffffffffff02000000ffc400",
        "ffff0dfe0702000000ffc400",
        "ffff041fff02000000ffc400",
        "ffff03fe07ff000000ffc400",
        "07e8031f0102000000ffc400",
        "000000000000000000000000",
        "ffff03fe07020000",
        "ffff03fe0702000000ffc40000",
        "",
    ],
)
def test_nonsense_as_begin_or_end_is_a_logical_error(
    attribute: int, octets: str
) -> None:
    meter = make_meter()
    assert set_to(meter, octets, attribute) is REFUSED
    assert meter.zone is DUTCH and meter.state.settings is None


@pytest.mark.parametrize("zone_min", [-721, 721, 0x7FFF, -0x8000])
def test_a_zone_that_is_nowhere_is_a_logical_error(zone_min: int) -> None:
    meter = make_meter()
    assert put(meter, CLOCK, 3, axdr.long(zone_min)) == REFUSED
    assert meter.zone is DUTCH


def test_a_zone_in_a_state_file_is_judged() -> None:
    meter = make_meter()
    meter.state.settings = {
        ("clock", "daylight_savings_begin"): axdr.octet_string(bytes(12))
    }
    with pytest.raises(ConfigError, match="daylight_savings_begin"):
        restored(meter)


@pytest.mark.parametrize("zone_min", [-720, 720])
@pytest.mark.parametrize(
    "octets", ["07d10101ff0000000000003c", "08290c1fff173b3b00000000"]
)
def test_p1_prints_the_first_and_the_last_time_in_every_zone(
    zone_min: int, octets: str
) -> None:
    meter = make_meter()
    assert set_to(meter, octets) is GOOD
    assert put(meter, CLOCK, 3, axdr.long(zone_min)) is GOOD
    for later_s in (1, 86_400):
        assert b"0-0:1.0.0(" in meter.telegram(NOW_S + later_s)


def test_a_range_without_deviation_is_in_the_meters_zone() -> None:
    meter = at("240701123000S")
    put(meter, CLOCK, 3, axdr.long(0))
    begin, end = (
        axdr.octet_string(bytes.fromhex(f"07e80701ff{time}ff800000"))
        for time in ("0b0000", "0b1e00")
    )
    shown_columns = axdr.array([CLOCK_COLUMN])
    selection = Selection(1, axdr.structure(CLOCK_COLUMN, begin, end, shown_columns))
    rows = axdr.plain(get(meter, (7, "1-0:99.1.0"), 2, selection))
    assert [row[0].hex() for row in rows] == [
        f"07e80701010b{minute}0000ffc480" for minute in ("00", "0f", "1e")
    ]


def test_rows_of_an_outage_have_the_season_of_the_meters_zone() -> None:
    meter = at("240701120000S")
    put(meter, CLOCK, 8, axdr.boolean(False))
    meter.power_off()
    meter.power_on(epoch("240701130000S"))
    assert last_row(meter)[1] == amr.POWER_DOWN | amr.DATA_NOT_VALID


@pytest.mark.parametrize(
    ("hour", "answer"), [(1, GOOD), (2, REFUSED), (3, GOOD), (24, REFUSED)]
)
def test_a_schedule_is_in_the_meters_zone(hour: int, answer: object) -> None:
    """Spring leaves out 02:30 on 31 March, but not of a clock without daylight saving."""
    meter, scheduler = make_meter(Standard.DSMR_4_0_6), (22, "0-0:15.0.1")
    kind = type_of("execution_time[1]")
    time, date = bytes((hour, 30, 0, 0)), bytes.fromhex("07e8031fff")
    assert put(meter, scheduler, 4, kind.data([(time, date)])) is answer
    put(meter, CLOCK, 8, axdr.boolean(False))
    if hour == 2:
        assert put(meter, scheduler, 4, kind.data([(time, date)])) is GOOD
        at_s = epoch("240331023000W")
        assert schedule.due(meter, NOW_S) == at_s
        put(meter, CLOCK, 3, axdr.long(-120))
        assert schedule.due(meter, NOW_S) == at_s - 3600
        put(meter, CLOCK, 8, axdr.boolean(True))
        assert restored(meter).state.settings is not None


def test_a_clock_that_stood_still_is_invalid_until_it_is_set() -> None:
    meter = at("240701120000S")
    meter.power_off()
    meter.power_on(epoch("240707120000S"))
    assert meter.clock_s == epoch("240706120000S")
    assert shown(meter, 4) == str(0x81) and shown(meter)[-2:] == "81"
    assert shown(restored(meter), 4) == str(0x81)
    set_to(meter, DUTCH.encode(epoch("240707120100S")))
    assert shown(meter, 4) == str(0x80) and shown(meter)[-2:] == "80"


def test_the_standard_log_shows_the_last_second_before_the_switch() -> None:
    meter = at("240331030000S")
    log = axdr.plain(get(meter, (7, "0-0:99.98.0")))
    assert [(row[0].hex(), row[1]) for row in log] == [("07e8031f07013b3b00ffc400", 3)]
    put(meter, CLOCK, 3, axdr.long(0))
    log = axdr.plain(get(meter, (7, "0-0:99.98.0")))
    assert log[0][0].hex() == "07e8031f07003b3b00000000"
