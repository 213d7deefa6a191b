"""When a meter calls: triggers, windows, retries, and what outlives its process."""

from __future__ import annotations

import pytest

from meters.behaviour import push
from meters.behaviour.injections import Injection, What, inject
from meters.behaviour.wakeup import By, woken
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import EQUIPMENT_ID, NOW_S, make_meter
from tests.meters.push_rig import (
    ALARM,
    CALL,
    FILTER,
    OTHER,
    SCHEDULE,
    SUCCESS,
    Rig,
    said,
    window_end,
)
from wire.cosem.dsmr.push import EQUIPMENT_ID as EQUIPMENT_ID_CODE
from wire.cosem.dsmr.push import LATER_ALARMS, SETUPS, UDP_SETUP
from wire.cosem.rows import SMR5, SMR52, SMR55, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult
from wire.errors import ConfigError
from wire.obis import Obis

STANDARDS = pytest.mark.parametrize("standard", list(Standard))


@STANDARDS
def test_an_alarm_pushes_the_register(standard: Standard) -> None:
    rig = Rig(standard).setup(ALARM)
    assert rig.set(FILTER, "value", 0xFFFF_FFFF) is SUCCESS
    rig.set("alarm_register", "value", 0)
    rig.after(1)
    inject(rig.meter, Injection(What.BATTERY_EMPTY))
    pushed = said(rig.after(2))
    registers = 1 + (standard in SMR52) + (standard in SMR55)
    assert pushed.equipment_id == EQUIPMENT_ID
    assert pushed.alarms == (2, 0, 0)[:registers]
    smr5 = standard in SMR5
    assert pushed.logical_name == (SETUPS[ALARM] if smr5 else None)
    push.delivered(rig.meter, ALARM)
    assert rig.meter.state.pushing is None
    inject(rig.meter, Injection(What.WATCHDOG_RESET))
    assert rig.after(3) is None, "the register was not 0 before"


def test_an_alarm_that_the_filter_holds_back_pushes_nothing() -> None:
    rig = Rig().setup(ALARM)
    inject(rig.meter, Injection(What.BATTERY_EMPTY))
    assert rig.after(10) is None and rig.meter.state.pushing is None


@STANDARDS
def test_the_scheduler_pushes_at_its_time_and_again(standard: Standard) -> None:
    rig = Rig(standard).setup(SCHEDULE)
    each_day_at_9 = ((b"\x09\0\0\0", b"\xff\xff\xff\xff\xff"),)
    assert rig.set("push_scheduler", "execution_time", each_day_at_9) is SUCCESS
    assert rig.after(3599) is None
    pushed = said(rig.after(3600))
    smr5 = standard in SMR5
    name = SETUPS[SCHEDULE] if smr5 else Obis.parse("0-0:15.0.4")
    assert (pushed.logical_name, pushed.alarms) == (name, ())
    push.delivered(rig.meter, SCHEDULE)
    assert said(rig.after(3600 + 86_400)) == pushed


def test_the_local_time_of_the_meter_decides() -> None:
    rig = Rig().setup(SCHEDULE)
    assert rig.set("clock", "time_zone", 0) is SUCCESS
    rig.set("push_scheduler", "execution_time", ((b"\x09\0\0\0", b"\xff" * 5),))
    assert rig.after(3600) is None
    assert rig.after(7200) is not None


def test_the_scheduler_may_execute_another_script() -> None:
    rig = Rig().setup(CALL)
    script = bytes.fromhex("00000a006cff"), 3
    assert rig.set("push_scheduler", "executed_script", script) is SUCCESS
    times = ((b"\x09\0\0\0", b"\x07\xe8\x01\x09\xff"),)
    assert rig.set("push_scheduler", "execution_time", times) is SUCCESS
    assert said(rig.after(3600)).logical_name == Obis.parse("0-0:2.3.0")


