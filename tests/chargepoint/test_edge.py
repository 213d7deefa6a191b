"""The gateway on simulated wires: the cable, the unit, the clock, and a clean end."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator, Sequence

import pytest
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.serialport import SerialPort

from chargepoint.edge import Gateway
from chargepoint.journal import MemoryJournal, Record
from chargepoint.modbus_client import ModbusClient
from chargepoint.modbus_server import UnitServerFactory
from chargepoint.notices import Alarm, Event
from chargepoint.p1_link import IDLE_S, P1Link
from chargepoint.registers import register
from chargepoint.serial_line import SerialEndpoint
from scenarios.transport.clock import HeapClock
from scenarios.transport.stepped_clock import SteppedClock
from tests.chargepoint.rig import MAX_W, START_S, text
from tests.chargepoint.wires import METER, Bench, P1Server
from wire.errors import SurroundingsError
from wire.p1 import TelegramReceived


def test_a_message_goes_from_the_meter_to_the_unit() -> None:
    bench = Bench()
    bench.meter.text = text(6000, 9000, seq=5)
    bench.clock.advance(20)
    assert bench.unit.applied_w == 6000
    bench.clock.advance(3600)
    assert bench.unit.applied_w == 9000
    bench.clock.advance(3600)
    assert bench.unit.applied_w == MAX_W
    assert bench.unit.most_at_once == 1
    assert bench.gateway.logic.alarms == {}
    assert [n.event for n in bench.notices] == [
        Event.UNIT_FOUND,
        Event.TAKEN,
        Event.COMMITTED,
        Event.EXPIRED,
    ]


def test_the_cable_is_plugged_in_again() -> None:
    bench = Bench()
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(20)
    bench.unplug()
    bench.clock.advance(3)
    assert bench.alarmed(Alarm.P1_AWAY)
    bench.clock.advance(97)
    assert bench.alarmed(Alarm.P1_SILENT) and bench.unit.applied_w == 6000
    assert [n.alarm for n in bench.notices if n.alarm] == [
        Alarm.P1_AWAY,
        Alarm.P1_SILENT,
    ]
    bench.plug()
    bench.meter.text = text(5000, seq=6)
    bench.clock.advance(80)
    assert bench.gateway.logic.alarms == {} and bench.unit.applied_w == 5000
    assert len(bench.meter.cables) == 1


def test_a_port_that_hangs_up_after_each_telegram_is_not_away() -> None:
    bench = Bench()
    for _ in range(10):
        bench.clock.advance(10)
        bench.unplug()
        bench.plug()
    bench.clock.advance(10)
    assert bench.gateway.logic.metrics.telegrams >= 9
    assert not [n for n in bench.notices if n.alarm]


def test_reconnects_come_ever_more_rarely_and_start_anew_after_a_telegram() -> None:
    bench = Bench()
    bench.clock.advance(20)
    connects = bench.meter.connects
    connects.clear()
    bench.meter.accepts = False
    bench.meter.hang_up()
    bench.clock.advance(300)
    gaps = [round(b - a) for a, b in zip(connects, connects[1:], strict=False)]
    assert gaps[:7] == [2, 4, 8, 16, 32, 64, 64]
    bench.meter.accepts = True
    bench.clock.advance(100)
    connects.clear()
    bench.meter.accepts = False
    bench.meter.hang_up()
    bench.clock.advance(4)
    assert len(connects) == 2


def test_a_connect_that_is_never_answered_is_given_up() -> None:
    bench = Bench()
    bench.clock.advance(1)
    bench.network.link(*METER).cut = True
    bench.unplug()
    bench.plug()
    for cable in list(bench.meter.cables):
        cable.transport.abortConnection()
    bench.clock.advance(60)
    bench.network.link(*METER).cut = False
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(100)
    assert bench.unit.applied_w == 6000 and bench.gateway.logic.alarms == {}


def test_a_dead_cable_is_connected_again() -> None:
    bench = Bench()
    bench.clock.advance(15)
    bench.meter.prints = False
    bench.clock.advance(2 * IDLE_S + 20)
    assert len(bench.meter.connects) >= 3
    assert len(bench.meter.cables) == 1
    bench.meter.prints = True
    bench.clock.advance(10)
    assert not bench.alarmed(Alarm.P1_SILENT)
    before = len(bench.meter.connects)
    bench.clock.advance(600)
    assert len(bench.meter.connects) == before


@pytest.mark.parametrize("silent_s", [239, 316, 405, 533, 890])
def test_a_port_that_was_silent_is_heard_as_soon_as_it_sends(silent_s: int) -> None:
    bench = Bench()
    bench.clock.advance(15)
    bench.meter.prints = False
    bench.clock.advance(silent_s)
    bench.meter.prints = True
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(15)
    assert not bench.alarmed(Alarm.P1_SILENT) and bench.unit.applied_w == 6000


def test_a_unit_that_is_away_does_not_hold_up_the_meter() -> None:
    bench = Bench()
    bench.unit.answers = False
    bench.unit.takes_s = 5
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(200)
    assert bench.gateway.logic.metrics.telegrams == 20
    assert bench.alarmed(Alarm.UNIT_AWAY)
    bench.unit.answers = True
    bench.clock.advance(150)
    assert bench.unit.applied_w == 6000 and bench.gateway.logic.alarms == {}
    assert bench.unit.most_at_once == 1


def test_a_unit_that_answers_too_little_is_away() -> None:
    bench = Bench()
    bench.unit.short = True
    bench.clock.advance(20)
    assert bench.alarmed(Alarm.UNIT_AWAY)


def test_a_defect_does_not_end_the_gateway() -> None:
    bench = Bench()
    bench.meter.text = text(6000, seq=5)

    async def broken(address: int, count: int) -> Sequence[int]:
        raise ZeroDivisionError

    real, bench.unit.read = bench.unit.read, broken  # type: ignore[method-assign]
    bench.clock.advance(20)
    bench.unit.read = real  # type: ignore[method-assign]
    bench.clock.advance(60)
    assert bench.unit.applied_w == 6000


def test_restart_goes_on_from_the_journal() -> None:
    bench = Bench()
    bench.meter.text = text(6000, 9000, seq=5)
    bench.clock.advance(20)
    bench.clock.play(_stopped(bench.gateway))
    bench.clock.advance(5)
    assert bench.meter.cables == []
    bench.gateway = bench.new_gateway()
    bench.gateway.start()
    bench.meter.text = text(7000, seq=5)
    bench.clock.advance(30)
    assert bench.unit.applied_w == 6000
    assert bench.alarmed(Alarm.MESSAGE_REJECTED)


async def _stopped(gateway: Gateway) -> None:
    await gateway.stop()


def test_stop_leaves_nothing_behind() -> None:
    bench = Bench()
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(10.15)
    assert bench.unit.under_way == 1
    over: list[None] = []
    bench.gateway.stop().addCallback(over.append)
    assert not over
    bench.clock.advance(1)
    assert over == [None] and bench.unit.under_way == 0
    # Only the meter's own tick is left.
    assert len(bench.clock.getDelayedCalls()) == 1
    told = len(bench.notices)
    bench.clock.advance(300)
    assert len(bench.notices) == told and bench.meter.cables == []


def test_stop_while_connecting() -> None:
    bench = Bench()
    bench.network.link(*METER).cut = True
    bench.unplug()
    bench.clock.advance(70)
    bench.gateway.stop()
    bench.clock.advance(1)
    assert len(bench.clock.getDelayedCalls()) == 1


def test_a_journal_that_fails_does_not_stop_the_limit() -> None:
    class Full(MemoryJournal):
        def save(self, record: Record) -> None:
            raise SurroundingsError("no space left")

    bench = Bench(Full())
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(20)
    assert bench.unit.applied_w == 6000 and bench.alarmed(Alarm.JOURNAL)


def test_the_monotonic_clock_carries_telegram_time() -> None:
    bench = Bench()
    host_set_back_s = 7200
    gateway = Gateway(
        p1=bench.network.endpoint(*METER),
        unit=bench.unit,
        clock=bench.clock,
        journal=MemoryJournal(),
        monotonic=lambda: bench.clock.seconds() - START_S + host_set_back_s,
    )
    bench.gateway.stop()
    gateway.start()
    bench.meter.text = text(6000, 9000, seq=5)
    bench.clock.advance(3610)
    assert bench.unit.applied_w == 9000 and gateway.logic.alarms == {}


def test_over_modbus_and_a_unit_that_loses_its_connection() -> None:
    bench = Bench()
    bench.gateway.stop()
    unit = bench.unit.unit
    factory = UnitServerFactory(unit, bench.clock)
    bench.clock.play(bench.network.listen("unit", 502, factory))
    link = bench.network.link("unit", 502)
    bench.gateway = Gateway(
        p1=bench.network.endpoint(*METER),
        unit=ModbusClient(bench.network.endpoint("unit", 502), bench.clock),
        clock=bench.clock,
        journal=MemoryJournal(),
    )
    bench.gateway.start()
    bench.meter.text = text(*range(6000, 6022), seq=5)
    bench.clock.advance(20)
    assert bench.unit.applied_w == 6000
    assert unit.read(register("period_count").address, 1) == [22]
    assert unit.read(register("period_21_max").address, 2) == [0, 6021]
    link.cut = True
    bench.meter.text = text(5000, seq=6)
    bench.clock.advance(100)
    assert bench.unit.applied_w == 6000 and bench.alarmed(Alarm.UNIT_AWAY)
    link.cut = False
    bench.clock.advance(120)
    assert bench.unit.applied_w == 5000 and bench.gateway.logic.alarms == {}
    unit.write(400, [2])
    bench.clock.advance(25)
    assert bench.unit.applied_w == 5000


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The master's descriptor and the name of a pty."""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_serial_line(line: tuple[int, str]) -> None:
    master, name = line
    reactor = SelectReactor()
    reactor.startRunning()
    received: list[TelegramReceived] = []
    link = P1Link(
        SerialEndpoint(reactor, name),
        reactor,
        lambda events: received.extend(
            event for event in events if isinstance(event, TelegramReceived)
        ),
    )
    link.start()
    octets = P1Server(HeapClock(START_S)).octets()
    os.write(master, octets)
    for _ in range(50):
        reactor.runUntilCurrent()
        reactor.doSelect(0.02)
        if received:
            break
    assert [event.octets for event in received] == [octets]
    assert termios.tcgetattr(master)[4] == termios.B115200
    link.stop()
    reactor.runUntilCurrent()
    assert not any(isinstance(reader, SerialPort) for reader in reactor.getReaders())


