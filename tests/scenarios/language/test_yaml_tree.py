"""YAML: values with places; bombs, depth and size refused, in time and memory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.language.yaml_tree import MAX_BYTES, MAX_DEPTH, read_yaml
from wire.errors import ScenarioError


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_yaml(text, "f.yaml")
    return str(caught.value)


def test_values_are_those_of_the_core_schema() -> None:
    text = "{i: 12, h: 0x1F, f: 1.5, t: true, n: null, e: , y: yes, d: 12:30, q: '1'}"
    assert read_yaml(text, "f").plain() == {
        "i": 12,
        "h": 31,
        "f": 1.5,
        "t": True,
        "n": None,
        "e": None,
        "y": "yes",
        "d": "12:30",
        "q": "1",
    }


def test_places_count_from_one() -> None:
    tree = read_yaml("a: 1\nb:\n  - x\n  - y\n", "f")
    second = tree.value["b"].value[1]
    assert (second.line, second.column) == (4, 5)
    assert tree.keys is not None
    assert (tree.keys["b"].line, tree.keys["b"].column) == (2, 1)


def test_an_alias_is_what_its_anchor_was() -> None:
    assert read_yaml("a: &x [1]\nb: *x", "f").plain() == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "f.yaml: the file is empty"),
        ("# only a comment\n", "empty"),
        ("a: [1\nb", "f.yaml:2:2: not YAML"),
        ("a: 1\na: 2", "f.yaml:2:1: 'a' stands twice, first in line 1"),
        ("--- 1\n--- 2", "f.yaml:2:1: a second document"),
        ("a: !!python/object:os.system x", "f.yaml:1:4: tags"),
        ("a: *b", "f.yaml:1:4: *b refers to nothing"),
        ("a: &a [*a]", "refers to nothing"),
        ("<<: {a: 1}", "merge keys (<<) are not used"),
        ("? [1]\n: 2", "a key must be a plain word"),
        ("a: 1e999", "too large a number"),
        ("a\x00b", "not YAML"),
        ('a: "\\ud800"', "f.yaml:1:4: half of a surrogate pair"),
        ('"\\udfff": 1', "f.yaml:1:1: half of a surrogate pair"),
        ("\ta: 1", "not YAML"),
        ("a:\n\tb: 1", "f.yaml:2:1: not YAML: while scanning"),
        ("a:\n\tb: 1", "; indent with spaces, not with tabs"),
        ("a:\n  b: 1\n    c: 2", "; is a colon missing before it, or is it indented"),
        ("- note {a: 1, b: 2}", "; is a colon missing before it"),
        ("- a: {b: 1}, c: 5", "f.yaml:1:12: not YAML"),
        ("- a: {b: 1}, c: 5", "; does a closing bracket stand too early?"),
        ("a:\n  b: 1\n c: 2", "; is it indented as what stands beside it?"),
        ("a: {b: 1\nc: 2", "; is a comma, a quote or a closing bracket missing?"),
        ("a: {b: ${c}}", "f.yaml:1:9: not YAML"),
        ("a: {b: ${c}}", "; within { } and [ ] put ${name} in quotes"),
        ('"\\U00110000"', "not YAML"),
        ("%YAML " + "9" * 5000 + ".1\n--- a", "not YAML"),
        ("x" * (MAX_BYTES + 1), "at most"),
        ("[" * 100_000, f"deeper than {MAX_DEPTH}"),
        ("{a: " * 100_000, f"deeper than {MAX_DEPTH}"),
        ("- " * 100_000, f"deeper than {MAX_DEPTH}"),
    ],
)
def test_refusals_say_where_and_why(text: str, why: str) -> None:
    message = refused(text)
    assert message.startswith("f.yaml") and why in message and "\n" not in message


def test_an_alias_bomb_is_refused_before_it_unfolds() -> None:
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    for n in range(1, 12):
        rows.append(f"a{n}: &a{n} [" + ",".join([f"*a{n - 1}"] * 10) + "]")
    assert "unfolds to more than" in refused("\n".join(rows))


def test_aliases_cannot_stack_up_depth() -> None:
    rows = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 30)]
    assert "nested deeper" in refused("\n".join(rows))


@settings(max_examples=150)
@given(st.text(st.sampled_from("ab:[]{}-&*!|>'\"#%@,?~ \n\t01."), max_size=60))
def test_any_text_is_a_tree_or_a_scenario_error(text: str) -> None:
    try:
        read_yaml(text, "f.yaml").plain()
    except ScenarioError as error:
        assert str(error).startswith("f.yaml")
