"""A fleet in real time: P3 and P1 of every meter on its port, until told to stop."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall, IListeningPort
from twisted.internet.task import LoopingCall

from meters.behaviour.premises import premises_load
from meters.fleet import Fleet, FleetMeter
from meters.fleet_devices import fit
from meters.meter import Meter
from meters.p1.port import P1Port
from meters.p1.pty import P1Pty
from meters.p2.attached import exchange
from meters.p2.consumption import household_rate
from meters.p2.port import P2Port
from meters.p2.pty import P2Pty
from meters.p3.protocol import P3Factory
from meters.push_line import PushLine, send_datagram
from wire.capture import Capture, Tap
from wire.errors import ConfigError, SimError, SurroundingsError

# How often the energy of a meter goes to the disk, and its household changes its mind.
SAVE_EVERY_S = 300
LOAD_EVERY_S = 60
# Where in a second its tick is due, for one that comes late must not fall in the next.
TICK_AT_S = 0.1
MAX_PORT = 65_535


class PortKind(StrEnum):
    """How P1 is offered, or P2."""

    TCP = "tcp"
    PTY = "pty"
    NONE = "none"


class FleetService:
    """Serves a fleet; one tick a second drives all its meters.

    `reactor` is a Twisted reactor: it listens, and is the clock. `pty_paths` says where each
    meter's P1 is, by equipment identifier, when it is a pseudo terminal, and `p2_paths` its P2:
    of meters that have wired devices. `capture` sees all that passes on P3.
    """

    def __init__(
        self,
        fleet: Fleet,
        reactor: Any,
        p1: PortKind = PortKind.TCP,
        capture: Capture | None = None,
        p2: PortKind = PortKind.NONE,
    ) -> None:
        self.fleet = fleet
        self.pty_paths: dict[str, str] = {}
        self.p2_paths: dict[str, str] = {}
        self.failure: BaseException | None = None
        self._reactor = reactor
        self._p1 = p1
        self._p2 = p2
        self._capture = capture
        self._premises = fleet.file.load == "premises"
        self._listening: list[IListeningPort] = []
        self._p3: list[P3Factory] = []
        self._p1_ports: list[P1Port | P1Pty] = []
        self._p2_ports: list[P2Port | P2Pty] = []
        self._push_lines: list[PushLine] = []
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = reactor
        self._first_tick: IDelayedCall | None = None

    def start(self) -> None:
        """Opens all ports and begins to tick, within a second.

        Raises `SurroundingsError` when a port is taken, `ConfigError` when there is no such
        port; nothing stays open then.
        """
        try:
            for place in self.fleet.meters:
                self._open(place)
        except SimError:
            self._close()
            raise
        now_s = int(self._reactor.seconds())
        for place in self.fleet.meters:
            place.meter.advance(now_s)
            fit(place.meter)
            if self._premises:
                self._follow_premises(place, now_s)
        wait_s = (TICK_AT_S - self._reactor.seconds()) % 1.0
        self._first_tick = self._reactor.callLater(wait_s, self._begin)

    def stop(self) -> None:
        """Closes everything and saves all meters; `failure` tells of one that was not."""
        if self._first_tick is not None and self._first_tick.active():
            self._first_tick.cancel()
        if self._ticking.running:
            self._ticking.stop()
        self._close()
        now_s = int(self._reactor.seconds())
        for place in self.fleet.meters:
            place.meter.advance(now_s)
            try:
                self.fleet.store.save(place.meter)
            except SurroundingsError as error:
                self.failure = self.failure or error

    def _begin(self) -> None:
        self._ticking.start(1.0).addErrback(self._failed)

    def _open(self, place: FleetMeter) -> None:
        meter = place.meter
        trace = None if self._capture is None else _tapped(self._capture, meter)
        p3 = P3Factory(meter, self._reactor, self.fleet.store.save, trace)
        self._listen(place.p3_port, p3, place.host)
        self._p3.append(p3)
        self._push_lines.append(
            PushLine(
                *(meter, self._endpoint, self._reactor, self.fleet.store.save),
                partial(send_datagram, self._reactor),
            )
        )
        self._open_p1(place)
        if any(device.link == "wired" for device in place.entry.devices):
            self._open_p2(place)

    def _open_p1(self, place: FleetMeter) -> None:
        meter = place.meter
        if self._p1 is PortKind.NONE:
            return
        period_s = meter.p1_version.period_s
        if self._p1 is PortKind.TCP:
            port = P1Port(meter.telegram, self._reactor, period_s)
            self._listen(place.p1_port, port, place.host)
            self._p1_ports.append(port)
        else:
            pty = P1Pty(meter.telegram, self._reactor, self._reactor, period_s)
            self.pty_paths[meter.identity.equipment_id] = pty.path
            self._p1_ports.append(pty)

    def _open_p2(self, place: FleetMeter) -> None:
        meter = place.meter
        if self._p2 is PortKind.NONE:
            return
        talk = partial(self._talk, meter)
        if self._p2 is PortKind.TCP:
            if place.p2_port > MAX_PORT:
                raise ConfigError(
                    f"P2 of {meter.identity.equipment_id} would need port {place.p2_port}"
                    " (20000 above P3); create the fleet with a lower --base-port"
                )
            port = P2Port(talk, self._reactor)
            self._listen(place.p2_port, port, place.host)
            self._p2_ports.append(port)
        else:
            pty = P2Pty(talk, self._reactor, self._reactor)
            self.p2_paths[meter.identity.equipment_id] = pty.path
            self._p2_ports.append(pty)

    def _talk(self, meter: Meter, octets: bytes) -> bytes:
        """What the devices of a meter answer a tool, saved before it leaves."""
        meter.advance(int(self._reactor.seconds()))
        answer = exchange(meter, octets)
        if meter.state.unsaved:
            self.fleet.store.save(meter)
        return answer

    def _endpoint(self, host: str, port: int) -> HostnameEndpoint:
        return HostnameEndpoint(self._reactor, host, port)

    def _listen(self, port: int, factory: Any, host: str) -> None:
        try:
            self._listening.append(
                self._reactor.listenTCP(port, factory, interface=host)
            )
        except CannotListenError as error:
            raise SurroundingsError(
                f"cannot listen on {host}:{port}: {error.socketError};"
                " stop what uses it, or create the fleet with another --base-port"
            ) from None

    def _tick(self) -> None:
        now_s = int(self._reactor.seconds())
        # Spread over the seconds, so that no tick carries the whole fleet.
        for index, place in enumerate(self.fleet.meters):
            meter = place.meter
            if self._premises and (now_s + index) % LOAD_EVERY_S == 0:
                self._follow_premises(place, now_s)
            if (now_s + index) % SAVE_EVERY_S == 0 or meter.state.unsaved:
                meter.advance(now_s)
                self.fleet.store.save(meter)
        for line in self._push_lines:
            line.tick(now_s)
        for port in self._p1_ports:
            port.tick(now_s)

    def _follow_premises(self, place: FleetMeter, now_s: int) -> None:
        meter = place.meter
        meter.advance(now_s)
        identity = meter.identity
        meter.set_load(*premises_load(identity.equipment_id, identity.phases, now_s))
        attached = meter.state.attached
        for device in attached.devices if attached else ():
            device.advance(now_s)
            device.set_flow(household_rate(device.identity, now_s))

    def _close(self) -> None:
        for listening in self._listening:
            listening.stopListening()
        for factory in self._p3:
            factory.hang_up()
        for line in self._push_lines:
            line.hang_up()
        for port in (*self._p1_ports, *self._p2_ports):
            port.close()
        self._listening, self._p3, self._p1_ports, self._p2_ports = [], [], [], []
        self._push_lines = []

    def _failed(self, failure: Any) -> None:
        """A tick failed: the disk is full, say. The reactor's owner hears of it and ends."""
        self.failure = failure.value
        self._reactor.stop()


def _tapped(capture: Capture, meter: Meter) -> Callable[[], Tap]:
    """Makes what sees a connection to this meter, with the keys that it has then."""
    name = meter.identity.equipment_id
    return lambda: capture.tap(name, lambda: (meter.state.keys.cipher(),))


def serve(
    fleet: Fleet,
    reactor: Any,
    p1: PortKind = PortKind.TCP,
    ready: Callable[[FleetService], None] = lambda service: None,
    capture: Capture | None = None,
    p2: PortKind = PortKind.NONE,
) -> None:
    """Runs the reactor until it is stopped, by SIGTERM or SIGINT as Twisted does it.

    `ready` is called once, when every port is open. States are saved before this returns.
    """
    service = FleetService(fleet, reactor, p1, capture, p2)
    service.start()
    reactor.addSystemEventTrigger("before", "shutdown", service.stop)
    reactor.callWhenRunning(ready, service)
    reactor.run()
    if service.failure is not None:
        raise service.failure
