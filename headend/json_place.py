"""Where a value stands in a JSON text, so that an error can name its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json import JSONDecoder

_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def place(text: str, path: Sequence[int | str]) -> tuple[int, int]:
    """Line and column, from 1, of the value at a path of indexes and names.

    `text` must be JSON. When the path leads nowhere it is the place of the last value on it.
    """
    at = _skip(text, 0)
    for step in path:
        for name, _, value_at in _members(text, at):
            if name == step and type(name) is type(step):
                at = value_at
                break
        else:
            break
    return _line_column(text, at)


def doubled_name(text: str) -> tuple[str, int, int] | None:
    """The first name that stands twice in one object, with line and column; None if none does.

    JSON leaves open which of the two values counts.
    """
    pending = [_skip(text, 0)]
    while pending:
        names: set[int | str] = set()
        inner = []
        for name, name_at, value_at in _members(text, pending.pop()):
            if name in names:
                return str(name), *_line_column(text, name_at)
            names.add(name)
            inner.append(value_at)
        pending += reversed(inner)
    return None


def _members(text: str, at: int) -> Iterator[tuple[int | str, int, int]]:
    """Index or name, where that stands and where its value stands; nothing of a scalar."""
    opening = text[at]
    if opening not in "[{":
        return
    at = _skip(text, at + 1)
    index = 0
    while text[at] not in "]}":
        name: int | str = index
        name_at = at
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        yield name, name_at, at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1


def _line_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
