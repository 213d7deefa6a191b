"""A control unit in real time: on a TCP port or a serial line, with what it keeps in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTime, IStreamServerEndpoint
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from chargepoint.car import Visits
from chargepoint.durable import replace_file
from chargepoint.kept import Kept
from chargepoint.modbus import Framing
from chargepoint.modbus_server import Registers, UnitProtocol, UnitServerFactory
from chargepoint.serial_line import open_pty, open_serial
from chargepoint.sessions import staying
from chargepoint.unit import ControlUnit
from wire.addresses import Address, RtuAddress, TcpAddress
from wire.errors import ConfigError, LocalError, SurroundingsError

TICK_S = 1.0
SAVE_EVERY_S = 60
"""How often the energy is saved; changed settings are saved at once."""

_log = Logger()


Reactor = Any
"""Twisted's reactor: its time, core, TCP and file descriptors at once."""


@dataclass(frozen=True, slots=True)
class SimulatedCar:
    """A car that is plugged in from the start and stays: what it wants and can take.

    `phase` is the one that a single-phase car loads.
    """

    energy_wh: int
    phases: int = 3
    phase: int = 1
    max_w: int = 11_000

    def visits(self, now_s: int) -> Visits:
        """Its one visit, from now on."""
        car = staying("", now_s, self.energy_wh, self.phases, self.phase, self.max_w)
        return Visits([car])


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """How the unit is built and configured; `own_limit_w` None is what the hardware allows."""

    serial: str = "DSMRLAB-UNIT"
    phases: int = 3
    hardware_max_da: int = 320
    own_limit_w: int | None = None
    car: SimulatedCar | None = None

    def build(self, now_s: int, kept: Kept) -> ControlUnit:
        """The unit."""
        return ControlUnit(
            self.serial,
            now_s=now_s,
            phases=self.phases,
            hardware_max_da=self.hardware_max_da,
            own_limit_w=self.own_limit_w,
            visits=self.car.visits(now_s) if self.car else None,
            kept=kept,
        )


class StateFile:
    """What a unit keeps, as JSON in a file; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._saved: Kept | None = None

    def load(self) -> Kept:
        """What was saved; the defaults when there is no file yet.

        Raises `ConfigError` for a file that holds anything else.
        """
        if self._path is None or not self._path.exists():
            return Kept()
        try:
            kept = Kept.from_json(json.loads(self._path.read_bytes()))
        except (OSError, ValueError, RecursionError, LocalError) as error:
            raise ConfigError(
                f"is not a unit's state ({error}); remove it to start afresh",
                str(self._path),
            ) from None
        self._saved = kept
        return kept

    def save(self, kept: Kept) -> None:
        """Saves at once and whole, or raises `SurroundingsError` and leaves what was there."""
        if self._path is None or kept == self._saved:
            return
        try:
            replace_file(self._path, json.dumps(kept.to_json()).encode("ascii"))
        except OSError as error:
            raise SurroundingsError(
                f"{self._path} cannot be written: {error.strerror}"
            ) from None
        self._saved = kept


class UnitService:
    """A unit at work: it lives by the clock, a second at a time, and saves what it keeps.

    Masters are served through it, so that settings are saved before their write is answered.
    """

    def __init__(
        self, unit: ControlUnit, clock: IReactorTime, state: StateFile
    ) -> None:
        self.unit = unit
        self._clock = clock
        self._state = state
        self._kept = unit.kept
        self._save_at_s = unit.station.now_s + SAVE_EVERY_S
        self._ticking = LoopingCall(self.tick)
        self._ticking.clock = clock

    def start(self) -> None:
        """Ticks from now on."""
        self._ticking.start(TICK_S)

    def stop(self) -> None:
        """Ticks no more, and saves."""
        if self._ticking.running:
            self._ticking.stop()
        self.tick(last=True)

    def advance(self, now_s: int) -> None:
        """Lets time pass for the unit."""
        self.unit.advance(now_s)

    def read(self, address: int, count: int) -> list[int]:
        """Reads the unit's registers."""
        return self.unit.read(address, count)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Writes the unit's registers, and saves settings that are to be kept."""
        self.unit.write(address, words)
        self.tick()

    def tick(self, last: bool = False) -> None:
        """Lives until now; a file that cannot be written is no reason to stop charging."""
        now_s = int(self._clock.seconds())
        self.unit.advance(now_s)
        kept = self.unit.kept
        changed = replace(kept, lifetime_ws=0) != replace(self._kept, lifetime_ws=0)
        if not (last or changed or now_s >= self._save_at_s):
            return
        self._kept = kept
        self._save_at_s = now_s + SAVE_EVERY_S
        try:
            self._state.save(kept)
        except SurroundingsError as error:
            if last:
                raise
            _log.warn("{error}", error=error)


def run_unit(
    reactor: Reactor,
    listen: Address,
    state_path: Path | None,
    settings: UnitSettings = UnitSettings(),
    on_ready: Callable[[Address], None] = lambda address: None,
) -> Deferred[None]:
    """Serves one unit until the reactor stops, as SIGTERM makes it; the state is then saved.

    An `rtu:` path that exists is opened as a serial device; otherwise it becomes a link to a
    new pseudo-terminal. `on_ready` hears where it really listens. Fails with `ConfigError` for
    a damaged state file and `SurroundingsError` for a port or device that cannot be had.
    """
    return ensureDeferred(_run_unit(reactor, listen, state_path, settings, on_ready))


async def _run_unit(
    reactor: Reactor,
    listen: Address,
    state_path: Path | None,
    settings: UnitSettings,
    on_ready: Callable[[Address], None],
) -> None:
    state = StateFile(state_path)
    unit = settings.build(int(reactor.seconds()), state.load())
    service = UnitService(unit, reactor, state)
    address, close = await _listen(reactor, listen, service)
    service.start()
    stopping: Deferred[None] = Deferred()
    ended: Deferred[None] = Deferred()

    def stop() -> Deferred[None]:
        stopping.callback(None)
        return ended

    reactor.addSystemEventTrigger("before", "shutdown", stop)
    on_ready(address)
    await stopping
    try:
        await maybeDeferred(close)
        service.stop()
    finally:
        ended.callback(None)


async def _listen(
    reactor: Reactor, listen: Address, unit: Registers
) -> tuple[Address, Callable[[], Any]]:
    if isinstance(listen, TcpAddress):
        factory = UnitServerFactory(unit, reactor)
        kind = TCP6ServerEndpoint if ":" in listen.host else TCP4ServerEndpoint
        endpoint: IStreamServerEndpoint = kind(
            reactor, listen.port, interface=listen.host
        )
        try:
            port = await endpoint.listen(factory)
        except CannotListenError as error:
            raise SurroundingsError(
                f"{listen} cannot be listened on: {error.socketError}"
            ) from None

        def close() -> Any:
            factory.hang_up()
            return port.stopListening()

        return replace(listen, port=cast(IPv4Address, port.getHost()).port), close
    if not isinstance(listen, RtuAddress):
        raise ConfigError(f"{listen} does not carry Modbus; write tcp:// or rtu:")
    line = UnitProtocol(unit, reactor, Framing.RTU)
    if Path(listen.path).is_char_device():
        return listen, open_serial(reactor, line, listen.path).loseConnection
    pty = open_pty(reactor, line, listen.path)

    def close_pty() -> None:
        pty.close()
        with suppress(OSError):
            Path(listen.path).unlink()

    return listen, close_pty
