"""Master and unit on simulated wires: answers in order, time-outs, reconnects, hostile ends."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport

from chargepoint.modbus import Framing
from chargepoint.modbus_client import ModbusClient
from chargepoint.modbus_server import UnitProtocol, UnitServerFactory
from chargepoint.unit import ControlUnit
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.chargepoint.test_modbus import rtu
from wire.errors import LocalError, PeerRefused, SimError, TransportError, WireError

T0 = 1_704_900_000
UNIT = ("cp001", 5020)


class Bench:
    """A simulated network with a unit on it and a client to it."""

    def __init__(self, framing: Framing = Framing.TCP, timeout_s: float = 2.0) -> None:
        self.clock = HeapClock(T0)
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.unit = ControlUnit("CP001", now_s=T0)
        self.client = ModbusClient(
            self.network.endpoint(*UNIT),
            self.clock,
            framing=framing,
            timeout_s=timeout_s,
        )

    def listen(self, factory: Factory | None = None) -> Factory:
        factory = factory or UnitServerFactory(self.unit, self.clock)
        self.clock.play(self.network.listen(*UNIT, factory))
        return factory

    def play(self, work: Coroutine[Deferred[Any], Any, Any]) -> Any:
        return self.clock.play(work)

    def stop_listening(self) -> None:
        self.network.forget(UNIT)


class Scripted(Protocol):
    """A peer that answers each chunk by what `answer` makes of it."""

    def __init__(self, answer: Callable[[bytes], Sequence[bytes] | None]) -> None:
        self._answer = answer

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        answers = self._answer(data)
        if answers is None:
            self.transport.loseConnection()
        for octets in answers or ():
            self.transport.write(octets)


def scripted(answer: Callable[[bytes], Sequence[bytes] | None]) -> Factory:
    return Factory.forProtocol(lambda: Scripted(answer))


def joined(protocol: Protocol) -> StringTransport:
    transport = StringTransport()
    protocol.makeConnection(transport)
    return transport


def serial_unit(bench: Bench) -> Factory:
    return Factory.forProtocol(
        lambda: UnitProtocol(bench.unit, bench.clock, Framing.RTU)
    )


# A master and its unit


@pytest.mark.parametrize("framing", Framing)
def test_reads_and_writes_reach_the_unit(framing: Framing) -> None:
    bench = Bench(framing)
    bench.listen(serial_unit(bench) if framing is Framing.RTU else None)
    assert bench.play(bench.client.read(0, 2)) == [0x4443, 1]
    bench.play(bench.client.write(305, [0, 6000]))
    assert bench.unit.station.direct_w == 6000
    bench.play(bench.client.write(300, [9]))
    assert bench.unit.read(300, 1) == [9]


@pytest.mark.parametrize("framing", Framing)
def test_a_refusal_keeps_its_exception_code(framing: Framing) -> None:
    bench = Bench(framing)
    bench.listen(serial_unit(bench) if framing is Framing.RTU else None)
    for work, code in (
        (bench.client.read(14, 1), 2),
        (bench.client.write(305, [1]), 3),
        (bench.client.write(100, [1]), 2),
    ):
        with pytest.raises(PeerRefused, match=f"exception {code}") as caught:
            bench.play(work)
        assert caught.value.result == code
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


def test_the_unit_lives_until_the_request() -> None:
    bench = Bench()
    bench.listen()
    bench.play(bench.client.write(305, [0, 6000, 10]))
    bench.clock.advance(9.5)
    assert bench.play(bench.client.read(305, 2)) == [0, 6000]
    bench.clock.advance(0.5)
    assert bench.play(bench.client.read(305, 2)) == [0xFFFF, 0xFFFF]


def test_who_does_not_wait_any_more_takes_no_time_from_the_next() -> None:
    bench = Bench()
    bench.network.link(*UNIT).latency_s = 0.8
    bench.listen()
    bench.play(bench.client.read(0, 1))
    given_up = ensureDeferred(bench.client.read(0, 1))
    bench.clock.advance(1)
    given_up.cancel()
    given_up.addErrback(lambda failure: failure.trap(CancelledError))
    assert bench.play(bench.client.read(0, 2)) == [0x4443, 1]


def test_calls_at_once_are_answered_in_their_order() -> None:
    bench = Bench()
    bench.network.link(*UNIT).latency_s = 0.3
    bench.listen()
    done: list[tuple[int, list[int]]] = []

    async def call(number: int) -> None:
        await bench.client.write(300, [number])
        done.append((number, await bench.client.read(300, 1)))

    calls = [ensureDeferred(call(number)) for number in range(1, 4)]
    bench.clock.advance(10)
    assert all(deferred.called for deferred in calls)
    assert [number for number, _ in done] == [1, 2, 3]


def test_our_own_nonsense_never_leaves() -> None:
    bench = Bench()
    for work in (
        bench.client.read(0, 0),
        bench.client.read(0, 126),
        bench.client.write(0, []),
        bench.client.write(0, [0] * 124),
    ):
        with pytest.raises(LocalError, match="one request"):
            bench.play(work)


# Wires that fail


def test_nobody_listens_then_somebody_does() -> None:
    bench = Bench()
    with pytest.raises(TransportError, match="cannot be reached"):
        bench.play(bench.client.read(0, 1))
    bench.listen()
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


def test_a_connect_that_is_never_answered_times_out() -> None:
    bench = Bench(timeout_s=1.5)
    bench.listen()
    bench.network.link(*UNIT).cut = True
    with pytest.raises(TransportError, match="in time"):
        bench.play(bench.client.read(0, 1))
    assert bench.clock.seconds() == T0 + 1.5
    bench.network.link(*UNIT).cut = False
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


def test_a_silent_unit_times_out_and_is_connected_anew() -> None:
    bench = Bench()
    factory = bench.listen()
    bench.play(bench.client.read(0, 1))
    bench.network.link(*UNIT).cut = True
    with pytest.raises(TransportError, match="does not answer within 2.0 s"):
        bench.play(bench.client.read(0, 1))
    assert bench.clock.seconds() == T0 + 2
    bench.network.link(*UNIT).cut = False
    assert bench.play(bench.client.read(0, 1)) == [0x4443]
    assert isinstance(factory, UnitServerFactory)


def test_a_slow_answer_of_before_is_not_taken_for_this_one() -> None:
    bench = Bench(timeout_s=2)
    bench.network.link(*UNIT).latency_s = 1.5
    bench.listen()

    async def twice() -> list[int]:
        with pytest.raises(TransportError):
            await bench.client.read(0, 1)
        bench.network.link(*UNIT).latency_s = 0.1
        return await bench.client.read(10, 1)

    assert bench.play(twice()) == [3]


def test_a_hang_up_fails_the_call_and_the_next_connects() -> None:
    bench = Bench()
    bench.listen(scripted(lambda data: None))
    with pytest.raises(TransportError, match="closed"):
        bench.play(bench.client.read(0, 1))
    bench.listen()
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


def test_closing_the_client_fails_the_call_that_waits() -> None:
    bench = Bench()
    bench.listen(scripted(lambda data: []))
    waiting = ensureDeferred(bench.client.read(0, 1))
    bench.clock.advance(0.1)
    bench.client.close()
    failures: list[Any] = []
    waiting.addErrback(failures.append)
    assert [failure.type for failure in failures] == [TransportError]
    bench.listen()
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


# Units that lie


def answer_to(
    data: bytes, unit: int = 1, transaction: int = 0, pdu: str = "03020007"
) -> bytes:
    octets = bytes.fromhex(pdu)
    number = int.from_bytes(data[:2], "big") + transaction & 0xFFFF
    head = number.to_bytes(2, "big") + bytes(2) + (len(octets) + 1).to_bytes(2, "big")
    return head + bytes([unit]) + octets


def test_answers_of_others_are_not_ours() -> None:
    bench = Bench()
    bench.listen(
        scripted(
            lambda data: [
                answer_to(data, unit=2, pdu="03020001"),
                answer_to(data, transaction=1, pdu="03020002"),
                answer_to(data, transaction=-1, pdu="03020003"),
                answer_to(data, pdu="03020007") + answer_to(data, pdu="03020008"),
            ]
        )
    )
    assert bench.play(bench.client.read(0, 1)) == [7]
    assert bench.play(bench.client.read(0, 1)) == [7]


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes.fromhex("000100000000"),
        bytes.fromhex("0001000000ff01"),
    ],
)
def test_garbage_on_tcp_is_a_wire_error_and_a_new_connection(octets: bytes) -> None:
    bench = Bench()
    bench.listen(scripted(lambda data: [octets]))
    with pytest.raises(WireError):
        bench.play(bench.client.read(0, 1))
    bench.listen()
    assert bench.play(bench.client.read(0, 1)) == [0x4443]


@pytest.mark.parametrize(
    "pdu", ["030400070008", "06000a0007", "0302", "8602", "03", "2b0e"]
)
def test_an_answer_that_does_not_fit_is_a_wire_error(pdu: str) -> None:
    bench = Bench()
    bench.listen(scripted(lambda data: [answer_to(data, pdu=pdu)]))
    with pytest.raises(WireError):
        bench.play(bench.client.read(0, 1))


@pytest.mark.parametrize("pdu", ["0601300009", "06012c0008", "10012c0001"])
def test_an_echo_of_something_else_is_a_wire_error(pdu: str) -> None:
    bench = Bench()
    bench.listen(scripted(lambda data: [answer_to(data, pdu=pdu)]))
    with pytest.raises(WireError):
        bench.play(bench.client.write(300, [9]))


@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=4), st.sampled_from(Framing)
)
@settings(max_examples=100)
def test_whatever_answers_a_call_ends_in_time_with_a_simerror(
    chunks: list[bytes], framing: Framing
) -> None:
    bench = Bench(framing, timeout_s=1)
    bench.listen(scripted(lambda data: chunks))
    try:
        bench.play(bench.client.read(0, 2))
    except SimError:
        pass
    assert bench.clock.seconds() - T0 < 5


# Serial lines


def test_on_a_serial_line_noise_is_repeated_away() -> None:
    bench = Bench(Framing.RTU)
    unit_end = UnitProtocol(bench.unit, bench.clock, Framing.RTU)
    attempts: list[bytes] = []

    def noisy(data: bytes) -> list[bytes]:
        attempts.append(data)
        transport = joined(unit_end)
        unit_end.dataReceived(data)
        answer = bytearray(transport.value())
        if len(attempts) < 3:
            answer[3] ^= 0x10
        return [bytes(answer)]

    bench.listen(scripted(noisy))
    assert bench.play(bench.client.read(0, 1)) == [0x4443]
    assert len(attempts) == 3 and attempts[0] == attempts[1] == attempts[2]


def test_on_a_serial_line_three_silences_are_a_transport_error() -> None:
    bench = Bench(Framing.RTU, timeout_s=1)
    attempts: list[bytes] = []

    def silent(data: bytes) -> list[bytes]:
        attempts.append(data)
        return []

    bench.listen(scripted(silent))
    with pytest.raises(TransportError, match="within 1 s"):
        bench.play(bench.client.read(0, 1))
    assert attempts == [rtu("0300000001")] * 3
    assert 3 <= bench.clock.seconds() - T0 < 4


def test_on_a_serial_line_a_late_answer_is_not_taken_for_the_next() -> None:
    bench = Bench(Framing.RTU, timeout_s=0.2)
    # The first answer comes after the repeat was sent, and the repeat's own after that.
    delays_s = [0.35, 0.08, 0.05]
    unit_end = UnitProtocol(bench.unit, bench.clock, Framing.RTU)

    class Late(Protocol):
        def dataReceived(self, data: bytes) -> None:
            transport = joined(unit_end)
            unit_end.dataReceived(data)
            assert self.transport is not None
            bench.clock.callLater(
                delays_s.pop(0), self.transport.write, transport.value()
            )

    bench.listen(Factory.forProtocol(Late))

    async def twice() -> tuple[list[int], list[int]]:
        return await bench.client.read(0, 1), await bench.client.read(10, 1)

    assert bench.play(twice()) == ([0x4443], [3])
    assert delays_s == []
