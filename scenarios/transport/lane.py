"""One direction of a connection over a disturbed wire."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from scenarios.transport.wire_faults import Direction, WireFaults


class Disturbed(Protocol):
    """A wire, with what is wrong with it now; None: nothing."""

    faults: WireFaults | None
    clock: IReactorTime
    random: Random

    def silent(self, way: Direction) -> bool:
        """Whether nothing passes this way."""


class Lane:
    """One direction of a connection: what goes in comes out in order, however late.

    One thing at a time leaves it, so that pieces stay pieces on a real socket, too.
    """

    def __init__(
        self, wire: Disturbed, way: Direction, on_empty: Callable[[], None]
    ) -> None:
        self._wire = wire
        self._way = way
        self._on_empty = on_empty
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._timer: IDelayedCall | None = None

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._waiting)

    def carry(self, octets: bytes, deliver: Callable[[bytes], None]) -> None:
        """Octets come out, as far as the wire's faults let them."""
        wire, faults = self._wire, self._wire.faults
        if faults is None or not faults.concern(self._way):
            self._put(0.0, lambda: deliver(octets))
        elif not faults.silence:
            delay_s = faults.delay_s(wire.random)
            for piece in faults.slices(faults.spoil(octets, wire.random)):
                self._put(delay_s, lambda piece=piece: deliver(piece))  # type: ignore[misc]

    def follow(self, act: Callable[[], None]) -> None:
        """Something happens after all that is on its way."""
        faults = self._wire.faults
        late = faults is not None and faults.concern(self._way)
        self._put(faults.latency_s if faults and late else 0.0, act)

    def clear(self) -> None:
        """What is on its way is lost."""
        self._waiting.clear()

    def _put(self, delay_s: float, act: Callable[[], None]) -> None:
        due_s = self._wire.clock.seconds() + delay_s
        self._waiting.append((due_s, act))
        if self._timer is None:
            self._timer = self._wire.clock.callLater(delay_s, self._next)

    def _next(self) -> None:
        try:
            if self._waiting:
                _, act = self._waiting.popleft()
                act()
        finally:
            self._timer = None
            if self._waiting:
                left_s = self._waiting[0][0] - self._wire.clock.seconds()
                self._timer = self._wire.clock.callLater(max(0.0, left_s), self._next)
            else:
                self._on_empty()
