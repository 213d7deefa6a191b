"""The breaker: commands and buttons, what flows then, what is told, and what is kept."""

from __future__ import annotations

from dataclasses import fields

import pytest

from meters.behaviour.breaker import Breaker
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.switching import (
    CONNECT,
    CONTROL,
    DISCONNECT,
    LOGICAL_ERROR,
    SCRIPTS,
    SUCCESS,
    Bench,
)
from tests.meters.test_meter import read
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import ConfigError, LocalError

OFF_W = 999_999
DONE, REFUSED = ActionResult.SUCCESS, ActionResult.OTHER_REASON


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_new_meter_is_connected(bench: Bench) -> None:
    assert [bench.get(CONTROL, number) for number in (2, 3, 4)] == [True, 1, 4]
    assert bench.meter.state.breaker is None


def test_nothing_flows_past_an_open_breaker_but_there_is_voltage(bench: Bench) -> None:
    bench.meter.set_load((3600, -100, 0), (2300, 2290, 2310))
    bench.later(100)
    assert bench.command(DISCONNECT) is DONE
    assert [bench.get(CONTROL, number) for number in (2, 3)] == [False, 0]
    bench.later(700)
    assert bench.meter.state.energy_wh == [0, 97, 0, 0]
    for code in ("1-0:1.7.0", "1-0:2.7.0", "1-0:21.7.0", "1-0:42.7.0", "1-0:31.7.0"):
        assert bench.get((3, code), 2) == 0, code
    assert bench.get((3, "1-0:52.7.0"), 2) == 229
    values = read(bench.meter.telegram(NOW_S + 700)).values
    assert (values["1-0:1.7.0"], values["0-0:96.3.10"]) == (0, 0)
    bench.meter.set_load((0, 0, 7200), (2300, 2290, 2310))
    assert bench.get((3, "1-0:1.7.0"), 2) == 0
    assert bench.command(CONNECT) is DONE
    assert bench.get((3, "1-0:61.7.0"), 2) == 7200
    values = read(bench.meter.telegram(NOW_S + 700)).values
    assert (values["1-0:1.7.0"], values["0-0:96.3.10"]) == (7200, 1)
    assert bench.events() == [(100, 62, OFF_W), (700, 63, OFF_W)]


def test_a_command_for_what_there_is_does_nothing_and_succeeds(bench: Bench) -> None:
    assert bench.command(CONNECT) is DONE
    assert bench.events() == []
    bench.command(DISCONNECT)
    assert bench.command(DISCONNECT) is DONE
    assert [code for _, code, _ in bench.events()] == [62]


def test_what_the_mode_forbids_is_refused(bench: Bench) -> None:
    assert bench.mode(0) is SUCCESS
    assert bench.command(DISCONNECT) is REFUSED
    assert bench.act(SCRIPTS, 1, axdr.long_unsigned(DISCONNECT)) is REFUSED
    assert bench.get(CONTROL, 3) == 1
    assert bench.events() == []


def test_an_open_breaker_cannot_be_one_that_is_always_connected(bench: Bench) -> None:
    bench.command(DISCONNECT)
    assert bench.mode(0) is LOGICAL_ERROR
    assert bench.get(CONTROL, 4) == 4


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (axdr.enum(7), LOGICAL_ERROR),
        (axdr.enum(255), LOGICAL_ERROR),
        (axdr.unsigned(3), DataAccessResult.TYPE_UNMATCHED),
        (axdr.null_data(), DataAccessResult.TYPE_UNMATCHED),
    ],
)
def test_a_mode_that_is_none(
    bench: Bench, value: axdr.Data, result: DataAccessResult
) -> None:
    assert bench.set(CONTROL, 4, value) is result
    assert bench.get(CONTROL, 4) == 4


def test_a_hand_must_follow_a_remote_connect_in_mode_3(bench: Bench) -> None:
    bench.load(1000)
    bench.mode(3)
    bench.command(DISCONNECT)
    assert bench.command(CONNECT) is DONE
    assert [bench.get(CONTROL, number) for number in (2, 3)] == [False, 2]
    assert bench.get((3, "1-0:1.7.0"), 2) == 0
    assert read(bench.meter.telegram(NOW_S + 1)).values["0-0:96.3.10"] == 2
    assert bench.meter.press_button(close=True)
    assert bench.get((3, "1-0:1.7.0"), 2) == 1000
    assert [code for _, code, _ in bench.events()] == [62, 63, 61]


