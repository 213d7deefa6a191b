"""The P1 port in simulated time: the request line, pacing, slow consumers, unplugging."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from meters.p1.line import CHARACTERS_PER_S
from meters.p1.port import CABLES_MAX, P1Cable, P1Port
from scenarios.transport.clock import HeapClock

START = 1_700_000_000


class Bench:
    """A port whose telegrams are `/` and the second, padded to a length."""

    def __init__(
        self, period_s: int = 10, paced: bool = False, length: int = 1000
    ) -> None:
        self.clock = HeapClock(START)
        self.length = length
        self.rendered: list[int] = []
        self.port = P1Port(self.render, self.clock, period_s, paced)

    def render(self, now_s: int) -> bytes:
        self.rendered.append(now_s - START)
        return (
            (b"/%d" % (now_s - START)).ljust(self.length, b".") if self.length else b""
        )

    def connect(self) -> tuple[P1Cable, StringTransport]:
        cable = self.port.buildProtocol(None)
        assert cable is not None
        transport = StringTransport()
        cable.makeConnection(transport)  # type: ignore[no-untyped-call]
        return cable, transport

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            self.port.tick(int(self.clock.seconds()))


def sent(transport: StringTransport) -> list[int]:
    """The seconds of the telegrams that arrived since the last look."""
    pieces = transport.value().split(b"/")[1:]
    transport.clear()
    return [int(piece.partition(b".")[0]) for piece in pieces]


def test_the_first_telegram_leaves_at_once_and_then_one_per_period() -> None:
    bench = Bench()
    bench.run(3)
    assert bench.rendered == []
    _, transport = bench.connect()
    assert sent(transport) == [3]
    bench.run(30)
    assert sent(transport) == [10, 20, 30]


def test_a_tick_in_the_second_of_the_first_telegram_does_not_repeat_it() -> None:
    bench = Bench(period_s=1)
    bench.clock.advance(1)
    _, transport = bench.connect()
    bench.port.tick(START + 1)
    bench.run(2)
    assert sent(transport) == [1, 2, 3]


def test_a_tick_that_comes_once_per_period_at_any_phase_is_enough() -> None:
    bench = Bench()
    _, transport = bench.connect()
    for second in (5, 15, 25, 35):
        bench.port.tick(START + second)
    assert sent(transport) == [0, 5, 15, 25, 35]


def test_cables_share_what_is_rendered() -> None:
    bench = Bench(period_s=1)
    consumers = [bench.connect()[1] for _ in range(3)]
    bench.rendered.clear()
    bench.run(2)
    assert bench.rendered == [1, 2]
    assert [sent(transport) for transport in consumers] == [[0, 1, 2]] * 3


def test_a_low_request_line_is_silence() -> None:
    bench = Bench(period_s=1)
    cable, transport = bench.connect()
    cable.request_line(False)
    bench.run(5)
    assert sent(transport) == [0]
    cable.request_line(True)
    cable.request_line(True)
    assert sent(transport) == [5]
    bench.run(1)
    assert sent(transport) == [6]


def test_a_paced_telegram_takes_the_time_of_its_characters() -> None:
    bench = Bench(paced=True, length=1152)
    _, transport = bench.connect()
    assert transport.value() == b""
    bench.clock.advance(0.05)
    assert abs(len(transport.value()) - 0.05 * CHARACTERS_PER_S) <= 120
    bench.clock.advance(0.04)
    assert len(transport.value()) < 1152
    bench.clock.advance(0.03)
    assert len(transport.value()) == 1152
    assert not bench.clock.getDelayedCalls()


def test_dropping_the_request_line_stops_in_the_middle_of_a_telegram() -> None:
    bench = Bench(period_s=1, paced=True, length=1152)
    cable, transport = bench.connect()
    bench.clock.advance(0.05)
    cable.request_line(False)
    before = len(transport.value())
    assert 0 < before < 1152
    bench.run(3)
    assert len(transport.value()) == before
    cable.request_line(True)
    bench.clock.advance(0.2)
    assert len(transport.value()) == before + 1152


def test_a_paced_telegram_longer_than_its_period_makes_the_next_ones_skip() -> None:
    bench = Bench(period_s=1, paced=True, length=int(2.5 * CHARACTERS_PER_S))
    cable, transport = bench.connect()
    bench.run(6)
    assert sent(transport) == [0, 3, 6][:2]
    assert cable.line.skipped == 4


def test_a_consumer_that_does_not_read_gets_no_more_than_one_telegram() -> None:
    for paced in (False, True):
        bench = Bench(period_s=1, paced=paced)
        cable, transport = bench.connect()
        cable.pauseProducing()
        bench.run(1000)
        assert len(transport.value()) <= 1000
        assert cable.line.skipped >= 999
        assert not bench.clock.getDelayedCalls()
        cable.resumeProducing()
        bench.run(2)
        assert sent(transport)[-1] >= 1001


def test_a_stall_in_the_middle_of_a_paced_telegram_loses_nothing_of_it() -> None:
    bench = Bench(paced=True)
    cable, transport = bench.connect()
    bench.clock.advance(0.03)
    cable.pauseProducing()
    bench.clock.advance(0.5)
    held = len(transport.value())
    assert 0 < held < 1000
    cable.resumeProducing()
    bench.clock.advance(0.1)
    assert transport.value() == bench.render(START)


def test_the_port_registers_for_back_pressure() -> None:
    cable, transport = Bench().connect()
    assert transport.producer is cable
    assert transport.streaming


def test_unplugged_cables_are_silent_and_replugged_ones_speak_at_once() -> None:
    bench = Bench(period_s=1)
    cable, transport = bench.connect()
    bench.port.unplug()
    _, late = bench.connect()
    bench.run(5)
    assert sent(transport) == [0]
    assert sent(late) == []
    cable.request_line(False)
    bench.port.replug()
    assert sent(transport) == []
    assert sent(late) == [5]
    cable.request_line(True)
    assert sent(transport) == [5]


def test_unplugging_stops_a_transfer() -> None:
    bench = Bench(paced=True)
    _, transport = bench.connect()
    bench.clock.advance(0.03)
    bench.port.unplug()
    held = len(transport.value())
    bench.clock.advance(1)
    assert len(transport.value()) == held < 1000


def test_a_connection_that_ends_is_forgotten_in_the_middle_of_a_telegram() -> None:
    bench = Bench(period_s=1, paced=True)
    cable, _ = bench.connect()
    bench.clock.advance(0.02)
    cable.connectionLost(Failure(ConnectionDone()))
    assert not bench.port.cables
    assert not bench.clock.getDelayedCalls()
    bench.rendered.clear()
    bench.run(3)
    assert bench.rendered == []


def test_a_meter_without_power_prints_nothing() -> None:
    bench = Bench(period_s=1, length=0)
    cable, transport = bench.connect()
    bench.run(3)
    assert transport.value() == b""
    assert cable.line.skipped == 0


def test_closing_ends_all_connections() -> None:
    bench = Bench()
    transports: list[Any] = [bench.connect()[1] for _ in range(2)]
    bench.port.close()
    assert all(transport.disconnecting for transport in transports)
    assert all(transport.producer is None for transport in transports)


def test_there_is_room_for_so_many_cables_only() -> None:
    bench = Bench()
    for _ in range(CABLES_MAX):
        bench.connect()
    assert bench.port.buildProtocol(None) is None


def test_what_a_consumer_sends_is_ignored() -> None:
    bench = Bench()
    cable, transport = bench.connect()
    cable.dataReceived(b"/?!\r\n" * 1000)
    assert sent(transport) == [0]