def test_who_is_listed_wakes_the_meter_up() -> None:
    rig = Rig().setup(CALL)
    script = bytes.fromhex("00000a006cff"), 3
    callers = ((b"+31612345678", script),)
    assert rig.set("auto_answer", "list_of_callers_and_actions", callers) is SUCCESS
    rig.set("message_handler", "list_of_senders_and_actions", callers)
    assert not woken(rig.meter, By.CALL, "+31687654321")
    assert not woken(rig.meter, By.SMS, "+3161234567é")
    assert rig.after(1) is None
    assert woken(rig.meter, By.CALL, "+31612345678")
    assert said(rig.after(2)).equipment_id == EQUIPMENT_ID
    push.delivered(rig.meter, CALL)
    assert woken(rig.meter, By.SMS, "+31612345678")
    rig.meter.power_off()
    assert not woken(rig.meter, By.SMS, "+31612345678")


def test_who_calls_outside_the_window_is_not_heard() -> None:
    rig = Rig().setup(CALL)
    callers = ((b"0612345678", (bytes.fromhex("00000a006cff"), 3)),)
    rig.set("auto_answer", "list_of_callers_and_actions", callers)
    night = ((window_end("02"), window_end("04")),)
    assert rig.set("auto_answer", "listening_window", night) is SUCCESS
    assert rig.driver.get(28, "0-0:2.2.0", 4) == b"\x16\x00"
    assert not woken(rig.meter, By.CALL, "0612345678")
    rig.meter.advance(NOW_S + 19 * 3600)
    assert woken(rig.meter, By.CALL, "0612345678")


def test_a_method_pushes_too_and_one_without_a_destination_does_not() -> None:
    rig = Rig().setup(SCHEDULE)
    outcome = rig.driver.act(40, "0-0:25.9.0", 1, b"\x0f\x00")
    assert outcome.result is ActionResult.SUCCESS
    assert said(rig.after(1)).logical_name == Obis.parse("0-0:15.0.4")
    assert rig.driver.act(9, "0-0:10.0.108", 1, b"\x12\0\2").result == 0
    assert rig.after(2) is None
    assert rig.driver.act(9, "0-0:10.0.108", 1, b"\x12\0\4").result == 250


def test_an_empty_list_sends_no_message() -> None:
    rig = Rig().setup(ALARM, push_object_list=())
    push.execute(rig.meter, 2)
    assert rig.after(1) is None


def test_retries_follow_their_delay_and_end() -> None:
    rig = Rig().setup(ALARM, number_of_retries=2, repetition_delay=60)
    push.execute(rig.meter, 2)
    assert rig.after(0) is not None
    for tried_s in (60, 120):
        push.failed(rig.meter, ALARM)
        assert rig.after(tried_s - 1) is None
        assert rig.after(tried_s) is not None
    push.failed(rig.meter, ALARM)
    assert rig.meter.state.pushing is None
    assert rig.after(86_400) is None


def test_a_push_waits_for_its_window_and_its_random_delay() -> None:
    night = ((window_end("02"), window_end("04")),)
    rig = Rig().setup(
        ALARM, communication_window=night, randomisation_start_interval=100
    )
    rig.meter.random_bytes = lambda size: (101 * 7 + 42).to_bytes(size, "big")
    push.execute(rig.meter, 2)
    opens_s = 18 * 3600
    assert rig.after(opens_s + 41) is None
    assert rig.after(opens_s + 42) is not None


def test_the_clock_of_the_meter_decides_the_window() -> None:
    night = ((window_end("02"), window_end("04")),)
    rig = Rig().setup(ALARM, communication_window=night)
    rig.meter.state.clock_offset_s = -3600
    push.execute(rig.meter, 2)
    assert rig.after(18 * 3600 + 3599) is None
    assert rig.after(19 * 3600) is not None


def test_a_setup_that_is_planned_is_not_planned_again() -> None:
    rig = Rig().setup(ALARM, repetition_delay=60, number_of_retries=1)
    for _ in range(3):
        push.execute(rig.meter, 2)
    assert rig.after(0) is not None and rig.after(1) is None


