"""Scheduled tests of a phase outage and of the last gasp, and the last gasp itself (SMR 5)."""

from __future__ import annotations

import pytest

from meters.meter import Meter
from tests.meters.access import put, restored
from tests.meters.builders import NOW_S, make_meter
from tests.meters.test_events import rows
from wire.cosem.dsmr.trials import LAST_GASP_TEST, PHASE_OUTAGE_TEST
from wire.cosem.events import Event, Log
from wire.cosem.rows import SMR5, SMR55, Standard
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult

PHASE, GASP = (22, "0-0:15.1.4"), (22, "0-0:15.2.4")
# NOW_S is 08:00 in the meter's local time, on 9 January 2024.
AT_NINE = b"\x09\0\0\0", b"\x07\xe8\x01\x09\xff"
DAILY = b"\x09\0\0\0", b"\xff\xff\xff\xff\xff"
OTHER = DataAccessResult.OTHER_REASON


def times(*instants: tuple[bytes, bytes]) -> Data:
    return type_of("execution_time").data(instants)


def listening(standard: Standard) -> Meter:
    meter = make_meter(standard)
    everything = axdr.double_long_unsigned(0xFFFF_FFFF)
    for code in ("0-0:97.98.10", "0-0:97.98.12"):
        put(meter, (1, code), 2, everything)
    return meter


def test_a_phase_outage_test_is_an_event_and_an_alarm_and_no_error() -> None:
    meter = listening(Standard.SMR_5_2)
    assert put(meter, PHASE, 4, times(AT_NINE)) == 0
    meter.advance(NOW_S + 3599)
    assert rows(meter, Log.POWER_QUALITY) == ()
    meter.advance(NOW_S + 200_000)
    assert rows(meter, Log.POWER_QUALITY) == ((NOW_S + 3600, Event.PHASE_OUTAGE_TEST),)
    assert (meter.state.alarms, meter.state.errors) == (1 << 31, 0)


def test_a_last_gasp_test_recurs_and_outlives_the_process() -> None:
    meter = listening(Standard.SMR_5_5)
    assert put(meter, GASP, 4, times(DAILY)) == 0
    again = restored(meter)
    again.advance(NOW_S + 3600 + 86_400)
    test = Event.LAST_GASP_TEST
    found = [row for row in rows(again, Log.STANDARD) if row[1] == test]
    assert found == [(NOW_S + 3600, test), (NOW_S + 90_000, test)]
    assert again.state.later_alarms == (0, 2)


@pytest.mark.parametrize("place", [PHASE, GASP])
def test_a_time_that_cannot_be_changes_nothing(place: tuple[int, str]) -> None:
    meter = make_meter(Standard.SMR_5_5)
    no_hour, no_date = (b"\xff\0\0\0", DAILY[1]), (DAILY[0], b"\x07\xe8\x0d\x01\xff")
    for wrong in (times(AT_NINE, AT_NINE), times(no_hour), times(no_date)):
        assert put(meter, place, 4, wrong) is OTHER
    assert put(meter, place, 4, axdr.integer(1)) is DataAccessResult.TYPE_UNMATCHED
    assert meter.state.settings is None
    denied = DataAccessResult.READ_WRITE_DENIED
    assert put(meter, place, 3, axdr.enum(2)) is denied


@pytest.mark.parametrize("phases", [1, 3])
def test_only_meters_of_three_phases_have_the_tests(phases: int) -> None:
    names = {row.name for row in make_meter(Standard.SMR_5_5, phases).model.rows}
    assert ({PHASE_OUTAGE_TEST, LAST_GASP_TEST} <= names) is (phases == 3)


@pytest.mark.parametrize("standard", sorted(SMR5))
def test_the_last_gasp_is_the_last_that_is_told(standard: Standard) -> None:
    meter = listening(standard)
    meter.advance(NOW_S + 10)
    meter.power_off()
    gasped = standard in SMR55
    codes = [row[1] for row in rows(meter, Log.STANDARD)]
    assert codes == [Event.POWER_DOWN, *([Event.LAST_GASP] if gasped else [])]
    assert meter.state.later_alarms == (0, int(gasped))


def test_one_phase_that_fails_is_no_last_gasp() -> None:
    meter = listening(Standard.SMR_5_5)
    meter.set_load((0, 0, 0), (2300, 0, 2300))
    assert meter.state.later_alarms == (0, 0)
