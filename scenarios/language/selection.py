"""Which scenarios are meant: files, those of a folder, those with a tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from scenarios.language.document import Source, read
from wire.errors import ConfigError, ScenarioError
from wire.spelling import meant


def files_in(paths: Iterable[Path | str]) -> list[Path]:
    """The scenario files that these paths name; of a folder those in it, sorted.

    A file that cannot be read counts as one: whoever reads it says why. Raises `ConfigError`
    for a folder without any.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [file for file in sorted(path.glob("*.yaml")) if _is_one(file)]
            if not inside:
                raise ConfigError("no scenario is in this folder", str(path))
            files += inside
        else:
            files.append(path)
    return files


def _is_one(file: Path) -> bool:
    if file.exists() and not file.is_file():
        # Who opens a named pipe waits until somebody writes to it.
        return False
    try:
        return "scenario" in read(file).tree.value
    except ScenarioError:
        return True


def tagged(
    sources: Sequence[Source], wanted: Sequence[str], unwanted: Sequence[str]
) -> list[Source]:
    """Those with any of the wanted tags, if there are such, and none of the unwanted.

    Raises `ConfigError` when none is left.
    """
    left = [
        source
        for source in sources
        if (not wanted or set(wanted) & set(source.tags))
        and not set(unwanted) & set(source.tags)
    ]
    if not left:
        there = sorted({tag for source in sources for tag in source.tags})
        known = ", ".join(there) or "none"
        asked = " ".join(
            [f"--tag {tag}{meant(tag, there)}" for tag in wanted]
            + [f"--not-tag {tag}" for tag in unwanted]
        )
        raise ConfigError(
            f"no scenario is left by {asked}; there are the tags: {known}"
        )
    return left
