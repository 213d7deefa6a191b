"""docs/objects.md: every object and operation, where it is written, and what shows it.

`python -m tests.objects_page` prints the page. What shows an object is the scenario that
speaks of it, else the test that speaks of it most, by its name or its OBIS code; every object
is also read, written and refused, cell by cell, in `tests/meters/test_model.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from headend.operations import OPERATIONS
from wire.cosem.dsmr import OBJECTS
from wire.cosem.rows import Row, Standard

REPOSITORY = Path(__file__).resolve().parents[1]
_EVERY_CELL = "tests/meters/test_model.py"
_HEAD = """# Objects and what shows them
What a meter of dsmrlab has on P3, and what the head-end does with it by name; how, says
[operations.md](operations.md). This page is made by `python -m tests.objects_page`, and a test
compares it with the code. The last column is the scenario or test that speaks of an object or
operation most. Every object is also read, written and refused, attribute by attribute and method
by method, in [test_model.py](../tests/meters/test_model.py), and compared with the companion
standards' tables in [test_table.py](../tests/wire/cosem/test_table.py).

## Objects
"""


@lru_cache(maxsize=1)
def page() -> str:
    """The whole page."""
    return "\n".join((_HEAD + _objects(), "", "## Operations", _operations(), ""))


def _objects() -> str:
    names = {standard: standard.value.upper() for standard in Standard}
    marks = " | ".join(names.values())
    lines = [
        f"| object | OBIS | class | {marks} | written in | shown by |",
        "|---|---|---|" + "---|" * (len(names) + 2),
    ]
    forms: dict[tuple[str, str, int, int], list[Row]] = {}
    for row in OBJECTS:
        key = row.name, row.obis.short, row.class_id, row.version
        forms.setdefault(key, []).append(row)
    for (name, code, class_id, version), rows in forms.items():
        standards = frozenset().union(*(row.standards for row in rows))
        marks = " | ".join("●" if standard in standards else "" for standard in names)
        sources = "; ".join(sorted({row.source for row in rows}))
        lines.append(
            f"| `{name}` | {code} | {class_id}, version {version} | {marks} | {sources}"
            f" | {shown_by(name, code)} |"
        )
    return "\n".join(lines)


def _operations() -> str:
    lines = ["| operation | does | P3 | shown by |", "|---|---|---|---|"]
    for name, operation in OPERATIONS.items():
        lines.append(
            f"| `{name}` | {operation.summary} | {operation.clause} | {shown_by(name)} |"
        )
    return "\n".join(lines)


def shown_by(*names: str) -> str:
    """The scenario or test that speaks of one of these names, as a path in the repository."""
    word = re.compile(
        "|".join(rf"(?<![\w.:-]){re.escape(name)}(?![\w-])" for name in names)
    )
    counts = {
        path: count
        for path, text in _texts()
        # To look for a word takes a hundred times as long as for letters.
        if any(name in text for name in names) and (count := len(word.findall(text)))
    }
    scenarios = [path for path in counts if path.startswith("scenarios/")]
    best = max(scenarios or counts, key=lambda path: counts[path], default=_EVERY_CELL)
    return f"[{best.rpartition('/')[2]}](../{best})"


@lru_cache(maxsize=1)
def _texts() -> tuple[tuple[str, str], ...]:
    return tuple(
        (path.relative_to(REPOSITORY).as_posix(), path.read_text())
        for path in sorted(_files())
    )


def _files() -> Iterator[Path]:
    yield from (REPOSITORY / "scenarios" / "files").glob("*.yaml")
    yield from (REPOSITORY / "tests").glob("**/test_*.py")


if __name__ == "__main__":
    print(page(), end="")
