"""The wires of a world, as scenarios name them: by kind, and by the numbers of stations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenarios.transport.wire_faults import WireFaults, WireKind
from scenarios.transport.wires import Wire
from scenarios.world.head_end import at
from scenarios.world.station import Station


class Cables:
    """See `scenarios.playing.trouble_protocol.Cables` for what each method is to do."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self._stations = stations

    def disturb(
        self,
        wire: WireKind,
        station: int | None,
        faults: WireFaults | None,
        lasts_s: float | None = None,
    ) -> None:
        """From now on, or for so long, a wire has these faults."""
        for each in self._wires(wire, station):
            each.disturb(faults, lasts_s)

    def reset(self, wire: WireKind, station: int | None) -> None:
        """What is connected now is cut off."""
        for each in self._wires(wire, station):
            each.reset()

    def _wires(self, kind: WireKind, station: int | None) -> Iterator[Wire]:
        there = self._stations if station is None else [at(self._stations, station)]
        return (each.wire(kind) for each in there)
