"""What a message of a device leaves on its channel, and the events and alarms that it makes."""

from __future__ import annotations

import pytest

from meters.mbus import orders, readings
from meters.meter import Meter
from tests.meters.builders import NOW_S
from tests.meters.mbus.household import codes, shown
from tests.meters.mbus.samples import (
    GAS_ID,
    bound,
    bring,
    hourly,
    said,
    with_status,
)
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.instants import from_epoch
from wire.mbus import rows
from wire.mbus.records import Row
from wire.mbus.values import Status, ValveState
from wire.quantities import Unit

HOUR_S = NOW_S - NOW_S % 3600


def test_the_reading_its_time_and_what_the_device_is() -> None:
    meter = bound()
    bring(meter, hourly(31_412_743, HOUR_S))
    channel = shown(meter)
    assert (channel.value, channel.scaler, channel.unit) == (31_412_743, -3, 13)
    assert channel.captured_s == HOUR_S
    assert channel.equipment_id == GAS_ID.encode()
    assert channel.meter_configuration == 0x05
    assert meter.state.unsaved


@pytest.mark.parametrize(
    ("row", "scaler", "unit"),
    [
        (rows.VOLUME, -3, Unit.CUBIC_METRE),
        (rows.COARSE_VOLUME, -2, Unit.CUBIC_METRE),
        (rows.HEAT, 7, Unit.JOULE),
        (rows.COLD, 7, Unit.JOULE),
        (rows.ENERGY, 0, Unit.WATT_HOUR),
    ],
)
def test_scaler_and_unit_are_those_of_the_vif(row: Row, scaler: int, unit: int) -> None:
    meter = bound()
    bring(meter, hourly(123, HOUR_S, row=row))
    assert (shown(meter).scaler, shown(meter).unit) == (scaler, unit)


def test_a_thermal_meter_is_read_for_its_heat_and_not_for_its_volume() -> None:
    for pair in ((rows.HEAT, rows.VOLUME), (rows.VOLUME, rows.HEAT)):
        meter = bound()
        bring(meter, said(*(row.record(7 + (row is rows.HEAT)) for row in pair)))
        assert (shown(meter).value, shown(meter).unit) == (8, Unit.JOULE)


def test_of_a_stored_and_an_actual_value_the_stored_one_with_its_own_time() -> None:
    meter = bound()
    bring(
        meter,
        said(
            rows.actual(rows.TIMESTAMP).record(from_epoch(NOW_S - 5)),
            rows.actual(rows.VOLUME).record(9),
            rows.VOLUME.record(8),
            rows.TIMESTAMP.record(from_epoch(HOUR_S)),
        ),
    )
    assert (shown(meter).value, shown(meter).captured_s) == (8, HOUR_S)


def test_a_device_without_a_clock_gives_a_value_of_now() -> None:
    meter = bound()
    meter.state.clock_offset_s = 7
    bring(meter, said(rows.actual(rows.VOLUME).record(9)))
    assert (shown(meter).value, shown(meter).captured_s) == (9, NOW_S + 7)


@pytest.mark.parametrize("year", [2000, 2099])
def test_a_time_that_p1_could_not_print_is_no_time(year: int) -> None:
    meter = bound()
    far = from_epoch(HOUR_S).replace(year=year)
    bring(meter, said(rows.TIMESTAMP.record(far), rows.VOLUME.record(9)))
    assert shown(meter).captured_s == NOW_S


def test_a_message_without_a_reading_leaves_the_last_one() -> None:
    meter = bound()
    bring(meter, hourly(5, HOUR_S))
    bring(meter, with_status(Status(0)))
    assert (shown(meter).value, shown(meter).captured_s) == (5, HOUR_S)


@pytest.mark.parametrize(
    "octets",
    [
        rows.STATUS.selection().encode() + rows.VOLUME.selection().encode(),
        rows.EQUIPMENT_IDENTIFIER.record("X" * 49).encode(),
        bytes.fromhex("5C13 01000000"),
        bytes.fromhex("8C10 13 01000000"),
        bytes.fromhex("0F 0102030405"),
        b"",
    ],
    ids=["selections", "long id", "maximum", "of a tariff", "manufacturer", "nothing"],
)
def test_records_that_say_nothing_here_change_nothing(octets: bytes) -> None:
    meter = bound()
    bring(meter, hourly(5, HOUR_S, Status.FRAUD))
    before = shown(meter).to_json()
    bring(meter, said(*rows.decode(octets)))
    assert shown(meter).to_json() == before