def test_a_hand_opens_in_mode_2_and_not_in_mode_4(bench: Bench) -> None:
    assert not bench.meter.press_button(close=False)
    assert bench.events() == []
    bench.mode(2)
    assert bench.meter.press_button(close=False)
    assert bench.get(CONTROL, 3) == 2
    assert bench.command(CONNECT) is REFUSED
    assert bench.meter.press_button(close=True)
    assert not bench.meter.press_button(close=True)
    assert [code for _, code, _ in bench.events()] == [60, 61]


def test_a_meter_without_supply_has_no_button(bench: Bench) -> None:
    bench.mode(2)
    bench.meter.power_off()
    assert not bench.meter.press_button(close=False)
    assert bench.connected()


def test_the_script_table_says_what_it_does(bench: Bench) -> None:
    control = bytes.fromhex("000060030aff")
    assert bench.get(SCRIPTS, 2) == [
        [1, [[2, 70, control, 1, 0]]],
        [2, [[2, 70, control, 2, 0]]],
    ]
    assert bench.act(SCRIPTS, 1, axdr.long_unsigned(1)) is DONE
    assert bench.get(CONTROL, 3) == 0
    assert bench.act(SCRIPTS, 1, axdr.long_unsigned(2)) is DONE
    assert bench.get(CONTROL, 3) == 1
    for number in (0, 3, 0xFFFF):
        assert bench.act(SCRIPTS, 1, axdr.long_unsigned(number)) is REFUSED
    assert bench.act(SCRIPTS, 1, axdr.unsigned(1)) is ActionResult.TYPE_UNMATCHED
    assert bench.get(CONTROL, 3) == 1


def test_an_open_breaker_outlives_a_power_cycle_and_a_restart(bench: Bench) -> None:
    bench.load(2000)
    bench.command(DISCONNECT)
    assert bench.meter.state.unsaved
    bench.later(100)
    bench.meter.power_off()
    bench.meter.power_on(NOW_S + 200)
    bench.restart()
    bench.later(1000)
    assert bench.get(CONTROL, 3) == 0
    assert (bench.meter.state.net_w, sum(bench.meter.state.energy_wh)) == (0, 0)
    bench.command(CONNECT)
    assert bench.meter.state.net_w == 2000


def test_whoever_watches_is_told_when_current_can_flow() -> None:
    bench, told = Bench(), []
    bench.meter.on_breaker = lambda at_s, closed: told.append((at_s - NOW_S, closed))
    bench.mode(3)
    bench.later(5)
    bench.command(DISCONNECT)
    bench.later(8)
    bench.command(CONNECT)
    bench.meter.press_button(close=True)
    assert told == [(5, False), (8, True)]


@pytest.mark.parametrize("standard", [Standard.DSMR_4_2_2, Standard.SMR_5_0])
def test_later_standards_have_no_breaker(standard: Standard) -> None:
    meter = make_meter(standard)
    with pytest.raises(LocalError, match="no breaker"):
        meter.press_button(close=False)
    assert not {"0-0:96.3.10", "0-0:17.0.0"} & read(meter.telegram(NOW_S)).values.keys()
    meter.state.breaker = Breaker()
    with pytest.raises(ConfigError, match="no breaker"):
        meter.model.judge(meter)


def test_what_is_kept_is_judged_when_it_returns() -> None:
    good = to_json(make_meter(Standard.DSMR_4_0_6).state)
    whole = Breaker().to_json()
    assert from_json({**good, "breaker": whole}).breaker == Breaker()
    values: list[object] = [None, "1", -1, 1.0, 1 << 40, []]
    for part in fields(Breaker):
        for value in values:
            with pytest.raises(ConfigError):
                from_json({**good, "breaker": {**whole, part.name: value}})
        lacking = {name: value for name, value in whole.items() if name != part.name}
        with pytest.raises(ConfigError):
            from_json({**good, "breaker": lacking})
    for wrong in ({"control_state": 3}, {"threshold_w": 1_000_000}, {"more": 1}):
        with pytest.raises(ConfigError):
            from_json({**good, "breaker": {**whole, **wrong}})
