"""pymbusparser (in Rust) and pyMeterBus, independent readers, find what we wrote.

Neither knows mode 15: what is enciphered so is deciphered first. pyMeterBus reads type I as if
it were type F, so it is not asked for times.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import meterbus
import pymbusparser
import pytest

from tests.wire.mbus.samples import GAS, RADIO, USER_KEY, octets_of, utc
from wire.mbus import application, frames, rows, wireless
from wire.mbus.application import Ci, Opening, compose, interpret
from wire.mbus.headers import (
    Configuration,
    DeviceType,
    LongHeader,
    ShortHeader,
    ShortId,
)
from wire.mbus.messages import Data
from wire.mbus.records import Record, Row
from wire.mbus.security import filled, open_mode_15, seal_mode_5
from wire.mbus.values import MeterConfiguration, Status, ValveState
from wire.mbus.wireless import Format, Telegram

TIME = utc(2024, 2, 29, 23)
COMMON = (
    rows.STATUS.record(Status.LOW_BATTERY),
    rows.EQUIPMENT_IDENTIFIER.record("G0017591208205814"),
    rows.METER_CONFIGURATION.record(MeterConfiguration(5)),
    rows.TIMESTAMP.record(TIME),
    rows.VALVE_STATUS.record(ValveState.OPEN),
)
VALUE = 12345678
# The reading, what type of device has it, and what both peers print.
READINGS = [
    (rows.VOLUME, DeviceType.GAS, "12345.678", "m3"),
    (rows.actual(rows.VOLUME), DeviceType.WATER, "12345.678", "m3"),
    (rows.COARSE_VOLUME, DeviceType.GAS, "123456.78", "m3"),
    (rows.HEAT, DeviceType.HEAT_RETURN, "123456780000000", "J"),
    (rows.COLD, DeviceType.COOLING_RETURN, "123456780000000", "J"),
    (rows.ENERGY, DeviceType.ELECTRICITY, "12345678", "W.h"),
]


def hourly(row: Row) -> Data:
    return Data((*COMMON, row.record(VALUE)))


def on_the_bus(device: ShortId, data: Data) -> bytes:
    composed = compose(Ci.RESPONSE_LONG, data, device, 9)
    return frames.Long(0x08, 1, composed.ci, composed.encode()).encode()


def on_the_air(device: ShortId, data: Data, format: Format) -> bytes:
    word = Configuration(bidirectional=True, synchronous=True)
    composed = compose(Ci.RESPONSE_SHORT, data, device, 9, word)
    telegram = Telegram(0x44, device.link_address(), composed.ci, composed.encode())
    return telegram.encode(format)


def check_parsed(parsed: dict[str, Any], device: ShortId, data: Data) -> None:
    """That pymbusparser has this device and these records."""
    assert parsed["decode_state"] == "complete"
    assert [row for row in parsed["diagnostics"] if row["severity"] != "info"] == []
    identity = parsed["meter"]["identity"]
    assert (
        identity["id"],
        identity["manufacturer_code"],
        identity["version"],
        identity["device_type_code"],
    ) == (
        device.identification,
        device.manufacturer,
        device.version,
        device.device_type,
    )
    assert len(parsed["records"]) == len(data.content)
    for read, record in zip(parsed["records"], data.content):
        assert bytes.fromhex(read["header_hex"]) == record.head
        assert bytes.fromhex(read["data_hex"]) == record.data
        assert read["storage_number"] == record.storage
        assert read["subunit"] == record.unit
        assert as_printed(read["value"]) == physical(record)


def as_printed(value: dict[str, str]) -> object:
    kind, text = value["kind"], value["value"]
    return Decimal(text) if kind == "decimal" else text


def physical(record: Record) -> object:
    """The value as pymbusparser has it: in the unit, the time as text without zone."""
    value = record.value
    if isinstance(value, int):
        scaled = record.row and record.row.scaler_unit
        return scaled.decimal(value) if scaled else Decimal(value)
    if value == TIME:
        return f"{TIME:%Y-%m-%dT%H:%M:%S}"
    return value


def check_meterbus(interpreted: dict[str, Any], device: ShortId, data: Data) -> None:
    """That pyMeterBus has this manufacturer, this version and these records but for times."""
    assert len(interpreted["records"]) == len(data.content)
    for read, record in zip(interpreted["records"], data.content):
        assert read["storage_number"] == record.storage
        if record.name == "timestamp":
            continue
        value = physical(record)
        if isinstance(value, Decimal):
            assert float(read["value"]) == pytest.approx(float(value), rel=1e-12)
        else:
            assert read["value"] == value


@pytest.mark.parametrize(("row", "kind", "printed", "unit"), READINGS)
def test_readings_on_the_bus(
    row: Row, kind: DeviceType, printed: str, unit: str
) -> None:
    device, data = replace(GAS, device_type=kind), hourly(row)
    octets = on_the_bus(device, data)
    parsed = pymbusparser.parse(octets)
    check_parsed(parsed, device, data)
    reading = parsed["records"][-1]
    assert Decimal(reading["value"]["value"]) == Decimal(printed)
    assert reading["unit"] == unit
    read = meterbus.load(octets)
    check_meterbus(read.interpreted["body"], device, data)
    header = read.interpreted["body"]["header"]
    assert header["manufacturer"] == device.manufacturer
    assert int(header["medium"], 16) == kind


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize(("row", "kind"), [row[:2] for row in READINGS])
def test_readings_on_the_air(row: Row, kind: DeviceType, format: Format) -> None:
    device, data = replace(GAS, device_type=kind), hourly(row)
    octets = on_the_air(device, data, format)
    parsed = pymbusparser.parse(octets)
    assert parsed["frame"]["function"] == "SND_NR"
    check_parsed(parsed, device, data)


def test_what_was_enciphered_for_the_bus() -> None:
    frame = frames.decode(octets_of("hourly data, enciphered"))
    assert isinstance(frame, frames.Long)
    received = application.decode(frame.ci, frame.body)
    header = received.header
    assert isinstance(header, LongHeader)
    data = interpret(received, None, Opening(USER_KEY, 0)).message
    assert isinstance(data, Data)
    plaintext = open_mode_15(
        USER_KEY, header.device, header.configuration.blocks, received.body, 0
    ).plaintext
    in_clear = replace(
        received, header=replace(header, configuration=Configuration()), body=plaintext
    )
    octets = replace(frame, body=in_clear.encode()).encode()
    parsed = pymbusparser.parse(octets)
    assert parsed["records"][2]["value"]["value"] == "2009-06-18T11:00:00"
    assert parsed["records"][3]["value"]["value"] == "0.391"
    check_meterbus(meterbus.load(octets).interpreted["body"], GAS, data)


def test_what_was_enciphered_for_the_air() -> None:
    telegram = wireless.decode(bytes.fromhex(RADIO["SND_NR"]["octets"]))
    received = application.decode(telegram.ci, telegram.body)
    header = received.header
    assert isinstance(header, ShortHeader)
    opening = Opening(USER_KEY, 0)
    data = interpret(received, telegram.sender(), opening).message
    assert isinstance(data, Data)
    plaintext = open_mode_15(USER_KEY, GAS, 4, received.body, 0).plaintext
    word = replace(header.configuration, mode=0, blocks=0)
    in_clear = replace(
        received, header=replace(header, configuration=word), body=plaintext
    )
    clear = replace(telegram, body=in_clear.encode())
    parsed = pymbusparser.parse(clear.encode())
    assert parsed["records"][3]["value"]["value"] == "0.391"
    # pyMeterBus wants telegrams without CRCs, and two fillers before the records.
    read = meterbus.load(clear.encode(Format.BARE))
    check_meterbus(read.interpreted, GAS, data)
    assert read.interpreted["header"]["manufacturer"] == "NET"


def test_mode_5_is_deciphered_by_the_peer() -> None:
    data = hourly(rows.VOLUME)
    plaintext = filled(rows.encode(data.content))
    header = ShortHeader(77, 0, Configuration(5, len(plaintext) // 16))
    body = seal_mode_5(USER_KEY, GAS, 77, plaintext)
    telegram = Telegram(0x44, GAS.link_address(), 0x7A, header.encode() + body)
    parsed = pymbusparser.parse(telegram.encode(), key=USER_KEY)
    check_parsed(parsed, GAS, data)


@pytest.mark.parametrize("name", ["REQ_UD2", "the acknowledgement"])
def test_frames_without_data(name: str) -> None:
    octets = octets_of(name)
    assert pymbusparser.parse(octets)["decode_state"] == "complete"
    assert bytes(meterbus.load(octets)) == octets


def test_the_peer_misses_a_broken_checksum_no_more_than_we_do() -> None:
    octets = bytearray(on_the_bus(GAS, hourly(rows.VOLUME)))
    octets[-2] ^= 1
    with pytest.raises(meterbus.MBusFrameCRCError):
        meterbus.load(bytes(octets))
    with pytest.raises(pymbusparser.MbusParserError):
        pymbusparser.parse(bytes(octets))
