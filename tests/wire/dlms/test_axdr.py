"""A-XDR: vectors both ways, round trips, columns, and bytes that lie."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.dlms.samples import DATA, described, vectors
from wire.dlms import axdr
from wire.dlms.axdr import BitString, Data, Tag
from wire.errors import LocalError, WireError


@vectors("axdr")
def test_a_vector_reads_and_writes(row: dict[str, Any]) -> None:
    octets = bytes.fromhex(row["hex"])
    data = axdr.decode(octets)
    assert described(data) == row["expect"]
    assert axdr.encode(data) == octets
    assert axdr.skip(octets) == len(octets)


@given(DATA, st.binary(max_size=5), st.binary(max_size=5))
@settings(max_examples=150)
def test_what_is_written_reads_back_wherever_it_stands(
    data: Data, before: bytes, after: bytes
) -> None:
    octets = axdr.encode(data)
    end = len(before) + len(octets)
    assert axdr.decode(octets) == data
    assert axdr.decode_from(before + octets + after, len(before)) == (data, end)
    assert axdr.skip(before + octets + after, len(before)) == end


@given(DATA, st.data())
@settings(max_examples=150)
def test_a_value_cut_short_or_followed_is_refused(
    data: Data, draw: st.DataObject
) -> None:
    octets = axdr.encode(data)
    cut = draw.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(WireError):
        axdr.decode(octets[:cut])
    with pytest.raises(WireError):
        axdr.skip(octets[:cut])
    with pytest.raises(WireError, match="follow"):
        axdr.decode(octets + b"\x00")


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(b"\x01\x02\x09\x81\x04\x0a")).map(bytes)
)
@settings(max_examples=300)
def test_any_bytes_give_a_value_or_a_wire_error(octets: bytes) -> None:
    try:
        data, end = axdr.decode_from(octets)
    except WireError as error:
        assert error.offset is not None and 0 <= error.offset <= len(octets)
    else:
        assert axdr.skip(octets) == end
        assert axdr.decode(axdr.encode(data)) == data or "nan" in repr(data)


ROWS = [
    axdr.structure(
        axdr.octet_string(bytes([i] * 12)), axdr.unsigned(i), axdr.double_long(-i)
    )
    for i in range(40)
]


def test_rows_alike_read_as_rows_one_by_one() -> None:
    rows = [axdr.decode(axdr.encode(row)) for row in ROWS]
    assert axdr.decode(axdr.encode(axdr.array(ROWS))) == axdr.array(rows)


@pytest.mark.parametrize(
    "odd",
    [
        axdr.structure(axdr.null_data(), axdr.unsigned(1), axdr.double_long(1)),
        axdr.structure(
            axdr.octet_string(b"short"), axdr.unsigned(1), axdr.double_long(1)
        ),
        axdr.structure(axdr.octet_string(bytes(12)), axdr.enum(1), axdr.double_long(1)),
        axdr.structure(axdr.octet_string(bytes(12)), axdr.unsigned(1)),
        axdr.null_data(),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 20, 40])
def test_one_row_unlike_the_others_is_read_too(odd: Data, place: int) -> None:
    rows = axdr.array(ROWS[:place] + [odd] + ROWS[place:])
    assert axdr.decode(axdr.encode(rows)) == rows


def test_rows_that_end_too_early_are_refused() -> None:
    octets = axdr.encode(axdr.array(ROWS))
    with pytest.raises(WireError):
        axdr.decode(octets[:-1])
    with pytest.raises(WireError):
        axdr.decode(bytes((1, 41)) + octets[2:])
    with pytest.raises(WireError, match="follow"):
        axdr.decode(bytes((1, 39)) + octets[2:])


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "09",
        "0905616263",
        "09847fffffff",
        "0988ffffffffffffffff",
        "01847fffffff00",
        "0188ffffffffffffffff00",
        "0203110111",
        "04847fffffff",
        "0488ffffffffffffffff00",
        "0a03ff4142",
        "0c01ff",
        "0980",
        "0989000000000000000001ff",
        "098201",
        "07",
        "13",
        "fe00",
        "06000000",
        "19" + "00" * 11,
        "01830fffff" + "00" * 20,
    ],
)
def test_lies_are_refused(octets: str) -> None:
    with pytest.raises(WireError):
        axdr.decode(bytes.fromhex(octets))


def test_a_lying_count_allocates_nothing() -> None:
    octets = bytes.fromhex("01847fffffff") + bytes(1000)
    tracemalloc.start()
    try:
        for lie in (
            octets,
            b"\x02" + octets[1:],
            b"\x09" + octets[1:],
            b"\x04" + octets[1:],
        ):
            with pytest.raises(WireError):
                axdr.decode(lie)
            with pytest.raises(WireError):
                axdr.skip(lie)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("opening", ["0101", "0201", "018101"])
def test_nesting_ends_at_the_limit(opening: str) -> None:
    most = bytes.fromhex(opening) * axdr.MAX_DEPTH + b"\x00"
    assert axdr.skip(most) == len(most)
    data = axdr.decode(most)
    assert axdr.decode(axdr.encode(data)) == data
    bomb = bytes.fromhex(opening) + most
    for read in (axdr.decode, axdr.skip):
        with pytest.raises(WireError, match="nested"):
            read(bomb)
        with pytest.raises(WireError, match="nested"):
            read(bytes.fromhex(opening) * 30_000)
    with pytest.raises(LocalError, match="nested"):
        axdr.encode(axdr.array([data]))


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("09810161", b"a"),
        ("0984000000016 1".replace(" ", ""), b"a"),
        ("0988000000000000000161", b"a"),
        ("0102 1101 1102".replace("0102", "01820002"), (1, 2)),
    ],
)
def test_a_length_longer_than_it_need_be_is_read(octets: str, value: Any) -> None:
    data = axdr.decode(bytes.fromhex(octets))
    assert tuple(axdr.plain(data)) == tuple(value)


def test_any_octet_but_zero_is_true() -> None:
    assert axdr.decode(b"\x03\x7f") == axdr.boolean(True)
    assert axdr.decode(b"\x03\x00") == axdr.boolean(False)


def test_spare_bits_are_cleared() -> None:
    assert axdr.decode(b"\x04\x03\xff").value == BitString(3, b"\xe0")


@pytest.mark.parametrize(
    "data",
    [
        axdr.unsigned(256),
        axdr.unsigned(-1),
        axdr.double_long_unsigned(1 << 32),
        axdr.octet_string("text"),  # type: ignore[arg-type]
        axdr.octet_string(5),  # type: ignore[arg-type]
        axdr.visible_string("é"),
        axdr.visible_string(b"octets"),  # type: ignore[arg-type]
        axdr.structure(axdr.long("1")),  # type: ignore[arg-type]
        Data(Tag.DATE_TIME, b"short"),
        Data(Tag.FLOAT32, 1e300),
        Data(Tag.STRUCTURE, None),
        Data(Tag.BIT_STRING, "01"),
        Data(77, 1),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_its_type_is_not_written(data: Data) -> None:
    with pytest.raises(LocalError):
        axdr.encode(data)
