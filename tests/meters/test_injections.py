"""Injections: each by its name, and voltages that are forced for a while."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour.injections import EVENTS, VOLTAGES_DV, Injection, What, inject
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.test_events import rows
from tests.meters.test_quality import counted
from wire.cosem.events import LOG_OF
from wire.errors import ConfigError, LocalError

NO_LOAD = (0, 0, 0)
GOOD = (2300, 2300, 2300)


COVERS_OF_P2 = {What.MBUS_COVER_REMOVED, What.MBUS_COVER_CLOSED}


@pytest.mark.parametrize("what", sorted(set(What) - {What.THD} - COVERS_OF_P2))
def test_each_name_does_something(what: What) -> None:
    meter = make_meter()
    inject(meter, Injection(what))
    assert (what in EVENTS) is not (what in VOLTAGES_DV)
    if what in EVENTS:
        event = EVENTS[what]
        assert rows(meter, LOG_OF[event]) == ((NOW_S, int(event)),)
    else:
        assert meter.state.voltage_dv == (VOLTAGES_DV[what], 2300, 2300)
    assert meter.state.unsaved


def test_a_sag_lasts_as_long_as_it_is_said_to() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG, phase=2, voltage_dv=1800, duration_s=40))
    meter.advance(NOW_S + 39)
    assert meter.state.voltage_dv == (2300, 1800, 2300)
    meter.advance(NOW_S + 40)
    assert meter.state.voltage_dv == GOOD and meter.state.disturbance is None
    assert counted(meter) == ([0, 1, 0], [0, 0, 0])


def test_a_short_sag_does_not_count() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG, duration_s=29))
    meter.advance(NOW_S + 300)
    assert counted(meter) == ([0, 0, 0], [0, 0, 0])


def test_the_network_goes_on_beneath_and_returns() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SWELL, phase=3, duration_s=60))
    inject(meter, Injection(What.VOLTAGE_SAG, phase=1, duration_s=90))
    meter.set_load((100, 0, 0), (2310, 2320, 2330))
    assert meter.state.voltage_dv == (1900, 2320, 2600)
    meter.advance(NOW_S + 60)
    assert meter.state.voltage_dv == (1900, 2320, 2330)
    meter.advance(NOW_S + 90)
    assert meter.state.voltage_dv == (2310, 2320, 2330)
    assert meter.state.power_w == (100, 0, 0)
    assert counted(meter) == ([1, 0, 0], [0, 0, 1])


def test_a_phase_can_be_out_for_a_while() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG, voltage_dv=0, duration_s=20))
    meter.advance(NOW_S + 50)
    assert [row[1] for row in rows(meter, LOG_OF[EVENTS[What.CLOCK_FAULT]])] == [1, 2]
    assert meter.state.failures == 1


def test_it_is_over_when_the_supply_returns_later() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG, duration_s=60))
    meter.advance(NOW_S + 10)
    meter.power_off()
    meter.power_on(NOW_S + 100)
    assert meter.state.voltage_dv == GOOD
    assert counted(meter) == ([0, 0, 0], [0, 0, 0])


def test_a_meter_with_one_phase_has_no_l2() -> None:
    meter = make_meter(phases=1)
    with pytest.raises(LocalError, match="L2"):
        inject(meter, Injection(What.VOLTAGE_SAG, phase=2))
    assert meter.state.disturbance is None
    with pytest.raises(LocalError, match="L0"):
        inject(meter, Injection(What.VOLTAGE_SAG, phase=0))


def test_it_outlives_the_process() -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG, duration_s=60))
    kept = from_json(json.loads(json.dumps(to_json(meter.state))))
    again = Meter(meter.identity, kept, meter.model)
    again.advance(NOW_S + 60)
    assert again.state.voltage_dv == GOOD
    assert counted(again)[0] == [1, 0, 0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("until_s", [0, 0]),
        ("forced_dv", [0, -1, 0]),
        ("network_dv", [2300, 2300, "2300"]),
        ("network_dv", None),
    ],
)
def test_a_disturbance_that_cannot_be_is_told(name: str, value: Any) -> None:
    meter = make_meter()
    inject(meter, Injection(What.VOLTAGE_SAG))
    saved = to_json(meter.state)
    saved["disturbance"] = {**saved["disturbance"], name: value}
    with pytest.raises(ConfigError):
        from_json(saved)
