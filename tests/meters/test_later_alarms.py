"""What SMR 5.2 and 5.5 add to the power quality: how far and how long, and more registers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import act, get, put
from tests.meters.builders import NOW_S, make_meter
from tests.meters.test_events import rows
from tests.meters.test_quality import NO_LOAD, live
from wire.cosem.events import Event, Log
from wire.cosem.rows import SMR52, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError

LATER = sorted(SMR52)
SECOND, SECOND_FILTER, THIRD = "0-0:97.98.1", "0-0:97.98.11", "0-0:97.98.2"
ALL_BITS = 0xFFFF_FFFF
# A sag of L2 that gets worse, and in L3 a swell beside it.
DIP = (20, (2300, 2000, 2600)), (30, (2300, 1850, 2650)), (10, (2300, 1900, 2540))


def asked(meter: Meter) -> list[int]:
    """The push scripts that wait to be executed."""
    return list(meter.state.pushes)


def write(meter: Meter, code: str, value: int) -> None:
    data = axdr.double_long_unsigned(value)
    assert put(meter, (1, code), 2, data) is DataAccessResult.SUCCESS


def number(meter: Meter, class_id: int, code: str) -> int:
    return int(get(meter, (class_id, code)).value)


@pytest.mark.parametrize("standard", LATER)
def test_the_last_sag_and_swell_tell_how_far_and_how_long(standard: Standard) -> None:
    meter = live(make_meter(standard), *DIP)
    at_s = NOW_S + 60
    assert rows(meter, Log.SAG_AND_SWELL) == (
        (at_s, Event.VOLTAGE_SAG_L2, 1850, 600),
        (at_s, Event.VOLTAGE_SWELL_L3, 2650, 600),
    )
    found = {
        code: number(meter, 3, f"1-0:{code}.0")
        for code in ("32.34", "52.34", "52.33", "72.38", "72.37", "72.34")
    }
    assert found == {
        **{"32.34": 0, "52.34": 1850, "52.33": 600},
        **{"72.38": 2650, "72.37": 600, "72.34": 0},
    }
    assert number(meter, 1, "0-0:96.11.7") == Event.VOLTAGE_SWELL_L3
    assert number(meter, 1, "0-0:96.11.20") == 2650
    assert number(meter, 1, "0-0:96.11.21") == 600


def test_what_did_not_count_or_nobody_saw_end_is_not_told() -> None:
    meter = live(make_meter(Standard.SMR_5_2), (29, (1900, 2300, 2300)))
    meter.set_load(NO_LOAD, (1900, 2300, 2300))
    meter.advance(meter.state.at_s + 40)
    meter.power_off()
    meter.power_on(meter.state.at_s + 60)
    assert rows(meter, Log.SAG_AND_SWELL) == ()
    assert number(meter, 3, "1-0:32.34.0") == 0


def test_a_sag_that_becomes_a_swell_has_its_own_extreme() -> None:
    meter = live(
        make_meter(Standard.SMR_5_5),
        (40, (1900, 2300, 2300)),
        (7000, (2700, 2300, 2300)),
    )
    assert [row[1:] for row in rows(meter, Log.SAG_AND_SWELL)] == [
        (Event.VOLTAGE_SAG_L1, 1900, 400),
        (Event.VOLTAGE_SWELL_L1, 2700, 0xFFFF),
    ]


def test_smr_5_0_has_none_of_it() -> None:
    meter = live(make_meter(Standard.SMR_5_0), *DIP)
    assert rows(meter, Log.SAG_AND_SWELL) == ()
    for place in ((3, "1-0:52.34.0"), (1, SECOND), (7, "0-0:99.98.7")):
        undefined = DataAccessResult.OBJECT_UNDEFINED
        assert put(meter, place, 2, axdr.double_long_unsigned(0)) is undefined


@pytest.mark.parametrize("standard", LATER)
def test_the_second_register_takes_what_its_filter_lets_through(
    standard: Standard,
) -> None:
    meter = make_meter(standard)
    live(meter, *DIP)
    assert number(meter, 1, SECOND) == 0, "the filter leaves the factory closed"
    write(meter, SECOND_FILTER, 0b10_0010)
    live(meter, *DIP)
    assert number(meter, 1, SECOND) == 0b10_0010
    assert meter.state.alarms == 0
    write(meter, SECOND, 0)
    assert number(meter, 1, SECOND) == 0
    assert rows(meter, Log.STANDARD)[-1][1] == Event.ALARM_REGISTER_2_CLEARED


def test_the_monitor_acts_for_the_second_register_once() -> None:
    meter = make_meter(Standard.SMR_5_2)
    write(meter, SECOND_FILTER, ALL_BITS)
    meter.set_load(NO_LOAD, (1900, 2300, 2300))
    meter.advance(NOW_S + 40)
    meter.set_load(NO_LOAD, (2300, 2600, 2300))
    assert asked(meter) == [2]
    meter.advance(NOW_S + 90)
    meter.set_load(NO_LOAD, (2300, 2300, 2300))
    assert meter.state.later_alarms == (0b1_0001, 0)
    assert asked(meter) == [], "it is above the threshold already"
    meter.power_off()
    meter.power_on(NOW_S + 100)
    assert asked(meter) == [2], "a power-up compares anew"


def test_the_third_register_is_written_and_leaves_the_second_alone() -> None:
    meter = make_meter(Standard.SMR_5_5)
    write(meter, SECOND, 1)
    write(meter, THIRD, 2)
    assert meter.state.later_alarms == (1, 2)
    mismatch = DataAccessResult.TYPE_UNMATCHED
    assert put(meter, (1, THIRD), 2, axdr.long_unsigned(2)) is mismatch
    assert meter.state.later_alarms == (1, 2)


@pytest.mark.parametrize("standard", LATER)
def test_the_auxiliary_log_says_in_16_bits_that_it_was_cleared(
    standard: Standard,
) -> None:
    meter = make_meter(standard)
    assert number(meter, 1, "0-0:96.11.6") == 0
    act(meter, (7, "0-0:99.98.6"), 1, axdr.integer(0))
    assert rows(meter, Log.AUXILIARY) == ((NOW_S, 0xFFFF),)
    assert number(meter, 1, "0-0:96.11.6") == 0xFFFF


@pytest.mark.parametrize("standard", LATER)
def test_a_meter_reports_lte(standard: Standard) -> None:
    assert get(make_meter(standard), (47, "0-2:25.6.0"), 5) == axdr.enum(5)


def test_it_outlives_the_process() -> None:
    meter = make_meter(Standard.SMR_5_5)
    write(meter, SECOND_FILTER, ALL_BITS)
    live(meter, *DIP[:2])
    meter.set_load(NO_LOAD, (2300, 1700, 2300))
    meter.advance(meter.state.at_s + 40)
    kept = from_json(json.loads(json.dumps(to_json(meter.state))))
    again = live(Meter(meter.identity, kept, meter.model))
    assert again.state.later_alarms == (0b10_0010, 0)
    assert number(again, 3, "1-0:52.34.0") == 1700
    assert number(again, 3, "1-0:72.38.0") == 2650


@pytest.mark.parametrize("value", [[0], [0, -1], [0, 1 << 32], [True, 0], 5, None])
def test_later_alarms_that_cannot_be_are_told(value: Any) -> None:
    saved = {**to_json(make_meter().state), "later_alarms": value}
    with pytest.raises(ConfigError):
        from_json(saved)
