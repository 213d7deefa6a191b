"""Those who connect to the service's pages: all together they hold up neither it nor each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from headend.listening import Bounds
from headend.metrics import Metrics
from headend.pages import Pages
from headend.scheduler import Scheduler
from headend.store import Store, open_store
from headend.store.call import directly
from headend.store.job import Job
from scenarios.transport.clock import HeapClock

NOW_S = 1000.0
BOUNDS = Bounds()
ASKED = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"


class Transport(StringTransport):
    """One end of a connection, which can be dropped."""

    protocol: Any

    def abortConnection(self) -> None:
        """The connection is gone at once."""
        if self.connected:
            self.connected = False
            self.protocol.connectionLost(Failure(ConnectionLost()))

    loseConnection = abortConnection


class House:
    """The pages of a service, and those who come there."""

    def __init__(self, store: Store) -> None:
        self.clock = HeapClock(NOW_S)
        scheduler = Scheduler(store, self.run, self.clock)
        self.pages = Pages(store, scheduler, Metrics(), self.clock, directly)

    async def run(self, job: Job) -> object:
        raise AssertionError(job)

    def come(self) -> Transport | None:
        """Somebody connects; None when nobody opens."""
        protocol = self.pages.site.buildProtocol(None)
        if protocol is None:
            return None
        transport = Transport()  # type: ignore[no-untyped-call]
        transport.protocol = protocol
        protocol.makeConnection(transport)
        return transport

    def say(self, transport: Transport, octets: bytes) -> bytes:
        """He says this; what he is answered."""
        transport.io.truncate(transport.io.seek(0))
        for place in range(0, len(octets), 1000):
            if transport.connected:
                transport.protocol.dataReceived(octets[place : place + 1000])
        return transport.io.getvalue()

    def guest(self) -> Transport:
        """Somebody who is let in."""
        transport = self.come()
        assert transport is not None
        return transport


@pytest.fixture
def house() -> Iterator[House]:
    store = open_store("sqlite://")
    yield House(store)
    store.close()


def test_the_pages_are_answered_one_after_the_other(house: House) -> None:
    transport = house.guest()
    for _ in range(3):
        assert b"200 OK" in house.say(transport, ASKED)
    assert transport.connected
    transport.abortConnection()
    assert house.clock.getDelayedCalls() == []


def test_one_too_many_is_not_let_in_until_another_has_gone(house: House) -> None:
    guests = [house.guest() for _ in range(BOUNDS.connections)]
    assert house.come() is None
    guests[0].abortConnection()
    assert b"200 OK" in house.say(house.guest(), ASKED)


@pytest.mark.parametrize("every_s", [1.0, 5.0, 29.0])
def test_who_is_slow_has_his_time_and_no_more(house: House, every_s: float) -> None:
    """Whatever he says meanwhile: an octet now and then gives him no more of it."""
    transport = house.guest()
    said = iter(b"GET /health HTTP/1.1\r\nA: " + b"x" * 100)
    while transport.connected:
        house.say(transport, bytes([next(said)]))
        house.clock.advance(every_s)
    assert BOUNDS.seconds <= house.clock.seconds() - NOW_S < BOUNDS.seconds + every_s
    assert house.clock.getDelayedCalls() == []


@pytest.mark.parametrize(
    "octets",
    [
        b"G" * 20_000,
        b"GET /health HTTP/1.1\r\nA: " + b"x" * 20_000,
        b"GET /health HTTP/1.1\r\n" + b"A: x\r\n" * 5_000,
        b"POST /health HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n" + bytes(20_000),
        b"POST /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\nx\r\n" * 4_000,
        ASKED * 1_000,
    ],
)
def test_who_says_too_much_is_hung_up_on(house: House, octets: bytes) -> None:
    transport = house.guest()
    house.say(transport, octets)
    assert not transport.connected
    assert house.clock.getDelayedCalls() == []
    assert b"200 OK" in house.say(house.guest(), ASKED)


def test_a_service_that_ends_hangs_up(house: House) -> None:
    guests = [house.guest() for _ in range(3)]
    house.clock.play(house.pages.close())
    assert not any(guest.connected for guest in guests)
    assert house.clock.getDelayedCalls() == []
