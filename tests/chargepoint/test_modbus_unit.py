"""The unit's end of its Modbus lines: whom it answers, and what it does with nonsense."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.interfaces import IReactorTime

from chargepoint.modbus import Framing
from chargepoint.modbus_client import ModbusClient
from chargepoint.modbus_server import UnitProtocol, UnitServerFactory
from chargepoint.registers import ExceptionCode, RequestRefused
from chargepoint.unit import ControlUnit
from scenarios.transport.clock import HeapClock
from tests.chargepoint.test_modbus import rtu
from tests.chargepoint.test_modbus_lines import T0, UNIT, Bench, joined


class Ends:
    """One protocol of a unit with its bytes."""

    def __init__(self, framing: Framing, unit_id: int = 1) -> None:
        self.clock = HeapClock(T0)
        self.unit = ControlUnit("CP001", now_s=T0)
        self.protocol = UnitProtocol(self.unit, self.clock, framing, unit_id)
        self.transport = joined(self.protocol)

    def send(self, octets: str) -> str:
        self.transport.clear()
        self.protocol.dataReceived(bytes.fromhex(octets))
        return bytes(self.transport.value()).hex()


@pytest.mark.parametrize(
    ("unit_id", "answered"),
    [(1, True), (0, True), (255, True), (2, False), (247, False)],
)
def test_on_tcp_only_this_unit_answers(unit_id: int, answered: bool) -> None:
    ends = Ends(Framing.TCP)
    answer = ends.send(f"000100000006{unit_id:02x}0300000001")
    assert answer == (f"000100000005{unit_id:02x}03024443" if answered else "")


@pytest.mark.parametrize(("unit_id", "answered"), [(1, True), (2, False), (255, False)])
def test_on_a_serial_line_only_this_unit_answers(unit_id: int, answered: bool) -> None:
    answer = Ends(Framing.RTU).send(rtu("0300000001", unit_id).hex())
    assert answer == (rtu("03024443").hex() if answered else "")


def test_on_a_serial_line_a_broadcast_is_obeyed_in_silence() -> None:
    ends = Ends(Framing.RTU)
    assert ends.send(rtu("06012c0009", 0).hex()) == ""
    assert ends.unit.read(300, 1) == [9]


def test_on_a_serial_line_a_frame_that_stopped_is_given_up() -> None:
    ends = Ends(Framing.RTU)
    assert ends.send(rtu("10012c000204").hex()[:14]) == ""
    ends.clock.advance(1)
    assert ends.send(rtu("0300000001").hex()) == rtu("03024443").hex()


def test_a_bad_header_is_answered_by_hanging_up_after_the_good_ones() -> None:
    ends = Ends(Framing.TCP)
    good = "000100000006010300000001"
    assert ends.send(good + "ffff00010006") == "00010000000501030244 43".replace(
        " ", ""
    )
    assert ends.transport.disconnecting


def test_a_master_that_reads_nothing_is_read_no_more() -> None:
    ends = Ends(Framing.TCP)
    assert ends.transport.producer is ends.transport
    assert ends.transport.streaming


class Refusing:
    """Registers that refuse everything."""

    def advance(self, now_s: int) -> None:
        pass

    def read(self, address: int, count: int) -> list[int]:
        raise RequestRefused(ExceptionCode.DEVICE_BUSY, "busy")

    def write(self, address: int, words: Sequence[int]) -> None:
        raise RequestRefused(ExceptionCode.DEVICE_FAILURE, "broken")


def test_every_refusal_reaches_the_master() -> None:
    clock: IReactorTime = HeapClock(T0)
    protocol = UnitProtocol(Refusing(), clock, Framing.TCP)
    transport = joined(protocol)
    protocol.dataReceived(bytes.fromhex("000100000006010300000001"))
    protocol.dataReceived(bytes.fromhex("000200000006010600000001"))
    assert transport.value().hex() == "000100000003018306" + "000200000003018604"


def test_a_new_master_takes_the_place_of_the_most_silent() -> None:
    bench = Bench()
    factory = UnitServerFactory(bench.unit, bench.clock, max_connections=2)
    bench.listen(factory)
    clients = [
        ModbusClient(bench.network.endpoint(*UNIT), bench.clock) for _ in range(3)
    ]

    async def each_in_turn() -> None:
        for number in (0, 1, 0, 2, 0):
            await clients[number].read(0, 1)
            bench.clock.advance(1)

    bench.play(each_in_turn())
    assert [client.connected for client in clients] == [True, False, True]
    assert bench.play(clients[1].read(0, 1)) == [0x4443]


@given(st.lists(st.binary(max_size=200), max_size=10), st.sampled_from(Framing))
@settings(max_examples=100)
def test_random_bytes_never_break_the_unit(
    chunks: list[bytes], framing: Framing
) -> None:
    ends = Ends(framing)
    for chunk in chunks:
        ends.send(chunk.hex())
    if not ends.transport.disconnecting:
        ends.clock.advance(10)
    other = UnitProtocol(ends.unit, ends.clock, Framing.TCP)
    transport = joined(other)
    other.dataReceived(bytes.fromhex("000100000006010300000001"))
    assert transport.value().hex() == "00010000000501 03024443".replace(" ", "")
