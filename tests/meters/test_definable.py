"""Profiles that the operator defines: columns, period, size, order; and the capture method."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour import amr
from meters.behaviour.profiles import judge
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import act, get, put
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.rows import DSMR4, SMR5, Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError
from wire.instants import decode_date_time
from wire.obis import Obis
from wire.zones import DUTCH

PROFILE = (7, "0-1:94.31.6")
QUALITY = ((7, "1-0:99.1.1", 900, 960), (7, "1-0:99.1.2", 600, 1440))
GOOD, REFUSED = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
OBJECTS, PERIOD, METHOD, SORT_OBJECT, IN_USE, ENTRIES = 3, 4, 5, 6, 7, 8


def column(class_id: int, code: str, attribute: int = 2, index: int = 0) -> Data:
    """A capture_object_definition."""
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(code).octets),
        axdr.integer(attribute),
        axdr.long_unsigned(index),
    )


CLOCK, STATUS = column(8, "0-0:1.0.0"), column(1, "0-0:96.10.2")
IMPORT, VOLTAGE = column(3, "1-0:1.8.0"), column(3, "1-0:32.7.0")
NOTHING = axdr.structure(
    *(axdr.long_unsigned(0), axdr.octet_string(bytes(6))),
    *(axdr.integer(0), axdr.long_unsigned(0)),
)


def defined(
    *columns: Data, standard: Standard = Standard.DSMR_4_2_2, period_s: int = 900
) -> Meter:
    """A meter with these columns beside the clock; it imports 1 Wh each second."""
    meter = make_meter(standard)
    meter.set_load((3600, 0, 0), (2300, 2300, 2300))
    period = axdr.double_long_unsigned(period_s)
    assert put(meter, PROFILE, OBJECTS, axdr.array((CLOCK, *columns))) is GOOD
    assert put(meter, PROFILE, PERIOD, period) is GOOD
    return meter


def rows(meter: Meter, profile: tuple[int, str] = PROFILE) -> list[list[Any]]:
    """All rows, stamped in seconds since the start."""
    made = axdr.plain(get(meter, profile))
    return [
        [int(decode_date_time(stamp).timestamp()) - NOW_S, *values]
        for stamp, *values in made
    ]


@pytest.mark.parametrize("standard", list(Standard))
def test_as_it_leaves_the_factory(standard: Standard) -> None:
    meter = make_meter(standard)
    assert get(meter, PROFILE, OBJECTS) == axdr.array((CLOCK,))
    old = standard in DSMR4
    assert get(meter, PROFILE, PERIOD).value == (86_400 if old else 900)
    assert get(meter, PROFILE, METHOD).value == (3 if old else 1)
    assert get(meter, PROFILE, SORT_OBJECT) == (CLOCK if old else NOTHING)
    assert get(meter, PROFILE, ENTRIES).value == 960
    meter.advance(NOW_S + 86_400)
    assert get(meter, PROFILE, IN_USE).value == 0, "there is nothing but the clock"


@pytest.mark.parametrize("standard", list(Standard))
def test_rows_have_what_was_asked_for_in_its_own_types(standard: Standard) -> None:
    power = column(3, "1-0:1.7.0")
    meter = defined(IMPORT, STATUS, VOLTAGE, power, standard=standard)
    meter.advance(NOW_S + 1800)
    volts = 230 if standard in DSMR4 else 2300
    assert rows(meter) == [[900, 900, 0, volts, 3600], [1800, 1800, 0, volts, 3600]]
    row, _ = get(meter, PROFILE).value
    watts = axdr.Tag.DOUBLE_LONG_UNSIGNED if standard in DSMR4 else 18
    assert [cell.tag for cell in row.value] == [9, 6, 17, 18, watts]


def test_a_setting_and_a_constant_can_be_columns_too() -> None:
    limit, period = column(3, "1-0:0.9.11"), column(7, "1-0:99.1.0", 4)
    meter = defined(limit, period)
    meter.advance(NOW_S + 900)
    assert put(meter, (3, "1-0:0.9.11"), 2, axdr.unsigned(30)) is GOOD
    meter.advance(NOW_S + 1800)
    assert rows(meter) == [[900, 60, 900], [1800, 30, 900]]


def test_twenty_columns_beside_the_clock_and_no_more() -> None:
    numbers = [
        column(3, f"1-0:{group}.8.{rate}") for group in (1, 2) for rate in range(3)
    ]
    numbers += [
        column(3, f"1-0:{group + 20 * p}.7.0") for p in range(3) for group in (31, 32)
    ]
    numbers += [
        column(3, f"1-0:{group + 20 * p}.7.0") for p in range(3) for group in (21, 22)
    ]
    numbers += [STATUS, column(1, "0-0:43.1.0")]
    assert len(numbers) == 20
    meter = defined(*numbers)
    meter.advance(NOW_S + 900)
    assert len(rows(meter)[0]) == 21
    more = axdr.array((CLOCK, *numbers, column(3, "1-0:1.7.0")))
    assert put(meter, PROFILE, OBJECTS, more) is REFUSED
    assert len(rows(meter)[0]) == 21


@pytest.mark.parametrize(
    "columns",
    [
        (),
        (IMPORT,),
        (IMPORT, CLOCK),
        (CLOCK, CLOCK),
        (CLOCK, IMPORT, IMPORT),
        (CLOCK, column(3, "1-0:9.8.0")),
        (CLOCK, column(4, "1-0:1.8.0")),
        (CLOCK, column(3, "1-0:1.8.0", 9)),
        (CLOCK, column(3, "1-0:1.8.0", -1)),
        (CLOCK, column(3, "1-0:1.8.0", 0)),
        (CLOCK, column(3, "1-0:1.8.0", index=1)),
        (CLOCK, column(3, "1-0:1.8.0", 3)),
        (CLOCK, column(1, "0-0:96.1.1")),
        (CLOCK, column(1, "0-0:96.11.0")),
        (CLOCK, column(15, "0-0:40.0.0", 7)),
        (CLOCK, column(7, "1-0:99.1.0")),
        (column(8, "0-0:1.0.0", index=1), IMPORT),
    ],
)
def test_columns_that_cannot_be_change_nothing(columns: tuple[Data, ...]) -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 900)
    before = to_json(meter.state)
    assert put(meter, PROFILE, OBJECTS, axdr.array(columns)) is REFUSED
    assert to_json(meter.state) == before
    assert rows(meter) == [[900, 900]]


@pytest.mark.parametrize(
    ("attribute", "data"),
    [
        (OBJECTS, axdr.null_data()),
        (OBJECTS, axdr.array((CLOCK, axdr.null_data()))),
        (OBJECTS, axdr.array((axdr.structure(*CLOCK.value[:3]),))),
        (OBJECTS, axdr.structure(CLOCK)),
        (PERIOD, axdr.long_unsigned(900)),
        (METHOD, axdr.unsigned(3)),
        (SORT_OBJECT, axdr.null_data()),
        (ENTRIES, axdr.long_unsigned(10)),
    ],
)
def test_another_type_is_told(attribute: int, data: Data) -> None:
    meter = defined(IMPORT)
    before = to_json(meter.state)
    result = put(meter, PROFILE, attribute, data)
    assert result is DataAccessResult.TYPE_UNMATCHED
    assert to_json(meter.state) == before


@pytest.mark.parametrize(
    ("attribute", "data"),
    [
        *(
            (PERIOD, axdr.double_long_unsigned(n))
            for n in (1, 59, 901, 86_401, 604_800)
        ),
        *((METHOD, axdr.enum(n)) for n in (0, 2, 4, 255)),
        *((ENTRIES, axdr.double_long_unsigned(n)) for n in (0, 961, 4_000_000_000)),
        (SORT_OBJECT, NOTHING),
        (SORT_OBJECT, IMPORT),
    ],
)
def test_a_value_out_of_range_is_a_logical_error(attribute: int, data: Data) -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 900)
    before = to_json(meter.state)
    assert put(meter, PROFILE, attribute, data) is REFUSED
    assert to_json(meter.state) == before


def test_the_sort_object_follows_from_the_method_and_rows_stay_in_time() -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 1800)
    assert put(meter, PROFILE, METHOD, axdr.enum(1)) is GOOD
    assert get(meter, PROFILE, SORT_OBJECT) == NOTHING
    assert put(meter, PROFILE, SORT_OBJECT, NOTHING) is GOOD
    assert put(meter, PROFILE, SORT_OBJECT, CLOCK) is REFUSED
    assert rows(meter) == [[900, 900], [1800, 1800]]
    assert put(meter, PROFILE, METHOD, axdr.enum(3)) is GOOD
    assert get(meter, PROFILE, SORT_OBJECT) == CLOCK
    assert rows(meter) == [[900, 900], [1800, 1800]]


@pytest.mark.parametrize(
    ("attribute", "data"),
    [
        (OBJECTS, axdr.array((CLOCK, VOLTAGE))),
        (OBJECTS, axdr.array((CLOCK, IMPORT))),
        (PERIOD, axdr.double_long_unsigned(300)),
    ],
)
def test_another_definition_empties_the_buffer(attribute: int, data: Data) -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 1000)
    assert len(rows(meter)) == 1
    assert put(meter, PROFILE, attribute, data) is GOOD
    assert rows(meter) == [] and meter.state.unsaved
    meter.advance(NOW_S + 1800)
    assert rows(meter)[0][0] == (1200 if attribute == PERIOD else 1800)


@pytest.mark.parametrize(
    ("period_s", "stamps"),
    [
        (60, [60, 120, 180]),
        (600, [600, 1200, 1800]),
        (3600, [3600, 7200, 10_800]),
        (21_600, [14_400, 36_000, 57_600]),
        (86_400, [57_600]),
    ],
)
def test_the_period_may_be_chosen(period_s: int, stamps: list[int]) -> None:
    meter = defined(IMPORT, period_s=period_s)
    meter.advance(NOW_S + stamps[-1])
    assert rows(meter) == [[second, second] for second in stamps]


def test_fewer_entries_keep_the_newest_and_more_make_room() -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 4500)
    assert put(meter, PROFILE, ENTRIES, axdr.double_long_unsigned(3)) is GOOD
    assert [row[0] for row in rows(meter)] == [2700, 3600, 4500]
    meter.advance(NOW_S + 5400)
    assert [row[0] for row in rows(meter)] == [3600, 4500, 5400]
    assert put(meter, PROFILE, ENTRIES, axdr.double_long_unsigned(4)) is GOOD
    meter.advance(NOW_S + 7200)
    assert [row[0] for row in rows(meter)] == [4500, 5400, 6300, 7200]
    assert get(meter, PROFILE, IN_USE).value == 4


def test_a_row_can_be_captured_at_any_time_and_only_so_without_a_period() -> None:
    meter = defined(IMPORT, period_s=0)
    meter.advance(NOW_S + 5000)
    assert rows(meter) == []
    for second in (5001, 5007, 6000):
        meter.advance(NOW_S + second)
        assert act(meter, PROFILE, 2, axdr.integer(0)) is ActionResult.SUCCESS
        meter.state.unsaved = False
        assert act(meter, PROFILE, 2, axdr.integer(0)) is ActionResult.SUCCESS
        assert meter.state.unsaved
    assert rows(meter) == [[5001, 5001], [5007, 5007], [6000, 6000]]
    meter.power_off()
    meter.power_on(NOW_S + 20_000)
    assert len(rows(meter)) == 3


def test_a_row_captured_between_takes_nothing_from_the_next() -> None:
    meter = defined(STATUS, IMPORT)
    meter.advance(NOW_S + 100)
    meter.power_off()
    meter.power_on(NOW_S + 200)
    meter.advance(NOW_S + 300)
    assert act(meter, PROFILE, 2, axdr.integer(0)) is ActionResult.SUCCESS
    meter.advance(NOW_S + 1800)
    assert rows(meter) == [
        [300, amr.POWER_DOWN, 200],
        [900, amr.POWER_DOWN, 800],
        [1800, 0, 1700],
    ]


def test_an_outage_leaves_flagged_rows_and_a_day_sums_up_its_quarters() -> None:
    quarters, hours = defined(STATUS, IMPORT), defined(STATUS, period_s=3600)
    for meter in (quarters, hours):
        meter.advance(NOW_S + 1000)
        meter.power_off()
        meter.power_on(NOW_S + 2800)
        meter.advance(NOW_S + 7200)
    lost = amr.POWER_DOWN | amr.DATA_NOT_VALID
    assert rows(quarters)[:4] == [
        [900, 0, 900],
        [1800, lost, 1000],
        [2700, lost, 1000],
        [3600, amr.POWER_DOWN, 1800],
    ]
    assert rows(hours) == [[3600, amr.POWER_DOWN], [7200, 0]]


def test_a_step_of_the_clock_back_captures_again() -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 2000)
    moment = axdr.octet_string(DUTCH.encode(NOW_S + 1000))
    assert put(meter, (8, "0-0:1.0.0"), 2, moment) is GOOD
    assert [row[0] for row in rows(meter)] == [900]
    meter.advance(NOW_S + 3000)
    assert rows(meter) == [[900, 900], [1800, 2800]]


def test_reset_empties_it_and_keeps_its_definition() -> None:
    meter = defined(IMPORT)
    meter.advance(NOW_S + 900)
    assert act(meter, PROFILE, 1, axdr.integer(0)) is ActionResult.SUCCESS
    assert rows(meter) == []
    meter.advance(NOW_S + 1800)
    assert rows(meter) == [[1800, 1800]]


@pytest.mark.parametrize(("class_id", "code", "period_s", "entries"), QUALITY)
def test_power_quality_profiles_let_only_their_columns_be_chosen(
    class_id: int, code: str, period_s: int, entries: int
) -> None:
    meter, profile = make_meter(Standard.SMR_5_0), (class_id, code)
    columns = axdr.array((CLOCK, VOLTAGE))
    assert put(meter, profile, OBJECTS, columns) is GOOD
    meter.set_load((3600, 0, 0), (2310, 2300, 2300))
    meter.advance(NOW_S + 1800)
    assert rows(meter, profile) == [
        [second, 2310] for second in range(period_s, 1801, period_s)
    ]
    assert get(meter, profile, ENTRIES).value == entries
    for attribute in (PERIOD, METHOD, SORT_OBJECT, ENTRIES):
        shown = get(meter, profile, attribute)
        denied = put(meter, profile, attribute, shown)
        assert denied is DataAccessResult.READ_WRITE_DENIED
    assert act(meter, profile, 2, axdr.integer(0)) is ActionResult.READ_WRITE_DENIED
    assert act(meter, profile, 1, axdr.integer(0)) is ActionResult.SUCCESS


def test_only_smr_5_has_power_quality_profiles() -> None:
    for standard in Standard:
        codes = {row.obis.short for row in make_meter(standard).model.rows}
        assert {code for _, code, *_ in QUALITY} <= codes or standard not in SMR5
        assert standard in SMR5 or not {code for _, code, *_ in QUALITY} & codes


def test_what_was_defined_and_captured_outlives_the_process() -> None:
    meter = defined(IMPORT, STATUS)
    meter.advance(NOW_S + 1800)
    again = make_meter()
    again.state = from_json(json.loads(json.dumps(to_json(meter.state))))
    again.model.judge(again)
    judge(again)
    again.advance(NOW_S + 2700)
    assert rows(again) == [[900, 900, 0], [1800, 1800, 0], [2700, 2700, 0]]
    settings = again.state.settings
    assert settings is not None
    name = "definable_load_profile", "capture_objects"
    again.state.settings = {**settings, name: axdr.array((CLOCK, IMPORT))}
    with pytest.raises(ConfigError, match="definable_load_profile"):
        judge(again)
    again.state.settings = {**settings, name: axdr.array((CLOCK, CLOCK))}
    with pytest.raises(ConfigError, match="capture_objects"):
        again.model.judge(again)
