"""Wires with faults: what is sent arrives as they say, and a sound wire is as if it were none."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import DatagramProtocol

from scenarios.transport.clock import HeapClock
from scenarios.transport.network import SimulatedNetwork
from scenarios.transport.stream import SimulatedTransport
from scenarios.transport.wire_faults import Direction, WireFaults
from scenarios.transport.wires import Wires
from tests.scenarios.transport.test_network import Recorder, Recorders

PLACE = ("127.0.0.1", 4059)
SILENCE = WireFaults(silence=True)


class Unused(Random):
    """No wire that is sound draws anything."""

    def random(self) -> float:
        raise AssertionError("drawn")

    def getrandbits(self, k: int) -> int:
        raise AssertionError("drawn")


class Pair:
    """A station's end of a wire that listens, and who is connected to it."""

    def __init__(self, random: Random = Random(1)) -> None:
        self.clock = HeapClock()
        network = SimulatedNetwork(self.clock, Random(1))
        self.wires = Wires(network, self.clock, random)
        self.servers, self.clients = Recorders(), Recorders()
        self.clock.play(self.wires.listen(*PLACE, self.servers))
        self.wire = self.wires.at(PLACE)

    def connect(self) -> Pair:
        """One more connection."""
        connecting = self.wires.endpoint(*PLACE).connect(self.clients)
        self.clock.advance(0)
        assert connecting.called
        return self

    @property
    def meter(self) -> Recorder:
        return self.servers.built[-1]

    @property
    def caller(self) -> Recorder:
        return self.clients.built[-1]

    def talk(self, seconds: float = 0) -> None:
        """Each end says something."""
        self.caller.transport.write(b"question")
        self.meter.transport.write(b"answer")
        self.clock.advance(seconds)

    @property
    def heard(self) -> tuple[bytes, bytes]:
        """What arrived at the meter, and at the caller."""
        return b"".join(self.meter.seen), b"".join(self.caller.seen)


def test_nothing_stands_on_a_sound_wire_and_nothing_is_drawn_for_it() -> None:
    pair = Pair(Unused()).connect()
    pair.talk()
    pair.wire.disturb(SILENCE)
    pair.wire.disturb(None)
    pair.talk()
    assert pair.heard == (b"questionquestion", b"answeranswer")
    assert type(pair.meter.transport) is SimulatedTransport
    assert pair.meter.transport.protocol is pair.meter


@pytest.mark.parametrize("before", [True, False])
def test_faults_meet_connections_that_were_there_and_those_that_come(
    before: bool,
) -> None:
    pair = Pair()
    if before:
        pair.connect()
    pair.wire.disturb(WireFaults(latency_s=1.0))
    if not before:
        pair.connect()
    pair.talk(0.9)
    assert pair.heard == (b"", b"")
    pair.clock.advance(0.1)
    assert pair.heard == (b"question", b"answer")


@pytest.mark.parametrize(
    ("direction", "heard"),
    [
        (Direction.TO_METER, (b"", b"answer")),
        (Direction.FROM_METER, (b"question", b"")),
        (Direction.BOTH, (b"", b"")),
    ],
)
def test_faults_have_a_direction(
    direction: Direction, heard: tuple[bytes, bytes]
) -> None:
    pair = Pair().connect()
    pair.wire.disturb(WireFaults(silence=True, direction=direction))
    pair.talk(1)
    assert pair.heard == heard
    pair.wire.disturb(WireFaults(latency_s=10, direction=direction))
    pair.talk(5)
    assert pair.heard == (heard[0] * 2, heard[1] * 2)


def test_pieces_are_no_longer_than_the_slices_and_come_in_order() -> None:
    pair = Pair().connect()
    pair.wire.disturb(WireFaults(slice_octets=3))
    pair.talk()
    pair.talk()
    assert pair.meter.seen == [b"que", b"sti", b"on"] * 2
    assert pair.caller.seen == [b"ans", b"wer"] * 2


@given(
    st.integers(0, 999),
    st.sampled_from([0.0, 0.5, 3.0]),
    st.sampled_from([None, 1, 4]),
)
def test_however_late_octets_keep_their_order(
    seed: int, jitter_s: float, size: int | None
) -> None:
    pair = Pair(Random(seed)).connect()
    pair.wire.disturb(WireFaults(latency_s=0.1, jitter_s=jitter_s, slice_octets=size))
    said = [bytes((65 + number,)) * 5 for number in range(6)]
    for number, piece in enumerate(said):
        pair.caller.transport.write(piece)
        pair.meter.transport.write(piece)
        pair.clock.advance(0.2)
        if number == 3:
            pair.wire.disturb(None)
    pair.caller.transport.loseConnection()
    pair.clock.advance(60)
    assert pair.heard[0] == b"".join(said)
    assert pair.meter.ended and pair.meter.ended.check(ConnectionDone)


