"""Octets made to cost: what decoding takes is bounded by the octets that are there."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from wire.dlms import acse, apdu, axdr
from wire.dlms.lengths import encode_length
from wire.dlms.rows import MANY, MOST_COLUMNS, _unpacker
from wire.errors import WireError

LONGEST = 0x4000


def array(count: int, body: bytes) -> bytes:
    """An array of so many items."""
    return b"\x01" + encode_length(count) + body


def filled(item: bytes) -> bytes:
    """An array that fills 16 KiB with this item."""
    count = (LONGEST - 4) // len(item)
    return array(count, item * count)


def alike_at_first(row: int, count: int) -> bytes:
    """Arrays whose first row promises many like it, which are not: each is read twice."""
    fields = (row - 2) // 2
    first = b"\x02" + encode_length(fields) + b"\x11\x05" * fields
    one = array(count, first + bytes(count - 1))
    return array(LONGEST // len(one), one * (LONGEST // len(one)))


COSTLY = {
    "nulls": filled(b"\x00"),
    "booleans": filled(b"\x03\x01"),
    "empty structures": filled(b"\x02\x00"),
    "empty arrays": filled(b"\x01\x00"),
    "empty strings": filled(b"\x09\x00"),
    "empty texts": filled(b"\x0a\x00"),
    "rows of one": filled(b"\x02\x01\x11\x05"),
    "rows, 256 wide": alike_at_first(256, 256),
    "rows, 60 wide": alike_at_first(60, 6),
    "rows that differ at the end": array(
        4000, b"\x02\x01\x11\x05" * 3999 + b"\x02\x01\x16\x05"
    ),
}


@pytest.mark.parametrize("name", list(COSTLY))
def test_the_costliest_values_stay_small(name: str) -> None:
    octets = COSTLY[name]
    tracemalloc.start()
    try:
        value = axdr.decode(octets)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert axdr.skip(octets) == len(octets)
    assert len(value.value) > 20
    assert peak < 100 * len(octets)


LYING = {
    "array of 2**63": "0188ffffffffffffffff",
    "structure of 2**31": "02847fffffff00",
    "octet-string of 2 GiB": "09847fffffff00",
    "text of 2**64": "0a88ffffffffffffffff",
    "bit-string of 2**64 bits": "0488ffffffffffffffff",
    "array of one too many": "010300ff",
    "nested in nested": "01010101" * 40 + "00",
    "structures nested": "0201" * 17 + "00",
}


@pytest.mark.parametrize("name", list(LYING))
@pytest.mark.parametrize("read", [axdr.decode, axdr.skip])
def test_a_length_that_lies_takes_nothing(
    name: str, read: Callable[[bytes], object]
) -> None:
    octets = bytes.fromhex(LYING[name])
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            read(octets)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000


LYING_APDUS = {
    "GET with a list of 2**31": "c003c1847fffffff",
    "GET response, list of 2**31": "c40301847fffffff",
    "GET response, block of 4 GiB": "c40201000000000100" + "84ffffffff",
    "SET with a list of 2**64": "c104c188ffffffffffffffff",
    "SET block of 2 GiB": "c103c10000000001847fffffff",
    "ACTION with a list of 2**31": "c303c1847fffffff",
    "ACTION response, list": "c70301847fffffff",
    "a service of another kind": "e701847fffffff03b22687c101",
    "list of attributes cut": "c003c102" + "00010000600101ff0200",
}


@pytest.mark.parametrize("name", list(LYING_APDUS))
def test_an_apdu_that_lies_takes_nothing(name: str) -> None:
    octets = bytes.fromhex(LYING_APDUS[name])
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            apdu.decode(octets)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000


@pytest.mark.parametrize(
    "octets",
    ["6084ffffffff", "60880000000000000000", "6080", "60ff", "6003a184ff", "62818180"],
)
def test_an_acse_apdu_that_lies_is_refused(octets: str) -> None:
    with pytest.raises(WireError):
        acse.decode(bytes.fromhex(octets))


def test_layouts_of_a_hostile_meter_are_not_kept() -> None:
    def table(columns: int) -> bytes:
        row = b"\x02" + encode_length(columns) + b"\x11\x05" * columns
        return array(MANY, row * MANY)

    _unpacker.cache_clear()
    for columns in range(MOST_COLUMNS + 1, MOST_COLUMNS + 40):
        wide = axdr.decode(table(columns))
        assert [len(row.value) for row in wide.value] == [columns] * MANY
    assert _unpacker.cache_info().currsize == 0
    assert len(axdr.decode(table(MOST_COLUMNS)).value[0].value) == MOST_COLUMNS
    assert _unpacker.cache_info().currsize == 1
