"""The event logs over P3: their columns, by range, by entry, emptied (P3, event logs)."""

from __future__ import annotations

import pytest

from meters.behaviour import events
from meters.meter import Meter
from meters.p3.association import P3Association
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.p3.test_profile_access import by_entry, by_range, moment
from wire.cosem.events import CHANNELS, LAYOUTS, Event, Log, control_log
from wire.cosem.rows import Client, Standard
from wire.cosem.table import find
from wire.dlms import axdr
from wire.dlms.data import Tag
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    Selection,
)
from wire.instants import decode_date_time
from wire.obis import Obis

OBJECT_LIST = AttributeDescriptor(15, Obis.parse("0-0:40.0.0"), 2).encode()
RESET = axdr.encode(axdr.integer(0))


def read(
    driver: Driver, log: Log, selection: Selection | None = None
) -> list[list[int]]:
    """The rows, their stamps as seconds after the start."""
    code = find(log.value, driver.meter.identity.standard).obis.short
    result = driver.get(7, code, 2, selection)
    assert isinstance(result, bytes), result
    return [
        [int(decode_date_time(stamp).timestamp()) - NOW_S, *rest]
        for stamp, *rest in axdr.plain(axdr.decode(result))
    ]


def with_events(*seconds: int) -> Meter:
    """A meter with a tariff activated at each of these seconds."""
    meter = make_meter()
    for second in seconds:
        meter.advance(NOW_S + second)
        events.record(meter, Event.TARIFF_ACTIVATED)
    return meter


def test_rows_by_range_and_by_entry() -> None:
    driver = Driver(with_events(10, 20, 30)).associate()
    driver.now_s = NOW_S + 40
    assert read(driver, Log.STANDARD) == [[10, 9], [20, 9], [30, 9]]
    chosen = by_range(moment(20), moment(29))
    assert read(driver, Log.STANDARD, chosen) == [[20, 9]]
    assert read(driver, Log.STANDARD, by_range(moment(31), moment(99))) == []
    assert read(driver, Log.STANDARD, by_entry(2, 0)) == [[20, 9], [30, 9]]
    assert driver.get(7, "0-0:99.98.0", 7) == axdr.encode(axdr.double_long_unsigned(3))
    wrong = driver.get(7, "0-0:99.98.0", 2, by_range(moment(30), moment(29)))
    assert wrong is DataAccessResult.OTHER_REASON


def test_a_range_finds_the_rows_on_both_sides_of_a_clock_set_back() -> None:
    meter = with_events(10, 50)
    meter.state.clock_offset_s = -45
    events.record(meter, Event.POWER_UP)
    driver = Driver(meter).associate()
    chosen = by_range(moment(0), moment(20))
    assert read(driver, Log.STANDARD, chosen) == [[10, 9], [5, 2]]


def test_a_chosen_column_alone() -> None:
    driver = Driver(with_events(10)).associate()
    result = driver.get(7, "0-0:99.98.0", 2, by_entry(1, 1, 2, 2))
    assert result == bytes.fromhex("0101 0201 1109".replace(" ", ""))


def a_standard_with(log: Log) -> Standard:
    """The one with a breaker and valves logs what they did, the newest one all else."""
    switching = {Log.CONTROL, *map(control_log, CHANNELS)}
    return Standard.DSMR_4_0_6 if log in switching else Standard.SMR_5_5


@pytest.mark.parametrize("log", list(Log))
def test_each_log_shows_its_columns_and_the_values_of_their_types(log: Log) -> None:
    standard = a_standard_with(log)
    meter = make_meter(standard)
    captured = LAYOUTS[log].captured
    row = (NOW_S, *(7 + index for index in range(len(captured))))
    events.logs_of(meter).append(log, row)
    driver = Driver(meter).associate()
    assert read(driver, log) == [[0, *row[1:]]]
    code = find(log.value, standard).obis.short
    columns = axdr.plain(axdr.decode(bytes(driver.get(7, code, 3))))
    assert [column[0] for column in columns] == [8, *(item[0] for item in captured)]
    cells = axdr.decode(bytes(driver.get(7, code, 2))).value[0].value
    assert [cell.tag for cell in cells] == [
        Tag.OCTET_STRING,
        *(item.tag for item in captured),
    ]


@pytest.mark.parametrize("log", list(Log))
def test_reset_leaves_255_where_rows_have_codes(log: Log) -> None:
    standard = a_standard_with(log)
    meter = make_meter(standard)
    width = len(LAYOUTS[log].captured)
    events.logs_of(meter).append(log, (NOW_S, *(7,) * width))
    driver = Driver(meter).associate()
    driver.now_s = NOW_S + 60
    code = find(log.value, standard).obis.short
    assert driver.act(7, code, 1, RESET).result is ActionResult.SUCCESS
    code_of_it = 0xFFFF if log is Log.AUXILIARY else 255
    first = [60, code_of_it, *(0,) * (width - 1)]
    assert read(driver, log) == ([] if log is Log.POWER_FAILURE else [first])
    assert meter.state.unsaved


def test_capture_is_granted_to_nobody() -> None:
    driver = Driver(make_meter()).associate()
    for log in (Log.STANDARD, Log.POWER_FAILURE):
        code = find(log.value, "dsmr-4.2.2").obis.short
        denied = driver.act(7, code, 2, RESET)
        assert denied.result is ActionResult.READ_WRITE_DENIED
    assert driver.meter.state.logs is None


def test_a_code_is_an_object_to_read_in_smr_5_and_a_mere_column_before() -> None:
    for standard, result in (
        (Standard.SMR_5_0, b"\x11\x09"),
        (Standard.DSMR_4_2_2, DataAccessResult.READ_WRITE_DENIED),
    ):
        meter = make_meter(standard)
        driver = Driver(meter).associate()
        if isinstance(result, bytes):
            assert driver.get(1, "0-0:96.11.0") == b"\x11\x00"
        events.record(meter, Event.TARIFF_ACTIVATED)
        assert driver.get(1, "0-0:96.11.0") == result
        link = P3Association(meter, Client.MANAGEMENT)
        listed = bytes(meter.model.get(meter, link, OBJECT_LIST, None))
        shown = bytes.fromhex("0000600b00ff") in listed
        assert shown is (standard is Standard.SMR_5_0)
