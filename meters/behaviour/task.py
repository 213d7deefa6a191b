"""What is due at an instant that can be told in advance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wire.instants import NEVER

if TYPE_CHECKING:
    from meters.meter import Meter

__all__ = ["NEVER", "Task"]


class Task(NamedTuple):
    """Something that is due at instants which can be told in advance.

    `due(meter, after_s)` is the next of them later than `after_s`, both in true time (epoch
    seconds), or `NEVER`; `run` does it, with the meter at that instant.
    """

    due: Callable[[Meter, int], int]
    run: Callable[[Meter], None]
