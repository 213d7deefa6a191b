"""Lengths, shortest and longer."""

from __future__ import annotations

import pytest

from wire.dlms.lengths import decode_length, encode_length
from wire.errors import WireError


@pytest.mark.parametrize(
    ("length", "octets"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8180"),
        (255, "81ff"),
        (256, "820100"),
        (65536, "83010000"),
    ],
)
def test_the_shortest_is_written(length: int, octets: str) -> None:
    assert encode_length(length).hex() == octets
    assert decode_length(bytes.fromhex("ff" + octets), 1) == (
        length,
        1 + len(octets) // 2,
    )


@pytest.mark.parametrize("octets", ["8105", "840000 0005", "880000000000000005"])
def test_a_longer_one_is_read(octets: str) -> None:
    assert decode_length(bytes.fromhex(octets), 0)[0] == 5


@pytest.mark.parametrize(
    "octets", ["", "80", "81", "8201", "89000000000000000001", "ff"]
)
def test_others_are_refused(octets: str) -> None:
    with pytest.raises(WireError):
        decode_length(bytes.fromhex(octets), 0)


def test_the_offset_of_the_fault_is_inside() -> None:
    with pytest.raises(WireError) as caught:
        decode_length(b"ab", 9)
    assert caught.value.offset == 2
