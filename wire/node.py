"""What octets of a wire are, as a tree of names and values that a person can read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_SHOWN_OCTETS = 48


@dataclass(frozen=True, slots=True)
class Node:
    """One thing on the wire: its name in the standard's words, what it says, what is in it.

    `octets` are those that it was read from, where they are worth showing.
    """

    name: str
    value: str | int | bool | None = None
    octets: bytes = b""
    children: tuple[Node, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"name", "value", "hex", "children"}`, without those that say nothing."""
        shown: dict[str, Any] = {"name": self.name}
        if self.value is not None:
            shown["value"] = self.value
        if self.octets:
            shown["hex"] = self.octets.hex()
        if self.children:
            shown["children"] = [child.to_json() for child in self.children]
        return shown

    def lines(self, indent: int = 0) -> list[tuple[int, str]]:
        """Depth and text of each line; long octets are cut and their number told."""
        text = self.name if self.value is None else f"{self.name}: {self.value}"
        if self.octets:
            more = f"... ({len(self.octets)} octets)"
            octets = self.octets[:_SHOWN_OCTETS].hex(" ")
            text += f"  [{octets}{more if len(self.octets) > _SHOWN_OCTETS else ''}]"
        rows = [(indent, text)]
        for child in self.children:
            rows += child.lines(indent + 1)
        return rows

    def __str__(self) -> str:
        return "\n".join("  " * depth + text for depth, text in self.lines())


def kebab(name: str) -> str:
    """The name of a class as a tree has it: `SetClock` is `set-clock`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
