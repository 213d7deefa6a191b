"""Distortion of the current: over the limit, for long, back to normal (SMR 5.2, THD)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meters.behaviour.injections import Injection, What, inject
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.access import get, put, restored
from tests.meters.builders import NOW_S, make_meter
from tests.meters.test_events import rows
from wire.cosem.events import Event, Log
from wire.cosem.rows import SMR52, Standard
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult
from wire.errors import ConfigError, LocalError

L1, L2 = 31, 51
THRESHOLD, TO_OVER, LONG = "1-0:11.35.124", "0-1:94.31.22", "1-0:11.44.124"
OVER, NORMAL, FOR_LONG = (
    Event.THD_OVER_LIMIT_L2,
    Event.THD_NORMAL_L2,
    Event.THD_LONG_OVER_LIMIT_L2,
)


def distorted(
    percent: int, lasts_s: int, standard: Standard = Standard.SMR_5_2
) -> Meter:
    """A meter on whose L2 this begins now."""
    meter = make_meter(standard)
    distort(meter, percent, lasts_s)
    return meter


def distort(meter: Meter, percent: int, lasts_s: int) -> None:
    inject(meter, Injection(What.THD, 2, duration_s=lasts_s, percent=percent))


def write(meter: Meter, code: str, value: axdr.Data) -> DataAccessResult:
    result = put(meter, (3, code), 2, value)
    return result


def told(meter: Meter) -> list[tuple[int, ...]]:
    """The THD log: seconds from the begin, code, percent."""
    return [(row[0] - NOW_S, *row[1:]) for row in rows(meter, Log.THD)]


def register(meter: Meter, d: int, c: int = L2) -> int:
    return int(get(meter, (3, f"1-0:{c}.{d}.124")).value)


@pytest.mark.parametrize("standard", sorted(SMR52))
def test_over_the_limit_for_its_time_and_back(standard: Standard) -> None:
    meter = distorted(33, 100, standard)
    meter.advance(NOW_S + 59)
    assert told(meter) == [] and register(meter, 7) == 33
    meter.advance(NOW_S + 60)
    assert told(meter) == [(60, OVER, 33)] and register(meter, 36) == 1
    meter.advance(NOW_S + 99)
    assert register(meter, 7) == 33
    meter.advance(NOW_S + 159)
    assert register(meter, 7) == 0 and len(told(meter)) == 1
    meter.advance(NOW_S + 160)
    assert told(meter)[1:] == [(160, NORMAL, 33)]
    assert (register(meter, 38), register(meter, 36)) == (33, 1)
    assert {register(meter, d, L1) for d in (7, 36, 38)} == {0}
    assert get(meter, (1, "0-0:96.11.8")).value == NORMAL
    assert get(meter, (1, "0-0:96.11.22")).value == 33


@pytest.mark.parametrize(("percent", "lasts_s"), [(20, 900), (40, 59)])
def test_at_the_threshold_or_too_short_is_not_over(percent: int, lasts_s: int) -> None:
    meter = distorted(percent, lasts_s)
    meter.advance(NOW_S + 5000)
    assert told(meter) == [] and register(meter, 36) == 0


def test_within_the_hysteresis_it_stays_over() -> None:
    meter = distorted(25, 70)
    meter.advance(NOW_S + 65)
    distort(meter, 19, 500)
    meter.advance(NOW_S + 500)
    assert len(told(meter)) == 1
    distort(meter, 18, 500)
    meter.advance(NOW_S + 530)
    distort(meter, 30, 10)
    meter.advance(NOW_S + 599)
    assert len(told(meter)) == 1, "it rose again before its time"
    meter.advance(NOW_S + 600)
    assert told(meter)[1:] == [(600, NORMAL, 30)]


def test_for_long_is_told_once() -> None:
    meter = distorted(50, 9000)
    assert write(meter, LONG, axdr.double_long_unsigned(1000)) == 0
    meter.advance(NOW_S + 1059)
    assert len(told(meter)) == 1
    meter.advance(NOW_S + 8000)
    assert told(meter)[1:] == [(1060, FOR_LONG, 50)]


def test_no_times_at_all_are_at_once() -> None:
    meter = make_meter(Standard.SMR_5_2)
    for code in (TO_OVER, LONG):
        assert write(meter, code, axdr.double_long_unsigned(0)) == 0
    distort(meter, 21, 5)
    assert [row[:2] for row in told(meter)] == [(0, OVER), (0, FOR_LONG)]


def test_a_threshold_written_while_it_lasts_holds_at_once() -> None:
    meter = distorted(15, 600)
    meter.advance(NOW_S + 100)
    assert write(meter, THRESHOLD, axdr.long_unsigned(14)) == 0
    meter.advance(NOW_S + 160)
    assert told(meter) == [(160, OVER, 15)]
    mismatch = DataAccessResult.TYPE_UNMATCHED
    assert write(meter, THRESHOLD, axdr.double_long_unsigned(14)) is mismatch


def test_alarms_by_the_second_filter() -> None:
    meter = distorted(50, 9000)
    everything = axdr.double_long_unsigned(0xFFFF_FFFF)
    assert put(meter, (1, "0-0:97.98.11"), 2, everything) == 0
    meter.advance(NOW_S + 60)
    assert meter.state.later_alarms == (1 << 9, 0)
    meter.advance(NOW_S + 3660)
    assert meter.state.later_alarms == (1 << 9 | 1 << 12, 0)


def test_a_fingerprint_is_of_the_third_harmonic() -> None:
    meter = make_meter(Standard.SMR_5_5)
    place = 1, "0-1:94.31.25"
    assert {item.value for item in get(meter, place).value} == {0}
    distort(meter, 12, 60)
    assert [item.value for item in get(meter, place).value][:3] == [0, 12, 0]


def test_the_supply_ends_it_and_nobody_saw_how() -> None:
    meter = distorted(50, 9000)
    meter.advance(NOW_S + 70)
    meter.power_off()
    meter.power_on(NOW_S + 100)
    meter.advance(NOW_S + 159)
    assert len(told(meter)) == 1
    meter.advance(NOW_S + 160)
    assert told(meter)[1:] == [(160, OVER, 50)] and register(meter, 36) == 2


def test_it_outlives_the_process() -> None:
    meter = distorted(33, 100)
    meter.advance(NOW_S + 80)
    again = restored(meter)
    again.advance(NOW_S + 160)
    assert told(again) == [(60, OVER, 33), (160, NORMAL, 33)]


@pytest.mark.parametrize(
    ("standard", "phases", "says"),
    [(Standard.SMR_5_0, 3, "measures no"), (Standard.SMR_5_2, 1, "no L2")],
)
def test_who_cannot_have_it_says_so(standard: Standard, phases: int, says: str) -> None:
    meter = make_meter(standard, phases)
    with pytest.raises(LocalError, match=says):
        distort(meter, 40, 60)
    assert meter.state.harmonics is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("over", [0, 2, 0]),
        ("measured", [0, 1 << 16, 0]),
        ("crossing_s", [0, True, 0]),
        ("peaks", [0, 0]),
        ("counters", None),
    ],
)
def test_a_distortion_that_cannot_be_is_told(name: str, value: Any) -> None:
    saved = json.loads(json.dumps(to_json(distorted(33, 100).state)))
    saved["harmonics"][name] = value
    with pytest.raises(ConfigError):
        from_json(saved)
