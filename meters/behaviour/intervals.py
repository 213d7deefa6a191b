"""The interval profile: a row of the load profile at each quarter-hour of the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import amr
from meters.behaviour.energy import export_wh, import_wh
from meters.behaviour.loadprofile import CAPACITY, PERIOD_S, LoadProfile

if TYPE_CHECKING:
    from meters.meter import Meter


def due(meter: Meter, after_s: int) -> int:
    """The next quarter-hour of the meter's clock, in true time."""
    offset_s = meter.state.clock_offset_s
    return ((after_s + offset_s) // PERIOD_S + 1) * PERIOD_S - offset_s


def capture(meter: Meter) -> None:
    """Writes the row of the quarter-hour that ends now, and starts the next interval."""
    state, clock_s, zone = meter.state, meter.clock_s, meter.zone
    if state.profile is None:
        state.profile = LoadProfile(CAPACITY)
    status = state.interval_flags | amr.summer_bit(zone, clock_s)
    state.profile.append(
        clock_s // PERIOD_S, import_wh(state), export_wh(state), status, zone
    )
    state.interval_flags = amr.fault_bits(state.errors)
