"""The clocks keep order, and move only as told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import AlreadyCalled, AlreadyCancelled
from twisted.internet.task import Clock

from scenarios.transport.clock import HeapClock, ScaledClock, sleep_until
from wire.errors import LocalError


def test_calls_of_one_instant_keep_their_order() -> None:
    clock, seen = HeapClock(100.0), list[str]()
    clock.callLater(2, seen.append, "later")
    clock.callLater(1, seen.append, "first")
    clock.callLater(1, seen.append, "second")
    clock.soon(seen.append, "soon")
    clock.advance(1)
    assert seen == ["soon", "first", "second"]
    assert clock.seconds() == 101.0


def test_calls_without_a_handle_keep_their_place_among_the_others() -> None:
    clock, seen = HeapClock(100.0), list[tuple[str, float]]()

    def see(name: str) -> None:
        seen.append((name, clock.seconds()))

    clock.callLater(1, see, "first")
    clock.after(1, see, "second")
    clock.callLater(1, see, "third")
    clock.after(0.5, see, "before")
    assert clock.step() and seen == [("before", 100.5)]
    clock.advance(1)
    assert seen[1:] == [("first", 101.0), ("second", 101.0), ("third", 101.0)]
    assert clock.seconds() == 101.5


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.integers(-1, 60))))
def test_it_agrees_with_a_sorted_list(plan: list[tuple[int, bool, int]]) -> None:
    clock, seen = HeapClock(), list[int]()
    expected = []
    for number, (due, cancelled, moved_to) in enumerate(plan):
        call = clock.callLater(due, seen.append, number)
        if moved_to >= 0:
            call.reset(moved_to)
            due = moved_to
        if cancelled:
            call.cancel()
        else:
            expected.append((due, moved_to >= 0, number))
    clock.advance(100)
    due_of = {number: due for due, _, number in expected}
    assert sorted(seen) == sorted(due_of)
    assert [due_of[number] for number in seen] == sorted(due_of.values())
    assert clock.getDelayedCalls() == []


def test_a_call_is_cancelled_or_moved_once_only() -> None:
    clock = HeapClock()
    cancelled = clock.callLater(1, list)
    cancelled.cancel()
    assert not cancelled.active()
    with pytest.raises(AlreadyCancelled):
        cancelled.cancel()
    called = clock.callLater(1, list)
    called.delay(2)
    assert called.getTime() == 3
    clock.advance(2)
    assert called.active()
    clock.advance(1)
    with pytest.raises(AlreadyCalled):
        called.reset(1)


def test_the_past_is_refused() -> None:
    with pytest.raises(LocalError):
        HeapClock().callLater(-1, list)


def test_play_moves_time_for_a_coroutine() -> None:
    clock = HeapClock(50.0)

    async def work() -> float:
        await sleep_until(clock, 80.0)
        await sleep_until(clock, 10.0)
        return clock.seconds()

    assert clock.play(work()) == 80.0


def test_play_raises_what_the_coroutine_raised() -> None:
    async def work() -> None:
        raise LocalError("no")

    with pytest.raises(LocalError, match="^no$"):
        HeapClock().play(work())


def test_play_ends_when_nothing_can_happen() -> None:
    async def work() -> None:
        await Deferred()

    with pytest.raises(LocalError, match="never comes"):
        HeapClock().play(work())


def test_scaled_time_runs_at_its_speed() -> None:
    below = Clock()
    below.advance(7)
    clock, seen = ScaledClock(below, 1000.0, 60.0), list[str]()
    call = clock.callLater(120, seen.append, "done")
    assert call.getTime() == 1120.0
    below.advance(1)
    assert clock.seconds() == 1060.0
    call.reset(120)
    below.advance(1.5)
    assert seen == []
    below.advance(0.5)
    assert seen == ["done"]
