"""The client on a wire: what a meter, or the way to it, can do to it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from headend.dlms.client import DlmsClient
from headend.dlms.credentials import Credentials
from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from tests.headend.dlms.fake_meter import (
    ABSENT,
    ENCRYPTION_KEY,
    MANAGEMENT,
    MESSAGE,
    METER_TITLE,
    PROFILE,
    Counters,
    FakeMeter,
)
from wire.capture import OnOctets
from wire.dlms import axdr
from wire.dlms.descriptors import DataAccessResult, MethodDescriptor
from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import LocalError, PeerRefused, TransportError, WireError
from wire.obis import Obis

ADDRESS = ("meter", 4059)
HELLO = axdr.octet_string(b"hello")
METHOD = MethodDescriptor(7, Obis.parse("1-0:99.1.0"), 1)
TIMEOUT_S = 10


class MeterLine(Protocol):
    """The meter's end of one connection; `behave` may take the place of an answer."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._reader = WrapperReader()

    def connectionMade(self) -> None:
        self._place.connections += 1
        self._place.connected += 1

    def dataReceived(self, data: bytes) -> None:
        for wpdu in self._reader.feed(data):
            assert isinstance(wpdu, Wpdu)
            self._place.count += 1
            reply = self._place.meter.receive(wpdu.payload)
            if reply is not None:
                framed = encode_wpdu(wpdu.destination, wpdu.source, reply)
                self._place.behave(self, framed)

    def connectionLost(self, reason: Failure = Failure(CancelledError())) -> None:
        self._place.connected -= 1


def answer(line: Any, framed: bytes) -> None:
    line.transport.write(framed)


class Place(Factory):
    """A simulated network with a fake meter on it."""

    noisy = False

    def __init__(self, credentials: Credentials = MANAGEMENT) -> None:
        self.clock = HeapClock(1_000_000.0)
        self.network = SimulatedNetwork(self.clock, Random(1))
        self.meter = FakeMeter(credentials)
        self.meter.values[PROFILE] = axdr.encode(axdr.octet_string(bytes(5000)))
        self.credentials = credentials
        self.behave: Callable[[Any, bytes], None] = answer
        self.connections = 0
        self.connected = 0
        self.count = 0

    def buildProtocol(self, addr: object) -> MeterLine:
        return MeterLine(self)

    def listen(self) -> Place:
        self.clock.play(self.network.listen(*ADDRESS, self))
        return self

    def client(self) -> DlmsClient:
        return DlmsClient(
            self.network.endpoint(*ADDRESS),
            self.credentials,
            Counters(),
            self.clock,
            timeout_s=TIMEOUT_S,
        )

    def at(self, step: int, behave: Callable[[Any, bytes], None]) -> None:
        """From the answer of this number on (the AARE is 1), does that."""
        self.behave = lambda line, framed: (behave if self.count >= step else answer)(
            line, framed
        )

    def fails(
        self, work: Coroutine[Deferred[Any], Any, Any], error: type, says: str
    ) -> float:
        """How long it took to fail so; nothing must be left connected or pending."""
        began = self.clock.seconds()
        with pytest.raises(error, match=says):
            self.clock.play(work)
        took = self.clock.seconds() - began
        self.clock.advance(0)
        assert self.connected == 0
        assert self.clock.getDelayedCalls() == []
        return took


async def everything(place: Place) -> list[Any]:
    async with place.client() as meter:
        await meter.set(MESSAGE, HELLO)
        return [
            await meter.get(MESSAGE),
            await meter.get_list([(MESSAGE, None), (ABSENT, None)]),
            await meter.set_list([(MESSAGE, HELLO)]),
            await meter.action(METHOD),
            len((await meter.get(PROFILE)).value),
        ]


