"""What sets a push off beside an alarm: the scheduler, and who calls or sends a message.

A call is rejected and an SMS has no text: it is who calls that says what is wanted (P3,
9.1.3 and 9.1.4).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from meters.behaviour import push
from meters.behaviour.recurrence import Pattern, Windows, pattern
from meters.behaviour.task import NEVER
from wire.dlms.data import Data
from wire.zones import Zone

if TYPE_CHECKING:
    from meters.meter import Meter

_SCHEDULER = "push_scheduler"


class By(StrEnum):
    """How somebody reaches the modem of a meter."""

    CALL = "call"
    SMS = "sms"


# The object that hears of it, its window, and its list of who may and of what is done then.
_OBJECTS = {
    By.CALL: ("auto_answer", "listening_window", "list_of_callers_and_actions"),
    By.SMS: ("message_handler", "listening_window", "list_of_senders_and_actions"),
}


def patterns(execution_time: Data, zone: Zone) -> list[Pattern]:
    """The instants of an execution time (class 22); raises `WireError` for what is none."""
    pairs = (
        (date.value, time.value)
        for time, date in (e.value for e in execution_time.value)
    )
    found = (pattern(date, time, zone) for date, time in pairs)
    return [instant for instant in found if instant is not None]


def due(meter: Meter, after_s: int) -> int:
    """When the scheduler executes its script next."""
    return coming(meter, meter.setting(_SCHEDULER, "execution_time"), after_s)


def coming(meter: Meter, execution_time: Data, after_s: int) -> int:
    """The next instant of an execution time, in true time."""
    if not execution_time.value:
        return NEVER
    offset_s = meter.state.clock_offset_s
    clock_s = (
        item.after(after_s + offset_s) for item in patterns(execution_time, meter.zone)
    )
    return min((at_s - offset_s for at_s in clock_s if at_s is not None), default=NEVER)


def run_schedule(meter: Meter) -> None:
    """The scheduler's time has come."""
    push.execute(meter, meter.setting(_SCHEDULER, "executed_script").value[1].value)


def listening(meter: Meter) -> bool:
    """Whether the meter would take notice of a call now."""
    return _hears(meter, By.CALL)


def woken(meter: Meter, by: By, number: str) -> bool:
    """Somebody calls, or sends an empty SMS; whether the meter does what is listed for that."""
    name, _, listed = _OBJECTS[by]
    if not meter.powered or not _hears(meter, by):
        return False
    for item in meter.setting(name, listed).value:
        listed_number, script = item.value
        if listed_number.value == number.encode("ascii", "replace"):
            return push.execute(meter, script.value[1].value)
    return False


def _hears(meter: Meter, by: By) -> bool:
    name, window, _ = _OBJECTS[by]
    return Windows(meter.setting(name, window), meter.zone).is_open(meter.clock_s)
