"""Two clocks, one code: simulated time as fast as possible, or real time at a speed.

Both are Twisted's `IReactorTime`, and in both `seconds()` is the Unix epoch in UTC seconds.
Twisted's own `task.Clock` sorts all pending calls at every `callLater`; ours is a heap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from math import inf
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import AlreadyCalled, AlreadyCancelled
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from wire.errors import LocalError

Result = TypeVar("Result")
_Function = Callable[..., object]
_Args = tuple[Any, ...]
_PENDING, _CALLED, _CANCELLED = "pending", "called", "cancelled"


@implementer(IDelayedCall)
class HeapCall:
    """One pending call of a `HeapClock`."""

    __slots__ = ("_clock", "_time", "_order", "_function", "_args", "_kwargs", "_state")

    def __init__(
        self,
        clock: HeapClock,
        time: float,
        order: int,
        function: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._clock = clock
        self._time = time
        self._order = order
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._state = _PENDING

    def getTime(self) -> float:
        """When it is due, in epoch seconds."""
        return self._time

    def active(self) -> bool:
        """Whether it is still to come."""
        return self._state is _PENDING

    def cancel(self) -> None:
        """Forgets the call."""
        self._check()
        self._state = _CANCELLED

    def reset(self, secondsFromNow: float) -> None:
        """Makes it due that many seconds from now."""
        self._check()
        self._clock.reschedule(self, self._clock.seconds() + secondsFromNow)

    def delay(self, secondsLater: float) -> None:
        """Makes it due that many seconds later than it was."""
        self._check()
        self._clock.reschedule(self, self._time + secondsLater)

    def _check(self) -> None:
        if self._state is _CALLED:
            raise AlreadyCalled()
        if self._state is _CANCELLED:
            raise AlreadyCancelled()


@implementer(IReactorTime)
class HeapClock:
    """Simulated time: it moves only from one pending call to the next."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now = float(start_s)
        # Instant, order, and what to call: directly, or a call that may have been cancelled.
        self._heap: list[tuple[float, int, HeapCall | None, _Function, _Args]] = []
        self._soon: deque[tuple[_Function, _Args]] = deque()
        self._order = 0

    def seconds(self) -> float:
        """The simulated instant, in epoch seconds."""
        return self._now

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any
    ) -> IDelayedCall:
        """Calls after `delay` seconds; calls of the same instant keep their order."""
        if delay < 0:
            raise LocalError(f"a call {-delay} s in the past")
        self._order += 1
        time, order = self._now + delay, self._order
        call = HeapCall(self, time, order, callable, args, kw)
        heappush(self._heap, (time, order, call, callable, args))
        return call

    def getDelayedCalls(self) -> list[IDelayedCall]:
        """All calls still to come that can be cancelled, in no order."""
        return [
            call
            for _, order, call, _, _ in self._heap
            if call is not None and call.active() and call._order == order
        ]

    def soon(self, function: Callable[..., object], *args: Any) -> None:
        """Calls at this instant, after what already waits; it cannot be cancelled."""
        self._soon.append((function, args))

    def after(self, delay: float, function: Callable[..., object], *args: Any) -> None:
        """Calls after `delay` seconds, for less than `callLater`; it cannot be cancelled."""
        self._order += 1
        heappush(self._heap, (self._now + delay, self._order, None, function, args))

    def reschedule(self, call: HeapCall, time: float) -> None:
        """Moves a pending call; its old place in the heap is skipped when reached."""
        self._order += 1
        call._time = max(time, self._now)
        call._order = self._order
        entry = call._time, call._order, call, call._function, call._args
        heappush(self._heap, entry)

    def step(self, until_s: float = inf) -> bool:
        """Runs the next call, moving time to it; False when none is due by `until_s`."""
        if self._soon:
            function, args = self._soon.popleft()
            function(*args)
            return True
        heap = self._heap
        while heap and heap[0][0] <= until_s:
            time, order, call, function, args = heappop(heap)
            if call is None:
                self._now = time
                function(*args)
                return True
            if call._state is _PENDING and call._order == order:
                self._now = time
                call._state = _CALLED
                function(*args, **call._kwargs)
                return True
        return False

    def advance(self, seconds: float) -> None:
        """Runs all that is due within the next `seconds`, and ends there."""
        end = self._now + seconds
        while self.step(end):
            pass
        self._now = end

    def play(self, work: Coroutine[Deferred[Any], Any, Result]) -> Result:
        """Moves time until the coroutine is done and returns its result.

        Raises what it raised, or `LocalError` when it waits for something that no pending
        call will bring.
        """
        outcome: list[Result | Failure] = []
        ensureDeferred(work).addBoth(outcome.append)
        while not outcome:
            if not self.step():
                raise LocalError("the simulation waits for something that never comes")
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]


@implementer(IReactorTime)
class ScaledClock:
    """Real time that starts at an instant of the scenario and runs `speed` times as fast."""

    def __init__(self, reactor: IReactorTime, start_s: float, speed: float) -> None:
        self._reactor = reactor
        self._origin = reactor.seconds()
        self._start = start_s
        self._speed = speed

    def seconds(self) -> float:
        """The scenario's instant, in epoch seconds."""
        return self._start + (self._reactor.seconds() - self._origin) * self._speed

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any
    ) -> IDelayedCall:
        """Calls after `delay` of the scenario's seconds."""
        return _ScaledCall(
            self._reactor.callLater(delay / self._speed, callable, *args, **kw), self
        )

    def getDelayedCalls(self) -> list[IDelayedCall]:
        """All calls of the reactor below, their times in the scenario's seconds."""
        return [_ScaledCall(call, self) for call in self._reactor.getDelayedCalls()]

    def soon(self, function: Callable[..., object], *args: Any) -> None:
        """Calls at the reactor's next turn."""
        self._reactor.callLater(0, function, *args)

    def to_scenario(self, reactor_s: float) -> float:
        """The scenario's epoch seconds of a reactor's instant."""
        return self._start + (reactor_s - self._origin) * self._speed

    def to_reactor(self, duration_s: float) -> float:
        """How long the reactor takes for a duration of the scenario."""
        return duration_s / self._speed


@implementer(IDelayedCall)
class _ScaledCall:
    __slots__ = ("_call", "_clock")

    def __init__(self, call: IDelayedCall, clock: ScaledClock) -> None:
        self._call = call
        self._clock = clock

    def getTime(self) -> float:
        return self._clock.to_scenario(self._call.getTime())

    def active(self) -> bool:
        return bool(self._call.active())

    def cancel(self) -> None:
        self._call.cancel()

    def reset(self, secondsFromNow: float) -> None:
        self._call.reset(self._clock.to_reactor(secondsFromNow))

    def delay(self, secondsLater: float) -> None:
        self._call.delay(self._clock.to_reactor(secondsLater))


def sleep_until(clock: IReactorTime, instant_s: float) -> Deferred[None]:
    """Fires when the clock shows that instant; at once if it has passed."""
    done: Deferred[None] = Deferred()
    clock.callLater(max(0.0, instant_s - clock.seconds()), done.callback, None)
    return done
