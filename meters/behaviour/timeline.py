"""What a meter does by itself, in the order of time: between two such instants it only counts."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from meters.behaviour import (
    averages,
    clockwork,
    disturbance,
    energy,
    factory,
    firmware,
    harmonics,
    limiter,
    profiles,
    push,
    quality,
    schedule,
    tariff,
    trials,
    wakeup,
)
from meters.behaviour.task import NEVER, Task
from meters.mbus import master, valve, wireless
from meters.p2 import air

if TYPE_CHECKING:
    from meters.meter import Meter

__all__ = ["NEVER", "TASKS", "Task", "advance"]

# In the order in which they run at one and the same instant: a row is captured with the rate
# that held until now.
TASKS = (
    Task(averages.due, averages.capture),
    Task(profiles.due, profiles.capture),
    Task(tariff.activation_due, tariff.activate),
    Task(tariff.due, tariff.switch),
    Task(schedule.due, schedule.execute),
    Task(limiter.emergency_due, limiter.refresh),
    Task(limiter.action_due, limiter.act),
    Task(quality.due, quality.count),
    Task(harmonics.due, harmonics.judge),
    Task(disturbance.due, disturbance.settle),
    Task(clockwork.due, clockwork.announce),
    Task(firmware.due, firmware.proceed),
    Task(factory.due, factory.reset),
    Task(wakeup.due, wakeup.run_schedule),
    Task(trials.due, trials.run),
    Task(valve.due, valve.run),
    Task(master.due, master.run),
    air.task(wireless.heard),
    Task(push.due, push.execute_asked),
)


def advance(meter: Meter, now_s: int) -> None:
    """Brings a meter up to now; time never runs back, and nothing is due without supply."""
    state = meter.state
    if now_s <= state.at_s:
        return
    if not state.powered:
        state.at_s = now_s
        return
    while (wake_s := next_s(meter)) <= now_s:
        energy.count(state, wake_s - state.at_s)
        state.at_s = wake_s
        _wake(meter, wake_s)
    energy.count(state, now_s - state.at_s)
    state.at_s = now_s


def next_s(meter: Meter) -> int:
    """When something is due, in true time; kept, until the meter changes, in `wake_s`.

    `dues_s` has the same of each task.
    """
    if not meter.wake_s:
        at_s = meter.state.at_s
        meter.dues_s = array("q", [task.due(meter, at_s) for task in TASKS])
        meter.wake_s = min(meter.dues_s)
    return meter.wake_s


def _wake(meter: Meter, wake_s: int) -> None:
    """Runs what is due now; once a task has changed the meter, the others are asked anew."""
    dues_s, asked = meter.dues_s, []
    for number, task in enumerate(TASKS):
        if meter.wake_s == wake_s and dues_s[number] != wake_s:
            continue
        asked.append(number)
        # One that was asked long ago may have found no more than when to ask it again.
        if task.due(meter, wake_s - 1) == wake_s:
            task.run(meter)
    if meter.wake_s != wake_s:
        meter.wake_s = 0
        return
    for number in asked:
        dues_s[number] = TASKS[number].due(meter, wake_s)
    meter.wake_s = min(dues_s)