def test_one_association_for_several_operations() -> None:
    place = Place().listen()
    results = place.clock.play(everything(place))
    assert results == [
        HELLO,
        (HELLO, DataAccessResult.OBJECT_UNDEFINED),
        (DataAccessResult.SUCCESS,),
        None,
        5000,
    ]
    place.clock.advance(0)
    assert (place.connections, place.connected) == (1, 0)
    assert place.clock.getDelayedCalls() == []
    assert place.clock.seconds() == 1_000_000.0


def test_a_public_client() -> None:
    place = Place(Credentials.public()).listen()
    assert place.clock.play(everything(place))[0] == HELLO


def test_a_refusal_leaves_the_association_for_more() -> None:
    place = Place().listen()

    async def work() -> Any:
        async with place.client() as meter:
            with pytest.raises(PeerRefused):
                await meter.get(ABSENT)
            return await meter.get(MESSAGE), meter.meter_title, meter.meter_counter

    assert place.clock.play(work()) == (HELLO, METER_TITLE, 105)


def test_nobody_listens() -> None:
    place = Place()
    took = place.fails(place.client().open(), TransportError, "no connection")
    assert took == 0


def test_the_way_is_cut() -> None:
    place = Place().listen()
    place.network.link(*ADDRESS).cut = True
    took = place.fails(place.client().open(), TransportError, "within 10 s")
    assert took == TIMEOUT_S


def test_a_slow_way_is_waited_for() -> None:
    place = Place().listen()
    place.network.link(*ADDRESS).latency_s = 4.0
    assert place.clock.play(everything(place))[0] == HELLO


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize(
    "behave, says, waits",
    [
        (lambda line, framed: None, "silent for 10 s", True),
        (lambda line, framed: line.transport.write(framed[:-3]), "silent", True),
        (lambda line, framed: line.transport.loseConnection(), "closed", False),
        (lambda line, framed: line.transport.abortConnection(), "closed", False),
    ],
)
def test_a_meter_falls_silent_or_hangs_up(
    step: int, behave: Callable[[Any, bytes], None], says: str, waits: bool
) -> None:
    place = Place().listen()
    place.at(step, behave)
    took = place.fails(read_profile(place), TransportError, says)
    assert took == (TIMEOUT_S if waits else 0)


async def read_profile(place: Place) -> axdr.Data:
    async with place.client() as meter:
        return await meter.get(PROFILE)


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize(
    "behave, says",
    [
        (lambda line, framed: line.transport.write(b"GET / HTTP/1.1\r\n"), "version"),
        (lambda line, framed: line.transport.write(b"\x00\x01" + bytes(8)), "."),
        (
            lambda line, framed: line.transport.write(encode_wpdu(1, 16, framed[8:])),
            "another client",
        ),
        (
            lambda line, framed: line.transport.write(
                framed[:-1] + bytes((framed[-1] ^ 1,))
            ),
            ".",
        ),
        (lambda line, framed: line.transport.write(framed + framed), "without being"),
        (
            lambda line, framed: line.transport.write(encode_wpdu(1, 1, b"\xff" * 50)),
            ".",
        ),
    ],
)
def test_a_meter_that_answers_garbage(
    step: int, behave: Callable[[Any, bytes], None], says: str
) -> None:
    place = Place().listen()
    place.at(step, behave)
    took = place.fails(read_profile(place), WireError, says)
    assert took == 0


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    place = Place().listen()

    async def work() -> None:
        async with place.client() as meter:
            place.behave = lambda line, framed: line.transport.write(framed * 2)
            await meter.get(MESSAGE)
            await meter.get(MESSAGE)

    place.fails(work(), WireError, "without being asked")
    assert place.count == 3


def test_a_long_answer_in_any_chunks() -> None:
    place = Place().listen()

    def dribble(line: Any, framed: bytes) -> None:
        for start in range(0, len(framed), 7):
            line.transport.write(framed[start : start + 7])

    place.behave = dribble
    assert place.clock.play(everything(place))[-1] == 5000


