"""Voltage sags and swells: when they count, per phase, and what SMR 5 logs of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from tests.meters.test_events import rows
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError
from wire.quantities import PerPhase

NO_LOAD = (0, 0, 0)
GOOD = (2300, 2300, 2300)
SAGS, SWELLS = (f"1-0:{{}}2.{d}.0" for d in (32, 36))


def live(meter: Meter, *stretches: tuple[int, PerPhase]) -> Meter:
    """Lets the voltages be these, each for so many seconds, and good ones at the end."""
    for duration_s, voltage_dv in (*stretches, (0, GOOD)):
        meter.set_load(NO_LOAD, voltage_dv)
        meter.advance(meter.state.at_s + duration_s)
    return meter


def counted(meter: Meter) -> tuple[list[int], list[int]]:
    """Sags and swells per phase, as P3 shows them."""
    driver = Driver(meter).associate()
    driver.now_s = meter.state.at_s
    sags, swells = (
        [
            axdr.decode(bytes(driver.get(1, code.format(digit)))).value
            for digit in (3, 5, 7)[: meter.identity.phases]
        ]
        for code in (SAGS, SWELLS)
    )
    return sags, swells


@pytest.mark.parametrize(
    ("duration_s", "voltage_dv", "sags", "swells"),
    [
        (29, (2069, 2300, 2300), [0, 0, 0], [0, 0, 0]),
        (30, (2069, 2300, 2300), [1, 0, 0], [0, 0, 0]),
        (900, (2069, 2300, 2300), [1, 0, 0], [0, 0, 0]),
        (900, (2070, 2300, 2530), [0, 0, 0], [0, 0, 0]),
        (30, (2300, 2531, 1000), [0, 0, 1], [0, 1, 0]),
        (900, (2300, 114, 2300), [0, 0, 0], [0, 0, 0]),
        (30, (2300, 115, 2300), [0, 1, 0], [0, 0, 0]),
    ],
)
def test_what_lasts_for_its_time_counts_once(
    duration_s: int, voltage_dv: PerPhase, sags: list[int], swells: list[int]
) -> None:
    meter = live(make_meter(), (duration_s, voltage_dv))
    assert counted(meter) == (sags, swells)


def test_each_dip_has_its_own_time() -> None:
    low = (2000, 2300, 2300)
    meter = live(
        make_meter(), (20, low), (1, GOOD), (20, low), (10, (1900, 2300, 2300))
    )
    assert counted(meter)[0] == [1, 0, 0]
    meter = live(make_meter(), (40, low), (1, GOOD), (40, low))
    assert counted(meter)[0] == [2, 0, 0]
    meter = live(make_meter(), (40, low), (40, (2600, 2300, 2300)))
    assert counted(meter) == ([1, 0, 0], [1, 0, 0])


def test_one_phase_counts_its_own_only() -> None:
    meter = live(make_meter(phases=1), (40, (2000, 100, 2600)))
    assert counted(meter) == ([1], [0])


def test_p1_shows_the_counters() -> None:
    meter = live(make_meter(), (40, (2000, 2600, 2300)))
    telegram = meter.telegram(meter.state.at_s).decode("ascii")
    for line in ("32.32.0(00001)", "52.32.0(00000)", "52.36.0(00001)"):
        assert f"1-0:{line}" in telegram


def test_thresholds_and_times_can_be_written() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    for code, shown in (
        ("12.31.0", b"\x12\x00\xcf"),
        ("12.43.0", b"\x12\x00\x1e"),
        ("12.35.0", b"\x12\x00\xfd"),
        ("12.44.0", b"\x12\x00\x1e"),
    ):
        assert driver.get(3, f"1-0:{code}") == shown
    assert driver.set(3, "1-0:12.31.0", 2, b"\x12\x00\xdc") == 0
    assert driver.set(3, "1-0:12.43.0", 2, b"\x12\x00\x05") == 0
    live(meter, (5, (2190, 2300, 2300)))
    assert counted(meter)[0] == [1, 0, 0]


def test_a_time_written_while_a_sag_lasts_holds_at_once() -> None:
    meter = make_meter()
    driver = Driver(meter).associate()
    meter.set_load(NO_LOAD, (2000, 2300, 2300))
    driver.now_s = NOW_S + 20
    assert driver.set(3, "1-0:12.43.0", 2, b"\x12\x00\x0a") == 0
    assert counted(meter)[0] == [1, 0, 0]


@pytest.mark.parametrize("standard", list(Standard))
def test_a_sag_threshold_stays_below_that_of_swells(standard: Standard) -> None:
    meter = make_meter(standard)
    driver = Driver(meter).associate()
    other = DataAccessResult.OTHER_REASON
    assert driver.set(3, "1-0:12.31.0", 2, b"\x12\x00\xfd") is other
    assert driver.set(3, "1-0:12.35.0", 2, b"\x12\x00\xcf") is other
    mismatch = driver.set(3, "1-0:12.31.0", 2, b"\x05\x00\x00\x00\xc8")
    assert mismatch is DataAccessResult.TYPE_UNMATCHED
    assert meter.state.settings is None


def test_smr_5_logs_what_counted_and_when_it_was_over() -> None:
    meter = make_meter(Standard.SMR_5_0)
    live(meter, (20, (2000, 2300, 2300)), (50, (2300, 2000, 2600)))
    assert rows(meter, Log.POWER_QUALITY) == (
        (NOW_S + 50, 78),
        (NOW_S + 50, 82),
        (NOW_S + 70, 84),
        (NOW_S + 70, 85),
    )
    older = live(make_meter(), (50, (2300, 2000, 2600)))
    assert older.state.logs is None


def test_a_sag_ends_with_the_supply() -> None:
    meter = make_meter()
    meter.set_load(NO_LOAD, (2000, 2300, 2300))
    meter.advance(NOW_S + 20)
    meter.power_off()
    meter.power_on(NOW_S + 60)
    assert counted(meter)[0] == [0, 0, 0]
    meter.advance(NOW_S + 90)
    assert counted(meter)[0] == [1, 0, 0], "it is low again since the supply is back"


def test_it_outlives_the_process() -> None:
    meter = live(make_meter(), (40, (2000, 2300, 2300)))
    meter.set_load(NO_LOAD, (2000, 2600, 2300))
    meter.advance(meter.state.at_s + 10)
    kept = from_json(json.loads(json.dumps(to_json(meter.state))))
    again = Meter(meter.identity, kept, meter.model)
    again.advance(meter.state.at_s + 20)
    assert counted(again) == ([2, 0, 0], [0, 1, 0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sags", [0, 0]),
        ("swells", [0, 0, 1 << 16]),
        ("conditions", [0, 4, 0]),
        ("counted", [True, 0, 0]),
        ("since_s", [None, 0, 0]),
        ("since_s", 5),
    ],
)
def test_a_quality_that_cannot_be_is_told(name: str, value: Any) -> None:
    saved = to_json(live(make_meter(), (40, (2000, 2300, 2300))).state)
    saved["quality"] = {**saved["quality"], name: value}
    with pytest.raises(ConfigError):
        from_json(saved)
