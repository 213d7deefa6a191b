"""Telegram time between and against telegrams."""

from __future__ import annotations

import pytest

from chargepoint.telegram_clock import STEP_TELEGRAMS, TelegramClock


def running() -> TelegramClock:
    """A clock that shows 1000 at the monotonic instant 0."""
    clock = TelegramClock()
    clock.telegram(1000, 0.0)
    return clock


def test_no_time_before_a_telegram() -> None:
    assert TelegramClock().at(5.0) is None


def test_carried_on_by_the_monotonic_clock() -> None:
    clock = running()
    assert clock.at(7.5) == 1007.5
    assert clock.monotonic(1010) == 10.0


@pytest.mark.parametrize("late_s", [0.0, 0.3, 0.9])
def test_late_telegrams_only_confirm(late_s: float) -> None:
    clock = running()
    for second in range(10, 100, 10):
        assert not clock.telegram(1000 + second, second + late_s)
    assert clock.at(100.0) == 1100.0 and not clock.doubtful


def test_a_little_ahead_is_followed_at_once() -> None:
    clock = running()
    clock.telegram(1070, 10.0)
    assert clock.at(10.0) == 1070.0 and clock.steps == 0


@pytest.mark.parametrize("step_s", [-2, -3600, 61, 86_400 * 365])
def test_a_step_needs_its_telegrams(step_s: int) -> None:
    clock = running()
    for number in range(1, STEP_TELEGRAMS):
        assert not clock.telegram(1000 + 10 * number + step_s, 10.0 * number)
        assert clock.at(10.0 * number) == 1000 + 10 * number and clock.doubtful
    assert clock.telegram(1000 + 10 * STEP_TELEGRAMS + step_s, 10.0 * STEP_TELEGRAMS)
    assert clock.at(100.0) == 1100 + step_s
    assert clock.steps == 1 and not clock.doubtful


def test_telegrams_that_disagree_do_not_add_up() -> None:
    clock = running()
    for number, step_s in enumerate((-500, -900, -500, -900, -500), 1):
        assert not clock.telegram(1000 + 10 * number + step_s, 10.0 * number)
    assert clock.at(0.0) == 1000.0


def test_a_sound_telegram_ends_the_doubt() -> None:
    clock = running()
    for number in range(1, 20):
        step_s = -500 if number % STEP_TELEGRAMS else 0
        assert not clock.telegram(1000 + 10 * number + step_s, 10.0 * number)
    assert clock.steps == 0
