"""Class 4 of each channel: what the device measured, and how it is made (P3 4.2.2, 7.2 and 7.3)."""

from __future__ import annotations

import json

import pytest

from meters.mbus import readings
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import get, restored
from tests.meters.builders import NOW_S
from tests.meters.mbus.samples import GAS_ID, bound, bring, hourly, said
from tests.meters.p3.driver import Driver
from wire.cosem.rows import DSMR4, SMR5, Standard
from wire.dlms import axdr
from wire.dlms.data import Tag
from wire.errors import ConfigError
from wire.instants import decode_date_time
from wire.mbus import rows
from wire.mbus.values import Status
from wire.quantities import Unit

HOUR_S = NOW_S - NOW_S % 3600
VALUE = 4, "0-1:24.2.1"
NOT_SPECIFIED = "ffffffffffffffffff8000ff"
LONG = "".join(f"x{number}=1.2.3\r\n" for number in range(10))


@pytest.mark.parametrize("standard", list(Standard))
def test_the_value_with_its_unit_status_and_time(standard: Standard) -> None:
    meter = bound(standard)
    bring(meter, hourly(31_412_743, HOUR_S, Status.LOW_BATTERY))
    assert get(meter, VALUE).value == 31_412_743
    scaler, unit = get(meter, VALUE, 3).value
    assert (scaler.value, unit.value) == (-3, Unit.CUBIC_METRE)
    status = get(meter, VALUE, 4)
    assert status.value == (b"\x04" if standard in DSMR4 else 4)
    captured = get(meter, VALUE, 5).value
    assert decode_date_time(captured).timestamp() == HOUR_S
    # Local time, with its deviation: 8:00 in winter.
    assert captured.hex() == "07e801090208000000ffc400"


@pytest.mark.parametrize("standard", list(Standard))
def test_before_a_device_has_told_there_is_neither_unit_nor_time(
    standard: Standard,
) -> None:
    meter = bound(standard, 1)
    place = 4, "0-2:24.2.1"
    assert get(meter, place).value == 0
    assert [part.value for part in get(meter, place, 3).value] == [0, Unit.NONE]
    assert get(meter, place, 4).value == (b"" if standard in DSMR4 else 0)
    assert get(meter, place, 5).value.hex() == NOT_SPECIFIED


def test_who_the_device_is() -> None:
    for standard, group in ((Standard.DSMR_4_2_2, 0), (Standard.SMR_5_0, 1)):
        meter = bound(standard)
        bring(meter, hourly(1, HOUR_S))
        assert get(meter, (1, f"0-1:96.1.{group}")).value == GAS_ID.encode()
        assert get(meter, (1, f"0-2:96.1.{group}")).value == b""


def versions() -> tuple[str, ...]:
    """The four texts, the third of them too long."""
    return "dsmr=4.2\r\n", "met=PCB1\r\ncom=MB1\r\n", LONG, ""


def told(standard: Standard) -> Meter:
    """A meter whose device answered a read-out list."""
    meter = bound(standard)
    texts = (
        rows.MODEL_VERSION,
        rows.HARDWARE_VERSION,
        rows.METROLOGY_FIRMWARE_VERSION,
        rows.OTHER_SOFTWARE_VERSION,
    )
    answer = said(
        rows.METER_CONFIGURATION.record(0x05),
        *(row.record(text) for row, text in zip(texts, versions(), strict=True)),
    )
    readings.versions(meter, 1, answer)
    return meter


def test_dsmr_4_puts_the_configuration_into_five_fields() -> None:
    meter = told(Standard.DSMR_4_2_2)
    place = 4, "0-1:24.2.2"
    model, hardware, metrology, other = versions()
    fields = (model, hardware, metrology[-61:], other, "\x05")
    expected = "".join(field + "\r\n" for field in fields).encode()
    assert get(meter, place).value == expected
    assert [part.value for part in get(meter, place, 3).value] == [0, 255]
    assert decode_date_time(get(meter, place, 5).value).timestamp() == NOW_S
    assert get(bound(), place).value == b""


def test_the_longest_configuration_fits_the_255_octets_of_its_object() -> None:
    meter = bound()
    long = said(
        *(
            row.record("v" * 190)
            for row in (
                rows.MODEL_VERSION,
                rows.HARDWARE_VERSION,
                rows.METROLOGY_FIRMWARE_VERSION,
                rows.OTHER_SOFTWARE_VERSION,
            )
        )
    )
    readings.versions(meter, 1, long)
    assert len(get(meter, (4, "0-1:24.2.2")).value) == 255


def test_smr_5_has_an_object_for_each_text() -> None:
    meter = told(Standard.SMR_5_0)
    shown = [get(meter, (4, f"0-1:24.2.{group}")).value for group in range(7, 12)]
    assert shown == [text.encode() for text in versions()] + [b""]


def test_smr_5_tells_the_hour_and_the_status_apart() -> None:
    meter = bound(Standard.SMR_5_5)
    for minute in (0, 5):
        bring(meter, hourly(100 + minute, HOUR_S + 60 * minute, Status.FRAUD))
    shown = [get(meter, (4, f"0-1:24.2.{group}")) for group in (1, 2, 6)]
    assert [item.value for item in shown] == [105, 100, 0x40]
    assert {item.tag for item in shown} == {Tag.DOUBLE_LONG_UNSIGNED}
    times = [get(meter, (4, f"0-1:24.2.{group}"), 5).value for group in (1, 2)]
    assert [decode_date_time(at).timestamp() for at in times] == [
        HOUR_S + 300,
        HOUR_S,
    ]


@pytest.mark.parametrize("standard", sorted({*SMR5, *DSMR4}))
def test_a_definable_profile_can_capture_the_value(standard: Standard) -> None:
    meter = bound(standard)
    driver = Driver(meter).associate()
    columns = axdr.array(
        (
            axdr.structure(
                axdr.long_unsigned(class_id),
                axdr.octet_string(code),
                axdr.integer(2),
                axdr.long_unsigned(0),
            )
            for class_id, code in (
                (8, bytes.fromhex("0000010000ff")),
                (4, bytes.fromhex("0001180201ff")),
            )
        )
    )
    driver.set(7, "0-1:94.31.6", 3, axdr.encode(columns))
    bring(meter, hourly(77, HOUR_S))
    driver.now_s = NOW_S + 86_400
    meter.advance(driver.now_s)
    assert axdr.plain(get(meter, (7, "0-1:94.31.6")))[0][1] == 77


def test_a_restart_keeps_what_was_read() -> None:
    meter = told(Standard.DSMR_4_2_2)
    bring(meter, hourly(31_412_743, HOUR_S))
    again = restored(meter)
    for place in (VALUE, (4, "0-1:24.2.2")):
        for attribute in (2, 3, 4, 5):
            assert get(again, place, attribute) == get(meter, place, attribute)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value", 100_000_000),
        ("hourly_value", -1),
        ("captured_s", 4_070_908_800),
        ("hourly_s", 1.5),
        ("equipment_id", "58" * 49),
        ("versions", ["", "", ""]),
        ("meter_configuration", 256),
    ],
)
def test_what_no_device_told_is_refused_when_read_back(
    name: str, value: object
) -> None:
    meter = bound()
    bring(meter, hourly(1, HOUR_S))
    saved = to_json(meter.state)
    saved["mbus"]["channels"]["1"][name] = value
    with pytest.raises(ConfigError):
        from_json(json.loads(json.dumps(saved)))
