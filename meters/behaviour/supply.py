"""The supply fails and returns, on one phase or all (P3, 5.9).

A failure is one of any phase, from the first that goes until all are back. Without any, the
meter stands still, but for its clock: that runs on its reserve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import (
    alarms,
    amr,
    averages,
    disturbance,
    events,
    harmonics,
    profiles,
    quality,
    tariff,
)
from wire.cosem.events import Event, Log
from wire.cosem.rows import SMR55

if TYPE_CHECKING:
    from meters.meter import Meter

# How long the clock runs without supply; then it stands still (main document, clock).
RESERVE_S = 5 * 86_400
_MOST = 0xFFFF


def fail(meter: Meter) -> None:
    """The supply fails, on all phases."""
    state = meter.state
    if state.powered:
        averages.count(meter)
        state.powered = False
        state.off_since_s = state.at_s
        _watch_failure(meter)
        if meter.identity.standard in SMR55:
            events.record(meter, Event.LAST_GASP)
        quality.forget(meter)
        harmonics.forget(meter)


def restore(meter: Meter, now_s: int, reserve_s: int) -> None:
    """The supply is back: missed rows are filled in and flagged, the failure is counted.

    A clock whose reserve was exhausted is behind by then, and known to be invalid.
    """
    state = meter.state
    if state.powered:
        return
    state.at_s = max(now_s, state.at_s)
    state.powered = True
    before_s = state.off_since_s + state.clock_offset_s
    averages.resume(meter)
    stood_still_s = max(0, state.at_s - state.off_since_s - reserve_s)
    state.clock_offset_s -= stood_still_s
    state.interval_flags |= amr.POWER_DOWN
    profiles.fill(meter, before_s, amr.POWER_DOWN)
    alarms.compare_anew(meter)
    disturbance.settle(meter)
    harmonics.watch(meter)
    watch(meter)
    if stood_still_s:
        events.record(meter, Event.CLOCK_INVALID)
    tariff.follow(meter, before_s)


def watch(meter: Meter) -> None:
    """Looks at the voltages, which are not as they were."""
    _watch_failure(meter)
    if meter.state.powered:
        quality.watch(meter)


def failing_s(meter: Meter) -> int:
    """How long the failure of this moment has lasted; 0 when there is none."""
    state = meter.state
    return state.at_s - state.failing_since_s if state.failing_since_s else 0


def _watch_failure(meter: Meter) -> None:
    state = meter.state
    failing = not state.powered or quality.outage(meter)
    if failing and not state.failing_since_s:
        state.failing_since_s = state.at_s
        events.record(meter, Event.POWER_DOWN)
    elif state.failing_since_s and not failing:
        _end(meter, failing_s(meter))


def _end(meter: Meter, duration_s: int) -> None:
    """All phases are back: counts the failure, and a long one is logged by its end."""
    state = meter.state
    state.failing_since_s = 0
    state.failures = min(state.failures + 1, _MOST)
    if duration_s > meter.setting("long_power_failure_threshold", "value").value:
        state.long_failures = min(state.long_failures + 1, _MOST)
        events.logs_of(meter).append(Log.POWER_FAILURE, (meter.clock_s, duration_s))
    events.record(meter, Event.POWER_UP)
