"""WPDUs: any chunking, and streams that have lost their framing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.dlms.wrapper import Wpdu, WrapperReader, encode_wpdu
from wire.errors import LocalError, WireError

PORT = st.integers(0, 65535)
WPDUS = st.lists(st.builds(Wpdu, PORT, PORT, st.binary(max_size=300)), max_size=6)
Events = list[Wpdu | WireError]


def chunked(octets: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    return [octets[begin:end] for begin, end in zip(edges, edges[1:])]


def fed(reader: WrapperReader, chunks: list[bytes]) -> Events:
    return [event for chunk in chunks for event in reader.feed(chunk)]


def shown(events: Events) -> list[object]:
    return [str(event) if isinstance(event, WireError) else event for event in events]


def test_the_header() -> None:
    assert encode_wpdu(1, 16, b"abc").hex() == "0001000100100003616263"


@given(WPDUS, st.lists(st.integers(0, 5000), max_size=20))
@settings(max_examples=100)
def test_any_chunking_gives_the_same_wpdus(wpdus: list[Wpdu], cuts: list[int]) -> None:
    octets = b"".join(encode_wpdu(*wpdu) for wpdu in wpdus)
    reader = WrapperReader()
    assert fed(reader, chunked(octets, cuts)) == wpdus
    assert not reader.pending and not reader.dead


@given(st.binary(max_size=100), WPDUS, st.lists(st.integers(0, 5000), max_size=20))
@settings(max_examples=150)
def test_noise_gives_the_same_events_in_any_chunks(
    noise: bytes, wpdus: list[Wpdu], cuts: list[int]
) -> None:
    octets = b"".join(encode_wpdu(*wpdu) for wpdu in wpdus) + noise
    whole, parts = WrapperReader(200), WrapperReader(200)
    events = whole.feed(octets)
    assert shown(fed(parts, chunked(octets, cuts))) == shown(events)
    assert (
        whole.dead
        is parts.dead
        is any(isinstance(event, WireError) for event in events)
    )
    assert whole.pending == parts.pending < 208


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        ("0002000100010000", "version is 2"),
        ("7ea0070321934f2b", "version"),  # HDLC
        ("00010001000100c9", "201 octets"),
        ("000100010001ffff", "65535 octets"),
    ],
)
def test_a_stream_without_framing_is_dead(octets: str, says: str) -> None:
    reader = WrapperReader(200)
    good = encode_wpdu(1, 1, b"x")
    *before, fault = reader.feed(good + bytes.fromhex(octets) + good)
    assert before == [Wpdu(1, 1, b"x")]
    assert isinstance(fault, WireError) and says in str(fault)
    assert reader.dead and reader.pending == 0
    assert reader.feed(good) == []


def test_the_longest_that_is_accepted() -> None:
    reader = WrapperReader(200)
    octets = encode_wpdu(1, 2, bytes(200))
    assert reader.feed(octets[:-1]) == []
    assert reader.feed(octets[-1:]) == [Wpdu(1, 2, bytes(200))]


def test_events_do_not_change_with_what_follows() -> None:
    reader = WrapperReader()
    octets = encode_wpdu(1, 2, b"abc")
    reader.feed(octets[:5])
    [wpdu] = reader.feed(octets[5:])
    assert isinstance(wpdu, Wpdu) and type(wpdu.payload) is bytes


def test_what_does_not_fit_is_not_written() -> None:
    for wrong in ((1, 1, bytes(65536)), (65536, 1, b""), (1, -1, b"")):
        with pytest.raises(LocalError):
            encode_wpdu(*wrong)
