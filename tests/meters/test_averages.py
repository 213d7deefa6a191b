"""Means over ten minutes: of the load as it was, whenever it changed, and of nothing else."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import restored
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult
from wire.errors import ConfigError

VOLTAGE = (2300, 2310, 2290)
# In DSMR 4; SMR 5 has power at D = 4.
MEANS = ("32.24", "31.24", "21.24", "22.24")


def shown(meter: Meter, *codes: str) -> list[int]:
    """The values of registers, as management reads them."""
    driver = Driver(meter)
    driver.now_s = meter.state.at_s
    driver.counter = (meter.state.received_counter or 0) + 1
    driver.associate()
    values = []
    for code in codes:
        octets = driver.get(3, f"1-0:{code}.0")
        values.append(axdr.decode(octets).value)  # type: ignore[arg-type]
    driver.release()
    return values


def test_nothing_is_shown_before_ten_minutes_are_over() -> None:
    meter = make_meter()
    meter.set_load((1000, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 599)
    assert shown(meter, *MEANS) == [0, 0, 0, 0]
    meter.advance(NOW_S + 600)
    assert shown(meter, *MEANS) == [230, 4, 1000, 0]
    meter.set_load((0, 0, 0), (0, 0, 0))
    meter.advance(NOW_S + 1199)
    assert shown(meter, *MEANS) == [230, 4, 1000, 0]
    meter.advance(NOW_S + 1200)
    assert shown(meter, *MEANS) == [0, 0, 0, 0]


def test_a_mean_weighs_each_load_by_its_time() -> None:
    meter = make_meter()
    meter.set_load((600, 0, 0), (2200, 2300, 2300))
    meter.advance(NOW_S + 150)
    meter.set_load((-1000, 0, 0), (2400, 2300, 2300))
    meter.advance(NOW_S + 600)
    assert shown(meter, *MEANS) == [235, 4, 150, 750]
    assert shown(meter, "52.24", "41.24") == [230, 0]


@pytest.mark.parametrize(
    ("standard", "kind"), [(Standard.DSMR_4_2_2, 24), (Standard.SMR_5_0, 4)]
)
def test_reactive_power_has_means_of_its_own(standard: Standard, kind: int) -> None:
    meter = make_meter(standard)
    meter.set_load((3000, 0, 0), VOLTAGE, (-4000, 500, 0))
    meter.advance(NOW_S + 150)
    meter.set_load((0, 0, 0), VOLTAGE)
    assert meter.state.reactive_var == (-4000, 500, 0), "as it was"
    meter.advance(NOW_S + 300)
    meter.set_load((0, 0, 0), VOLTAGE, (200, 0, 0))
    meter = restored(meter)
    meter.advance(NOW_S + 600)
    shown_var = shown(meter, *(f"{c}.{kind}" for c in (23, 24, 43, 44, 63, 64)))
    assert shown_var == [100, 2000, 250, 0, 0, 0]


def test_the_current_follows_from_both_powers() -> None:
    meter = make_meter()
    meter.set_load((3000, 0, 0), VOLTAGE, (-4000, 2310, 0))
    assert [meter.current_ca(phase) for phase in range(3)] == [2174, 1000, 0]
    assert b"1-0:31.7.0(022*A)" in meter.telegram(NOW_S)
    meter.advance(NOW_S + 600)
    assert shown(meter, "31.24", "51.24") == [22, 10]


def test_it_agrees_with_a_count_of_every_second() -> None:
    random, meter = Random(5), make_meter(Standard.SMR_5_0)
    at_s, seconds = NOW_S, []
    while at_s < NOW_S + 1800:
        load = random.randrange(-5000, 5000), random.randrange(2000, 2500)
        meter.set_load((load[0], 0, 0), (load[1], 2300, 2300))
        step_s = random.choice([1, 7, 60, 200])
        seconds += [(*load, meter.current_ca(0))] * step_s
        at_s += step_s
        meter.advance(at_s)
        done = (at_s - NOW_S) // 600 * 600
        if done:
            last = seconds[done - 600 : done]
            expected = [
                (sum(second[1] for second in last) + 300) // 600,
                (sum(second[2] for second in last) + 300) // 600,
                (sum(max(0, second[0]) for second in last) + 300) // 600,
                (sum(max(0, -second[0]) for second in last) + 300) // 600,
            ]
            codes = ("32.24", "31.24", "21.4", "22.4")
            assert shown(meter, *codes) == expected


def test_the_ten_minutes_are_the_clocks() -> None:
    meter = make_meter()
    meter.set_load((600, 0, 0), VOLTAGE)
    meter.state.clock_offset_s = 100
    meter.changed()
    meter.advance(NOW_S + 499)
    assert shown(meter, "21.24") == [0]
    meter.advance(NOW_S + 500)
    assert shown(meter, "21.24") == [600]


def test_past_an_open_breaker_nothing_flows() -> None:
    meter = make_meter(Standard.DSMR_4_0_6)
    meter.set_load((600, 0, 0), VOLTAGE, (1000, 0, 0))
    meter.advance(NOW_S + 450)
    driver = Driver(meter)
    driver.now_s = NOW_S + 450
    disconnected = driver.associate().act(70, "0-0:96.3.10", 1, b"\x0f\x00")
    assert disconnected.result is ActionResult.SUCCESS
    driver.release()
    meter.advance(NOW_S + 600)
    assert shown(meter, "21.24", "23.24", "32.24") == [450, 750, 230]


def test_while_the_supply_is_away_nothing_is_measured() -> None:
    meter = make_meter()
    meter.set_load((600, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 300)
    meter.power_off()
    meter.advance(NOW_S + 400)
    meter.set_load((9000, 0, 0), VOLTAGE)
    meter.power_on(NOW_S + 450)
    meter.set_load((1200, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 600)
    assert shown(meter, "21.24") == [800], "300 s of 600 W, 150 s of 1200 W"


def test_the_sums_outlive_a_restart() -> None:
    meter = make_meter()
    meter.set_load((600, -30, 0), VOLTAGE)
    meter.advance(NOW_S + 700)
    meter.set_load((1200, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 800)
    state = from_json(json.loads(json.dumps(to_json(meter.state))))
    again = Meter(meter.identity, state, meter.model)
    for one in (meter, again):
        one.advance(NOW_S + 1200)
    assert shown(again, *MEANS, "42.24") == shown(meter, *MEANS, "42.24")
    assert shown(again, "21.24") == [1100]


@pytest.mark.parametrize(
    "changed",
    [
        {"since_s": -1},
        {"since_s": "1"},
        {"measured_s": [1]},
        {"measured_s": [1.5, 0]},
        {"sums": [0] * 11},
        {"sums": [-1] * 12},
        {"last": [1 << 63] * 12},
        {"last": None},
    ],
)
def test_averages_that_cannot_be_are_told(changed: dict[str, Any]) -> None:
    meter = make_meter()
    meter.advance(NOW_S + 600)
    saved = to_json(meter.state)
    with pytest.raises(ConfigError):
        from_json({**saved, "averages": {**saved["averages"], **changed}})


def test_the_totals_are_sums_and_net() -> None:
    meter = make_meter()
    meter.set_load((2300, -1155, 1145), VOLTAGE)
    assert shown(meter, "90.7", "16.7") == [20, 2290]
    meter.set_load((-2300, 0, 0), VOLTAGE)
    assert shown(meter, "90.7", "16.7") == [10, -2300]
    finer = make_meter(Standard.SMR_5_0)
    finer.set_load((2300, -1155, 1145), VOLTAGE)
    assert shown(finer, "90.7") == [2000]


def test_reactive_power_is_none_at_a_power_factor_of_1() -> None:
    meter = make_meter()
    meter.set_load((2300, 0, 0), VOLTAGE)
    meter.advance(NOW_S + 600)
    assert shown(meter, "23.24", "24.24", "63.24") == [0, 0, 0]
