"""A scenario written as a person would write it: a step on a line, or its parts on lines.

What is written here, `scenarios.language.yaml_tree` reads back as it was; it refuses what it
cannot hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = 96
_LONGEST_REMARK = 200

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_./-]*"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})"
    r"|([0-9]+(ms|s|m|h|d))+"
)
_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}
# What YAML does not let stand in a text as it is, beyond what JSON escapes.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A step as it will stand in a file, after the remarks about it."""

    step: Mapping[str, object]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario that is to be written; `remarks` stand at its head."""

    scenario: str
    description: str
    seed: int
    world: Mapping[str, object]
    steps: Sequence[Line]
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """The file."""
        literals = _Literals()
        steps = [line for step in self.steps for line in _step(step, literals)]
        world = list(_entry("world", dict(self.world), 0, literals))
        lines = [
            *map(remark, self.remarks),
            f"scenario: {self.scenario}",
            f"description: {quoted(self.description)}",
            f"seed: {self.seed}",
            *literals.lines(),
            "",
            *world,
            "",
            "steps:",
            *steps,
        ]
        return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Literals:
    """Texts in which `${` stands, which a scenario can only hold as parameters."""

    names: dict[str, str] = field(default_factory=dict)

    def reference(self, text: str) -> str:
        name = self.names.setdefault(text, f"text_{len(self.names) + 1}")
        return f'"${{{name}}}"'

    def lines(self) -> Iterator[str]:
        if self.names:
            yield "parameters:"
        for text, name in self.names.items():
            yield f"  {name}: {{default: {quoted(text)}, type: text}}"


def remark(text: str) -> str:
    """A line of comment; whatever stands in it, it stays one."""
    shown = "".join(each if each.isprintable() else "·" for each in text)
    cut = len(shown) > _LONGEST_REMARK
    return "# " + (f"{shown[:_LONGEST_REMARK]}…" if cut else shown)


def flow(value: object, literals: _Literals | None = None) -> str:
    """A value on one line; a text with `${` is left to `literals`, if there are any."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            if literals is not None and "${" in value:
                return literals.reference(value)
            return _word(value)
        case Mapping():
            items = (f"{_word(str(k))}: {flow(v, literals)}" for k, v in value.items())
            return f"{{{', '.join(items)}}}"
        case Sequence():
            return f"[{', '.join(flow(item, literals) for item in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in a scenario")


def quoted(text: str) -> str:
    """A text in quotes, whatever stands in it."""
    return _UNPRINTABLE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def _word(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else quoted(text)


def _step(line: Line, literals: _Literals) -> Iterator[str]:
    for text in line.remarks:
        yield f"  {remark(text)}"
    ((kind, body),) = line.step.items()
    first, *rest = _entry(kind, body, 4, literals)
    yield f"  - {first.lstrip()}"
    yield from rest


def _entry(key: str, value: object, indent: int, literals: _Literals) -> Iterator[str]:
    """A key with its value: on a line while there is room, else each part on lines."""
    space = " " * indent
    line = f"{space}{_word(key)}: {flow(value, literals)}"
    if not isinstance(value, Mapping | list | tuple) or not value:
        yield line
    elif len(line) <= WIDTH:
        yield line
    elif isinstance(value, Mapping):
        yield f"{space}{_word(key)}:"
        for name, part in value.items():
            yield from _entry(str(name), part, indent + 2, literals)
    else:
        yield f"{space}{_word(key)}:"
        yield from (f"{space}  - {flow(item, literals)}" for item in value)
