"""A capture as a file: blocks, frames and conversations by their specifications."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.capture.pcapng import ACK, FIN, SYN, Captured, read
from wire.capture import Capture, Place
from wire.capture.conversation import MOST_PAYLOAD, Conversation
from wire.dlms.wrapper import encode_wpdu

METER = "E0422000000000124"
NOW_S = 1_704_783_600.25
CLIENT, SERVER = Place("127.0.0.1", 50_123), Place("127.0.0.1", 4061)
AT_THE_CLIENT, AT_THE_METER = ("192.0.2.1", 50_123), ("198.18.0.1", 4059)


class File:
    """A capture into memory, whose blocks are kept apart."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.capture = Capture(self.blocks.append, lambda: NOW_S)

    def read(self) -> Captured:
        """What a reader finds in it."""
        return read(b"".join(self.blocks))


def test_a_capture_of_nothing_has_two_interfaces() -> None:
    assert File().read() == Captured(["P3", "P3 deciphered"], [])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_is_a_conversation_on_both_interfaces(host: str) -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.opened(Place(host, 50_123), Place(host, 4061))
    question, answer = encode_wpdu(16, 1, b"\xc0..."), encode_wpdu(1, 16, b"\xc4...")
    tap.octets(True, question)
    tap.octets(False, answer)
    tap.closed()
    captured = file.read()
    assert captured.streams(0) == {(host, 50_123): question, (host, 4061): answer}
    assert captured.streams(1) == {AT_THE_CLIENT: question, AT_THE_METER: answer}
    assert {segment.comment for segment in captured.segments} == {METER}
    assert {segment.instant_us for segment in captured.segments} == {
        1_704_783_600_250_000
    }
    for interface in range(2):
        flags = [s.flags & ~8 for s in captured.segments if s.interface == interface]
        data = [ACK, ACK]
        end = [FIN | ACK, FIN | ACK, ACK]
        assert flags == [SYN, SYN | ACK, ACK, *data, *end]


def test_a_wpdu_in_pieces_is_in_clear_once_it_is_whole() -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.opened(CLIENT, SERVER)
    wpdu = encode_wpdu(16, 1, bytes(5000))
    for at in range(0, len(wpdu), 1000):
        assert file.read().streams(1)[AT_THE_CLIENT] == b""
        tap.octets(True, wpdu[at : at + 1000])
    assert file.read().streams(1)[AT_THE_CLIENT] == wpdu
    assert max(len(s.payload) for s in file.read().segments) == MOST_PAYLOAD


def test_meters_are_told_apart_and_keep_their_address() -> None:
    file = File()
    for name in (METER, "E0422000000000224", METER):
        tap = file.capture.tap(name, lambda: ())
        tap.opened(CLIENT, SERVER)
    addresses = [s.destination[0] for s in file.read().segments if s.interface == 1]
    assert addresses[::3] == ["198.18.0.1", "198.18.0.2", "198.18.0.1"]


def test_octets_without_framing_are_only_shown_as_sent() -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.opened(CLIENT, SERVER)
    tap.octets(True, b"GET / HTTP/1.1\r\n\r\n")
    tap.octets(True, encode_wpdu(16, 1, b"late"))
    streams = file.read().streams(1)
    assert not any(streams.values())
    assert file.read().streams(0)[CLIENT].startswith(b"GET / ")


def test_nothing_is_written_of_a_connection_that_never_was() -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.octets(True, b"...")
    tap.closed()
    assert file.read().segments == []


def test_the_file_is_whole_after_every_block() -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.opened(CLIENT, SERVER)
    tap.octets(True, encode_wpdu(16, 1, bytes(2000)))
    for end in range(1, len(file.blocks) + 1):
        read(b"".join(file.blocks[:end]))


def test_sequence_numbers_go_round() -> None:
    conversation = Conversation(CLIENT, SERVER)
    conversation.open()
    conversation._next[True] = 0xFFFF_FFFE
    first, second = (conversation.carry(True, b"abcd")[0] for _ in range(2))
    assert first[38:42] == b"\xff\xff\xff\xfe"
    assert second[38:42] == b"\x00\x00\x00\x02"


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=3000)), max_size=8))
def test_any_octets_are_carried(pieces: list[tuple[bool, bytes]]) -> None:
    file = File()
    tap = file.capture.tap(METER, lambda: ())
    tap.opened(CLIENT, SERVER)
    for from_client, data in pieces:
        tap.octets(from_client, data)
    tap.closed()
    streams = file.read().streams(0)
    for from_client, place in ((True, CLIENT), (False, SERVER)):
        sent = b"".join(data for ours, data in pieces if ours is from_client)
        assert streams[place] == sent
