"""A meter's calls on a wire: delivered, refused, broken, and one at a time."""

from __future__ import annotations

import socket
from random import Random
from typing import Any

import pytest
from twisted.internet.defer import ensureDeferred, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from zope.interface import directlyProvides

from meters.behaviour import push
from meters.meter import Meter
from meters.push_line import TIMEOUT_S, PushLine, send_datagram
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.meters.builders import EQUIPMENT_ID, NOW_S
from tests.meters.push_rig import ALARM, SCHEDULE, Rig, gasping
from wire.cosem.pushes import encode_wake_up
from wire.cosem.types import type_of
from wire.errors import SurroundingsError


class TcpTransport(StringTransport):
    """A transport that can be half closed, and stays open until the other end hangs up."""

    def loseWriteConnection(self) -> None:
        """The end of what we say."""


PLACE = ("10.0.0.1", 9000)
WAKE_UP = encode_wake_up(EQUIPMENT_ID, bytes(4))


class CentralSystem(Factory):
    """Takes calls."""

    noisy = False

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def buildProtocol(self, addr: Any) -> Protocol:
        system = self

        class Call(Protocol):
            def dataReceived(self, data: bytes) -> None:
                system.heard.append(data)

        return Call()


class Wire:
    """A meter with a push line, and a central system on a network in memory."""

    def __init__(self, **settings: object) -> None:
        self.clock = HeapClock(NOW_S)
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.system = CentralSystem()
        rig = Rig().setup(ALARM, **settings).setup(SCHEDULE, **settings)
        self.meter = rig.meter
        self.saved: list[int] = []
        self.line = PushLine(self.meter, self.network.endpoint, self.clock, self.save)

    def save(self, meter: Meter) -> None:
        """Notes how many attempts are left."""
        assert meter.state.pushing is not None
        self.saved.append(sum(p.attempts for p in meter.state.pushing.plans.values()))
        meter.state.unsaved = False

    def listen(self) -> Wire:
        """The central system is there."""
        self.clock.play(self.network.listen(*PLACE, self.system))
        return self

    def planned(self) -> bool:
        """Whether the meter still has something to push."""
        return self.meter.state.pushing is not None

    def run(self, seconds: int) -> Wire:
        """Lets time pass, tick by tick."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.line.tick(int(self.clock.seconds()))
        self.clock.advance(0)
        return self


def test_a_push_is_delivered_once_and_saved_before_it_is_made() -> None:
    wire = Wire(number_of_retries=1).listen()
    push.execute(wire.meter, 2)
    wire.run(10)
    assert wire.system.heard == [WAKE_UP]
    assert wire.saved[0] == 1
    assert not wire.planned()


def test_a_call_that_nobody_takes_is_tried_again() -> None:
    wire = Wire(number_of_retries=2, repetition_delay=60)
    push.execute(wire.meter, 2)
    wire.run(65)
    assert wire.saved == [2, 1]
    wire.listen().run(60)
    assert wire.system.heard == [WAKE_UP]
    assert not wire.planned()


def test_a_call_that_breaks_is_tried_again() -> None:
    wire = Wire(number_of_retries=1, repetition_delay=5)
    ends: list[Any] = []

    class Broken:
        """An endpoint whose connections the other end resets."""

        def connect(self, factory: Any) -> Any:
            protocol = factory.buildProtocol(None)
            transport: Any = TcpTransport()  # type: ignore[no-untyped-call]
            directlyProvides(transport, ITCPTransport)
            protocol.makeConnection(transport)
            ends.append(protocol)
            return succeed(protocol)

    endpoint: Any = lambda host, port: Broken()
    wire.line = PushLine(wire.meter, endpoint, wire.clock)
    push.execute(wire.meter, 2)
    wire.run(1)
    ends[0].connectionLost(Failure(ConnectionLost()))
    wire.run(4)
    assert len(ends) == 1 and wire.planned()
    wire.run(2)
    assert len(ends) == 2
    ends[1].connectionLost(Failure(ConnectionLost()))
    assert not wire.planned()


def test_a_call_into_a_cut_wire_ends_in_time() -> None:
    wire = Wire().listen()
    wire.network.link(*PLACE).cut = True
    push.execute(wire.meter, 2)
    wire.run(int(TIMEOUT_S) - 1)
    assert wire.planned()
    wire.run(2)
    assert not wire.planned()
    assert wire.clock.getDelayedCalls() == []


def test_a_call_that_nobody_answers_is_no_defect() -> None:
    wire = Wire(number_of_retries=1, repetition_delay=60).listen()
    wire.network.link(*PLACE).cut = True
    push.execute(wire.meter, 2)
    with capturedLogs() as logged:
        wire.run(int(TIMEOUT_S) + 10)
    assert not [event for event in logged if "log_failure" in event]
    wire.network.link(*PLACE).cut = False
    wire.run(60)
    assert wire.system.heard == [WAKE_UP] and wire.saved == [1, 0]


def test_two_pushes_follow_each_other() -> None:
    wire = Wire().listen()
    wire.network.link(*PLACE).latency_s = 3
    push.execute(wire.meter, 2)
    push.execute(wire.meter, 1)
    wire.run(5)
    assert len(wire.saved) == 1
    wire.run(30)
    assert [octets[:17] for octets in wire.system.heard] == [EQUIPMENT_ID.encode()] * 2
    assert {len(octets) for octets in wire.system.heard} == {22, 24}


def test_what_cannot_be_saved_is_not_said() -> None:
    wire = Wire().listen()

    def fail(meter: Meter) -> None:
        raise SurroundingsError("the disk is full")

    line = PushLine(wire.meter, wire.network.endpoint, wire.clock, fail)
    push.execute(wire.meter, 2)
    line.tick(NOW_S + 1)
    wire.clock.advance(10)
    assert wire.system.heard == []


@pytest.mark.parametrize("under_way", [False, True])
def test_a_line_that_hangs_up_leaves_nothing_behind(under_way: bool) -> None:
    wire = Wire(number_of_retries=1, repetition_delay=60).listen()
    wire.network.link(*PLACE).latency_s = 3
    if under_way:
        push.execute(wire.meter, 2)
    wire.run(2)
    wire.line.hang_up()
    wire.clock.advance(30)
    assert wire.system.heard == []
    assert wire.planned() is under_way


def test_the_schedule_is_kept_while_nothing_else_happens() -> None:
    wire = Wire().listen()
    times = ((b"\x08\1\0\0", b"\xff" * 5),)
    settings = dict(wire.meter.state.settings or {})
    settings["push_scheduler", "execution_time"] = type_of("execution_time").data(times)
    wire.meter.state.settings = settings
    wire.meter.changed()
    wire.run(70)
    assert len(wire.system.heard) == 1


class Datagrams:
    """A way for datagrams that notes them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes]] = []

    async def send(self, host: str, port: int, octets: bytes) -> None:
        self.sent.append((host, port, octets))


@pytest.mark.parametrize("has_way", [True, False])
def test_a_last_gasp_is_a_datagram_and_no_connection(has_way: bool) -> None:
    rig, clock, datagrams = gasping(), HeapClock(NOW_S), Datagrams()
    network = SimulatedNetwork(clock, Random(1))
    send = datagrams.send if has_way else None
    line = PushLine(rig.meter, network.endpoint, clock, datagram=send)
    rig.meter.power_off()
    line.tick(NOW_S + 1)
    assert [sent[:2] for sent in datagrams.sent] == ([PLACE] if has_way else [])
    assert rig.meter.state.pushing is None
    line.tick(NOW_S + 2)
    assert len(datagrams.sent) == int(has_way)


def test_a_datagram_reaches_a_real_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as central_system:
        central_system.bind(("127.0.0.1", 0))
        central_system.settimeout(10)
        port = central_system.getsockname()[1]
        reactor = SelectReactor()
        sending = ensureDeferred(send_datagram(reactor, "127.0.0.1", port, b"gasp"))
        sending.addBoth(lambda _: reactor.crash())
        if not sending.called:
            reactor.run(installSignalHandlers=False)
        assert central_system.recv(64) == b"gasp"
