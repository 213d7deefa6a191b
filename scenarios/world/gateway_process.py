"""A station's gateway as a process: it ends, and begins again from its journal."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from chargepoint.edge import Gateway
from chargepoint.journal import MemoryJournal
from chargepoint.modbus_client import ModbusClient
from chargepoint.notices import Notice
from chargepoint.registers import hardware_max_w
from scenarios.transport.stepped_clock import SteppedClock
from scenarios.transport.wires import Wires
from scenarios.world.addresses import Address
from scenarios.world.unit_process import UNIT_MAX_DA
from wire.errors import LocalError
from wire.p1 import Telegram


class GatewayProcess:
    """The gateway between a P1 port, which sends every `period_s`, and a control unit.

    `gateway` is None while it does not run.
    """

    def __init__(
        self,
        clock: IReactorTime,
        period_s: int,
        on_notice: Callable[[Notice], None],
        on_telegram: Callable[[Telegram], None],
    ) -> None:
        self.gateway: Gateway | None = None
        self._clock = SteppedClock(clock)
        self._monotonic = clock.seconds
        self._period_s = period_s
        self._on_notice = on_notice
        self._on_telegram = on_telegram
        self._journal = MemoryJournal()

    async def connect(self, network: Wires, p1: Address, modbus: Address) -> None:
        """Starts it between these."""
        self._network, self._p1, self._modbus = network, p1, modbus
        await self.start()

    async def start(self) -> None:
        """It starts with what it had saved."""
        network = self._network
        self._unit = ModbusClient(network.endpoint(*self._modbus), self._clock)
        self.gateway = Gateway(
            p1=network.endpoint(*self._p1),
            unit=self._unit,
            clock=self._clock,
            monotonic=self._monotonic,
            journal=self._journal,
            hardware_max_w=hardware_max_w(3, UNIT_MAX_DA),
            thinned_s=self._period_s,
            on_notice=self._on_notice,
            on_telegram=self._on_telegram,
        )
        self.gateway.start()

    async def stop(self) -> None:
        """It ends in good order, if it runs; its journal stays."""
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            over = gateway.stop()
            self._unit.close()
            await over

    async def restart(self) -> None:
        """It ends in good order and starts again."""
        if self.gateway is None:
            raise LocalError("the gateway does not run")
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """It ends in the midst of what it does."""
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            gateway.kill()
            self._unit.close()

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.gateway is not None

    def step_clock(self, by_s: float) -> None:
        """Its host's clock makes a step."""
        self._clock.ahead_s += by_s
