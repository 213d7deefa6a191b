"""The clock of one process of a world: it tells another time of day after a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer


@implementer(IReactorTime)
class SteppedClock:
    """Another clock's time, `ahead_s` of it.

    What waits is not disturbed by a step: it waits for as long as it was told to.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.ahead_s = 0.0
        self._clock = clock

    def seconds(self) -> float:
        """What it shows, in epoch seconds."""
        return self._clock.seconds() + self.ahead_s

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any
    ) -> IDelayedCall:
        """Calls after `delay` seconds."""
        return _SteppedCall(self._clock.callLater(delay, callable, *args, **kw), self)

    def getDelayedCalls(self) -> list[IDelayedCall]:
        """All calls of the clock below, their times as this one will show them."""
        return [_SteppedCall(call, self) for call in self._clock.getDelayedCalls()]


@implementer(IDelayedCall)
class _SteppedCall:
    __slots__ = ("_call", "_clock")

    def __init__(self, call: IDelayedCall, clock: SteppedClock) -> None:
        self._call = call
        self._clock = clock

    def getTime(self) -> float:
        return self._call.getTime() + self._clock.ahead_s

    def active(self) -> bool:
        return bool(self._call.active())

    def cancel(self) -> None:
        self._call.cancel()

    def reset(self, secondsFromNow: float) -> None:
        self._call.reset(secondsFromNow)

    def delay(self, secondsLater: float) -> None:
        self._call.delay(secondsLater)