@pytest.mark.parametrize(
    ("bit", "code"),
    [
        (Status.LOW_BATTERY, 102),
        (Status.FRAUD, 103),
        (Status.CLOCK_DEVIATION, 104),
        (Status.PERMANENT_ERROR, 106),
    ],
)
def test_each_bit_is_an_event_of_its_channel_once_per_change(
    bit: Status, code: int
) -> None:
    meter = bound(Standard.DSMR_4_2_2, 1, 3)
    for status in (bit, bit, Status(0), bit):
        bring(meter, with_status(status))
    bring(meter, with_status(bit), 3)
    assert codes(meter) == [code, code, code + 20]
    assert shown(meter).status == bit


def test_other_bits_are_shown_and_no_events() -> None:
    meter = bound()
    bring(meter, with_status(Status.TEMPORARY_ERROR | Status.APPLICATION_ERROR))
    assert codes(meter) == [] and shown(meter).status == 0x13
    assert shown(meter).alarm == 0x13


def test_a_valve_alarm_goes_to_the_control_log_of_its_channel() -> None:
    meter = bound(Standard.DSMR_4_0_6, 2)
    for _ in range(2):
        bring(meter, with_status(Status.VALVE_ALARM), 2)
    assert codes(meter, Log.MBUS_CONTROL_2) == [174] and codes(meter) == []


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_later_meters_take_the_message_and_leave_the_valve(standard: Standard) -> None:
    meter = bound(standard)
    bring(
        meter,
        hourly(
            5,
            HOUR_S,
            Status.VALVE_ALARM | Status.LOW_BATTERY,
            rows.VOLUME,
            (rows.VALVE_STATUS, ValveState.CLOSED),
        ),
    )
    channel = shown(meter)
    assert (channel.value, channel.status, channel.valve) == (5, 0x04, -1)
    assert codes(meter) == [102]
    assert codes(meter, Log.MBUS_CONTROL_1) == []


def test_where_the_valve_is() -> None:
    meter = bound(Standard.DSMR_4_0_6)
    released = (rows.VALVE_STATUS, ValveState.RELEASED)
    bring(meter, hourly(5, HOUR_S, Status(0), rows.VOLUME, released))
    assert shown(meter).valve == 2


def listening(meter: Meter) -> Meter:
    """With all alarms asked for."""
    everything = axdr.double_long_unsigned(0xFFFF_FFFF)
    meter.set_setting("alarm_filter", "value", everything)
    return meter


def test_an_error_bit_goes_with_its_cause_and_an_alarm_stays() -> None:
    meter = listening(bound(Standard.DSMR_4_2_2, 2))
    bring(meter, with_status(Status.FRAUD), 2)
    readings.missed(meter, 2)
    assert meter.state.errors == 1 << 17 | 1 << 21
    bring(meter, hourly(7, HOUR_S), 2)
    assert meter.state.errors == 0
    assert meter.state.alarms == 1 << 17 | 1 << 21
    assert codes(meter) == [113, 110, 111]


def test_a_missed_reading_is_told_once_until_one_comes() -> None:
    meter = bound()
    readings.missed(meter, 1)
    readings.missed(meter, 1)
    bring(meter, hourly(1, HOUR_S))
    bring(meter, hourly(2, HOUR_S))
    assert codes(meter) == [100, 101]


def test_nothing_is_wrong_with_a_device_that_is_no_longer_there() -> None:
    meter = bound()
    bring(meter, with_status(Status.FRAUD))
    readings.missed(meter, 1)
    orders.slave_deinstall(meter, 1)
    assert meter.state.errors == 0


def test_nor_with_the_next_one() -> None:
    meter = bound()
    bring(meter, with_status(Status.FRAUD))
    orders.name(meter, 1, "identification", 1)
    assert meter.state.errors == 0
    bring(meter, with_status(Status.FRAUD))
    assert codes(meter) == [103, 103]


def test_smr_5_tells_the_reading_of_the_hour_from_the_last() -> None:
    meter = bound(Standard.SMR_5_0)
    for minute in (0, 5, 55):
        bring(meter, hourly(100 + minute, HOUR_S + 60 * minute))
    channel = shown(meter)
    assert (channel.value, channel.captured_s) == (155, HOUR_S + 3300)
    assert (channel.hourly_value, channel.hourly_s) == (100, HOUR_S)
    bring(meter, hourly(165, HOUR_S + 3605))
    assert (channel.hourly_value, channel.hourly_s) == (165, HOUR_S + 3605)


def test_the_versions_and_when_they_were_read() -> None:
    meter = bound()
    readings.versions(
        meter,
        1,
        said(
            rows.OTHER_SOFTWARE_VERSION.record("apl=1\r\n"),
            rows.MODEL_VERSION.record("dsmr=4.2\r\n"),
            rows.METER_CONFIGURATION.record(0x07),
        ),
    )
    channel = shown(meter)
    assert channel.versions == (b"dsmr=4.2\r\n", b"", b"", b"apl=1\r\n")
    assert (channel.meter_configuration, channel.versions_s) == (7, NOW_S)
