"""The breaker of a meter: who moves it, what is told of it, and what is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from meters.behaviour import events
from meters.behaviour.disconnect import Cause, ControlState, fulfilled, move
from wire.cosem.dsmr.switching import LIMITER_OFF_W
from wire.cosem.events import Event

if TYPE_CHECKING:
    from meters.meter import Meter

# A remote connect is told even where a hand must follow it: that one has a code of its own.
# There is none for a local connect.
_EVENTS = {
    Cause.REMOTE_DISCONNECT: Event.REMOTELY_DISCONNECTED,
    Cause.REMOTE_CONNECT: Event.REMOTELY_CONNECTED,
    Cause.MANUAL_DISCONNECT: Event.MANUALLY_DISCONNECTED,
    Cause.MANUAL_CONNECT: Event.MANUALLY_CONNECTED,
    Cause.LOCAL_DISCONNECT: Event.LOCALLY_DISCONNECTED,
}


@dataclass(slots=True)
class Breaker:
    """What a meter keeps of its breaker, its scheduler and its limiter, once one was used.

    `scheduled` until the scheduler's time has come. `threshold_w` is the limiter's
    threshold_active; `armed` when the emergency profile was written before its begin,
    `emergency` while it is active. `over` while the import is above the threshold, and
    `crossed_s` since when it has been so, or not (true time); `pending` until the limiter's
    action for it is done.
    """

    control_state: ControlState = ControlState.CONNECTED
    scheduled: bool = False
    threshold_w: int = LIMITER_OFF_W
    armed: bool = False
    emergency: bool = False
    over: bool = False
    pending: bool = False
    crossed_s: int = 0

    @property
    def closed(self) -> bool:
        """Whether current can flow."""
        return self.control_state is ControlState.CONNECTED

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold."""
        return asdict(self) | {"control_state": int(self.control_state)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Breaker:
        """What was kept; raises what Python does for content that is not it."""
        breaker = cls(**saved)
        for part in fields(cls):
            value, default = saved[part.name], part.default
            wanted = bool if isinstance(default, bool) else int
            if type(value) is not wanted or not 0 <= value < 1 << 33:
                raise ValueError(f"{part.name} cannot be {str(value)[:40]}")
        if breaker.threshold_w > LIMITER_OFF_W:
            raise ValueError("its limiter has a threshold that none can have")
        breaker.control_state = ControlState(breaker.control_state)
        return breaker


def used(meter: Meter) -> Breaker:
    """The breaker's state, to be changed."""
    state = meter.state
    if state.breaker is None:
        state.breaker = Breaker()
    return state.breaker


def control_state(meter: Meter) -> ControlState:
    """Where the breaker is."""
    breaker = meter.state.breaker
    return ControlState.CONNECTED if breaker is None else breaker.control_state


def threshold_active_w(meter: Meter) -> int:
    """The threshold that the limiter holds the import against."""
    breaker = meter.state.breaker
    return LIMITER_OFF_W if breaker is None else breaker.threshold_w


def control_mode(meter: Meter) -> int:
    """Who may move the breaker, as the Blue Book numbers it."""
    mode: int = meter.setting("disconnect_control", "control_mode").value
    return mode


def operate(meter: Meter, cause: Cause) -> bool:
    """Moves the breaker, if its mode and state let that cause move it; says whether it did."""
    after = move(control_mode(meter), control_state(meter), cause)
    if after is None:
        return False
    breaker = used(meter)
    was_closed, breaker.control_state = breaker.closed, after
    if cause in _EVENTS:
        events.record(meter, _EVENTS[cause], breaker.threshold_w)
    if breaker.closed is not was_closed:
        meter.switched()
    meter.changed()
    return True


def command(meter: Meter, cause: Cause) -> bool:
    """A command of the central system; says whether the breaker is now as it asks."""
    return operate(meter, cause) or fulfilled(
        control_mode(meter), control_state(meter), cause
    )
