"""What goes wrong in a world: steps for its wires and its processes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.acting.commands import AtStation
from scenarios.language.values import Duration, Model, Number, Real, SignedDuration
from scenarios.playing.trouble_protocol import Process
from scenarios.transport.wire_faults import Direction, WireFaults, WireKind

_LATEST = timedelta(minutes=10)
_FARTHEST = timedelta(days=31)
Share = Annotated[Real, Field(ge=0, le=1)]


class AtWire(Model):
    """Names a wire, at one station or at all of them."""

    wire: Annotated[WireKind, Field(strict=False)]
    station: Annotated[
        Number | None, Field(description="left out, every station's")
    ] = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if "station" in self.model_fields_set and self.station is None:
            raise ValueError("station needs a number, or is left out")
        return self


class DisturbWire(AtWire):
    """From now on, or for so long, a wire has these faults and no others."""

    latency: Annotated[
        Duration | None, Field(description="until octets arrive, beside what it was")
    ] = None
    jitter: Annotated[
        Duration | None, Field(description="up to so much more, drawn for each chunk")
    ] = None
    loss: Annotated[
        Share, Field(description="the share of connects that nobody answers")
    ] = 0.0
    corrupt: Annotated[
        Share, Field(description="the share of chunks that have a bit turned over")
    ] = 0.0
    slice: Annotated[
        int | None,
        Field(ge=1, le=65_535, description="the most octets that arrive together"),
    ] = None
    silence: Annotated[
        bool, Field(description="octets vanish, and connections stay up")
    ] = False
    direction: Annotated[Direction, Field(strict=False)] = Direction.BOTH
    lasts: Annotated[
        Duration | None, Field(description="then it is sound by itself")
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("latency", "jitter"):
            if (getattr(self, name) or timedelta(0)) > _LATEST:
                raise ValueError(f"{name} is 10m at most")
        faulty = self.faults() is not None
        for name in ("lasts", "direction"):
            if name in self.model_fields_set and not faulty:
                raise ValueError(f"{name} goes with a fault")
        return self

    def faults(self) -> WireFaults | None:
        """As a wire has them; None for one that is sound."""
        faults = WireFaults(
            _seconds(self.latency),
            _seconds(self.jitter),
            self.loss,
            self.corrupt,
            self.slice,
            self.silence,
            self.direction,
        )
        return None if faults == WireFaults(direction=self.direction) else faults


class AtProcess(AtStation):
    """Names a process; the head-end is one for all stations."""

    process: Annotated[Process, Field(strict=False)]

    @model_validator(mode="after")
    def _place(self) -> Self:
        if self.process is Process.HEAD_END and "station" in self.model_fields_set:
            raise ValueError("station does not go with the head-end, which is at none")
        return self


class Kill(AtProcess):
    """A process ends, with no time to save anything or to say goodbye."""

    after: Annotated[
        Duration | None, Field(description="so much later, while the play goes on")
    ] = None


class Restart(AtProcess):
    """A process is killed, and starts again from what it had kept."""

    off_for: Annotated[Duration, Field(description="10s, unless said")] = timedelta(
        seconds=10
    )


class StepClock(AtProcess):
    """The clock that a process has the time of day from makes a step."""

    by: Annotated[SignedDuration, Field(description="forward; back with a minus")]

    @model_validator(mode="after")
    def _far(self) -> Self:
        if abs(self.by) > _FARTHEST:
            raise ValueError("by is 31d at most")
        return self


def kills(steps: Iterable[Model], process: Process) -> bool:
    """Whether one of these steps ends that process."""
    bodies = (
        getattr(step, "kill", None) or getattr(step, "restart", None) for step in steps
    )
    return any(body is not None and body.process is process for body in bodies)


def _seconds(duration: timedelta | None) -> float:
    return 0.0 if duration is None else duration.total_seconds()
