"""The P3 port on a transport: one connection, time-outs, saving before answering."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import StringTransport

from meters.meter import Meter
from meters.objects.network import INACTIVITY_TIME_OUT_S
from meters.p3.association import P3Association
from meters.p3.protocol import P3Factory
from scenarios.transport.clock import HeapClock
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import INVOKE, Driver
from wire.cosem.rows import Client
from wire.dlms import acse, apdu
from wire.dlms.apdu import GetRequestNormal
from wire.dlms.descriptors import AttributeDescriptor
from wire.dlms.wrapper import encode_wpdu
from wire.obis import Obis

TITLE = AttributeDescriptor(1, Obis.parse("0-0:96.1.1"), 2)
GET_TITLE = encode_wpdu(16, 1, apdu.encode(GetRequestNormal(INVOKE, TITLE)))


class Rig:
    """A factory on a clock that is turned by hand."""

    def __init__(self, meter: Meter | None = None, **given: Any) -> None:
        self.meter = meter or make_meter()
        self.clock = HeapClock(NOW_S)
        self.factory = P3Factory(self.meter, self.clock, **given)

    def connect(self) -> tuple[Any, Any]:
        """A connection that just came in."""
        protocol: Any = self.factory.buildProtocol(None)
        transport: Any = StringTransport()
        protocol.makeConnection(transport)
        return protocol, transport

    def associated(self) -> tuple[Any, Any]:
        """The public client, associated."""
        protocol, transport = self.connect()
        aarq = Driver(self.meter, Client.PUBLIC).aarq()
        protocol.dataReceived(encode_wpdu(16, 1, acse.encode(aarq)))
        assert transport.value()
        transport.clear()
        return protocol, transport


def test_a_request_is_answered_and_the_second_connection_is_not() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    _, other = rig.connect()
    assert other.disconnected or other.disconnecting
    protocol.dataReceived(GET_TITLE)
    assert len(transport.value()) == 8 + 4 + 19


def test_the_meter_is_free_again_when_the_connection_is_gone() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    protocol.connectionLost()
    again, other = rig.connect()
    assert not other.disconnecting
    again.dataReceived(GET_TITLE)
    assert other.value()[8] == 0xD8, "the association went with its connection"
    assert rig.factory.current is again


def test_a_refused_connection_does_not_free_the_meter() -> None:
    rig = Rig()
    protocol, _ = rig.associated()
    refused, _ = rig.connect()
    refused.connectionLost()
    assert rig.factory.current is protocol
    refused.dataReceived(GET_TITLE)


def test_a_silent_client_is_hung_up_on_after_the_time_out() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    rig.clock.advance(INACTIVITY_TIME_OUT_S - 1)
    assert not transport.disconnecting
    protocol.dataReceived(GET_TITLE)
    rig.clock.advance(INACTIVITY_TIME_OUT_S - 1)
    assert not transport.disconnecting
    rig.clock.advance(2)
    assert transport.disconnecting


TIME_OUT = AttributeDescriptor(41, Obis.parse("0-0:25.0.0"), 6)


def test_the_time_out_is_as_it_is_set_from_the_next_request_on() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    meter = rig.factory.meter
    link = P3Association(meter, Client.MANAGEMENT)
    for octets, silent_s, hung_up in (
        ("120258", 599, False),
        ("120000", 100_000, False),
        ("12000a", 9, False),
        ("12000a", 10, True),
    ):
        value = bytes.fromhex(octets)
        meter.model.set(meter, link, TIME_OUT.encode(), None, value)
        protocol.dataReceived(GET_TITLE)
        rig.clock.advance(silent_s)
        assert transport.disconnecting is hung_up, octets
    protocol.connectionLost()
    assert rig.clock.getDelayedCalls() == []


def test_a_lost_connection_ends_its_association() -> None:
    rig = Rig()
    protocol, _ = rig.associated()
    assert rig.factory.meter.associations == 1
    protocol.connectionLost()
    assert rig.factory.meter.associations == 0


def test_nothing_is_left_on_the_clock_after_a_connection() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    protocol.connectionLost()
    rig.clock.advance(10 * INACTIVITY_TIME_OUT_S)
    assert not transport.disconnecting


def test_a_stream_without_framing_is_hung_up_on() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    protocol.dataReceived(b"GET / HTTP/1.1\r\n\r\n")
    assert transport.disconnecting
    assert transport.producer is None
    assert not transport.value()


def test_without_supply_nobody_is_served() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    rig.meter.power_off()
    protocol.dataReceived(GET_TITLE)
    assert not transport.value()
    assert transport.disconnected or transport.disconnecting
    protocol.connectionLost()
    _, other = rig.connect()
    assert other.disconnected or other.disconnecting


def test_hanging_up() -> None:
    rig = Rig()
    rig.factory.hang_up()
    _, transport = rig.connect()
    rig.factory.hang_up()
    assert transport.disconnected or transport.disconnecting


def test_what_must_outlive_the_process_is_saved_before_the_answer_leaves() -> None:
    events: list[str] = []

    class Recording(StringTransport):
        def write(self, data: bytes) -> None:
            events.append("answer")
            StringTransport.write(self, data)

    def save(meter: Meter) -> None:
        events.append(meter.state.message.decode() or "counters")
        meter.state.unsaved = False

    rig = Rig(save=save)
    protocol: Any = rig.factory.buildProtocol(None)
    transport: Any = Recording()  # type: ignore[no-untyped-call]
    protocol.makeConnection(transport)
    driver = Driver(rig.meter)

    class Carried:
        """Takes the driver's octets through the protocol."""

        def receive(self, data: bytes, now_s: int) -> list[bytes]:
            transport.clear()
            protocol.dataReceived(data)
            return [transport.value()] if transport.value() else []

    driver.connection = Carried()  # type: ignore[assignment]
    driver.associate()
    assert events == ["counters", "answer", "answer"]
    driver.set(1, "0-0:96.13.0", 2, b"\x09\x02hi")
    driver.get(1, "0-0:96.13.0")
    assert events[3:] == ["hi", "answer", "answer"]


def test_a_client_that_does_not_read_is_not_read_either() -> None:
    rig = Rig()
    protocol, transport = rig.associated()
    assert transport.producer is protocol and transport.streaming
    protocol.pauseProducing()
    assert transport.producerState == "paused"
    protocol.resumeProducing()
    assert transport.producerState == "producing"
