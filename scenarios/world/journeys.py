"""How long messages take from hop to hop on their way from the planner to the limit."""

from __future__ import annotations

from itertools import pairwise

from scenarios.playing.results import Hop, HopLatency, hop_latency


class Journey:
    """One message to one station, and when it reached each hop (epoch seconds)."""

    __slots__ = ("station", "text", "reached")

    def __init__(self, station: str, text: bytes, planned_s: float) -> None:
        self.station = station
        self.text = text
        self.reached: dict[Hop, float] = {Hop.PLANNED: planned_s}

    def reach(self, hop: Hop, at_s: float) -> None:
        """It is there now; only the first time counts."""
        self.reached.setdefault(hop, at_s)


class Journeys:
    """All messages of a run; the newest of a station is the one on its way."""

    def __init__(self) -> None:
        self.all: list[Journey] = []
        self._newest: dict[str, Journey] = {}

    def begin(self, station: str, text: bytes, planned_s: float) -> Journey:
        """A message sets out; the one before it on this way is overtaken."""
        journey = self._newest[station] = Journey(station, text, planned_s)
        self.all.append(journey)
        return journey

    def newest(self, station: str) -> Journey | None:
        """The message that is on its way to a station, or was last."""
        return self._newest.get(station)

    def delays_s(self, start: Hop, end: Hop, station: str | None) -> list[float | None]:
        """From hop to hop, of each message that reached the first; None: not the second."""
        reached = [
            journey.reached
            for journey in self.all
            if station in (None, journey.station) and start in journey.reached
        ]
        return [at[end] - at[start] if end in at else None for at in reached]

    def latencies(self) -> tuple[HopLatency, ...]:
        """For each hop but the first, the delays since the hop before it."""
        return tuple(
            hop_latency(
                hop,
                [
                    delay_s
                    for delay_s in self.delays_s(before, hop, None)
                    if delay_s is not None
                ],
            )
            for before, hop in pairwise(Hop)
        )
