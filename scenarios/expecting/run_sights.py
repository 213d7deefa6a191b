"""What a scenario can expect of its own run: events in its log, and how long messages took."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from scenarios.expecting.bounds import Bounds, Counted, is_like, same
from scenarios.language.known import Known
from scenarios.language.settings import station_name
from scenarios.language.values import Duration, Number
from scenarios.playing.event_log import EVENTS
from scenarios.playing.results import Hop, HopLatency, hop_latency
from scenarios.playing.scene import Scene
from wire.spelling import unknown

_START = datetime.min.replace(tzinfo=UTC)
_HOPS: Final = {hop.name.lower(): hop for hop in Hop}
_ORDER: Final = list(_HOPS)
_FIGURES: Final[dict[str, Callable[[HopLatency], float]]] = {
    "median": lambda row: row.median_s,
    "p95": lambda row: row.p95_s,
    "max": lambda row: row.max_s,
}


class EventSeen(Counted):
    """Entries of the run's event log; texts among `fields` are patterns."""

    what: Annotated[str, Known("event", EVENTS)]
    station: Annotated[Number | None, Field(description="of this one; else of any")] = (
        None
    )
    fields: dict[str, Any] = Field(default_factory=dict)
    since: Annotated[
        Duration | None,
        Field(description="from so long before this step on; else from the start"),
    ] = None

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        known = EVENTS[self.what]
        for name in (*self.fields, *(["station"] if self.station is not None else [])):
            if name not in known:
                raise ValueError(unknown(f"field of {self.what}", name, list(known)))
        return self

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        at = "" if self.station is None else f" at station {self.station}"
        return f"{self.what} in the event log{at}"

    def print(self) -> str:
        """What is wanted, for a person."""
        fields = ", ".join(f"{name}: {value}" for name, value in self.fields.items())
        return self.print_times(fields or "any")

    def find(self, scene: Scene) -> tuple[int, str]:
        """How many fit, and what the newest says."""
        since = _START if self.since is None else scene.began - self.since
        found, newest = 0, ""
        for event in scene.world.log.newest_first(self.what, since):
            if self._fits(event):
                found += 1
                newest = newest or json.dumps(event, ensure_ascii=False)
        return found, newest

    def _fits(self, event: dict[str, Any]) -> bool:
        if self.station is not None and event["station"] != station_name(self.station):
            return False
        return all(
            (
                is_like(event.get(name), value)
                if isinstance(value, str)
                else same(event.get(name), value)
            )
            for name, value in self.fields.items()
        )


class Latency(Bounds):
    """How long messages took from hop to hop, in seconds, or how many made it."""

    figure: Literal["median", "p95", "max", "newest", "count", "missing"]
    station: Annotated[Number | None, Field(description="to this one; else to all")] = (
        None
    )
    from_: Annotated[str, Known("hop", _HOPS), Field(alias="from")] = "planned"
    to: Annotated[str, Known("hop", _HOPS)] = "applied"

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if _ORDER.index(self.from_) >= _ORDER.index(self.to):
            raise ValueError(f"no message goes from {self.from_} to {self.to}")
        return self

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        to = "" if self.station is None else f" of station {self.station}"
        return f"{self.figure} from {self.from_} to {self.to}{to}"


def delay(scene: Scene, body: Latency) -> float | None:
    """The figure, to the millisecond; None when no message made it."""
    start, end = _HOPS[body.from_], _HOPS[body.to]
    delays_s = scene.world.delays_s(start, end, body.station)
    made_s = [delay_s for delay_s in delays_s if delay_s is not None]
    match body.figure:
        case "count":
            return len(made_s)
        case "missing":
            return len(delays_s) - len(made_s)
        case "newest":
            newest_s = delays_s[-1] if delays_s else None
            return None if newest_s is None else round(newest_s, 3)
    if not made_s:
        return None
    return round(_FIGURES[body.figure](hop_latency(end, made_s)), 3)
