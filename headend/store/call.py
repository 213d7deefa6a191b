"""How the store is reached from where nothing may wait: at once, or on a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Call(Protocol):
    """Runs a function of the store; at once, or on a thread that may wait for the disk."""

    def __call__(self, function: Callable[[], Result], /) -> Awaitable[Result]: ...


async def directly(function: Callable[[], Result], /) -> Result:
    """The `Call` that runs it here and now."""
    return function()
