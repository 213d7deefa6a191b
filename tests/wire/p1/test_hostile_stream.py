"""Streams made to cost: what a byte costs must not depend on what was sent before it."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from wire.p1 import BytesDropped, TelegramReader

KIB = 1024
FLOODS = {
    "beginnings": b"/",
    "beginnings of lines": b"/\n",
    "lines that begin": b"\n/",
    "ends": b"\n!",
    "ends that are none": b"/x\n!zzzz\r\n",
    "wrong ends": b"/x\n!0000\r\n",
    "a long one": b"a",
    "line feeds": b"\n",
    "nul": b"\x00",
    "all FF": b"\xff",
}


def flood(pattern: bytes, size: int) -> bytes:
    """A telegram that begins, and then only that."""
    return b"/" + pattern * (size // len(pattern))


def cost_s(octets: bytes, cap_bytes: int) -> float:
    """CPU seconds, the least of three."""
    costs = []
    for _ in range(3):
        reader = TelegramReader(cap_bytes, require_crc=True)
        begin = time.process_time()
        reader.feed(octets)
        costs.append(time.process_time() - begin)
    return min(costs)


@pytest.mark.parametrize("pattern", ["beginnings of lines", "ends that are none"])
def test_the_cost_of_a_flood_does_not_grow_with_what_is_kept(pattern: str) -> None:
    octets = flood(FLOODS[pattern], 48 * KIB)
    assert cost_s(octets, 16 * KIB) < 5 * cost_s(octets, 64) + 0.01


@pytest.mark.parametrize("pattern", list(FLOODS))
@pytest.mark.parametrize("chunk", [1, 1460, 10**9])
def test_every_byte_of_a_flood_is_dropped_or_kept_within_the_cap(
    pattern: str, chunk: int
) -> None:
    octets = flood(FLOODS[pattern], 24 * KIB)
    reader = TelegramReader(1024, require_crc=True)
    dropped = 0
    for at in range(0, len(octets), chunk):
        for event in reader.feed(octets[at : at + chunk]):
            assert isinstance(event, BytesDropped)
            dropped += event.count
    assert len(octets) - 2 * 1024 <= dropped <= len(octets)


def test_an_endless_line_takes_no_more_memory_than_the_cap() -> None:
    reader = TelegramReader(require_crc=True)
    reader.feed(b"/")
    tracemalloc.start()
    try:
        for _ in range(500):
            reader.feed(b"1-0:1.8.1(" + b"0" * 1450)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 8192
