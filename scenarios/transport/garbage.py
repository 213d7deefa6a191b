"""Garbage collection while a world lives: what is long-lived is not looked through again and again.

Hundreds of stations are millions of objects that stay, and nearly all that goes is freed as soon
as nobody refers to it. Python's collector, as it is set, spends a fifth of a run on them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000
"""So many more objects than before, and the newest are looked through."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Lets the collector pass over what exists now, and look for cycles seldom."""
    youngest, *older = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *older)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)
        gc.unfreeze()
