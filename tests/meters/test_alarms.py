"""Error and alarm registers: which event sets which bit, the filter, the monitor's push."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour import amr, events
from meters.behaviour.alarms import LATER, PUSH_ON_ALARM
from meters.behaviour.clockwork import set_clock
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import get
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.test_events import rows
from wire.cosem.dsmr.alarms import NO_SCRIPT, action_item
from wire.cosem.events import LOG_OF, Event, Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError
from wire.obis import Obis

ALL = 0xFFFF_FFFF
ERRORS, ALARMS, FILTER = "0-0:97.97.0", "0-0:97.98.0", "0-0:97.98.10"
# P3, alarm register: the bit of each event; no other event has one.
BITS: dict[int, int] = {
    Event.CLOCK_INVALID: 0,
    Event.REPLACE_BATTERY: 1,
    Event.POWER_UP: 2,
    Event.PROGRAM_MEMORY_ERROR: 8,
    Event.RAM_ERROR: 9,
    Event.NV_MEMORY_ERROR: 10,
    Event.MEASUREMENT_SYSTEM_ERROR: 11,
    Event.WATCHDOG_RESET: 12,
    Event.TERMINAL_COVER_REMOVED: 13,
    Event.STRONG_DC_FIELD: 13,
    Event.METER_COVER_REMOVED: 13,
    Event.FAILED_LOGIN: 13,
    Event.CONFIGURATION_CHANGED: 13,
    **{100 + 10 * n: 16 + n for n in range(4)},
    **{103 + 10 * n: 20 + n for n in range(4)},
    **{105 + 10 * n: 24 + n for n in range(4)},
}


def dlu(value: int) -> bytes:
    """The octets of a double-long-unsigned."""
    return axdr.encode(axdr.double_long_unsigned(value))


def forget(meter: Meter) -> None:
    """As if nothing had been, and what was asked for were sent."""
    meter.state.errors = meter.state.alarms = 0
    take_pushes(meter)


def take_pushes(meter: Meter) -> tuple[int, ...]:
    """What was asked for, taken as who sends it does."""
    taken, meter.state.pushes = meter.state.pushes, ()
    return taken


def listening(standard: Standard = Standard.DSMR_4_2_2) -> tuple[Meter, Driver]:
    """A meter whose filter lets every alarm through, and its management client."""
    meter = make_meter(standard)
    driver = Driver(meter).associate()
    assert driver.set(1, FILTER, 2, dlu(ALL)) is DataAccessResult.SUCCESS
    forget(meter)
    return meter, driver


@pytest.mark.parametrize("event", sorted(set(LOG_OF) - set(LATER)))
def test_each_event_sets_its_bit_in_both_registers(event: int) -> None:
    meter, _ = listening()
    captured = (0,) if rows_are_wide(event) else ()
    events.record(meter, event, *captured)
    expected = 1 << BITS[event] if event in BITS else 0
    assert (meter.state.errors, meter.state.alarms) == (expected, expected)


def rows_are_wide(event: int) -> bool:
    """Whether the log of the event has a third column."""
    return 60 <= event <= 76


def test_smr_5_tells_of_phases_and_configuration_too() -> None:
    meter, _ = listening(Standard.SMR_5_0)
    events.record(meter, Event.PHASE_OUTAGE_L2)
    events.record(meter, Event.CONFIGURATION_CHANGED)
    assert meter.state.alarms == 1 << 29 | 1 << 13 | 1 << 4
    events.record(meter, Event.PHASE_RETURNED_L2)
    assert meter.state.errors == 1 << 13 | 1 << 4
    assert meter.state.alarms & 1 << 29, "an alarm stays until it is written"


def test_a_new_meter_is_asked_for_no_alarm() -> None:
    meter = make_meter()
    events.record(meter, Event.REPLACE_BATTERY)
    assert (meter.state.errors, meter.state.alarms) == (2, 0)
    assert take_pushes(meter) == ()


def test_the_filter_lets_through_what_it_has_bits_for() -> None:
    meter, driver = listening()
    assert driver.set(1, FILTER, 2, dlu(1 << 2)) is DataAccessResult.SUCCESS
    events.record(meter, Event.RAM_ERROR)
    assert meter.state.alarms == 0 and meter.state.errors & 1 << 9
    events.record(meter, Event.POWER_UP)
    assert driver.get(1, ALARMS) == dlu(1 << 2)


def test_the_register_is_pushed_once_until_it_was_0_again() -> None:
    meter, driver = listening()
    events.record(meter, Event.RAM_ERROR)
    assert take_pushes(meter) == (PUSH_ON_ALARM,)
    events.record(meter, Event.NV_MEMORY_ERROR)
    assert take_pushes(meter) == ()
    assert driver.set(1, ALARMS, 2, dlu(0)) is DataAccessResult.SUCCESS
    events.record(meter, Event.RAM_ERROR)
    assert take_pushes(meter) == (PUSH_ON_ALARM,)


def test_a_push_that_waits_is_not_asked_for_twice() -> None:
    meter, driver = listening()
    for _ in range(3):
        events.record(meter, Event.RAM_ERROR)
        driver.set(1, ALARMS, 2, dlu(0))
    assert take_pushes(meter) == (PUSH_ON_ALARM,)


def test_writing_clears_and_is_logged() -> None:
    meter, driver = listening()
    for event in (Event.REPLACE_BATTERY, Event.WATCHDOG_RESET, Event.CLOCK_INVALID):
        events.record(meter, event)
    assert driver.set(1, ERRORS, 2, dlu(1 << 1)) is DataAccessResult.SUCCESS
    assert meter.state.errors == 1 << 1 | 1 << 0, "the clock is invalid until it is set"
    assert driver.set(1, ALARMS, 2, dlu(0)) is DataAccessResult.SUCCESS
    assert meter.state.alarms == 0
    assert [row[1] for row in rows(meter, Log.STANDARD)[-2:]] == [10, 11]
    set_clock(meter, NOW_S + 7)
    assert meter.state.errors == 1 << 1


@pytest.mark.parametrize("octets", ["110a", "050000000a", "06000001", "00", "0201"])
@pytest.mark.parametrize("code", [ERRORS, ALARMS, FILTER])
def test_a_value_of_another_type_changes_nothing(code: str, octets: str) -> None:
    meter, driver = listening()
    events.record(meter, Event.RAM_ERROR)
    before = to_json(meter.state)
    result = driver.set(1, code, 2, bytes.fromhex(octets))
    assert result is DataAccessResult.TYPE_UNMATCHED
    after = to_json(meter.state)
    for name in ("errors", "alarms", "pushes", "logs", "settings"):
        assert after[name] == before[name], name


def script(code: str, selector: int) -> Data:
    """An action_item."""
    octets = Obis.parse(code).octets if selector else NO_SCRIPT
    return action_item(octets, selector)


def actions(*parts: Data) -> bytes:
    """Attribute 4 of the register monitor with one action set."""
    return axdr.encode(axdr.array((axdr.structure(*parts),)))


def test_the_monitor_watches_the_alarm_register_and_can_be_told_to_keep_still() -> None:
    meter, driver = listening()
    assert driver.get(21, "0-0:16.1.0", 2) == bytes.fromhex("01010600000000")
    value = bytes(driver.get(21, "0-0:16.1.0", 3))
    assert axdr.plain(axdr.decode(value)) == [1, Obis.parse(ALARMS).octets, 2]
    nothing = axdr.null_data()
    for still in (
        actions(nothing, nothing),
        actions(script("0-0:0.0.0", 0), nothing),
        axdr.encode(axdr.array(())),
    ):
        assert driver.set(21, "0-0:16.1.0", 4, still) is DataAccessResult.SUCCESS
        assert driver.get(21, "0-0:16.1.0", 4) == still
        forget(meter)
        events.record(meter, Event.RAM_ERROR)
        assert meter.state.alarms and take_pushes(meter) == ()
    other = actions(script("0-0:10.0.108", 3), nothing)
    assert driver.set(21, "0-0:16.1.0", 4, other) is DataAccessResult.SUCCESS
    driver.set(1, ALARMS, 2, dlu(0))
    events.record(meter, Event.RAM_ERROR)
    assert take_pushes(meter) == (3,)


@pytest.mark.parametrize(
    "octets",
    [
        actions(axdr.null_data()),
        axdr.encode(axdr.array((axdr.structure(*(axdr.null_data(),) * 2),) * 2)),
        actions(axdr.null_data(), axdr.boolean(True)),
        actions(script("0-0:10.0.106", 1), axdr.null_data()),
        actions(script("0-0:10.0.108", 4), axdr.null_data()),
        axdr.encode(axdr.array((axdr.null_data(),))),
        axdr.encode(axdr.array((axdr.unsigned(2),) * 2)),
    ],
)
def test_actions_that_cannot_be_are_logical_errors(octets: bytes) -> None:
    meter, driver = listening()
    kept = driver.get(21, "0-0:16.1.0", 4)
    result = driver.set(21, "0-0:16.1.0", 4, octets)
    assert result is DataAccessResult.OTHER_REASON
    assert driver.get(21, "0-0:16.1.0", 4) == kept


@pytest.mark.parametrize(
    ("event", "flags"),
    [
        (Event.RAM_ERROR, amr.CRITICAL_ERROR | amr.DATA_NOT_VALID),
        (Event.MEASUREMENT_SYSTEM_ERROR, amr.CRITICAL_ERROR | amr.DATA_NOT_VALID),
        (Event.CLOCK_INVALID, amr.CLOCK_INVALID | amr.DATA_NOT_VALID),
        (Event.WATCHDOG_RESET, 0),
    ],
)
def test_rows_are_flagged_as_long_as_the_error_stands(event: Event, flags: int) -> None:
    meter = make_meter()
    meter.advance(NOW_S + 900)
    events.record(meter, event)
    meter.advance(NOW_S + 2 * 900)
    driver = Driver(meter).associate()
    driver.now_s = NOW_S + 2 * 900 + 10
    driver.set(1, ERRORS, 2, dlu(0))
    set_clock(meter, driver.now_s)
    meter.advance(NOW_S + 4 * 900)
    made = axdr.plain(get(meter, (7, "1-0:99.1.0")))
    # The third interval began with the error.
    assert [row[1] for row in made] == [0, flags, flags, 0]


def test_registers_and_pushes_outlive_the_process() -> None:
    meter, _ = listening()
    events.record(meter, Event.RAM_ERROR)
    again = from_json(json.loads(json.dumps(to_json(meter.state))))
    assert (again.errors, again.alarms, again.pushes) == (512, 512, (PUSH_ON_ALARM,))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("errors", -1),
        ("alarms", 1 << 32),
        ("alarms", 1.0),
        ("pushes", [4]),
        ("pushes", [2, 2]),
        ("pushes", [True]),
        ("pushes", 2),
    ],
)
def test_registers_that_cannot_be_are_told(name: str, value: Any) -> None:
    with pytest.raises(ConfigError):
        from_json({**to_json(make_meter().state), name: value})
