"""The rows of a feeder that control takes: as recorded, at a pace, or as a box adds them."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headend.dali import (
    Consequence,
    Fault,
    FeederSample,
    read_feeder,
)
from headend.dali_layout import Layout
from headend.dali_tail import FeederTail
from wire.errors import ConfigError

_LOOK_S = 1.0
PATIENCE = 1.25
"""How long a row is waited for, in intervals, before control goes on without it."""

LEARNED = 4 * 7 * 96
"""How many of the rows that are there at the begin are learned from: four weeks of them."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Rows:
    """The samples of a feeder's file, from `start` on if that is said."""

    path: Path
    layout: Layout
    start: datetime | None

    def check(self) -> None:
        """Reads the whole file: what is wrong with it is better known before anything runs."""
        if not self.path.is_file():
            why = "there is no such file"
            if self.path.exists():
                why = "is no file; a folder is taken with --follow"
            raise ConfigError(why, str(self.path))
        if not sum(1 for _ in self._read()):
            raise ConfigError(f"has no row from {self.start} on", str(self.path))

    def one(self) -> FeederSample:
        """The one row to take: the first from `start` on, else the last."""
        samples = self._read()
        sample = next(samples)
        if self.start is None:
            for sample in samples:
                pass
        return sample

    async def paced(self, loop: Any, every_s: float) -> AsyncIterator[FeederSample]:
        """Row by row, at its pace; a step that takes longer delays the next."""
        due_s = loop.seconds()
        for sample in self._read():
            await _sleep(loop, due_s - loop.seconds())
            yield sample
            due_s = max(due_s + every_s, loop.seconds())

    def _read(self) -> Iterator[FeederSample]:
        for sample in read_feeder(self.path, self.layout):
            if self.start is None or sample.time >= self.start:
                yield sample


@dataclass(frozen=True, slots=True)
class Due:
    """A step is due, with the newest row that was measured or without one.

    `past` are rows from before that were not acted on.
    """

    sample: FeederSample | None
    past: tuple[FeederSample, ...] = ()


class Following:
    """The rows that a box adds to a file or a folder, and what is wrong with them.

    A file that is no feeder's is refused before anything runs; a row that is wrong is not.
    What is there already is kept as far as it is learned from.
    """

    def __init__(
        self, path: Path, layout: Layout, now: Callable[[], datetime] = _utc_now
    ) -> None:
        if not path.exists():
            raise ConfigError("there is no such file or folder", str(path))
        self._tail = FeederTail(path, layout, now=now)
        self._found = deque(self._tail.look(), LEARNED)
        for found in self._found:
            if path.is_file() and isinstance(found, Fault):
                if found.consequence is Consequence.FILE:
                    raise found.error

    async def added(self, loop: Any, every_s: float) -> AsyncIterator[Due | Fault]:
        """A step with the last row, then one whenever rows are added; faults as they are.

        Of rows that are added at once the newest is acted on. A step is without one when the
        newest row is left out, or none came for a quarter longer than `every_s`.
        """
        found = self._found
        due_s = loop.seconds() + every_s * PATIENCE
        while True:
            samples = [item for item in found if isinstance(item, FeederSample)]
            for item in found:
                if isinstance(item, Fault):
                    yield item
            blind = bool(found) and _unmeasured(found[-1])
            if samples or blind:
                due_s = loop.seconds() + every_s * PATIENCE
            elif loop.seconds() >= due_s:
                blind, due_s = True, loop.seconds() + every_s
            if blind:
                yield Due(None, tuple(samples))
            elif samples:
                yield Due(samples.pop(), tuple(samples))
            await _sleep(loop, _LOOK_S)
            found = deque(self._tail.look(), LEARNED)


def _unmeasured(found: FeederSample | Fault) -> bool:
    return isinstance(found, Fault) and found.consequence is Consequence.UNMEASURED


async def _sleep(loop: Any, delay_s: float) -> None:
    from twisted.internet.task import deferLater

    await deferLater(loop, max(0.0, delay_s))
