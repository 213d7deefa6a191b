"""What can go wrong in a world, as its protocol has it: its wires and its processes."""

from __future__ import annotations

from collections.abc import Awaitable
from enum import StrEnum
from typing import Protocol

from scenarios.transport.wire_faults import WireFaults, WireKind


class Process(StrEnum):
    """What of a world can be killed, each as if it ran in a process of its own."""

    HEAD_END = "head_end"
    GATEWAY = "gateway"
    UNIT = "unit"
    METER = "meter"


class Cables(Protocol):
    """The wires of a world; station None means that of every station.

    Both raise `LocalError` for a station that is not there.
    """

    def disturb(
        self,
        wire: WireKind,
        station: int | None,
        faults: WireFaults | None,
        lasts_s: float | None,
    ) -> None:
        """From now on a wire has these faults, for `lasts_s` or until told otherwise.

        None is a sound wire.
        """

    def reset(self, wire: WireKind, station: int | None) -> None:
        """What is connected over a wire now is cut off, and both ends hear of it."""


class Processes(Protocol):
    """The processes of a world; the head-end is one, whatever the station.

    All raise `LocalError` for a station that is not there, and for what cannot be done to a
    process that runs, or does not.
    """

    def kill(self, process: Process, station: int, after_s: float) -> None:
        """Ends it, now or that much later; nothing is saved, and nobody told."""

    def start(self, process: Process, station: int) -> Awaitable[None]:
        """Starts it again, from what it had kept."""

    def step_clock(self, process: Process, station: int, by_s: float) -> None:
        """The clock from which it has the time of day makes a step, back below zero."""
