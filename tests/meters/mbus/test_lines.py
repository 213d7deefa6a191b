"""The lines of M-Bus devices on P1, by version (P1 4.0.4 and 4.2.2, 5.12; 5.0.2, 6.12)."""

from __future__ import annotations

import re

import pytest

from meters.mbus import orders
from meters.mbus.channels import used
from meters.meter import Meter
from tests.meters.access import restored
from tests.meters.builders import NOW_S
from tests.meters.mbus.samples import GAS_ID, bound, bring, hourly
from wire.cosem.rows import Standard
from wire.mbus import rows
from wire.mbus.records import Row
from wire.mbus.values import MeterConfiguration, Status, ValveState

ID = GAS_ID.encode().hex().upper()
# 2024-07-01 12:00 in UTC is 14:00 in Dutch summer time.
SUMMER_S = 1_719_835_200


def printed(meter: Meter) -> list[str]:
    """The lines of the channels, from a telegram."""
    telegram = meter.telegram(meter.state.at_s).decode("ascii")
    return [line for line in telegram.split("\r\n") if re.match(r"0-[1-4]:", line)]


@pytest.mark.parametrize("standard", list(Standard))
def test_type_identifier_and_reading_in_local_time(standard: Standard) -> None:
    meter = bound(standard)
    assert printed(meter) == ["0-1:24.1.0(003)", "0-1:96.1.0()"]
    bring(meter, hourly(31_412_743, SUMMER_S))
    assert printed(meter) == [
        "0-1:24.1.0(003)",
        f"0-1:96.1.0({ID})",
        "0-1:24.2.1(240701140000S)(31412.743*m3)",
    ]


@pytest.mark.parametrize(
    ("row", "value", "text"),
    [
        (rows.VOLUME, 391, "(00000.391*m3)"),
        (rows.COARSE_VOLUME, 99_999_999, "(999999.99*m3)"),
        (rows.HEAT, 1234, "(000012.34*GJ)"),
        (rows.COLD, 99_999_999, "(999999.99*GJ)"),
        (rows.ENERGY, 99_999_999, "(99999.999*kWh)"),
    ],
)
def test_as_many_decimals_as_the_device_has(row: Row, value: int, text: str) -> None:
    meter = bound()
    bring(meter, hourly(value, SUMMER_S, row=row))
    assert printed(meter)[-1].endswith(text)


def test_each_device_on_its_channel_and_none_for_the_others() -> None:
    meter = bound(Standard.DSMR_4_2_2, 2, 4)
    bring(meter, hourly(1, SUMMER_S), 2)
    bring(meter, hourly(2, SUMMER_S), 4)
    assert [line[:10] for line in printed(meter)] == [
        *("0-2:24.1.0", "0-2:96.1.0", "0-2:24.2.1"),
        *("0-4:24.1.0", "0-4:96.1.0", "0-4:24.2.1"),
    ]


def test_a_device_that_is_named_but_was_never_heard_is_not_there() -> None:
    meter = bound()
    used(meter, 1).detected_s = 0
    meter.changed()
    assert printed(meter) == []


def test_a_device_that_was_given_up_is_gone() -> None:
    meter = bound()
    bring(meter, hourly(1, SUMMER_S))
    assert printed(meter)
    orders.slave_deinstall(meter, 1)
    assert printed(meter) == []


@pytest.mark.parametrize("standard", list(Standard))
def test_the_valve_is_on_p1_of_4_0_alone(standard: Standard) -> None:
    meter = bound(standard)
    bring(
        meter,
        hourly(
            1,
            SUMMER_S,
            Status(0),
            rows.VOLUME,
            (rows.VALVE_STATUS, ValveState.RELEASED),
            (rows.METER_CONFIGURATION, MeterConfiguration.VALVE),
        ),
    )
    valve = [line for line in printed(meter) if "24.4.0" in line]
    assert valve == ["0-1:24.4.0(2)"] * (standard is Standard.DSMR_4_0_6)


def test_a_device_without_a_valve_has_no_line_of_one() -> None:
    meter = bound(Standard.DSMR_4_0_6)
    opened = (rows.VALVE_STATUS, ValveState.OPEN)
    bring(meter, hourly(1, SUMMER_S, Status(0), rows.VOLUME, opened))
    assert not any("24.4.0" in line for line in printed(meter))


def test_the_next_telegram_has_the_next_reading() -> None:
    meter = bound()
    for value in (1, 2):
        bring(meter, hourly(value, SUMMER_S))
        assert printed(meter)[-1].endswith(f"(00000.00{value}*m3)")


def test_a_restart_keeps_the_lines() -> None:
    meter = bound()
    bring(meter, hourly(77, NOW_S))
    assert printed(restored(meter)) == printed(meter)
