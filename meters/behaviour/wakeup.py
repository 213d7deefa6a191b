"""What sets a push off beside an alarm: the scheduler, and who calls or sends a message.

A call is rejected and an SMS has no text: it is who calls that says what is wanted (P3,
auto answer and message handler).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import push
from meters.behaviour.recurrence import Pattern, Windows, pattern
from meters.behaviour.task import NEVER
from wire.dlms.data import Data

if TYPE_CHECKING:
    from meters.meter import Meter

_SCHEDULER = "push_scheduler"


def patterns(execution_time: Data) -> list[Pattern]:
    """The instants of an execution time (class 22); raises `WireError` for what is none."""
    pairs = (
        (date.value, time.value)
        for time, date in (e.value for e in execution_time.value)
    )
    found = (pattern(date, time) for date, time in pairs)
    return [instant for instant in found if instant is not None]


def due(meter: Meter, after_s: int) -> int:
    """When the scheduler executes its script next."""
    execution_time = meter.setting(_SCHEDULER, "execution_time")
    if not execution_time.value:
        return NEVER
    offset_s = meter.state.clock_offset_s
    coming = (item.after(after_s + offset_s) for item in patterns(execution_time))
    return min((at_s - offset_s for at_s in coming if at_s is not None), default=NEVER)


def run_schedule(meter: Meter) -> None:
    """The scheduler's time has come."""
    push.execute(meter, meter.setting(_SCHEDULER, "executed_script").value[1].value)


def listening(meter: Meter) -> bool:
    """Whether the meter would take notice of a call now."""
    windows = Windows(meter.setting("auto_answer", "listening_window"))
    return windows.is_open(meter.clock_s)


def called(meter: Meter, caller: str) -> bool:
    """Somebody calls by CSD; whether that is a caller who may wake the meter up."""
    return listening(meter) and _answer(
        meter, meter.setting("auto_answer", "list_of_callers_and_actions"), caller
    )


def texted(meter: Meter, sender: str) -> bool:
    """An empty SMS comes in; whether its sender may wake the meter up."""
    windows = Windows(meter.setting("message_handler", "listening_window"))
    return windows.is_open(meter.clock_s) and _answer(
        meter, meter.setting("message_handler", "list_of_senders_and_actions"), sender
    )


def _answer(meter: Meter, listed: Data, who: str) -> bool:
    if not meter.powered:
        return False
    for item in listed.value:
        number, script = item.value
        if number.value == who.encode("ascii", "replace"):
            return push.execute(meter, script.value[1].value)
    return False
