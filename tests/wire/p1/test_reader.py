"""Framing: what is a telegram in a stream, and what becomes of everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.p1.samples import EXAMPLES, IDENTIFICATION
from wire.crc import crc16_arc
from wire.errors import LocalError
from wire.p1 import (
    BytesDropped,
    DropReason,
    Encoder,
    P1Version,
    TelegramReader,
    TelegramReceived,
)

Event = TelegramReceived | BytesDropped

GOOD = Encoder(P1Version.SMR_5_0_2, IDENTIFICATION).encode({"1-0:1.7.0": 1193})
OTHER = Encoder(P1Version.DSMR_4_0, "XMX5LGBBFG10").encode({"1-0:2.7.0": 7})
OLD = Encoder(P1Version.DSMR_3_0, "ISk5\\2").encode({"1-0:1.7.0": 10})
FULL = Encoder(P1Version.DSMR_4_0, IDENTIFICATION).encode(EXAMPLES[P1Version.DSMR_4_0])


def brief(events: list[Event]) -> list[bytes | tuple[int, DropReason]]:
    return [
        (
            event.octets
            if isinstance(event, TelegramReceived)
            else (event.count, event.reason)
        )
        for event in events
    ]


def read(stream: bytes, cap: int = 8192) -> list[bytes | tuple[int, DropReason]]:
    return brief(TelegramReader(cap).feed(stream))


def with_crc(body: bytes) -> bytes:
    return body + b"%04X\r\n" % crc16_arc(body)


def test_telegrams_one_after_the_other() -> None:
    assert read(GOOD + OTHER + OLD + GOOD) == [GOOD, OTHER, OLD, GOOD]


def test_a_cable_plugged_in_half_way_loses_only_the_rest_of_that_telegram() -> None:
    rest = FULL[-100:]
    assert read(rest + GOOD) == [(100, DropReason.NOISE), GOOD]


def test_a_telegram_cut_at_a_line_end_is_aborted_by_the_next() -> None:
    cut = GOOD[: GOOD.index(b"1-0:1.7.0")]
    assert read(cut + OTHER) == [(len(cut), DropReason.ABORTED), OTHER]


def test_a_telegram_cut_within_a_line_does_not_cost_the_next() -> None:
    cut = FULL[: FULL.index(b"123456.789") + 5]
    assert read(cut + GOOD) == [(len(cut), DropReason.ABORTED), GOOD]


def test_a_slash_in_noise_does_not_cost_the_telegram_behind_it() -> None:
    noise = b"\x00/\xff\x80"
    expected = [(1, DropReason.NOISE), (3, DropReason.ABORTED), GOOD]
    assert read(noise + GOOD) == expected


def test_a_slash_within_a_telegram_that_verifies_is_left_alone() -> None:
    odd = with_crc(b"/ABC5\\1/2\r\n\r\n0-0:96.99.1(a/b)\r\n!")
    assert read(odd + GOOD) == [odd, GOOD]


@pytest.mark.parametrize("at", range(0, len(GOOD) - 6, 7))
@pytest.mark.parametrize("bit", [0, 5])
def test_a_flipped_bit_never_passes(at: int, bit: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= 1 << bit
    events = read(bytes(damaged) + OTHER)
    assert events[-1] == OTHER
    drops = [event for event in events if isinstance(event, tuple)]
    assert sum(count for count, _ in drops) == len(GOOD)
    assert len(events) == len(drops) + 1


def test_a_wrong_crc_is_named() -> None:
    wrong = GOOD[:-6] + b"0000\r\n"
    assert read(wrong + GOOD) == [(len(GOOD), DropReason.CRC), GOOD]


@pytest.mark.parametrize(
    "end", [b"!12\nXY\r\n", b"!12345\r\n", b"!GHIJ\r\n", b"!    \r\n"]
)
def test_an_end_line_that_is_none(end: bytes) -> None:
    events = read(b"/ISk5\r\n\r\n" + end + GOOD)
    assert events[0] == (events[0][0], DropReason.END_LINE)
    assert events[-1] == GOOD


def test_a_crc_in_small_letters_or_without_leading_zeros() -> None:
    number, body = next(
        (crc16_arc(body), body)
        for n in range(100_000)
        if 0xA0 <= crc16_arc(body := b"/ABC5\r\n\r\n0-0:96.7.9(%05d)\r\n!" % n) <= 0xFF
    )
    for printed in (b"%x", b"%X", b"%03x", b"%04x"):
        octets = body + printed % number + b"\r\n"
        assert read(octets) == [octets]
    assert read(body + b"%05x\r\n" % number)[0] != body


def test_only_old_versions_go_without_a_crc() -> None:
    bare = GOOD[:-6] + b"\r\n"
    assert read(bare + OLD) == [(len(bare), DropReason.NO_CRC), OLD]
    belgian = b"/FLU5\r\n\r\n0-0:96.1.4(50217)\r\n!\r\n"
    assert read(belgian) == [(len(belgian), DropReason.NO_CRC)]
    strict = TelegramReader(require_crc=True)
    assert brief(strict.feed(OLD)) == [(len(OLD), DropReason.NO_CRC)]


def test_the_longest_telegram_fits_and_one_byte_more_does_not() -> None:
    cap = len(FULL)
    assert read(FULL + FULL, cap) == [FULL, FULL]
    assert read(FULL + GOOD, cap - 1) == [
        (cap - 1, DropReason.TOO_LONG),
        (1, DropReason.NOISE),
        GOOD,
    ]


def test_a_telegram_without_end_is_given_up_and_the_next_is_read() -> None:
    endless = b"/ISk5\r\n" + b"1-0:1.7.0(00.000*kW)\r\n" * 600
    first, *rest = read(endless + GOOD)
    assert first == (8192, DropReason.TOO_LONG)
    assert rest == [(len(endless) - 8192, DropReason.NOISE), GOOD]


def test_endless_noise_is_reported_and_not_kept() -> None:
    reader = TelegramReader(cap_bytes=1000)
    for _ in range(99):
        events = reader.feed(b"x" * 25)
        assert len(reader._pending) == 0
        assert events in ([], [BytesDropped(1000, DropReason.NOISE)])
    assert brief(reader.feed(GOOD)) == [(475, DropReason.NOISE), GOOD]


def test_what_is_kept_stays_below_the_cap() -> None:
    reader = TelegramReader(cap_bytes=500)
    for piece in [b"/", b"\n", b"!"] * 1000 + [b"/a\r\n!1"] * 1000 + [b"/x"] * 1000:
        reader.feed(piece)
        assert len(reader._pending) < 500


def test_many_slashes_do_not_take_long() -> None:
    # Each of a million bytes could begin a telegram; none is looked at more than twice.
    drops = read(b"/" * 1_000_000)
    assert sum(drop[0] for drop in drops) > 990_000
    assert len(drops) < 130


def test_a_cap_that_nothing_fits_is_refused() -> None:
    with pytest.raises(LocalError):
        TelegramReader(cap_bytes=10)


PIECES = st.sampled_from(
    [GOOD, OTHER, OLD, GOOD[:40], GOOD[-9:], GOOD[:-3], b"/", b"\n/", b"!", b"\n!"]
    + [
        b"\r\n",
        b"\n!12",
        b"\n!12\r\n",
        b"x" * 50,
        b"/x\r\n",
        b"\n!1234\r\n",
        b"\xff\x00",
    ]
) | st.binary(max_size=20)


@given(st.lists(PIECES, max_size=12), st.data())
def test_any_chunking_gives_the_same_events(
    pieces: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(pieces)
    cap = data.draw(st.sampled_from([64, 80, 100, 128, 200, 8192]))
    whole = brief(TelegramReader(cap).feed(stream))
    single = TelegramReader(cap)
    by_byte = [
        event for n in range(len(stream)) for event in single.feed(stream[n : n + 1])
    ]
    assert brief(by_byte) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunked = TelegramReader(cap)
    events: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)]):
        events += chunked.feed(stream[start:end])
    assert brief(events) == whole


@given(st.lists(PIECES, max_size=12))
def test_every_byte_is_accounted_for(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    reader = TelegramReader(128)
    total = 0
    for event in reader.feed(stream):
        if isinstance(event, TelegramReceived):
            total += len(event.octets)
            assert event.octets in stream
        else:
            assert event.count > 0
            total += event.count
    assert total + len(reader._pending) + reader._noise == len(stream)


@given(st.lists(st.binary(max_size=60) | PIECES, max_size=8))
def test_whatever_verifies_can_be_read_without_an_exception(
    pieces: list[bytes],
) -> None:
    stream = with_crc(
        b"/ABC5\r\n\r\n" + b"\r\n".join(pieces).replace(b"/", b"") + b"\r\n!"
    )
    for event in TelegramReader().feed(stream):
        if isinstance(event, TelegramReceived):
            telegram = event.telegram
            dict(telegram.values)
            assert telegram.text_message is None
            assert telegram.time is None
            assert isinstance(telegram.identification, str)
            assert telegram.version in (None, *P1Version)
