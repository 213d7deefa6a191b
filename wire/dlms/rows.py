"""Many rows alike at once: an array whose rows all have the layout of its first row.

A load profile is such an array. Its rows are unpacked in one go and its values made column by
column, several times as fast as value by value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from itertools import repeat
from struct import Struct
from typing import Any, Final

from wire.dlms.data import Data, Tag
from wire.dlms.lengths import decode_length
from wire.dlms.scalars import FIXED, FORMATS

# From how many rows on it pays to try.
MANY: Final = 6
# And up to how many columns: what unpacks a layout is kept.
MOST_COLUMNS: Final = 64

_new: Final = partial(tuple.__new__, Data)


def read_rows(
    octets: bytes, begin: int, end: int, count: int
) -> tuple[Data, ...] | None:
    """`count` rows from `begin`, when each has the layout of the first, which ends at `end`.

    None when they do not, or are not all there; then they must be read one by one.
    """
    stop = begin + (end - begin) * count
    layout = _layout(octets, begin, end) if stop <= len(octets) else None
    if layout is None:
        return None
    code, tags, marks = layout
    columns = list(zip(*_unpacker(code)(memoryview(octets)[begin:stop])))
    for column, mark in zip(columns[::2], marks):
        if column.count(mark) != count:
            return None
    values = [_column(tag, column) for tag, column in zip(tags, columns[1::2])]
    return tuple(map(_new, zip(repeat(Tag.STRUCTURE), zip(*values))))


def _layout(
    octets: bytes, begin: int, end: int
) -> tuple[str, list[Tag], list[bytes]] | None:
    """How rows like this valid structure of fixed scalars and octet-strings unpack.

    Marks (tags and lengths, the same in each row) and values take turns. None for others.
    """
    _, at = decode_length(octets, begin + 1)
    tags: list[Tag] = []
    code, marks, mark_from = ">", [], begin
    while at < end:
        octet = octets[at]
        entry = FIXED[octet]
        if entry is not None:
            _, size, tag = entry
            value_from, value_code = at + 1, FORMATS[tag]
        elif octet == Tag.OCTET_STRING:
            size, value_from = decode_length(octets, at + 1)
            tag, value_code = Tag.OCTET_STRING, f"{size}s"
        else:
            return None
        if len(tags) == MOST_COLUMNS:
            return None
        code += f"{value_from - mark_from}s{value_code}"
        marks.append(bytes(octets[mark_from:value_from]))
        tags.append(tag)
        at = mark_from = value_from + size
    return (code, tags, marks) if tags else None


@lru_cache(maxsize=256)
def _unpacker(code: str) -> Any:
    return Struct(code).iter_unpack


def _column(tag: Tag, values: tuple[Any, ...]) -> Iterable[Data]:
    """The values of one column; equal ones of one octet (a status) are one object."""
    if FORMATS.get(tag) in ("B", "b", "?"):
        made = {value: Data(tag, value) for value in set(values)}
        return map(made.__getitem__, values)
    return map(_new, zip(repeat(tag), values))
