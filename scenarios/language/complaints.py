"""Says what is wrong with a scenario: the models' errors in words, with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.language.values import Model
from scenarios.language.yaml_tree import Node
from wire.errors import ScenarioError
from wire.spelling import meant, unknown

MOST = 20
# So many keys are listed where none is like the one that is unknown.
_LISTED = 16

M = TypeVar("M", bound=Model)
Found = list[ScenarioError]


class Faults(ScenarioError):
    """All that is wrong with a scenario, as it stands in the file and then in its parts.

    Reads as the first of them. `found` are the first `MOST`, `left_out` counts the others.
    """

    def __init__(self, found: Sequence[ScenarioError], left_out: int = 0) -> None:
        first = found[0]
        super().__init__(first.why, first.file, first.line, first.column)
        self.found = tuple(found)
        self.left_out = left_out

    def among(self, variant: str) -> Faults:
        """The same, said of one variant of a matrix."""
        return Faults(
            [
                ScenarioError(f"{f.why} (in {variant})", f.file, f.line, f.column)
                for f in self.found
            ],
            self.left_out,
        )


def raise_if_any(found: Iterable[ScenarioError], file: str) -> None:
    """Raises `Faults` in the order of the lines; at one place only what was found first."""
    by_place: dict[tuple[Any, ...], ScenarioError] = {}
    for fault in found:
        place = fault.file != file, fault.file or "", fault.line or 0, fault.column or 0
        by_place.setdefault(place, fault)
    if by_place:
        ordered = [by_place[place] for place in sorted(by_place)]
        raise Faults(ordered[:MOST], len(ordered[MOST:]))


def build(
    model: type[M], node: Node, found: Found, where: str = "", plain: Any = None
) -> M | None:
    """What a node says, as a model; None when it is none, and why is added to `found`.

    Paths in it count from the folder of its file. `where` is what it is called when it has no
    key of its own; `plain` stands for the node's values where parts of them are built already.
    """
    folder = Path(node.file).absolute().parent
    try:
        return model.model_validate(
            node.plain() if plain is None else plain, context={"folder": folder}
        )
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        if not _follows_from(detail, details):
            place, known = _find(node, model, detail["loc"])
            why = _words(detail, known, where)
            if detail["type"] == "extra_forbidden":
                parent, _ = _find(node, model, detail["loc"][:-1])
                why = _beside(parent, str(detail["loc"][-1])) or why
            found.append(place.fault(why))
    return None


def first_words(errors: list[ErrorDetails], model: type[Model]) -> str:
    """What is wrong first, in words, of values that stand in no file."""
    detail = next(detail for detail in errors if not _follows_from(detail, errors))
    return _words(detail, _fields(model))


def _find(tree: Node, model: Any, loc: tuple[int | str, ...]) -> tuple[Node, list[str]]:
    """The node that an error's location names, as far as it exists, and its fellow keys."""
    node = tree
    known = _fields(model)
    for part in loc:
        known = _fields(model)
        model = _field(model, part)
        if isinstance(node.value, dict) and part in node.value:
            inner = node.value[part]
            unused = known and part not in known
            node = node.key(str(part)) if unused else inner
        elif isinstance(node.value, list) and isinstance(part, int):
            node = node.value[part] if part < len(node.value) else node
    return node, known


def _beside(parent: Node, key: str) -> str:
    """What is said of a key that seems to belong below the one above it, which has no value."""
    above = list(parent.value)[: list(parent.value).index(key)]
    empty = [name for name in above if parent.value[name].value is None]
    if not empty:
        return ""
    return f"{key!r} stands beside {empty[-1]!r}; indent it more, to stand below it"


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
        e["type"] == "extra_forbidden"
        and e["loc"][:-1] == loc[:-1]
        and meant(e["loc"][-1], loc[-1:])
        for e in errors
    )


_WANTED = {
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "string_type": "should be text; put it in quotes",
    "bool_type": "should be true or false",
    "model_type": "should be a mapping of keys to values",
    "dict_type": "should be a mapping of keys to values",
    "tuple_type": "should be a list",
}
# What a pattern that begins so lets through.
_SHAPES = {
    "^[a-z0-9]": "lower-case letters, digits, _ and -",
    "^[0-9]-[0-9]:": "an OBIS code such as 1-0:1.7.0",
    "^[ A-Za-z0-9]{5}": "five characters of code, ten digits and the year",
    "^([0-9]{7})?": "seven digits, or nothing",
    "^([01]": "a time of the day such as 02:30",
    r"^\+?": "a telephone number such as +31612345678",
}
# As YAML has them, not Python.
_WORDS = {"None": "nothing", "True": "true", "False": "false"}
_CHOICE = re.compile("'([^']*)'")


def shape(pattern: str) -> str:
    """What a pattern of the language lets through, in words."""
    words = (words for begin, words in _SHAPES.items() if pattern.startswith(begin))
    return next(words, f"like {pattern}")


def _unknown_key(key: str, known: list[str]) -> str:
    why = unknown("key", key, known)
    if ":" in key:
        return f"{why}: a space is missing after its colon"
    if meant(key, known) or len(known) > _LISTED:
        return why
    return f"{why}; there are: {', '.join(dict.fromkeys(known))}"


def _words(detail: ErrorDetails, known: list[str], where: str = "") -> str:
    """A pydantic error in this project's words."""
    kind, loc = detail["type"], detail["loc"]
    key = next((part for part in reversed(loc) if isinstance(part, str)), where)
    if kind == "extra_forbidden":
        return _unknown_key(str(loc[-1]), known)
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
    if kind == "string_pattern_mismatch":
        wanted = f"should be {shape(detail['ctx']['pattern'])}"
    elif kind == "tuple_type" and isinstance(detail["input"], dict):
        wanted += ": '- ' before each item"
    elif wanted.endswith("number") and re.match("[-+0-9]", str(detail["input"])):
        wanted += " without unit or quotes" * isinstance(detail["input"], str)
    if kind in ("literal_error", "enum"):
        choices = _CHOICE.findall(detail["ctx"]["expected"])
        value += meant(detail["input"], choices)
    return f"{key}: {wanted}, not {value}" if key else f"{wanted}, not {value}"