def test_other_keys_end_in_silence_or_a_tag_and_never_in_a_traceback() -> None:
    place = Place().listen()
    place.meter.use_keys(bytes(16), ENCRYPTION_KEY)
    place.meter.receive = lambda octets: None  # type: ignore[method-assign]
    place.fails(place.client().open(), TransportError, "silent")


def test_a_rejected_association_is_closed() -> None:
    from wire.dlms.acse import AssociateResult, UserDiagnostic

    place = Place().listen()
    place.meter.aare_result = AssociateResult.REJECTED_PERMANENT
    place.meter.diagnostic = UserDiagnostic.AUTHENTICATION_FAILURE
    place.fails(place.client().open(), PeerRefused, "authentication-failure")


def test_a_meter_that_does_not_part_well_has_answered_all_the_same() -> None:
    place = Place().listen()
    place.at(4, lambda line, framed: line.transport.loseConnection())

    async def work() -> axdr.Data:
        async with place.client() as meter:
            return await meter.get(MESSAGE)

    assert place.clock.play(work()) == HELLO
    place.clock.advance(0)
    assert place.connected == 0


def test_cancelling_ends_the_connection() -> None:
    place = Place().listen()
    place.at(3, lambda line, framed: None)
    outcome: list[Any] = []
    running = ensureDeferred(read_profile(place))
    running.addBoth(outcome.append)
    place.clock.advance(1)
    assert outcome == [] and place.connected == 1
    running.cancel()
    place.clock.advance(0)
    assert isinstance(outcome[0].value, CancelledError)
    assert place.connected == 0
    assert place.clock.getDelayedCalls() == []


def test_cancelling_a_connect() -> None:
    place = Place().listen()
    place.network.link(*ADDRESS).cut = True
    outcome: list[Any] = []
    running = ensureDeferred(place.client().open())
    running.addBoth(outcome.append)
    place.clock.advance(1)
    running.cancel()
    assert isinstance(outcome[0].value, CancelledError)
    assert place.clock.getDelayedCalls() == []


def test_one_thing_at_a_time() -> None:
    place = Place().listen()

    async def work() -> axdr.Data:
        async with place.client() as meter:
            first = ensureDeferred(meter.get(MESSAGE))
            with pytest.raises(LocalError, match="one thing at a time"):
                await meter.get(MESSAGE)
            with pytest.raises(LocalError):
                await meter.open()
            value = await first
            assert value == await meter.get(MESSAGE)
            return value

    assert place.clock.play(work()) == HELLO


def test_closed_is_closed() -> None:
    place = Place().listen()
    client = place.client()

    async def work() -> None:
        with pytest.raises(LocalError):
            await client.get(MESSAGE)
        await client.open()
        client.close()
        client.close()
        with pytest.raises(LocalError):
            await client.get(MESSAGE)

    place.clock.play(work())
    place.clock.advance(0)
    assert place.connected == 0


def test_keys_are_replaced_within_an_association() -> None:
    place = Place().listen()
    new = bytes(range(100, 116))

    async def work() -> axdr.Data:
        async with place.client() as meter:
            place.meter.use_keys(new, new)
            place.meter.client_counters.clear()
            meter.replace_keys(
                encryption_key=new, authentication_key=new, next_counter=Counters(0)
            )
            return await meter.get(MESSAGE)

    assert place.clock.play(work()) == HELLO
    assert place.meter.client_counters[0] == 0


def test_the_octets_on_the_line_can_be_watched() -> None:
    place = Place().listen()
    seen: list[tuple[bool, bytes]] = []
    client = DlmsClient(
        place.network.endpoint(*ADDRESS),
        MANAGEMENT,
        Counters(),
        place.clock,
        trace=OnOctets(lambda sent, octets: seen.append((sent, octets))),
    )

    async def work() -> None:
        async with client as meter:
            await meter.get(MESSAGE)

    place.clock.play(work())
    assert [sent for sent, _ in seen] == [True, False] * 4
    assert all(octets[:2] == b"\x00\x01" for _, octets in seen)
    assert not any(b"hello" in octets for _, octets in seen)
