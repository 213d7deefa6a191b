"""The port that meters call: what is heard, what is refused, and that neither piles up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport

from headend.listener import (
    MOST_CONNECTIONS,
    TIMEOUT_S,
    PushDatagrams,
    PushFactory,
    PushProtocol,
)
from headend.pushes import Heard, OnAlarm, Reception
from headend.store import Store, jobs, open_store
from headend.store.job import Job
from scenarios.transport.clock import HeapClock
from tests.headend.store.rows import add_meters
from wire.cosem.pushes import Push, encode_notification, encode_wake_up
from wire.dlms import axdr
from wire.errors import SurroundingsError
from wire.obis import Obis

NOW_S = 1000.0
PEER = "10.0.0.7:40000"
SETUP = Obis.parse("0-1:25.9.0")


class Office:
    """A store with one meter, a listener, and what it told."""

    def __init__(self, store: Store, on_alarm: OnAlarm) -> None:
        self.store = store
        self.clock = HeapClock(NOW_S)
        (self.meter,) = add_meters(store)
        self.name = self.meter.equipment_id
        self.heard: list[Heard] = []
        self.refused: list[tuple[str, str]] = []
        self.reception = Reception(store, on_alarm)
        self.factory = self.listener(self.reception.take)

    def listener(self, take: Any) -> PushFactory:
        """A listener that tells us."""
        return PushFactory(
            take,
            self.clock,
            lambda heard, peer: self.heard.append(heard),
            lambda peer, why: self.refused.append((peer, why)),
        )

    def call(self) -> tuple[PushProtocol, Any]:
        """Somebody calls."""
        protocol = self.factory.buildProtocol(IPv4Address("TCP", "10.0.0.7", 40_000))
        transport: Any = StringTransport()
        protocol.makeConnection(transport)  # type: ignore[no-untyped-call]
        return protocol, transport

    def say(self, octets: bytes) -> Any:
        """Somebody calls, says this and hangs up; the transport."""
        protocol, transport = self.call()
        if octets:
            protocol.dataReceived(octets)
        protocol.connectionLost()
        assert transport.value() == b"", "nothing is answered"
        return transport

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self.store.read() as connection:
            return jobs.listing(connection)[::-1]


@pytest.fixture
def make() -> Iterator[Callable[[OnAlarm], Office]]:
    opened = open_store("sqlite://")
    yield lambda on_alarm: Office(opened, on_alarm)
    opened.close()


@pytest.fixture
def office(make: Callable[[OnAlarm], Office]) -> Office:
    return make(OnAlarm.CLEAR)


def alarm(name: str, value: int = 4) -> bytes:
    return encode_wake_up(name, value.to_bytes(4, "big"))


def notification(name: str, *alarms: int) -> bytes:
    parts = [axdr.octet_string(name.encode()), axdr.octet_string(SETUP.octets)]
    parts += [axdr.double_long_unsigned(value) for value in alarms]
    return encode_notification(1, 1, axdr.encode(axdr.structure(*parts)))


def test_an_alarm_of_dsmr4_is_read_and_cleared(office: Office) -> None:
    office.say(alarm(office.name))
    (heard,) = office.heard
    assert (heard.push, heard.meter) == (Push(office.name, None, (4,)), office.meter)
    assert heard.alarms == ("power_up",)
    read, clear = office.jobs()
    assert heard.jobs == (read.id, clear.id)
    assert (read.operation, read.arguments) == ("get", {"object": "alarm_register"})
    assert (clear.operation, clear.arguments["value"]) == ("set", 0)
    assert read.priority == clear.priority


def test_a_notification_is_heard_before_its_sender_hangs_up(office: Office) -> None:
    protocol, transport = office.call()
    protocol.dataReceived(notification(office.name, 0, 1))
    (heard,) = office.heard
    assert heard.push == Push(office.name, SETUP, (0, 1))
    assert heard.alarms == ("voltage_sag_in_phase_detected_l1",)
    assert transport.disconnecting
    assert [job.arguments["object"] for job in office.jobs()] == [
        "alarm_register_2",
        "alarm_register_2:2",
    ]


def test_each_register_that_tells_of_an_alarm_is_read_and_cleared(
    office: Office,
) -> None:
    office.say(notification(office.name, 4, 0, 1))
    assert [(job.operation, job.arguments["object"]) for job in office.jobs()] == [
        ("get", "alarm_register"),
        ("set", "alarm_register:2"),
        ("get", "alarm_register_3"),
        ("set", "alarm_register_3:2"),
    ]


def test_a_datagram_is_one_push(office: Office) -> None:
    hearer = PushDatagrams(office.factory)
    hearer.datagramReceived(notification(office.name, 0, 0, 1), ("10.0.0.7", 40_000))
    (heard,) = office.heard
    assert heard.push == Push(office.name, SETUP, (0, 0, 1))
    assert heard.alarms == ("last_gasp",) and office.refused == []


@pytest.mark.parametrize("octets", [b"x", b"\x00\x01", bytes(70_000)])
def test_a_datagram_that_is_no_push_is_refused(office: Office, octets: bytes) -> None:
    hearer = PushDatagrams(office.factory)
    hearer.datagramReceived(b"", ("10.0.0.7", 40_000))
    assert office.refused == []
    half = notification(office.name, 1)[:-1]
    for bad in (octets, half):
        hearer.datagramReceived(bad, ("10.0.0.7", 40_000))
    assert office.heard == [] and [peer for peer, _ in office.refused] == [PEER] * 2


def test_datagrams_count_with_the_calls_that_are_too_many(office: Office) -> None:
    hearer = PushDatagrams(office.factory)
    for _ in range(MOST_CONNECTIONS):
        office.call()
    hearer.datagramReceived(notification(office.name, 1), ("10.0.0.7", 40_000))
    assert office.heard == [] and office.refused == []


@pytest.mark.parametrize(("on_alarm", "count"), [("nothing", 0), ("read", 1)])
def test_what_is_done_about_an_alarm_is_a_choice(
    make: Callable[[OnAlarm], Office], on_alarm: str, count: int
) -> None:
    office = make(OnAlarm(on_alarm))
    office.say(alarm(office.name))
    assert len(office.jobs()) == count and len(office.heard) == 1


def test_a_wake_up_without_an_alarm_asks_for_nothing(office: Office) -> None:
    office.say(encode_wake_up(office.name, Obis.parse("0-0:15.0.4").octets))
    office.say(alarm(office.name, 0))
    office.say(notification(office.name, 0))
    assert [heard.jobs for heard in office.heard] == [(), (), ()]
    assert office.jobs() == []


def test_a_meter_that_is_not_known_is_told_of_and_not_asked(office: Office) -> None:
    office.say(alarm("E9999999999999999"))
    (heard,) = office.heard
    assert heard.meter is None and heard.alarms == ("power_up",)
    assert office.jobs() == []


def test_calls_that_repeat_do_not_pile_jobs_up(office: Office) -> None:
    for _ in range(50):
        office.say(alarm(office.name))
    assert len(office.heard) == 50 and len(office.jobs()) == 2
    assert {heard.jobs for heard in office.heard} == {(1, 2)}


def test_a_wake_up_whose_sender_stays_ends_in_time(office: Office) -> None:
    protocol, transport = office.call()
    protocol.dataReceived(alarm(office.name))
    office.clock.advance(TIMEOUT_S - 1)
    assert office.heard == []
    office.clock.advance(1)
    assert len(office.heard) == 1 and transport.disconnecting
    protocol.connectionLost()
    assert len(office.heard) == 1 and office.factory.calls == set()


def test_silence_and_half_a_push_end_in_time(office: Office) -> None:
    _, silent = office.call()
    protocol, half = office.call()
    protocol.dataReceived(notification(office.name)[:-1])
    office.clock.advance(TIMEOUT_S)
    assert silent.disconnecting and half.disconnecting
    ((peer, why),) = office.refused
    assert peer == PEER and "ends after" in why
    assert office.clock.getDelayedCalls() == []


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n", bytes(8), b"x" * 10_000])
def test_what_is_no_push_is_refused_at_once(office: Office, octets: bytes) -> None:
    protocol, transport = office.call()
    protocol.dataReceived(octets)
    protocol.dataReceived(octets)
    assert transport.disconnecting
    protocol.connectionLost()
    assert [peer for peer, _ in office.refused] == [PEER]
    assert office.heard == [] and office.jobs() == []


def test_a_call_without_a_word_is_nothing(office: Office) -> None:
    office.say(b"")
    assert office.refused == [] and office.heard == []


def test_one_call_too_many_is_hung_up_on(office: Office) -> None:
    calls = [office.call() for _ in range(MOST_CONNECTIONS + 1)]
    assert [t.disconnecting for _, t in calls] == [False] * MOST_CONNECTIONS + [True]
    too_many, _ = calls[-1]
    too_many.dataReceived(alarm(office.name))
    too_many.connectionLost()
    assert office.heard == []
    calls[0][0].connectionLost()
    _, again = office.call()
    assert not again.disconnecting
    office.factory.hang_up()
    assert all(transport.disconnecting for _, transport in calls)


def test_pushes_that_wait_for_the_store_count_as_calls(office: Office) -> None:
    waiting: list[Deferred[Heard]] = []

    def busy(push: Push, now_s: float) -> Deferred[Heard]:
        waiting.append(Deferred())
        return waiting[-1]

    office.factory = office.listener(busy)
    for _ in range(MOST_CONNECTIONS + 1):
        office.say(alarm(office.name))
    assert len(waiting) == MOST_CONNECTIONS
    waiting[0].callback(Heard(Push(office.name), None, ()))
    office.say(alarm(office.name))
    assert len(waiting) == MOST_CONNECTIONS + 1


def test_a_store_that_is_away_loses_the_push_with_a_word(office: Office) -> None:
    async def away(push: Push, now_s: float) -> Heard:
        raise SurroundingsError("the database is away")

    office.factory = office.listener(away)
    office.say(alarm(office.name))
    assert office.refused == [(PEER, f"{office.name}: the database is away")]
