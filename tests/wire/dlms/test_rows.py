"""Rows read by columns are the rows read one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wire.dlms import axdr
from wire.dlms.axdr import Data, Tag
from wire.dlms.rows import MANY, read_rows

_CELLS = {
    "time": st.binary(min_size=12, max_size=12).map(axdr.octet_string),
    "status": st.integers(0, 255).map(axdr.unsigned),
    "flag": st.booleans().map(axdr.boolean),
    "energy": st.integers(0, 2**32 - 1).map(axdr.double_long_unsigned),
    "power": st.integers(-(2**15), 2**15 - 1).map(axdr.long),
    "date": st.binary(min_size=5, max_size=5).map(
        lambda octets: Data(Tag.DATE, octets)
    ),
}


@given(st.data(), st.lists(st.sampled_from(sorted(_CELLS)), min_size=1, max_size=5))
@settings(max_examples=80)
def test_columns_give_what_rows_give(draw: st.DataObject, columns: list[str]) -> None:
    row = st.tuples(*(_CELLS[column] for column in columns)).map(
        lambda cells: axdr.structure(*cells)
    )
    rows = tuple(draw.draw(st.lists(row, min_size=MANY, max_size=12)))
    octets = b"".join(map(axdr.encode, rows))
    end = axdr.skip(octets)
    assert read_rows(b"\xff" + octets, 1, 1 + end, len(rows)) == rows
    assert axdr.decode(axdr.encode(axdr.array(rows))) == rows_of(rows)
    read = axdr.decode(axdr.encode(axdr.array(rows)))
    assert all(type(cell) is Data for row in read.value for cell in row.value)


def rows_of(rows: tuple[Data, ...]) -> Data:
    return axdr.array([axdr.decode(axdr.encode(row)) for row in rows])


def test_rows_that_are_not_alike_or_not_there_are_left_to_others() -> None:
    one, other = axdr.encode(axdr.structure(axdr.unsigned(1))), axdr.encode(
        axdr.structure(axdr.enum(1))
    )
    assert read_rows(one * 3, 0, len(one), 4) is None
    assert read_rows(one * 2 + other, 0, len(one), 3) is None
    assert read_rows(axdr.encode(axdr.structure()) * 3, 0, 2, 3) is None
    text = axdr.encode(axdr.structure(axdr.visible_string("a")))
    assert read_rows(text * 3, 0, len(text), 3) is None
