"""Code red: an emergency profile, whom it means, and when it begins and ends."""

from __future__ import annotations

import pytest

from meters.behaviour.clockwork import set_clock
from tests.meters.builders import NOW_S
from tests.meters.switching import LIMITER, SUCCESS, Bench, groups, profile, stamp
from tests.meters.test_limiter import OFF_W
from tests.meters.test_meter import read
from wire.dlms.data import Data


@pytest.fixture
def red() -> Bench:
    """In groups 7 and 9, 6000 W and 1500 W, code red from 100 s to 400 s."""
    bench = Bench()
    assert bench.limit(4, 6000) is SUCCESS
    assert bench.limit(5, 1500) is SUCCESS
    assert bench.set(LIMITER, 9, groups((7, 9))) is SUCCESS
    assert bench.set(LIMITER, 8, profile(stamp(100), 300)) is SUCCESS
    return bench


def holds(bench: Bench) -> tuple[object, object]:
    """threshold_active and emergency_profile_active."""
    return bench.get(LIMITER, 3), bench.get(LIMITER, 10)


def test_code_red_begins_and_ends_by_the_clock(red: Bench) -> None:
    red.load(2000)
    red.later(99)
    assert holds(red) == (6000, False)
    red.later(100)
    assert holds(red) == (1500, True)
    assert read(red.meter.telegram(NOW_S + 100)).values["0-0:17.0.0"] == 1500
    red.later(130)
    assert not red.connected()
    red.later(399)
    assert holds(red) == (1500, True)
    red.later(400)
    assert holds(red) == (6000, False)
    assert red.events() == [
        (0, 67, 6000),
        (100, 67, 1500),
        (100, 65, 1500),
        (130, 64, 1500),
        (130, 66, 1500),
        (400, 67, 6000),
    ]


@pytest.mark.parametrize(
    "value",
    [
        profile(b"\xff" * 12, 0, 0),
        profile(stamp(100), 0),
        profile(stamp(100), 300),
        profile(stamp(-86_400), 3600),
    ],
    ids=["null", "no duration", "its own begin has passed", "long ago"],
)
def test_code_red_ends_when_the_profile_is_rewritten(red: Bench, value: Data) -> None:
    red.later(150)
    assert holds(red) == (1500, True)
    assert red.set(LIMITER, 8, value) is SUCCESS
    assert holds(red) == (6000, False)
    red.later(1000)
    assert holds(red) == (6000, False)
    assert red.events() == [(0, 67, 6000), (100, 67, 1500), (150, 67, 6000)]


def test_a_profile_that_is_rewritten_may_begin_anew(red: Bench) -> None:
    red.later(150)
    red.set(LIMITER, 8, profile(stamp(200), 10, 9))
    red.later(200)
    assert holds(red) == (1500, True)
    red.later(210)
    assert holds(red) == (6000, False)


def test_a_profile_may_begin_now(red: Bench) -> None:
    red.later(50)
    red.set(LIMITER, 8, profile(stamp(50), 10))
    assert holds(red) == (1500, True)


def test_another_group_is_not_meant(red: Bench) -> None:
    red.set(LIMITER, 8, profile(stamp(100), 300, 8))
    red.later(200)
    assert holds(red) == (6000, False)
    red.set(LIMITER, 9, groups((8,)))
    assert holds(red) == (1500, True)
    red.set(LIMITER, 9, groups(()))
    assert holds(red) == (6000, False)


@pytest.mark.parametrize("emergency_w", [6000, 7000, OFF_W])
def test_code_red_is_lower_than_normal_or_nothing(red: Bench, emergency_w: int) -> None:
    red.limit(5, emergency_w)
    red.later(200)
    assert holds(red) == (6000, False)
    red.limit(4, OFF_W)
    assert holds(red) == (
        (emergency_w, True) if emergency_w < OFF_W else (OFF_W, False)
    )


def test_the_meters_own_clock_counts(red: Bench) -> None:
    red.later(10)
    set_clock(red.meter, NOW_S + 110)
    red.later(11)
    assert holds(red) == (1500, True)
    red.later(299)
    assert holds(red) == (1500, True)
    red.later(300)
    assert holds(red) == (6000, False)


def test_code_red_outlives_the_process(red: Bench) -> None:
    red.later(50)
    red.restart()
    red.later(100)
    assert holds(red) == (1500, True)
    red.restart()
    assert holds(red) == (1500, True)
    red.later(400)
    assert holds(red) == (6000, False)


@pytest.mark.parametrize(("back_s", "emergency"), [(300, True), (500, False)])
def test_code_red_that_begins_without_supply(
    red: Bench, back_s: int, emergency: bool
) -> None:
    red.later(50)
    red.meter.power_off()
    red.later(back_s)
    red.meter.power_on(NOW_S + back_s)
    assert holds(red)[1] is emergency
    red.later(500)
    assert holds(red) == (6000, False)
