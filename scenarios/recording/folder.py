"""A folder with a recording and the files that it needs: new, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wire.errors import ConfigError, SurroundingsError


def check_new(folder: Path) -> None:
    """Raises `ConfigError` unless a recording can be made here: nothing is written over."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except (OSError, ValueError) as error:
        raise _unwritable(folder, error) from None
    if taken:
        raise ConfigError(f"{folder} is there already; a recording wants a new folder")


@contextmanager
def new(folder: Path) -> Iterator[None]:
    """A new folder to be filled; nothing is left of it when that goes wrong.

    Raises `ConfigError` for one that is not new, and `SurroundingsError` when it cannot be
    written.
    """
    check_new(folder)
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritable(folder, error) from None
    try:
        yield
    except BaseException as error:
        _take_away(folder, existed)
        if isinstance(error, OSError | UnicodeError):
            raise _unwritable(folder, error) from None
        raise


def fill(folder: Path, texts: Mapping[str, str], copies: Mapping[Path, str]) -> None:
    """Writes copies of files, and texts by their names."""
    for path, name in copies.items():
        shutil.copyfile(path, folder / name)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _take_away(folder: Path, existed: bool) -> None:
    """What we wrote, and the folder too if it was ours."""
    if not existed:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        path.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError | ValueError) -> SurroundingsError:
    why = error.strerror if isinstance(error, OSError) else error
    return SurroundingsError(f"{folder} cannot be written: {why}")
