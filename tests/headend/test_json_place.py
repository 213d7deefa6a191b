"""Line and column of values in JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.json_place import doubled_name, place

TEXT = """\
[
  {"a": 1, "b": {"c": [10, 20]}},
  {"a\\u0062": "\\"]}", "a": null}
]
"""


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ((), (1, 1)),
        ((0,), (2, 3)),
        ((0, "a"), (2, 9)),
        ((0, "b", "c", 1), (2, 28)),
        ((1, "ab"), (3, 15)),
        ((1, "a"), (3, 28)),
        ((1, "missing"), (3, 3)),
        ((0, "a", "deeper"), (2, 9)),
        ((7,), (1, 1)),
        ((0, 0), (2, 3)),
    ],
)
def test_where_a_value_stands(
    path: tuple[int | str, ...], where: tuple[int, int]
) -> None:
    assert place(TEXT, path) == where


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, None),
        ('{"a": 1,\n "a": 2}', ("a", 2, 2)),
        ('[{"a": 1}, {"b": {"c": 1, "d": 2, "c": 3}}]', ("c", 1, 35)),
        ('[{"a": {"x": 0, "x": 0}}, {"b": 1, "b": 2}]', ("x", 1, 17)),
        ("17", None),
    ],
)
def test_a_name_that_stands_twice(
    text: str, found: tuple[str, int, int] | None
) -> None:
    assert doubled_name(text) == found


_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES, st.sampled_from([None, 0, 1, 2]), st.data())
def test_every_value_is_found_where_it_was_written(
    value: object, indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=indent)
    path: list[int | str] = []
    while isinstance(value, list | dict) and value and data.draw(st.booleans()):
        if isinstance(value, dict):
            step: int | str = data.draw(st.sampled_from(sorted(value)))
            value = value[step]
        else:
            step = data.draw(st.integers(0, len(value) - 1))
            value = value[step]
        path.append(step)
    line, column = place(text, path)
    offset = sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1
    assert json.JSONDecoder().raw_decode(text, offset)[0] == value
    assert doubled_name(text) is None