def test_a_destination_that_goes_ends_the_plan() -> None:
    rig = Rig().setup(ALARM)
    push.execute(rig.meter, 2)
    rig.setup(ALARM, send_destination_and_method=(0, b"", 128))
    assert rig.after(1) is None and rig.meter.state.pushing is None


def test_a_meter_without_supply_calls_nobody() -> None:
    rig = Rig().setup(ALARM)
    push.execute(rig.meter, 2)
    rig.meter.power_off()
    assert rig.after(1) is None
    rig.meter.power_on(NOW_S + 2)
    assert rig.after(3) is not None


def restarted(meter: Meter) -> Meter:
    again = make_meter(meter.identity.standard)
    again.state = from_json(to_json(meter.state))
    again.model.judge(again)
    return again


def test_a_plan_outlives_the_process_and_an_attempt_counts_before_it_is_made() -> None:
    rig = Rig().setup(ALARM, number_of_retries=1, repetition_delay=60)
    push.execute(rig.meter, 2)
    rig.meter = restarted(rig.meter)
    assert rig.after(0) is not None and rig.meter.state.unsaved
    rig.meter = restarted(rig.meter)
    assert rig.after(59) is None
    assert rig.after(60) is not None
    rig.meter = restarted(rig.meter)
    assert rig.after(1000) is None and rig.meter.state.pushing is None


@pytest.mark.parametrize("octets", ["0900", "00", "0f00", "100fff"])
@pytest.mark.parametrize("attribute", ["time_zone", "daylight_savings_begin"])
def test_a_saved_schedule_beside_a_clock_that_cannot_be_is_told(
    octets: str, attribute: str
) -> None:
    rig = Rig().setup(SCHEDULE)
    rig.set("push_scheduler", "execution_time", ((b"\x09\0\0\0", b"\xff" * 5),))
    settings = rig.meter.state.settings
    assert settings is not None
    settings["clock", attribute] = axdr.decode(bytes.fromhex(octets))
    with pytest.raises(ConfigError):
        rig.meter.model.judge(rig.meter)


@pytest.mark.parametrize(
    "plans",
    [
        [[4, NOW_S, 1]],
        [[-1, NOW_S, 1]],
        [[0, -1, 1]],
        [[0, 2**34, 1]],
        [[0, NOW_S, 257]],
        [[0, NOW_S, True]],
        [[0, NOW_S, 1], [0, NOW_S, 1]],
        [[0, NOW_S]],
        [0],
        {"a": 1},
        7,
    ],
)
def test_a_saved_plan_is_judged(plans: object) -> None:
    saved = to_json(make_meter().state)
    saved["pushing"] = plans
    with pytest.raises(ConfigError, match="cannot be read"):
        from_json(saved)


def test_a_plan_of_a_setup_that_the_meter_lacks_is_told() -> None:
    meter = make_meter()
    meter.state = from_json({**to_json(meter.state), "pushing": [[3, NOW_S, 1]]})
    with pytest.raises(ConfigError, match="no push_setup_udp"):
        meter.model.judge(meter)


@pytest.mark.parametrize("standard", sorted(SMR5))
def test_a_push_tells_only_what_the_meter_has(standard: Standard) -> None:
    rig = Rig(standard)
    third = (1, LATER_ALARMS[1].octets, 2, 0)
    identifier = (1, EQUIPMENT_ID_CODE.octets, 2, 0)
    name = (40, SETUPS[ALARM].octets, 1, 0)
    told = rig.set("push_setup_alarm", "push_object_list", (identifier, name, third))
    assert told is (SUCCESS if standard in SMR55 else OTHER)
    scripts = ((2, ((2, 40, SETUPS[UDP_SETUP].octets, 1, 0),)),)
    told = rig.set("push_script_table", "scripts", scripts)
    assert told is (SUCCESS if standard in SMR55 else OTHER)
