"""The supply fails and returns, on all phases; meanwhile only the clock runs, on its reserve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import amr, events
from meters.behaviour.loadprofile import PERIOD_S
from meters.state import LONG_FAILURE_S
from wire.cosem.events import Log

if TYPE_CHECKING:
    from meters.meter import Meter


def fail(meter: Meter) -> None:
    """The supply fails."""
    state = meter.state
    if state.powered:
        state.powered = False
        state.off_since_s = state.at_s


def restore(meter: Meter, now_s: int) -> None:
    """The supply is back: missed rows are filled in and flagged, the failure is counted."""
    state = meter.state
    if state.powered:
        return
    state.at_s = max(now_s, state.at_s)
    duration_s = state.at_s - state.off_since_s
    state.powered = True
    state.interval_flags |= amr.POWER_DOWN
    clock_s = meter.clock_s
    if state.profile is not None:
        state.profile.fill(clock_s // PERIOD_S, amr.POWER_DOWN)
    state.failures = min(state.failures + 1, 0xFFFF)
    if duration_s > LONG_FAILURE_S:
        state.long_failures = min(state.long_failures + 1, 0xFFFF)
        events.logs_of(meter).append(Log.POWER_FAILURE, (clock_s, duration_s))
