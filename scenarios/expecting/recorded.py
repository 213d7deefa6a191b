"""Holds a run against the event log of another one, which was kept when it was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scenarios.expecting.bounds import shown
from scenarios.language.values import File, Model
from wire.errors import ConfigError

_LONGEST_LINE = 1_000_000


class AsRecorded(Model):
    """All that has happened until now is as in a file of events, line by line."""

    events: Annotated[
        File, Field(description="events-….jsonl of a report, or its like")
    ]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return "event log"

    def print(self) -> str:
        """What is wanted, for a person."""
        return f"as in {self.events.name}"


def first_difference(path: Path, lines: Sequence[str]) -> str:
    """Where a run's events first differ from those of a file, for a person; "" if nowhere.

    Raises `ConfigError` when the file cannot be read.
    """
    for number, (was, now) in enumerate(zip_longest(_lines(path), lines), 1):
        if was != now:
            what = (text if text is None else shown(text) for text in (was, now))
            before, after = (text or "nothing more" for text in what)
            return f"line {number} was {before} and is {after}"
    return ""


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield line.rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"cannot be read: {why}", str(path)) from None
