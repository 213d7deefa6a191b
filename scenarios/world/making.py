"""Makes worlds: in simulated time over streams in memory, or in real time over sockets."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any, TypeVar

from twisted.internet.defer import ensureDeferred

from scenarios.language.document import Scenario
from scenarios.language.settings import Controller
from scenarios.transport.clock import HeapClock, ScaledClock
from scenarios.transport.garbage import seldom_collected
from scenarios.transport.network import Network, ReactorNetwork, SimulatedNetwork
from scenarios.transport.reactor import run_reactor
from scenarios.world.lab import Lab
from wire.errors import LocalError

T = TypeVar("T")

P1_LATENCY_S = 0.125
"""What about 1400 characters take at 115200 baud."""

MODBUS_LATENCY_S = 0.008
"""One way, on a network in a house."""


def make_world(
    scenario: Scenario,
    controller: Controller,
    speed: float | None = None,
    get_reactor: Callable[[], Any] | None = None,
) -> DrivenLab:
    """A world ready to be driven; `speed` is real time's multiple, None as fast as possible.

    In real time `get_reactor` gives the process's reactor, which the world runs.
    """
    if speed is None or get_reactor is None:
        return SimulatedLab(scenario, controller)
    return RealLab(scenario, controller, speed, get_reactor())


class DrivenLab(Lab):
    """A world that knows how to let its own time pass."""

    _is_shut = False

    def drive(self, play: Coroutine[Any, Any, T]) -> T:
        """Plays a coroutine to its end, the world open around it."""
        raise LocalError("a world is driven in simulated or in real time")

    def close(self) -> None:
        """Takes the world's folder away."""
        self._folder.cleanup()

    async def _play(self, play: Coroutine[Any, Any, T]) -> T:
        try:
            await self.open()
            return await play
        finally:
            play.close()
            await self._end()

    async def _end(self) -> None:
        """Shuts the world, once."""
        if not self._is_shut:
            self._is_shut = True
            await self.shut()


class SimulatedLab(DrivenLab):
    """A world in simulated time: the same seed, the same run."""

    def __init__(self, scenario: Scenario, controller: Controller) -> None:
        random = Random(scenario.seed)
        clock = HeapClock(scenario.world.start.timestamp())
        network = SimulatedNetwork(clock, random)
        super().__init__(scenario, controller, clock, network, random)
        for address in self._addresses:
            p3 = network.link(*address.p3)
            p3.latency_s = scenario.world.wire_latency_s
            p3.loss = scenario.world.loss
            network.link(*address.p1).latency_s = P1_LATENCY_S
            network.link(*address.modbus).latency_s = MODBUS_LATENCY_S
        self.network = network
        self._simulated = clock

    def drive(self, play: Coroutine[Any, Any, T]) -> T:
        """Turns the clock until the play is over."""
        with _interrupted_between_calls(self._simulated), seldom_collected():
            try:
                return self._simulated.play(self._play(play))
            except KeyboardInterrupt:
                # Left to the garbage collector, its parts would complain as they go.
                self._simulated.play(self._end())
                raise

    def play(self, work: Coroutine[Any, Any, T]) -> T:
        """Turns the clock until the work is over, for who drives the world step by step."""
        with _interrupted_between_calls(self._simulated):
            return self._simulated.play(work)

    def turn(self, until: datetime, enough: Callable[[], bool] = lambda: False) -> None:
        """Plays all that is due until then, or until it is enough; the world must be open.

        Raises what went wrong in the background meanwhile.
        """
        clock, until_s = self._simulated, until.timestamp()
        with _interrupted_between_calls(clock), seldom_collected():
            while not enough():
                if not clock.step(until_s):
                    clock.advance(max(0.0, until_s - clock.seconds()))
                    break
        if self._trouble is not None:
            raise self._trouble


@contextmanager
def _interrupted_between_calls(clock: HeapClock) -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the call under way: raised within one, Twisted would take
    the interruption for a failure of that call, and the play would go on, spoilt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    both = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in both}
    held = [number for number, handler in handlers.items() if callable(handler)]
    for number in held:
        signal.signal(number, lambda *_: clock.soon(_interrupt))
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, handlers[number])


def _interrupt() -> None:
    raise KeyboardInterrupt


class RealLab(DrivenLab):
    """A world in real time, on loopback sockets with ports of their own."""

    def __init__(
        self,
        scenario: Scenario,
        controller: Controller,
        speed: float,
        reactor: Any,
        network: Network | None = None,
    ) -> None:
        clock = ScaledClock(reactor, scenario.world.start.timestamp(), speed)
        network = network or ReactorNetwork(reactor)
        super().__init__(scenario, controller, clock, network, None)
        self._reactor = reactor

    def drive(self, play: Coroutine[Any, Any, T]) -> T:
        """Runs the reactor until the play is over."""
        # An interruption stops the reactor; the world must be shut while that still runs.
        self._reactor.addSystemEventTrigger(
            "before", "shutdown", lambda: ensureDeferred(self._end())
        )
        return run_reactor(self._reactor, self._play(play))
