"""A station's control unit as a process: its registers on Modbus, and its power."""

from __future__ import annotations

from twisted.internet.defer import ensureDeferred, succeed
from twisted.internet.interfaces import IReactorTime

from chargepoint.modbus_server import UnitServerFactory
from chargepoint.unit import ControlUnit
from scenarios.transport.network import Port
from scenarios.transport.wires import Wires
from scenarios.world.addresses import Address
from wire.errors import LocalError

UNIT_MAX_DA = 320


class UnitProcess:
    """A control unit that boots whenever it gets its power, which the meter's breaker cuts.

    While it does not run nothing is drawn: its contactor has fallen off.
    """

    def __init__(self, unit: ControlUnit, clock: IReactorTime) -> None:
        self.unit = unit
        self.runs = True
        self._clock = clock
        self._masters = UnitServerFactory(unit, clock)
        self._port: Port | None = None
        self._closed = succeed(None)
        self.powered = True

    async def listen(self, network: Wires, wanted: Address) -> Address:
        """Opens its port; where."""
        self._network = network
        self._port = await network.listen(*wanted, self._masters)
        self._address = self._port.address
        return self._address

    async def close(self) -> None:
        """Closes the port and all connections."""
        port, self._port = self._port, None
        self._masters.hang_up()
        if port is not None:
            await port.close()

    def restart(self) -> None:
        """It boots, if it has power: connections drop and setpoints are gone."""
        if not self.runs:
            raise LocalError("the unit does not run")
        self._masters.hang_up()
        self._boot()

    def power(self, now_s: int, on: bool) -> None:
        """The breaker has moved: it boots, or draws nothing."""
        self.powered = on
        if on and self.runs:
            self.unit.restart(now_s)
        elif not on:
            self._masters.hang_up()
            self.unit.power_off(now_s)

    def kill(self) -> None:
        """It ends; its port is closed, and nothing is drawn."""
        self.runs = False
        self._closed = ensureDeferred(self.close())
        self.unit.power_off(int(self._clock.seconds()))

    async def start(self) -> None:
        """It boots, with what it keeps over a restart."""
        await self._closed
        self.runs = True
        self._boot()
        await self.listen(self._network, self._address)

    def step_clock(self, by_s: float) -> None:
        """The clock by which it follows profiles makes a step."""
        now_s, point = int(self._clock.seconds()), self.unit.station
        self.unit.advance(now_s)
        point.clock.set(now_s, point.clock.at(now_s) + int(by_s))
        point.settle()

    def _boot(self) -> None:
        if self.powered:
            self.unit.restart(int(self._clock.seconds()))
