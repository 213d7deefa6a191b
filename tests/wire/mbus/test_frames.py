"""FT1.2 frames: what DSMR allows is read and written, everything else is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.mbus.samples import WIRED, chunked, octets_of
from wire.errors import LocalError, WireError
from wire.mbus.frames import (
    ACK,
    LONG_FRAMES,
    MAX_LENGTH,
    SHORT_FRAMES,
    Direction,
    DropReason,
    Frame,
    FrameReader,
    Long,
    OctetsDropped,
    Service,
    Short,
    decode,
)

MASTER, SLAVE = Direction.FROM_MASTER, Direction.FROM_SLAVE
NKE = Short(0x40, 0).encode()

ADDRESS = st.integers(0, 255)
FROM_MASTER = st.one_of(
    st.builds(
        Short,
        st.sampled_from([c for c, row in SHORT_FRAMES.items() if row[1] is MASTER]),
        ADDRESS,
    ),
    st.builds(
        lambda key, address, body: Long(key[0], address, key[1], body),
        st.sampled_from([key for key, row in LONG_FRAMES.items() if row[1] is MASTER]),
        ADDRESS,
        st.binary(max_size=40),
    ),
)
CUTS = st.lists(st.integers(0, 5000), max_size=20)
# Octets of which frames are made, so that noise often looks like the beginning of one.
LOOKALIKE = st.lists(
    st.sampled_from([0x10, 0x68, 0x16, 0xE5, 0x03, 0x04, 0x40, 0x00]), max_size=40
).map(bytes)


@pytest.mark.parametrize("name", WIRED)
def test_worked_frames_both_ways(name: str) -> None:
    octets = octets_of(name)
    assert decode(octets).encode() == octets


def test_what_a_frame_says() -> None:
    assert decode(octets_of("the acknowledgement")) == ACK
    assert decode(octets_of("REQ_UD2")) == Short(0x5B, 1)
    assert decode(octets_of("set address 1")) == Long(0x53, 0, 0x51, b"\x01\x7a\x01")
    assert Short(0x7B, 1).service is Service.REQ_UD2
    assert Long(0x73, 1, 0x5A, b"").service is Service.SND_UD


def short(c: int, address: int = 1) -> bytes:
    return bytes((0x10, c, address, (c + address) & 0xFF, 0x16))


def long(c: int, ci: int, body: bytes = b"") -> bytes:
    content = bytes((c, 1, ci)) + body
    size = len(content)
    return (
        bytes((0x68, size, size, 0x68)) + content + bytes((sum(content) & 0xFF, 0x16))
    )


@pytest.mark.parametrize("direction", Direction)
def test_short_frames_are_those_of_the_table(direction: Direction) -> None:
    for c in range(256):
        octets = short(c)
        (event,) = FrameReader(direction).feed(octets)
        if c in SHORT_FRAMES and SHORT_FRAMES[c][1] is direction:
            assert event == Short(c, 1)
            assert Short(c, 1).encode() == octets
        else:
            assert event == OctetsDropped(5, DropReason.NOT_ALLOWED)
        if c not in SHORT_FRAMES:
            with pytest.raises(LocalError):
                Short(c, 1).encode()


def test_long_frames_are_those_of_the_table() -> None:
    allowed = {
        MASTER: {(c, ci) for c in (0x53, 0x73) for ci in (0x51, 0x5A, 0x6C)},
        SLAVE: {(0x08, 0x72)},
    }
    for direction, pairs in allowed.items():
        reader = FrameReader(direction)
        for c in range(256):
            for ci in (*range(0x50, 0x74), 0x78, 0x7A, 0x80, 0x8A, 0xBD):
                (event,) = reader.feed(long(c, ci))
                assert (event == Long(c, 1, ci, b"")) is ((c, ci) in pairs)
                if event != Long(c, 1, ci, b""):
                    assert event == OctetsDropped(9, DropReason.NOT_ALLOWED)


def test_an_acknowledgement_comes_from_a_slave_alone() -> None:
    assert FrameReader(SLAVE).feed(b"\xe5\xe5") == [ACK, ACK]
    reader = FrameReader(MASTER)
    assert reader.feed(b"\xe5" + NKE) == [
        OctetsDropped(1, DropReason.NOISE),
        Short(0x40, 0),
    ]


def test_the_longest_frame() -> None:
    body = bytes(MAX_LENGTH - 3)
    octets = Long(0x08, 1, 0x72, body).encode()
    assert len(octets) == 261
    assert FrameReader(SLAVE).feed(octets) == [Long(0x08, 1, 0x72, body)]
    with pytest.raises(LocalError, match="255"):
        Long(0x08, 1, 0x72, body + b"\0").encode()
    with pytest.raises(LocalError, match="256 is not an address"):
        Short(0x40, 256).encode()


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("10 40 00 41 16", DropReason.CHECKSUM),
        ("10 40 00 40 17", DropReason.STOP),
        ("68 03 03 68 53 01 5A AF 16", DropReason.CHECKSUM),
        ("68 03 03 68 53 01 5A AE 17", DropReason.STOP),
        ("68 03 04 68 53 01 5A AE 16", DropReason.LENGTHS),
        ("68 02 02 68 53 01 54 16", DropReason.LENGTHS),
        ("68 03 03 69 53 01 5A AE 16", DropReason.LENGTHS),
        ("00", DropReason.NOISE),
    ],
)
def test_damage_is_dropped_for_its_reason_and_the_next_frame_is_read(
    octets: str, reason: DropReason
) -> None:
    damaged = bytes.fromhex(octets)
    reader = FrameReader(MASTER)
    assert reader.feed(damaged + NKE) == [
        OctetsDropped(len(damaged), reason),
        Short(0x40, 0),
    ]
    with pytest.raises(WireError, match=reason.value) as caught:
        decode(damaged)
    assert caught.value.offset == 0


def test_a_frame_that_breaks_off_is_given_up_when_the_line_is_silent() -> None:
    reader = FrameReader(MASTER)
    broken = octets_of("set address 1")[:-3]
    assert reader.feed(broken) == []
    assert reader.silence() == [OctetsDropped(len(broken), DropReason.CUT_SHORT)]
    assert reader.feed(NKE) == [Short(0x40, 0)]
    assert reader.silence() == []


def test_a_whole_frame_behind_a_broken_one_is_not_lost() -> None:
    reader = FrameReader(MASTER)
    broken = bytes.fromhex("68 FF FF 68 53")
    assert reader.feed(broken + NKE) == []
    assert reader.silence() == [
        OctetsDropped(5, DropReason.CUT_SHORT),
        Short(0x40, 0),
    ]


def test_what_is_left_of_a_frame_acknowledges_nothing() -> None:
    reader = FrameReader(SLAVE)
    broken = b"\x68\x10\x11\x68" + b"\xe5" * 300
    assert reader.feed(broken) == [OctetsDropped(255, DropReason.LENGTHS)]
    assert reader.silence() == [OctetsDropped(49, DropReason.NOISE)]
    assert reader.feed(b"\xe5") == [ACK]
    data = Long(0x08, 1, 0x72, b"")
    assert reader.feed(b"\x00\xe5" + data.encode() + b"\xe5") == [
        OctetsDropped(2, DropReason.NOISE),
        data,
        ACK,
    ]


def test_one_frame_is_one_frame() -> None:
    with pytest.raises(WireError, match="cut short"):
        decode(b"")
    with pytest.raises(WireError, match="cut short"):
        decode(NKE[:-1])
    with pytest.raises(WireError, match="follow"):
        decode(NKE + b"\0")
    with pytest.raises(WireError, match="allows"):
        decode(NKE, SLAVE)


def count(events: list[Frame | OctetsDropped]) -> int:
    return sum(
        event.count if isinstance(event, OctetsDropped) else len(event.encode())
        for event in events
    )


@given(st.lists(st.one_of(FROM_MASTER, LOOKALIKE), max_size=8), CUTS)
@settings(max_examples=300)
def test_any_chunking_gives_the_same_events(
    parts: list[Short | Long | bytes], cuts: list[int]
) -> None:
    octets = b"".join(
        part if isinstance(part, bytes) else part.encode() for part in parts
    )
    whole, chunks = FrameReader(MASTER), FrameReader(MASTER)
    events = whole.feed(octets)
    assert [e for chunk in chunked(octets, cuts) for e in chunks.feed(chunk)] == events
    rest = whole.silence()
    assert chunks.silence() == rest
    assert count(events + rest) == len(octets)


@given(st.lists(FROM_MASTER, max_size=8), CUTS)
def test_frames_alone_are_all_read(frames: list[Short | Long], cuts: list[int]) -> None:
    octets = b"".join(frame.encode() for frame in frames)
    reader = FrameReader(MASTER)
    assert [e for chunk in chunked(octets, cuts) for e in reader.feed(chunk)] == frames
    assert reader.silence() == []


@given(st.binary(max_size=2000))
def test_nothing_is_kept_beyond_one_frame(noise: bytes) -> None:
    reader = FrameReader(SLAVE)
    events = reader.feed(noise)
    assert len(noise) - count(events) <= 261 + MAX_LENGTH
    reader.silence()
    assert reader.feed(b"\xe5") == [ACK]


def test_endless_noise_is_reported() -> None:
    reader = FrameReader(SLAVE)
    assert reader.feed(bytes(600)) == [OctetsDropped(255, DropReason.NOISE)] * 2
    assert reader.silence() == [OctetsDropped(90, DropReason.NOISE)]
