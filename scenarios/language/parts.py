"""Parts of a scenario in files of their own: steps, or a world's settings, put in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from scenarios.language.complaints import Found, build
from scenarios.language.includes import Include
from scenarios.language.parameters import (
    declared_in,
    from_its_file,
    hand_over,
    spelled_out,
    substitute,
)
from scenarios.language.settings import WorldSettings
from scenarios.language.values import File
from scenarios.language.yaml_tree import MAX_VALUES, Node
from wire.errors import ScenarioError
from wire.spelling import unknown

MOST_NESTED = 8
_KEYS = ("description", "parameters")
PART_KEYS = frozenset({*_KEYS, "steps", "world"})

Kind = Literal["steps", "world"]


class _Opened(NamedTuple):
    """What was asked of a part, its parameters filled in, and the files that led to it."""

    node: Node
    chain: tuple[Path, ...]


@dataclass(slots=True)
class Parts:
    """Opens the files that one scenario includes.

    `read` gives a file as a tree, or raises `ScenarioError`; what is wrong goes to `found`.
    All that is opened, as often as it is, may have `MAX_VALUES` values together.
    """

    read: Callable[[Path], Node]
    found: Found
    values: int = 0

    def steps(self, node: Node, chain: tuple[Path, ...]) -> list[Node]:
        """The steps of a list, with those of its parts in the places of their includes."""
        steps = []
        for item in node.value:
            if not isinstance(item.value, dict) or "include" not in item.value:
                steps.append(item)
            elif len(item.value) > 1:
                self.found.append(item.fault("include is a step of its own"))
            elif part := self._open(item.value["include"], "steps", chain):
                steps += self.steps(*part)
        return steps

    def world(self, node: Node, chain: tuple[Path, ...]) -> Node:
        """The settings of a world: those of its part, and its own, which win."""
        if not isinstance(node.value, dict) or "include" not in node.value:
            return node
        own = {key: item for key, item in node.value.items() if key != "include"}
        part = self._open(node.value["include"], "world", chain)
        if part is None:
            return replace(node, value=own)
        base = self.world(*part)
        # One of them is as good as the other.
        one = {"controller", "compare"}
        theirs = {
            key: item
            for key, item in base.value.items()
            if not (key in one and one & own.keys())
        }
        keys = {**(base.keys or {}), **(node.keys or {})}
        return replace(node, value={**theirs, **own}, keys=keys)

    def _open(self, node: Node, kind: Kind, chain: tuple[Path, ...]) -> _Opened | None:
        written = spelled_out(node, "file")
        if build(Include, written, self.found, "include") is None:
            return None
        place = written.value["file"]
        path = Path(node.file).parent / place.value
        chain = (*chain, path)
        try:
            tree = self._tree(place, chain)
        except ScenarioError as error:
            self.found.append(error)
            return None
        if not isinstance(tree.value, dict) or kind not in tree.value:
            self.found.append(place.fault(f"{path} has no {kind}"))
            return None
        known = (*_KEYS, kind)
        for key in tree.value:
            if key not in known:
                why = unknown("key", key, known)
                self.found.append(tree.key(key).fault(f"{why}, in a part with {kind}"))
        declared = declared_in(tree, self.found)
        values = hand_over(declared, written.value.get("set"), self.found)
        inside = substitute(tree.value[kind], values, self.found)
        if not isinstance(inside.value, list if kind == "steps" else dict):
            what = "a list" if kind == "steps" else "a mapping of keys to values"
            self.found.append(inside.fault(f"{kind}: should be {what}"))
            return None
        if kind == "world":
            inside = _rooted(inside)
        return _Opened(inside, chain)

    def _tree(self, place: Node, chain: tuple[Path, ...]) -> Node:
        """The file at the end of the chain; raises `ScenarioError` when it cannot be a part."""
        *before, path = chain
        names = " → ".join(str(file) for file in chain)
        if path.resolve() in [file.resolve() for file in before]:
            raise place.fault(f"a file cannot include itself: {names}")
        if len(before) > MOST_NESTED:
            raise place.fault(f"nested deeper than {MOST_NESTED} files: {names}")
        tree = self.read(path)
        self.values += tree.values
        if self.values > MAX_VALUES:
            why = f"all that is included has more than {MAX_VALUES} values"
            raise place.fault(why)
        return tree


def _rooted(world: Node) -> Node:
    """A world's settings with its files as absolute paths: they count from their own file."""
    items = dict(world.value)
    for name, field in WorldSettings.model_fields.items():
        item = items.get(name)
        is_file = File in getattr(field.annotation, "__args__", ())
        if is_file and item is not None and isinstance(item.value, str):
            items[name] = replace(item, value=from_its_file(item))
    return replace(world, value=items)
