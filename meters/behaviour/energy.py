"""Counting energy: watt times second in integers, cut at every quarter-hour of the clock.

The tariff is a fixed one: rate 1 (low) from 23:00 to 07:00 and in the weekend, local time.
Its switches fall on quarter-hours, so between two of these one rate holds.
"""

from __future__ import annotations

from meters.behaviour import amr
from meters.behaviour.loadprofile import CAPACITY, PERIOD_S, LoadProfile
from meters.state import FAILURES_KEPT, LONG_FAILURE_S, State
from wire.instants import from_epoch, local

LOW, NORMAL = 0, 1
# A register shows 999999.999 kWh at most, then starts again at 0 (P1 5.0.2, 6.12).
REGISTER_WH = 10**9
# A clock stepped further than this makes its interval unfit for billing (P3, 1-0:0.9.11).
SHIFT_LIMIT_S = 60


def rate_at(clock_s: int) -> int:
    """The rate that holds at this time of the meter's clock (epoch seconds)."""
    civil = local(from_epoch(clock_s))
    return NORMAL if civil.isoweekday() <= 5 and 7 <= civil.hour < 23 else LOW


def advance(state: State, now_s: int) -> None:
    """Counts energy up to now, and captures a row at each quarter-hour passed."""
    if now_s <= state.at_s:
        return
    if not state.powered:
        state.at_s = now_s
        return
    offset = state.clock_offset_s
    boundary_s = ((state.at_s + offset) // PERIOD_S + 1) * PERIOD_S - offset
    while boundary_s <= now_s:
        _count(state, boundary_s - state.at_s)
        state.at_s = boundary_s
        _capture(state)
        boundary_s += PERIOD_S
    if now_s > state.at_s:
        _count(state, now_s - state.at_s)
        state.at_s = now_s


def _count(state: State, duration_s: int) -> None:
    net_w = state.net_w
    if not net_w:
        return
    export = net_w < 0
    energy_ws = state.remainder_ws[export] + abs(net_w) * duration_s
    if energy_ws >= 3600:
        whole_wh, energy_ws = divmod(energy_ws, 3600)
        register = 2 * export + state.rate
        state.energy_wh[register] = (state.energy_wh[register] + whole_wh) % REGISTER_WH
    state.remainder_ws[export] = energy_ws


def _capture(state: State) -> None:
    """Writes the row of the quarter-hour that ends now, and starts the next interval."""
    clock_s = state.at_s + state.clock_offset_s
    if state.profile is None:
        state.profile = LoadProfile(CAPACITY)
    status = state.interval_flags | amr.summer_bit(clock_s)
    state.profile.append(
        clock_s // PERIOD_S, import_wh(state), export_wh(state), status
    )
    state.interval_flags = 0
    state.rate = rate_at(clock_s)


def import_wh(state: State) -> int:
    """1.8.0: what both import registers add up to."""
    return (state.energy_wh[0] + state.energy_wh[1]) % REGISTER_WH


def export_wh(state: State) -> int:
    """2.8.0: what both export registers add up to."""
    return (state.energy_wh[2] + state.energy_wh[3]) % REGISTER_WH


def power_off(state: State) -> None:
    """The supply fails, on all phases: nothing is counted, the clock runs on its reserve."""
    if state.powered:
        state.powered = False
        state.off_since_s = state.at_s


def power_on(state: State, now_s: int) -> None:
    """The supply is back: missed rows are filled in and flagged, the failure is counted."""
    if state.powered:
        return
    state.at_s = max(now_s, state.at_s)
    duration_s = state.at_s - state.off_since_s
    state.powered = True
    state.interval_flags |= amr.POWER_DOWN
    clock_s = state.at_s + state.clock_offset_s
    if state.profile is not None:
        state.profile.fill(clock_s // PERIOD_S, amr.POWER_DOWN)
    state.rate = rate_at(clock_s)
    state.failures = min(state.failures + 1, 0xFFFF)
    if duration_s > LONG_FAILURE_S:
        state.long_failures = min(state.long_failures + 1, 0xFFFF)
        log = ((clock_s, duration_s), *state.failure_log)
        state.failure_log = log[:FAILURES_KEPT]


def set_clock(state: State, clock_s: int) -> None:
    """Sets the meter's clock (UTC epoch seconds), now.

    A step beyond the limit flags the interval that it falls in. Forward over quarter-hours, it
    leaves rows that were never measured; backward, the rows after the new time are captured
    once more, in place of the old ones: there is one row per period.
    """
    step_s = clock_s - (state.at_s + state.clock_offset_s)
    before = (state.at_s + state.clock_offset_s) // PERIOD_S
    state.clock_offset_s += step_s
    after = clock_s // PERIOD_S
    if abs(step_s) > SHIFT_LIMIT_S:
        state.interval_flags |= amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
    if state.profile is not None and len(state.profile):
        if after > before:
            state.profile.fill(after, amr.CLOCK_ADJUSTED)
        elif after < before:
            state.profile.drop_from(after + 1)
    state.rate = rate_at(clock_s)
    state.unsaved = True
