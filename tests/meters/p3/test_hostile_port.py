"""Clients that hold the P3 port, and a disk that does not take what was promised."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import StringTransport

from meters.meter import Meter
from meters.objects.network import INACTIVITY_TIME_OUT_S
from meters.p3.protocol import P3Factory
from scenarios.transport.clock import HeapClock
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.rows import Client
from wire.dlms import acse
from wire.dlms.wrapper import encode_wpdu
from wire.errors import SurroundingsError

AARQ = encode_wpdu(
    Client.PUBLIC, 1, acse.encode(Driver(make_meter(), Client.PUBLIC).aarq())
)


class Stalled(StringTransport):
    """The peer takes nothing: what is closed in good order never ends."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.aborted = False

    def loseConnection(self) -> None:
        """Waits for the peer, for ever."""

    def abortConnection(self) -> None:
        """The only way out."""
        self.aborted = True


def connect(factory: P3Factory) -> tuple[Any, Any]:
    """A connection of a client that reads nothing."""
    protocol: Any = factory.buildProtocol(None)
    transport = Stalled()
    protocol.makeConnection(transport)
    return protocol, transport


def test_a_client_that_reads_nothing_does_not_keep_the_meter_for_ever() -> None:
    clock = HeapClock(NOW_S)
    protocol, transport = connect(P3Factory(make_meter(), clock))
    protocol.dataReceived(AARQ)
    protocol.pauseProducing()
    clock.advance(INACTIVITY_TIME_OUT_S + 1)
    assert transport.aborted


def test_nor_does_one_that_lost_its_framing_and_reads_nothing() -> None:
    clock = HeapClock(NOW_S)
    protocol, transport = connect(P3Factory(make_meter(), clock))
    protocol.dataReceived(AARQ + b"GET / HTTP/1.1\r\n\r\n")
    assert not transport.aborted, "the answers before may still be taken"
    clock.advance(INACTIVITY_TIME_OUT_S + 1)
    assert transport.aborted


def test_what_the_disk_does_not_take_is_not_promised() -> None:
    full = "state: No space left on device"

    def save(meter: Meter) -> None:
        if full:
            raise SurroundingsError(full)
        meter.state.unsaved = False

    meter = make_meter()
    factory = P3Factory(meter, HeapClock(NOW_S), save)
    driver = Driver(meter)
    aarq = encode_wpdu(Client.MANAGEMENT, 1, acse.encode(driver.aarq()))
    protocol, transport = connect(factory)
    protocol.dataReceived(aarq)
    assert transport.aborted and not transport.value()
    assert meter.state.unsaved, "whoever saves next must try again"
    protocol.connectionLost()

    full = ""
    protocol, transport = connect(factory)
    protocol.dataReceived(aarq)
    assert transport.value() and not transport.aborted
    assert not meter.state.unsaved
