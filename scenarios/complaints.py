"""Says what is wrong with a scenario: the models' errors in words, with line and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic_core import ErrorDetails

from scenarios.parameters import unknown
from scenarios.values import Model
from scenarios.yaml_tree import Node
from wire.errors import ScenarioError


def first_error(
    errors: list[ErrorDetails], tree: Node, model: type[Model], file: str
) -> ScenarioError:
    """The error that stands first in the file."""
    placed = []
    for detail in errors:
        if _follows_from(detail, errors):
            continue
        node, known = _find(tree, model, detail["loc"])
        placed.append((node.line, node.column, _words(detail, known)))
    line, column, why = min(placed)
    return ScenarioError(why, file, line, column)


def first_words(errors: list[ErrorDetails], model: type[Model]) -> str:
    """What is wrong first, in words, of values that stand in no file."""
    detail = next(detail for detail in errors if not _follows_from(detail, errors))
    return _words(detail, _fields(model))


def _find(tree: Node, model: Any, loc: tuple[int | str, ...]) -> tuple[Node, list[str]]:
    """The node that an error's location names, as far as it exists, and its fellow keys."""
    node = tree
    known: list[str] = []
    for part in loc:
        known = _fields(model)
        model = _field(model, part)
        if isinstance(node.value, dict) and part in node.value:
            inner = node.value[part]
            unused = known and part not in known
            node = node.keys[str(part)] if unused and node.keys else inner
        elif isinstance(node.value, list) and isinstance(part, int):
            node = node.value[part] if part < len(node.value) else node
    return node, known


def _models(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _fields(annotation: Any) -> list[str]:
    return [
        field.alias or name
        for model in _models(annotation)
        for name, field in model.model_fields.items()
    ]


def _field(annotation: Any, part: int | str) -> Any:
    for model in _models(annotation):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
    return annotation


def _follows_from(detail: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether an error is only the shadow of another: a list too short because its items
    failed, a key missing because it is misspelt.
    """
    loc, kind = detail["loc"], detail["type"]
    if kind == "too_short":
        return any(e["loc"][: len(loc)] == loc and e is not detail for e in errors)
    return kind == "missing" and any(
        e["type"] == "extra_forbidden" and e["loc"][:-1] == loc[:-1] for e in errors
    )


_WANTED = {
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "string_type": "should be text; put it in quotes",
    "bool_type": "should be true or false",
    "model_type": "should be a mapping of keys to values",
    "dict_type": "should be a mapping of keys to values",
    "tuple_type": "should be a list",
    "string_pattern_mismatch": "should be lower-case letters, digits, _ and -",
}
# As YAML has them, not Python.
_WORDS = {"None": "nothing", "True": "true", "False": "false"}


def _words(detail: ErrorDetails, known: list[str]) -> str:
    """A pydantic error in this project's words."""
    kind, loc = detail["type"], detail["loc"]
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        return unknown("key", str(loc[-1]), known)
    if kind == "missing":
        return f"{loc[-1]!r} is missing"
    if kind in ("too_short", "too_long"):
        bound = detail["ctx"].get("min_length") or detail["ctx"].get("max_length")
        word = "at least" if kind == "too_short" else "at most"
        return f"{key}: needs {word} {bound} items"
    if kind == "value_error":
        text = detail["msg"].removeprefix("Value error, ")
        named = isinstance(loc[-1], str) if loc else False
        return f"{key}: {text}" if named and not text.startswith(key) else text
    value = repr(detail["input"])
    value = _WORDS.get(value, value)
    value = value if len(value) <= 60 else f"{value[:57]}..."
    wanted = _WANTED.get(kind)
    if wanted is None:
        wanted = detail["msg"][:1].lower() + detail["msg"][1:]
        wanted = wanted.removeprefix("input ")
    return f"{key}: {wanted}, not {value}" if key else f"{wanted}, not {value}"
