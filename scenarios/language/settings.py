"""The `world` section of a scenario: what there is before the first step."""

from __future__ import annotations

import csv
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from headend.dali import read_feeder
from headend.dali_mapping import read_mapping
from headend.pushes import OnAlarm
from meters.fleet_file import DeviceEntry
from scenarios.acting.devices import DeviceSettings
from scenarios.language.includes import Include
from scenarios.language.values import File, Instant, Model, Real
from wire.cosem.rows import Standard
from wire.errors import ConfigError


class Controller(StrEnum):
    """Who guards the transformer: nobody, seed 002's L1 threshold, or per-phase headroom."""

    NONE = "none"
    THRESHOLD = "threshold"
    HEADROOM = "headroom"


class FeederFaults(StrEnum):
    """What becomes of a fault in the feeder's CSV: the file is refused, or its box has it."""

    REFUSE = "refuse"
    REPORT = "report"


Share = Annotated[Real, Field(ge=0, le=1)]


_LONGEST_LINE = 4096


def _first_time(feeder: Path, mapping: Path | None) -> object:
    """The first time in a feeder's CSV; None, which is no start, when there is none.

    Raises `ValueError` when a mapping file is given and does not lead to one.
    """
    try:
        if not feeder.is_file():
            return None
        if mapping is not None:
            return next(read_feeder(feeder, read_mapping(mapping))).time.isoformat()
        with feeder.open(encoding="utf-8", newline="") as stream:
            lines = [stream.readline(_LONGEST_LINE) for _ in range(2)]
        return next(csv.DictReader(lines), {}).get("time")
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
    except ConfigError as error:
        raise ValueError(f"left out, start is the first time, and {error}") from None


SLOWEST_WIRE_S = 10.0


def station_name(number: int) -> str:
    """What a station is called in logs and files: CP001 is the first."""
    return f"CP{number:03}"


class WorldSettings(Model):
    """The world that a scenario plays in."""

    include: Annotated[
        Include | None, Field(description="a file with a world; own keys win")
    ] = None
    start: Annotated[
        Instant, Field(description="left out: the first time in the feeder's CSV")
    ]
    days: Annotated[
        Real,
        Field(
            gt=0,
            le=366,
            strict=False,
            description="length; `run_until: end` goes there",
        ),
    ] = 1
    stations: Annotated[
        int, Field(ge=1, le=10_000, description="charge points, each with its meter")
    ] = 1
    standard: Annotated[
        Standard,
        Field(
            strict=False, description="the companion standard that the meters follow"
        ),
    ] = Standard.DSMR_4_2_2
    p1_period_s: Annotated[
        int | None,
        Field(ge=1, le=3600, description="left out: the standard's, 10 or 1"),
    ] = None
    feeder: Annotated[
        File | None, Field(description="CSV of the transformer's quarter-hours")
    ] = None
    feeder_mapping: Annotated[
        File | None, Field(description="what stands where in that CSV, if not as usual")
    ] = None
    feeder_faults: Annotated[
        FeederFaults,
        Field(strict=False, description="refuse a CSV with faults, or report them"),
    ] = FeederFaults.REFUSE
    sessions: Annotated[
        File | None, Field(description="CSV of the cars that come and go")
    ] = None
    premises: Annotated[
        File | None, Field(description="CSV of households' load, for the meters")
    ] = None
    devices: Annotated[
        tuple[DeviceSettings, ...],
        Field(
            strict=False,
            max_length=1000,
            description="M-Bus devices of the meters, or in store",
        ),
    ] = ()
    radio_keys: Annotated[
        bool, Field(description="wireless devices come with a User key")
    ] = False
    controller: Controller = Field(Controller.NONE, strict=False)
    compare: Annotated[
        tuple[Annotated[Controller, Field(strict=False)], ...],
        Field(
            strict=False,
            min_length=1,
            max_length=3,
            description="play once for each controller, side by side; the last is judged",
        ),
    ] = ()
    loss: Annotated[
        Share, Field(description="share of messages that do not arrive")
    ] = 0.0
    latency_s: Annotated[
        Real,
        Field(ge=0, le=86_400, description="until what the head-end sends arrives"),
    ] = 0.0
    push_port: Annotated[
        int | None,
        Field(ge=1, le=65_535, description="where the head-end hears what meters push"),
    ] = None
    on_alarm: Annotated[
        OnAlarm, Field(strict=False, description="what it does about an alarm then")
    ] = OnAlarm.NOTHING
    engine: Annotated[
        Literal["native", "gurux"], Field(description="its DLMS client")
    ] = "native"
    timeout_s: Annotated[
        Real, Field(ge=0.1, le=3600, description="that it waits for an answer")
    ] = 30.0
    concurrency: Annotated[
        int, Field(ge=1, le=1000, description="meters that it speaks with at a time")
    ] = 16
    connections_per_s: Annotated[
        Real | None,
        Field(ge=0.001, le=10_000, description="that it begins; left out: no limit"),
    ] = None
    rating_va: Annotated[int, Field(ge=1, description="the transformer's rating")] = (
        160_000
    )
    station_max_w: Annotated[int, Field(ge=0, le=1_000_000)] = 22_000
    preferred: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(
            strict=False,
            description="stations that get two shares and pause last (headroom)",
        ),
    ] = ()

    def own_devices(self) -> dict[int, list[DeviceEntry]]:
        """The devices by the meter that they come with, counted from 0 as a fleet does."""
        found: dict[int, list[DeviceEntry]] = {}
        for device in self.devices:
            entry = device.entry(self.standard)
            found.setdefault(device.meter - 1, []).append(entry)
        return found

    @property
    def wire_latency_s(self) -> float:
        """What of the latency P3 itself has, one way; beyond that no association stands."""
        return min(self.latency_s, SLOWEST_WIRE_S)

    @property
    def message_delay_s(self) -> float:
        """The rest: a message waits so long for its network before it leaves."""
        return self.latency_s - self.wire_latency_s

    @model_validator(mode="before")
    @classmethod
    def _start_of_feeder(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, dict):
            return given
        if given.get("start") is None and given.get("feeder") is not None:
            folder = Path((info.context or {}).get("folder", "."))
            feeder = folder / str(given["feeder"])
            mapping = given.get("feeder_mapping")
            start = _first_time(feeder, folder / str(mapping) if mapping else None)
            if start is None:
                why = f"start is missing, and no first time can be read from {feeder}"
                raise ValueError(why)
            return {**given, "start": start}
        return given

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if {"controller", "compare"} <= self.model_fields_set:
            raise ValueError("controller and compare exclude each other")
        return self

    @field_validator("compare")
    @classmethod
    def _once_each(cls, given: tuple[Controller, ...]) -> tuple[Controller, ...]:
        if len(set(given)) < len(given):
            raise ValueError("each controller is played once")
        return given

    @property
    def controllers(self) -> tuple[Controller, ...]:
        """One controller for each run to be played, in order."""
        return self.compare or (self.controller,)
