"""What can be done to a process of a world, whatever it does."""

from __future__ import annotations

from typing import Protocol


class LabProcess(Protocol):
    """Something that runs until it is killed, and then does not until it is started."""

    @property
    def runs(self) -> bool:
        """Whether it runs."""

    def kill(self) -> None:
        """Ends it; what it had not kept is gone, and nobody is told."""

    async def start(self) -> None:
        """Starts it, with what it had kept, once its ports are free."""

    def step_clock(self, by_s: float) -> None:
        """Its clock makes a step of so much, back below zero."""
