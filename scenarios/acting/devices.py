"""M-Bus devices in scenarios: what hangs on the meters, and what hands do to it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from meters.fleet_devices import VERSIONS
from meters.fleet_file import DeviceEntry
from meters.p2.faults import Faults
from scenarios.acting.commands import AtMeter
from scenarios.language.values import Duration, Model, Number, Real
from wire.cosem.rows import Standard
from wire.errors import LocalError

EquipmentId = Annotated[
    str,
    Field(
        pattern="^[ A-Za-z0-9]{5}[0-9]{12}$",
        description="what stands on its plate: code, serial number, year",
    ),
]
Percent = Annotated[int, Field(ge=0, le=100)]


class DeviceSettings(Model):
    """A device of the world, known by its equipment identifier."""

    equipment_id: EquipmentId
    meter: Annotated[Number, Field(description="the E-meter that it hangs on")] = 1
    medium: Literal["gas", "water", "heat", "cold", "electricity"]
    size: Annotated[
        str, Field(max_length=16, description="G4 to G25; else the medium's first")
    ] = ""
    link: Literal["wired", "wireless"] = "wired"
    standard: Annotated[
        Standard | None,
        Field(strict=False, description="what it follows, if not what the meters do"),
    ] = None
    address: Annotated[
        int,
        Field(ge=0, le=250, description="that it comes with; 0 for one that is new"),
    ] = 0
    valve: Literal["none", "locked", "released-by-hand", "opened-directly"] = "none"
    attached: Annotated[
        bool, Field(description="false: it lies in store until a step brings it")
    ] = True

    def entry(self, standard: Standard) -> DeviceEntry:
        """As a fleet has it; raises `LocalError` when there is no such device."""
        entry = DeviceEntry.model_validate(
            {
                "equipment_id": self.equipment_id,
                "medium": self.medium,
                "size": self.size,
                "link": self.link,
                "version": int(VERSIONS[self.standard or standard]),
                "address": self.address,
                "valve": self.valve,
            }
        )
        if self.address and self.link == "wireless":
            raise LocalError("a wireless device has no address")
        entry.identity()
        return entry


class AtDevice(Model):
    """Names a device of the world."""

    device: EquipmentId


class AttachDevice(AtDevice):
    """Hangs a device on a meter, wherever it was before."""

    meter: Number = 1


class PressDevice(AtDevice):
    """Someone presses the button of a device for so long."""

    held: Duration


class SetFlow(AtDevice):
    """What flows through a device from now on, instead of what a household takes."""

    rate: Annotated[
        int,
        Field(ge=0, le=1_000_000, description="dm3/h; W of heat, cold, electricity"),
    ]
    temperature_c: Annotated[
        Real | None, Field(ge=-25, le=55, description="of the gas")
    ] = None


class InjectDevice(AtDevice):
    """Something that happens to a device, or breaks in it."""

    what: Literal[
        "seal_broken",
        "fraud",
        "battery_low",
        "battery_empty",
        "battery_replaced",
        "permanent_error",
        "temporary_error",
        "clock_deviation",
    ]
    seconds: Annotated[
        int | None,
        Field(ge=-86_400, le=86_400, description="that its clock is ahead"),
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.seconds is not None) != (self.what == "clock_deviation"):
            raise ValueError("seconds goes with clock_deviation, and nothing else")
        return self


class MoveValve(AtDevice):
    """A hand at the valve of a device."""

    to: Literal["closed", "open", "released"]


class DisturbDevice(AtDevice):
    """How often, in per cent, what passes between a device and its meter goes wrong."""

    lost: Percent = 0
    garbled: Percent = 0
    late: Percent = 0
    twice: Percent = 0

    def faults(self) -> Faults:
        """As the wire has them; all 0 for one that is sound."""
        return Faults(self.lost, self.garbled, self.late, self.twice)


class PressDisplay(AtMeter):
    """Someone presses the E-meter's button while its display offers devices."""

    held: Duration


def named_in(path: tuple[str, ...]) -> bool:
    """Whether what this path of a step leads to names a device of the world.

    In the arguments of an operation it may be that of a stranger.
    """
    return path[-1:] == ("device",) and "arguments" not in path
