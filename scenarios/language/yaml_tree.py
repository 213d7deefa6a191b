"""YAML as a tree of plain values in which each value knows its line and column.

Built from the parser's events, one by one, so that nothing is built before its size and depth
are known: an alias costs as much as what it stands for, and the bill has a limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from wire.errors import ScenarioError

MAX_BYTES = 512 * 1024
MAX_DEPTH = 16
MAX_VALUES = 20_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,20}|0x[0-9A-Fa-f]{1,16}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: the file that it stands in, line and column counting from 1.

    `value` is None, bool, int, float, str, a list of nodes, or a dict from str to node;
    `keys` then has the place of each key. `values` counts this node and all inside it.
    """

    value: Any
    line: int
    column: int
    keys: dict[str, Node] | None = None
    values: int = 1
    depth: int = 1
    file: str = ""

    def fault(self, why: str) -> ScenarioError:
        """What is wrong with what stands here."""
        return ScenarioError(why, self.file or None, self.line, self.column)

    def key(self, name: str) -> Node:
        """Where a key of this mapping stands; the mapping itself when it has none such."""
        return (self.keys or {}).get(name, self)

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class _Builder:
    """Turns one document's events into nodes."""

    def __init__(self, file: str, events: Iterator[Event]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._values = 0

    def fail(self, why: str, event: Event) -> ScenarioError:
        mark = event.start_mark
        return ScenarioError(why, self._file, mark.line + 1, mark.column + 1)

    def build(self, event: Event, depth: int) -> Node:
        """The node that begins with this event."""
        if depth > MAX_DEPTH:
            raise self.fail(f"nested deeper than {MAX_DEPTH} levels", event)
        if isinstance(event, AliasEvent):
            node = self._anchors.get(event.anchor)
            if node is None:
                raise self.fail(
                    f"*{event.anchor} refers to nothing that stands before it", event
                )
            self._spend(node.values, event)
            if depth + node.depth - 1 > MAX_DEPTH:
                raise self.fail(f"nested deeper than {MAX_DEPTH} levels", event)
            return node
        self._spend(1, event)
        place = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, ScalarEvent):
            node = Node(self._scalar(event), *place, file=self._file)
        else:
            assert isinstance(event, SequenceStartEvent | MappingStartEvent)
            if event.tag is not None:
                raise self.fail(f"tags such as {event.tag[:40]} are not used", event)
            inside = self._sequence
            if isinstance(event, MappingStartEvent):
                inside = self._mapping
            node = replace(inside(place, depth), file=self._file)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _spend(self, values: int, event: Event) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise self.fail(f"unfolds to more than {MAX_VALUES} values", event)

    def _sequence(self, place: tuple[int, int], depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self.build(event, depth + 1))
        return _sized(items, items, place, None)

    def _mapping(self, place: tuple[int, int], depth: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            if getattr(event, "value", "") == "<<":
                raise self.fail("merge keys (<<) are not used", event)
            if not isinstance(event, ScalarEvent):
                raise self.fail("a key must be a plain word", event)
            key = self.build(event, depth + 1)
            name = event.value
            if name in items:
                first = keys[name].line
                raise self.fail(f"{name!r} stands twice, first in line {first}", event)
            keys[name] = key
            items[name] = self.build(next(self._events), depth + 1)
        return _sized(items, list(items.values()), place, keys)

    def _scalar(self, event: ScalarEvent) -> object:
        text: str = event.value
        if _HALF_CHARACTER.search(text):
            raise self.fail("half of a surrogate pair is no character", event)
        if event.tag not in (None, "!"):
            raise self.fail(f"tags such as {event.tag[:40]} are not used", event)
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text, 16 if text.startswith("0x") else 10)
        if _NUMBER.fullmatch(text):
            number = float(text)
            if math.isfinite(number):
                return number
            raise self.fail(f"{text} is too large a number", event)
        return text


def _sized(
    value: object,
    inside: list[Node],
    place: tuple[int, int],
    keys: dict[str, Node] | None,
) -> Node:
    values = 1 + sum(node.values for node in inside)
    depth = 1 + max((node.depth for node in inside), default=0)
    return Node(value, *place, keys=keys, values=values, depth=depth)


def read_yaml(text: str, file: str) -> Node:
    """The one document of a YAML text.

    Raises `ScenarioError` with file, line and column: when it is no YAML, has more than one
    document or none, uses tags or merge keys, repeats a key, or is too large or too deep.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ScenarioError(f"{size} bytes; at most {MAX_BYTES} are read", file)
    try:
        events = YAML(typ="safe", pure=True).parse(text)
        builder = _Builder(file, events)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                break
        else:
            raise ScenarioError("the file is empty", file)
        node = builder.build(next(events), 1)
        for event in events:
            if not isinstance(event, DocumentEndEvent):
                if isinstance(event, DocumentStartEvent):
                    raise builder.fail("a second document begins here", event)
    except MarkedYAMLError as error:
        raise _not_yaml(error, text, file) from None
    except ReaderError as error:
        before = text[: error.position]
        raise ScenarioError(
            f"not YAML: the character {error.character:#04x} is not allowed",
            file,
            before.count("\n") + 1,
            error.position - before.rfind("\n"),
        ) from None
    except (YAMLError, ValueError) as error:
        raise ScenarioError(f"not YAML: {error}".splitlines()[0], file) from None
    return node


# What a person is likely to have written, by what the parser says of it; the first counts.
_LIKELY = (
    (r"'\t'", "indent with spaces, not with tabs"),
    ("mapping values", "is a colon missing before it, or is it indented too far?"),
    ("<block end>, but found ','", "does a closing bracket stand too early?"),
    ("parsing a block", "is it indented as what stands beside it?"),
    ("parsing a flow", "is a comma, a quote or a closing bracket missing?"),
)


def _not_yaml(error: MarkedYAMLError, text: str, file: str) -> ScenarioError:
    what = ", ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark or error.context_mark
    if mark is not None and text[mark.index - 1 : mark.index + 1] == "${":
        likely = ["within { } and [ ] put ${name} in quotes"]
    else:
        likely = [hint for sign, hint in _LIKELY if sign in what][:1]
    why = "; ".join([f"not YAML: {what}", *likely])
    if mark is None:
        return ScenarioError(why, file)
    return ScenarioError(why, file, mark.line + 1, mark.column + 1)