def test_a_serial_line_that_is_not_there_is_tried_again() -> None:
    clock = HeapClock(START_S)
    lost: list[str] = []
    link = P1Link(
        SerialEndpoint(SelectReactor(), "/dev/does-not-exist"),
        clock,
        lambda events: None,
        on_lost=lost.append,
    )
    link.start()
    clock.advance(8)
    assert len(lost) == 4 and "/dev/does-not-exist" in lost[0]
    link.stop()
    assert clock.getDelayedCalls() == []


def test_a_killed_gateway_says_and_keeps_nothing_more() -> None:
    bench = Bench()
    bench.meter.text = text(6000, seq=5)
    bench.clock.advance(20)
    record, said = bench.journal.load().record, len(bench.notices)
    bench.unit.answers = False
    while not bench.unit.under_way:
        bench.clock.advance(0.05)
    bench.meter.text = text(5000, seq=6)
    bench.gateway.kill()
    bench.clock.advance(1000)
    assert bench.journal.load().record == record and len(bench.notices) == said
    assert not bench.meter.cables and bench.unit.applied_w == 6000


@pytest.mark.parametrize("step_s", [7200.0, -7200.0])
def test_a_step_of_the_host_s_clock_makes_no_cable_dead_nor_alive(
    step_s: float,
) -> None:
    bench = Bench()
    wall = SteppedClock(bench.clock)
    link = P1Link(
        *(bench.network.endpoint(*METER), wall, lambda events: None),
        monotonic=bench.clock.seconds,
    )
    link.start()
    bench.clock.advance(15)
    bench.gateway.kill()
    bench.meter.prints = False
    wall.ahead_s += step_s
    connects = len(bench.meter.connects)
    bench.clock.advance(IDLE_S - 10)
    assert len(bench.meter.connects) == connects
    bench.clock.advance(10)
    assert len(bench.meter.connects) == connects + 1
    link.stop()
