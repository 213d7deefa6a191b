"""A station's meter as a process: its ports, its calls to the head-end, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import ensureDeferred, succeed
from twisted.internet.interfaces import IReactorTime

from meters.behaviour.clockwork import YEARS, set_clock
from meters.meter import Meter
from meters.p1.port import P1Port
from meters.p3.protocol import P3Factory
from meters.push_line import PushLine
from scenarios.transport.network import Port
from scenarios.transport.wires import Wire, Wires
from scenarios.world.addresses import Address
from scenarios.world.keeper import Keeper
from wire.errors import LocalError
from wire.instants import from_epoch


class MeterProcess:
    """A meter at P3 and P1.

    `on_keep` is called when it has kept what it must not forget, `on_begin` with the meter that
    begins again.
    While it does not run it measures nothing, and its breaker stays as it was.
    """

    def __init__(
        self,
        keeper: Keeper,
        clock: IReactorTime,
        period_s: int,
        on_keep: Callable[[Meter], None],
        on_begin: Callable[[Meter], None],
    ) -> None:
        self.meter = keeper.meter
        self.runs = True
        self._keeper = keeper
        self._clock = clock
        self._period_s = period_s
        self._on_keep = on_keep
        self._on_begin = on_begin
        self._ports: list[Port] = []
        self._pushes: PushLine | None = None
        self._wakes_s = int(clock.seconds())
        self._closed = succeed(None)
        self._begin()

    @property
    def plugged(self) -> bool:
        """Whether the P1 cable is in."""
        return self._p1.plugged

    async def listen(
        self, network: Wires, p3: Address, p1: Address, calls: Wire
    ) -> list[Address]:
        """Opens its ports, where it returns, and calls out over the wire `calls`."""
        for address, factory in ((p3, self._p3), (p1, self._p1)):
            self._ports.append(await network.listen(*address, factory))
        self._pushes = PushLine(
            self.meter,
            lambda host, port: calls.endpoint(network.endpoint(host, port)),
            self._clock,
            self._save,
            lambda *datagram: calls.send(network, *datagram),
        )
        self._network, self._calls = network, calls
        self._addresses = [port.address for port in self._ports]
        return self._addresses

    async def close(self) -> None:
        """Closes the ports and all connections."""
        ports, self._ports = self._ports, []
        for port in ports:
            await port.close()
        self.hang_up()
        self._p1.close()

    def hang_up(self) -> None:
        """Breaks off what it speaks of with the head-end."""
        if self._pushes is not None:
            self._pushes.hang_up()
        self._p3.hang_up()

    def plug(self, cable: bool) -> None:
        """The P1 cable goes in or out."""
        if cable:
            self._p1.replug()
        else:
            self._p1.unplug()

    def advance(self, now_s: int) -> None:
        """Lets it live until now, if it does."""
        if self.runs:
            self.meter.advance(now_s)

    def tick(self, now_s: int) -> None:
        """Lets P1 send, and keeps what is to be kept by now."""
        if self.runs:
            self._p1.tick(now_s)
            self._keeper.tick(now_s)

    def call(self, now_s: int) -> None:
        """Lets it call the head-end, if it has a reason to."""
        if self.runs and self._pushes is not None:
            self._pushes.tick(now_s)

    def await_due(self, wake: Callable[[int], None]) -> None:
        """Has `wake` called at the meter's own next second, if others would miss that."""
        meter = self.meter
        if not self.runs:
            return
        if not (meter.has_breaker or meter.state.attached or meter.state.mbus):
            return
        if meter.next_s != self._wakes_s:
            self._wakes_s = meter.next_s
            delay_s = max(0.0, self._wakes_s - self._clock.seconds())
            self._clock.callLater(delay_s, wake, self._wakes_s)

    def kill(self) -> None:
        """It ends: what it had not kept is gone."""
        self.runs = False
        self.meter.on_breaker = None
        self._keeper.kill()
        self._closed = ensureDeferred(self.close())

    async def start(self) -> None:
        """It begins again from what it kept; the supply is as it was."""
        await self._closed
        now_s, dead = int(self._clock.seconds()), self.meter
        self.meter = self._keeper.restore(now_s)
        # What hangs on its bus lives on without it.
        self.meter.state.attached = dead.state.attached
        if not dead.powered:
            self.meter.power_off()
        self.runs = True
        plugged = self._p1.plugged
        self._begin()
        self.plug(plugged)
        self._on_begin(self.meter)
        p3, p1 = self._addresses
        await self.listen(self._network, p3, p1, self._calls)

    def step_clock(self, by_s: float) -> None:
        """Its own clock makes a step, as if it had been set."""
        self.meter.advance(int(self._clock.seconds()))
        clock_s = self.meter.clock_s + int(by_s)
        if from_epoch(clock_s).year not in YEARS:
            first, last = YEARS[0], YEARS[-1]
            raise LocalError(f"a meter's clock is in the years {first} to {last}")
        set_clock(self.meter, clock_s)

    def _begin(self) -> None:
        self._p3 = P3Factory(self.meter, self._clock, self._save)
        self._p1 = P1Port(self.meter.telegram, self._clock, self._period_s)

    def _save(self, meter: Meter) -> None:
        self._keeper.save()
        self._on_keep(meter)
