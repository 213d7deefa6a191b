"""Setting the meter's clock, and what that does to the rows that its time stamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import alarms, amr, tariff
from meters.behaviour.loadprofile import PERIOD_S

if TYPE_CHECKING:
    from meters.meter import Meter

# A clock stepped further than this makes its interval unfit for billing (P3, 1-0:0.9.11).
SHIFT_LIMIT_S = 60


def set_clock(meter: Meter, clock_s: int) -> None:
    """Sets the meter's clock (UTC epoch seconds), now.

    A step beyond the limit flags the interval that it falls in. Forward over quarter-hours, it
    leaves rows that were never measured; backward, the rows after the new time are captured
    once more, in place of the old ones: there is one row per period.
    """
    state = meter.state
    step_s = clock_s - meter.clock_s
    before = meter.clock_s // PERIOD_S
    state.clock_offset_s += step_s
    after = clock_s // PERIOD_S
    if abs(step_s) > SHIFT_LIMIT_S:
        state.interval_flags |= amr.CLOCK_ADJUSTED | amr.DATA_NOT_VALID
    if state.profile is not None and len(state.profile):
        if after > before:
            state.profile.fill(after, amr.CLOCK_ADJUSTED)
        elif after < before:
            state.profile.drop_from(after + 1)
    alarms.mend(meter, alarms.Fault.CLOCK_INVALID)
    tariff.switch(meter)
    meter.changed()
