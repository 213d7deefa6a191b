"""A clock that makes a step: what it shows changes, what waits does not."""

from __future__ import annotations

import pytest

from scenarios.transport.clock import HeapClock
from scenarios.transport.stepped_clock import SteppedClock


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_step_changes_the_time_of_day_and_disturbs_nobody(step_s: float) -> None:
    below = HeapClock(10_000.0)
    clock, called = SteppedClock(below), list[float]()
    call = clock.callLater(10, lambda: called.append(below.seconds()))
    other = clock.callLater(5, called.append, 0.0)
    clock.ahead_s += step_s
    assert clock.seconds() == 10_000 + step_s
    assert call.getTime() == 10_010 + step_s
    assert {each.getTime() for each in clock.getDelayedCalls()} == {
        10_005 + step_s,
        10_010 + step_s,
    }
    other.cancel()
    call.delay(10)
    below.advance(15)
    assert called == [] and call.active() and not other.active()
    below.advance(5)
    assert called == [10_020.0]
    last = clock.callLater(1, called.append, 1.0)
    last.reset(100)
    below.advance(99)
    assert len(called) == 1
