"""A clock that is set to where P1 has no time stamp must not end what prints telegrams."""

from __future__ import annotations

import pytest

from meters.meter import Meter
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult
from wire.instants import DEVIATION_NOT_SPECIFIED, NOT_SPECIFIED, DateTime
from wire.p1 import TelegramReader, TelegramReceived

DAY_S = 86_400


def set_clock(meter: Meter, year: int, month: int, deviation_min: int) -> object:
    """What the meter answers to a time at the end or the begin of a year."""
    day = 31 if month == 12 else 1
    hour = 23 if month == 12 else 0
    moment = DateTime(
        year,
        month,
        day,
        NOT_SPECIFIED,
        hour,
        59,
        59,
        NOT_SPECIFIED,
        deviation_min,
        0,
    )
    value = axdr.encode(axdr.octet_string(moment.encode()))
    return Driver(meter).associate().set(8, "0-0:1.0.0", 2, value)


@pytest.mark.parametrize("deviation_min", [0, -60, 32_767, -32_767])
@pytest.mark.parametrize(
    ("year", "month"),
    [(2000, 1), (2000, 12), (2001, 1), (2089, 12), (2090, 1), (2098, 12), (2099, 12)],
)
def test_any_time_that_is_taken_can_be_printed(
    deviation_min: int, year: int, month: int
) -> None:
    meter = make_meter(list(Standard)[year % 3])
    answer = set_clock(meter, year, month, deviation_min)
    assert answer in (DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON)
    for later_s in (1, DAY_S, 9 * DAY_S):
        (event,) = TelegramReader().feed(meter.telegram(NOW_S + later_s))
        assert isinstance(event, TelegramReceived)
        assert event.telegram.time is not None
    meter.power_off()
    meter.power_on(NOW_S + 11 * DAY_S)
    assert meter.telegram(NOW_S + 12 * DAY_S)


@pytest.mark.parametrize("year", [2001, 2024, 2089])
def test_years_that_a_meter_sees_are_taken(year: int) -> None:
    meter = make_meter()
    answer = set_clock(meter, year, 6, DEVIATION_NOT_SPECIFIED)
    assert answer is DataAccessResult.SUCCESS
    assert meter.clock().year == year
