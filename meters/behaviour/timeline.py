"""What a meter does by itself, in the order of time: between two such instants it only counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from meters.behaviour import energy, intervals, tariff

if TYPE_CHECKING:
    from meters.meter import Meter

# Later than any clock reaches: nothing is due.
NEVER = 1 << 62


class Task(NamedTuple):
    """Something that is due at instants which can be told in advance.

    `due(meter, after_s)` is the next of them later than `after_s`, both in true time (epoch
    seconds), or `NEVER`; `run` does it, with the meter at that instant.
    """

    due: Callable[[Meter, int], int]
    run: Callable[[Meter], None]


# In the order in which they run at one and the same instant: a row is captured with the rate
# that held until now.
TASKS = (
    Task(intervals.due, intervals.capture),
    Task(tariff.due, tariff.switch),
)


def advance(meter: Meter, now_s: int) -> None:
    """Brings a meter up to now; time never runs back, and nothing is due without supply."""
    state = meter.state
    if now_s <= state.at_s:
        return
    if not state.powered:
        state.at_s = now_s
        return
    while (wake_s := meter.wake_s or _next(meter)) <= now_s:
        energy.count(state, wake_s - state.at_s)
        state.at_s = wake_s
        for task in TASKS:
            if task.due(meter, wake_s - 1) == wake_s:
                task.run(meter)
        meter.wake_s = 0
    energy.count(state, now_s - state.at_s)
    state.at_s = now_s


def _next(meter: Meter) -> int:
    """When something is due; kept, until the meter changes, in `wake_s`."""
    at_s = meter.state.at_s
    meter.wake_s = min(task.due(meter, at_s) for task in TASKS)
    return meter.wake_s