def test_a_share_of_what_is_sent_has_one_bit_turned_over() -> None:
    pair = Pair().connect()
    pair.wire.disturb(WireFaults(corrupt=0.25, direction=Direction.FROM_METER))
    for _ in range(400):
        pair.talk()
    assert set(pair.meter.seen) == {b"question"}
    wrong = [octets for octets in pair.caller.seen if octets != b"answer"]
    assert 60 < len(wrong) < 140
    for octets in wrong:
        turned = int.from_bytes(octets, "big") ^ int.from_bytes(b"answer", "big")
        assert len(octets) == 6 and turned.bit_count() == 1


def test_a_share_of_connects_is_not_answered() -> None:
    pair = Pair()
    pair.wire.disturb(WireFaults(loss=0.5))
    tries = [pair.wires.endpoint(*PLACE).connect(Recorders()) for _ in range(400)]
    pair.clock.advance(0)
    assert 150 < sum(bool(one.called) for one in tries) < 250
    pair.wire.disturb(None)
    pair.connect().talk()
    assert pair.heard == (b"question", b"answer")


def test_a_disturbance_ends_by_itself_unless_another_takes_its_place() -> None:
    pair = Pair().connect()
    pair.wire.disturb(SILENCE, 60)
    pair.clock.advance(59)
    pair.talk()
    assert pair.heard == (b"", b"")
    pair.clock.advance(1)
    pair.talk()
    assert pair.heard == (b"question", b"answer")
    pair.wire.disturb(SILENCE, 60)
    pair.wire.disturb(SILENCE)
    pair.clock.advance(120)
    pair.talk()
    assert pair.heard == (b"question", b"answer")


def test_a_reset_is_heard_at_both_ends() -> None:
    pair = Pair().connect()
    for faults in (None, WireFaults(latency_s=5), SILENCE):
        pair.wire.disturb(faults)
        pair.talk()
        pair.wire.reset()
        pair.clock.advance(0)
        for end in (pair.meter, pair.caller):
            assert end.ended and end.ended.check(ConnectionLost)
        pair.wire.disturb(None)
        pair.connect()
    pair.wire.reset()


def test_who_hangs_up_in_silence_is_heard_when_the_other_end_next_speaks() -> None:
    pair = Pair().connect()
    pair.wire.disturb(SILENCE)
    pair.caller.transport.abortConnection()
    pair.clock.advance(60)
    assert pair.caller.ended and not pair.meter.ended
    pair.wire.disturb(None)
    pair.clock.advance(60)
    assert not pair.meter.ended
    pair.meter.transport.write(b"anybody there?")
    pair.clock.advance(0)
    assert pair.meter.ended and pair.meter.ended.check(ConnectionLost)

    pair.connect().wire.disturb(SILENCE)
    pair.meter.transport.loseConnection()
    pair.clock.advance(60)
    assert pair.meter.ended and not pair.caller.ended
    pair.wire.disturb(None)
    pair.caller.transport.write(b"anybody there?")
    pair.clock.advance(0)
    assert pair.caller.ended and pair.caller.ended.check(ConnectionLost)
    assert pair.heard == (b"", b"")


def test_nothing_is_kept_of_connections_that_are_over() -> None:
    pair = Pair()
    for faults in (None, SILENCE, WireFaults(latency_s=1)) * 10:
        pair.wire.disturb(None)
        pair.connect().wire.disturb(faults)
        pair.caller.transport.loseConnection()
        pair.meter.transport.abortConnection()
        pair.clock.advance(10)
    pair.wire.disturb(None)
    pair.connect()
    assert len(pair.wire._there()) == 1 and len(pair.wire._connections) == 1


def test_the_station_s_own_calls_meet_faults_at_its_end() -> None:
    pair = Pair()
    calls = pair.wires.new()
    endpoint = calls.endpoint(pair.wires.endpoint(*PLACE))

    def call() -> Deferred[IProtocol]:
        calling = endpoint.connect(pair.clients)
        pair.clock.advance(0)
        return calling

    calls.disturb(SILENCE)
    assert not call().called
    calls.disturb(WireFaults(latency_s=2, direction=Direction.FROM_METER))
    assert call().called
    pair.talk(1)
    assert pair.heard == (b"", b"answer")
    pair.clock.advance(1)
    assert pair.heard == (b"question", b"answer")


class Ear(DatagramProtocol):
    """Keeps the datagrams that it hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(datagram)


@pytest.mark.parametrize(
    ("faults", "heard"),
    [
        (None, [b"gasp"]),
        (SILENCE, []),
        (WireFaults(silence=True, direction=Direction.TO_METER), [b"gasp"]),
        (WireFaults(loss=1.0), []),
        (WireFaults(latency_s=1.0, slice_octets=2), [b"gasp"]),
        (WireFaults(latency_s=11.0), []),
    ],
)
def test_datagrams_are_lost_or_late(
    faults: WireFaults | None, heard: list[bytes]
) -> None:
    pair, ear = Pair(), Ear()
    pair.clock.play(pair.wires.hear("127.0.0.1", 9000, ear))
    calls = pair.wires.new()
    calls.disturb(faults)
    ensureDeferred(calls.send(pair.wires, "127.0.0.1", 9000, b"gasp"))
    pair.clock.advance(10)
    assert ear.heard == heard
