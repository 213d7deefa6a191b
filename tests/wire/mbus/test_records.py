"""Data records: the table of DSMR, and skipping whatever else EN 13757-3 allows."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.mbus.samples import utc
from wire.errors import LocalError, WireError
from wire.mbus import rows
from wire.mbus.records import Function, Record, Row
from wire.mbus.values import (
    CLEARABLE,
    MeterConfiguration,
    Status,
    Value,
    ValveCommand,
    ValveState,
)

# The examples of P2 4.0.7, 6.4, and of the release notes of 4.0.6.
EXAMPLES = [
    (rows.STATUS, Status(0), "01FD1700"),
    (rows.STATUS, Status.LOW_BATTERY | Status.CLOCK_DEVIATION, "01FD1724"),
    (
        rows.EQUIPMENT_IDENTIFIER,
        "XXXXX110123456789",
        "0D7811393837363534333231303131" + "58" * 5,
    ),
    (rows.METER_CONFIGURATION, MeterConfiguration(7), "01FD6707"),
    (rows.TIMESTAMP, utc(2009, 6, 18, 11), "466D00000B321600"),
    (rows.actual(rows.TIMESTAMP), utc(2009, 6, 18, 11), "066D00000B321600"),
    (rows.TIMESTAMP_F, utc(2009, 6, 18, 11), "446D002B3216"),
    (rows.actual(rows.TIMESTAMP_F), utc(2008, 5, 31, 23, 50), "046D32371F15"),
    (rows.VOLUME, 31412743, "4C1343274131"),
    (rows.actual(rows.VOLUME), 2440474, "0C1374044402"),
    (rows.COARSE_VOLUME, 31412743, "4C1443274131"),
    (rows.actual(rows.COARSE_VOLUME), 31412743, "0C1443274131"),
    (rows.UNCONVERTED_VOLUME, 391, "0C933A91030000"),
    (rows.UNCONVERTED_COARSE_VOLUME, 391, "0C943A91030000"),
    (rows.HEAT, 314127, "4C0F27413100"),
    (rows.actual(rows.HEAT), 314127, "0C0F27413100"),
    (rows.COLD, 314127, "CC400F27413100"),
    (rows.actual(rows.COLD), 314127, "8C400F27413100"),
    (rows.ENERGY, 3141274, "4C0374121403"),
    (rows.actual(rows.ENERGY), 3141274, "0C0374121403"),
    (rows.VALVE_STATUS, ValveState.OPEN, "8940FD1A01"),
    (rows.VALVE_COMMAND, ValveCommand.RELEASE, "01FD1F02"),
    (rows.CLEAR_STATUS, CLEARABLE, "01FD970673"),
    (rows.ADDRESS, 1, "017A01"),
    (rows.METROLOGY_FIRMWARE_VERSION, "met=1\r\n", "0DFD0E070A0D313D74656D"),
    (rows.MODEL_VERSION, "", "0DFD0C00"),
    (rows.HARDWARE_VERSION, "A", "0DFD0D0141"),
    (rows.OTHER_SOFTWARE_VERSION, "AB", "0DFD0F024241"),
    (rows.KEY_LOW, bytes.fromhex("8F9B8EF6D1EEE003"), "07FD1903E0EED1F68E9B8F"),
    (rows.KEY_HIGH, bytes.fromhex("279FB74A7572135E"), "47FD195E1372754AB79F27"),
    (rows.KEY_TRANSFER, b"\x00\x01", "0DFD19020001"),
    (rows.FRAME_COUNTER, 0xFFFFFFFE, "04FD08FEFFFFFF"),
]
SCALED = {
    rows.VOLUME: "31412.743 m3",
    rows.COARSE_VOLUME: "314127.43 m3",
    rows.HEAT: "3.1412743E+14 J",
    rows.ENERGY: "31412743 Wh",
}


@pytest.mark.parametrize(("row", "value", "octets"), EXAMPLES)
def test_records_of_the_table_both_ways(row: Row, value: Value, octets: str) -> None:
    written = row.record(value)
    assert written.encode() == bytes.fromhex(octets)
    (record,) = rows.decode(bytes.fromhex(octets))
    assert record == written
    assert record.name == row.name and type(record.value) is type(value)


def test_each_row_has_an_example_and_a_head_of_its_own() -> None:
    assert {row.head for row, _, _ in EXAMPLES} == {row.head for row in rows.ROWS}
    assert len({row.head for row in rows.ROWS}) == len(rows.ROWS)


@pytest.mark.parametrize(("row", "printed"), SCALED.items())
def test_readings_say_their_unit(row: Row, printed: str) -> None:
    scaled = row.scaler_unit
    assert scaled is not None
    assert f"{scaled.decimal(31412743)} {scaled.unit.symbol}" == printed
    assert row in rows.READINGS


def test_a_head_says_of_what_the_value_is() -> None:
    hourly, now, cold, valve = rows.decode(
        bytes.fromhex("4C1300000000 0C1300000000 CC400F00000000 8940FD1A00")
    )
    assert [r.storage for r in (hourly, now, cold, valve)] == [1, 0, 1, 0]
    assert [r.unit for r in (hourly, now, cold, valve)] == [0, 0, 1, 1]
    assert valve.vif == b"\xfd\x1a" and cold.vif == b"\x0f"
    (record,) = rows.decode(bytes.fromhex("F4 D5 63 13 01020304"))
    assert record.function is Function.IN_ERROR
    assert record.storage == 1 | 0x5 << 1 | 0x3 << 5
    assert record.tariff == 1 | 2 << 2
    assert record.unit == 1 | 1 << 1


@pytest.mark.parametrize(
    ("row", "octets"),
    [
        (rows.METROLOGY_FIRMWARE_VERSION, "08FD0E"),
        (rows.VOLUME, "4813"),
        (rows.VALVE_STATUS, "8840FD1A"),
    ],
)
def test_a_selection_asks_for_a_row(row: Row, octets: str) -> None:
    assert row.selection().encode().hex().upper() == octets
    (record,) = rows.decode(bytes.fromhex(octets))
    assert record.selection and record.row == row and record.value is None


def test_fillers_between_records_are_left_out() -> None:
    records = rows.decode(bytes.fromhex("2F2F01FD17002F4C13434127312F2F2F"))
    assert [record.name for record in records] == ["status", "volume"]
    assert rows.encode(records) == bytes.fromhex("01FD17004C1343412731")
    # But not where they are data.
    (record,) = rows.decode(bytes.fromhex("042F2F2F2F2F"))
    assert record.head == b"\x04\x2f" and record.value == 0x2F2F2F2F


# Real records that DSMR does not know: head, data and value, among others that it does.
FOREIGN = [
    ("0C78", "87030210", 10020387),
    ("0D7C084449202E74737563", "0A" + "20" * 10, b"\x0a" + b" " * 10),
    ("027C09656D6974202E746162", "D20F", 4050),
    ("04947F", "FEFFFFFF", -2),
    ("0413", "1A000000", 26),
    ("0E13", "563412907856", 567890123456),
    ("0C77", "FFFFFFFF", b"\xff" * 4),
    ("05FF01", "0000803F", b"\x00\x00\x80\x3f"),
    ("02FC03412E42973A", "0100", 1),
    ("0DFD3B", "E20102", b"\xe2\x01\x02"),
    ("0D13", "C401020304", b"\xc4\x01\x02\x03\x04"),
    ("0D13", "D101", b"\xd1\x01"),
    ("0D13", "F0" + "00" * 16, b"\xf0" + bytes(16)),
    ("0D13", "F6" + "00" * 64, b"\xf6" + bytes(64)),
    ("808080808080808080800013", "", b""),
    ("01" + "93" + "80" * 9 + "00", "05", 5),
]


@pytest.mark.parametrize(("head", "data", "value"), FOREIGN)
def test_other_records_are_skipped_by_their_length(
    head: str, data: str, value: Value
) -> None:
    octets = bytes.fromhex(head + data)
    before, record, after = rows.decode(
        bytes.fromhex("01FD1700") + octets + bytes.fromhex("017A01")
    )
    assert before.name == "status" and after.name == "address"
    assert record == Record(bytes.fromhex(head), bytes.fromhex(data), None, value)
    assert record.name == "" and record.encode() == octets


@pytest.mark.parametrize("dif", ["0F", "1F"])
def test_data_of_the_manufacturer_end_the_records(dif: str) -> None:
    first, last = rows.decode(bytes.fromhex("017A01" + dif + "68FF2F"))
    assert first.name == "address"
    assert last == Record(bytes.fromhex(dif), b"\x68\xff\x2f", None, b"\x68\xff\x2f")
    assert last.vif == b"" and last.storage == 0


def test_a_request_for_all_has_no_data() -> None:
    first, last = rows.decode(bytes.fromhex("7F017A01"))
    assert first == Record(b"\x7f", b"", None, b"") and last.name == "address"


@pytest.mark.parametrize(
    ("octets", "offset", "says"),
    [
        ("017A01 4C134327", 3, "cut short"),
        ("017A01 4C", 3, "cut short"),
        ("017A01 CC", 3, "cut short"),
        ("017A01 01FD", 3, "cut short"),
        ("017A01 027C", 3, "cut short"),
        ("017A01 02FC0141", 3, "cut short"),
        ("017A01 027C0941", 3, "cut short"),
        ("017A01 0D78", 5, "end too early"),
        ("017A01 0D781141", 3, "cut short"),
        ("017A01 0D78CA", 5, "LVAR CA is reserved"),
        ("017A01 0D78F7", 5, "LVAR F7 is reserved"),
        ("017A01 3F", 3, "DIF 3F is reserved"),
        ("017A01 8F00", 3, "DIF 8F is reserved"),
        ("017A01 " + "80" * 11 + "0013", 3, "extensions"),
        ("017A01 01" + "93" + "80" * 10 + "0005", 4, "extensions"),
        ("017A01 4C1343A74131", 3, "volume: 3141a743"),
        ("017A01 466D3F000B321600", 3, "timestamp: "),
        ("017A01 8940FD1A03", 3, "valve_status: ValveState has no 3"),
        ("017A01 01FD1F03", 3, "valve_command: ValveCommand has no 3"),
        ("017A01 0D78C411111111", 3, "equipment_identifier: LVAR C4"),
        ("017A01 0DFD19E1AA", 3, "key_transfer: LVAR E1"),
    ],
)
def test_records_that_cannot_be(octets: str, offset: int, says: str) -> None:
    with pytest.raises(WireError, match=says) as caught:
        rows.decode(bytes.fromhex(octets))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (rows.VOLUME, 100_000_000),
        (rows.VOLUME, -1),
        (rows.ADDRESS, 256),
        (rows.VALVE_STATUS, 3),
        (rows.STATUS, 256),
        (rows.FRAME_COUNTER, -1),
        (rows.FRAME_COUNTER, 1 << 32),
        (rows.EQUIPMENT_IDENTIFIER, "x" * 192),
        (rows.MODEL_VERSION, "\u20ac"),
        (rows.KEY_LOW, bytes(7)),
        (rows.KEY_TRANSFER, bytes(192)),
        (rows.TIMESTAMP, datetime(2020, 1, 1)),
    ],
)
def test_values_that_a_record_cannot_carry(row: Row, value: Value) -> None:
    with pytest.raises(LocalError):
        row.record(value)


@given(st.binary(max_size=120))
def test_any_octets_are_records_or_refused(octets: bytes) -> None:
    try:
        records = rows.decode(octets)
    except WireError as error:
        assert error.offset is not None and error.offset <= len(octets)
        return
    assert rows.decode(rows.encode(records)) == records
    for record in records:
        assert record.storage >= 0 and record.tariff >= 0 and record.unit >= 0
        assert isinstance(record.function, Function)
    fillers = len(octets) - len(rows.encode(records))
    assert 0 <= fillers <= octets.count(b"\x2f")


def test_no_key_is_printed() -> None:
    record = rows.KEY_LOW.record(b"secret!!")
    assert "secret" not in repr(record) and "terces" not in repr(record)
