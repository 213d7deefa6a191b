"""The limiter (Blue Book ed. 10, 4.5.9; P3 4.0.6, 5.11): the import held against a threshold.

A crossing is an event at once, and an action when it has lasted. Code red is an emergency
profile that is active: its own, lower threshold holds for a while.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from meters.behaviour import breaker, events
from meters.behaviour.disconnect import Cause
from meters.behaviour.task import NEVER
from wire.cosem.dsmr.switching import CONNECT_SCRIPT, DISCONNECT_SCRIPT, LIMITER_OFF_W
from wire.cosem.events import Event
from wire.errors import WireError
from wire.instants import DateTime
from wire.zones import Zone

if TYPE_CHECKING:
    from meters.meter import Meter

# The limiter opens a breaker at once when it is to, and leaves it open for a minute at least: the
# standard gives its reconnection no time, but with both durations 0 a load that is too high would
# move the contacts every second for ever, which no breaker is made for.
RECLOSE_S = 60

_LOCAL = {
    DISCONNECT_SCRIPT: Cause.LOCAL_DISCONNECT,
    CONNECT_SCRIPT: Cause.LOCAL_CONNECT,
}


def refresh(meter: Meter) -> None:
    """Takes the threshold of this moment into force; another one than before is an event."""
    kept = breaker.used(meter)
    kept.emergency = _in_emergency(meter)
    name = "threshold_emergency" if kept.emergency else "threshold_normal"
    threshold_w = _number(meter, name)
    if threshold_w != kept.threshold_w:
        kept.threshold_w = threshold_w
        events.record(meter, Event.LIMITER_THRESHOLD_CHANGED, threshold_w)
    watch(meter)


def watch(meter: Meter) -> None:
    """Holds the import against the threshold; a crossing is an event and begins to count."""
    state, kept = meter.state, meter.state.breaker
    if kept is None or not state.powered:
        return
    over = state.net_w > kept.threshold_w != LIMITER_OFF_W
    if over is kept.over:
        return
    kept.over, kept.pending, kept.crossed_s = over, True, state.at_s
    event = Event.LIMITER_THRESHOLD_EXCEEDED if over else Event.LIMITER_THRESHOLD_OK
    events.record(meter, event, kept.threshold_w)


def power_up(meter: Meter) -> None:
    """After an outage durations count anew, and code red may have begun or ended meanwhile."""
    kept = meter.state.breaker
    if kept is not None:
        kept.crossed_s = meter.state.at_s
        refresh(meter)


def action_due(meter: Meter, after_s: int) -> int:
    """When the crossing will have lasted long enough for its action."""
    kept = meter.state.breaker
    if kept is None or not kept.pending:
        return NEVER
    side = "over" if kept.over else "under"
    duration_s = _number(meter, f"min_{side}_threshold_duration")
    if not kept.over and not kept.closed:
        duration_s = max(duration_s, RECLOSE_S)
    return max(kept.crossed_s + duration_s, after_s + 1)


def act(meter: Meter) -> None:
    """Executes the script for the side on which the import has stayed."""
    kept = breaker.used(meter)
    kept.pending = False
    meter.changed()
    over, under = meter.setting("limiter", "actions").value
    _, selector = (over if kept.over else under).value
    if selector.value in _LOCAL:
        breaker.operate(meter, _LOCAL[selector.value])


def arm(meter: Meter) -> None:
    """The emergency profile was written: it is active once its begin comes.

    One that has no duration or begins in the past never is, and so ends the one before.
    """
    begin, _ = _profile(meter)
    breaker.used(meter).armed = begin is not None and begin >= meter.clock()
    refresh(meter)


def emergency_due(meter: Meter, after_s: int) -> int:
    """When code red begins or ends next; at once where the clock was set past that."""
    kept = meter.state.breaker
    if kept is None or not kept.armed:
        return NEVER
    if _in_emergency(meter) is not kept.emergency:
        return after_s + 1
    begin_s, end_s = _window(meter)
    offset_s = meter.state.clock_offset_s
    instants = (begin_s - offset_s, end_s - offset_s)
    return min((at_s for at_s in instants if at_s > after_s), default=NEVER)


def begin_of(octets: bytes, zone: Zone) -> datetime | None:
    """The activation time of an emergency profile; None when it is no exact instant.

    The day of the week may be left out; another one than that of the date makes it none.
    """
    try:
        moment = DateTime.decode(octets)
        return zone.instant(moment) if moment.weekday_fits else None
    except WireError:
        return None


def _in_emergency(meter: Meter) -> bool:
    """Code red: the time has come, the meter is in the group, and the threshold is lower."""
    kept = meter.state.breaker
    if kept is None or not kept.armed:
        return False
    begin_s, end_s = _window(meter)
    group, _, _ = meter.setting("limiter", "emergency_profile").value
    groups = meter.setting("limiter", "emergency_profile_group_id_list").value
    return (
        begin_s <= meter.clock_s < end_s
        and group in groups
        and _number(meter, "threshold_emergency") < _number(meter, "threshold_normal")
    )


def _window(meter: Meter) -> tuple[int, int]:
    """From when to when code red is to hold, by the meter's clock (epoch seconds)."""
    begin, duration_s = _profile(meter)
    if begin is None:
        return 0, 0
    begin_s = int(begin.timestamp())
    return begin_s, begin_s + duration_s


def _profile(meter: Meter) -> tuple[datetime | None, int]:
    _, begin, duration = meter.setting("limiter", "emergency_profile").value
    return begin_of(begin.value, meter.zone), duration.value


def _number(meter: Meter, name: str) -> int:
    number: int = meter.setting("limiter", name).value
    return number
