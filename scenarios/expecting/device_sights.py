"""What a scenario can expect of M-Bus devices: of themselves, on P1, and in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from meters.p2 import counting
from meters.p2.device import Device
from meters.p2.identity import NO_KEY
from scenarios.acting.commands import AtMeter
from scenarios.acting.devices import AtDevice
from scenarios.expecting.bounds import Bounds, between, in_order, lies_between
from scenarios.language.known import Known
from scenarios.language.values import Real, one_of
from scenarios.playing.event_log import print_instant
from wire.mbus.values import Status, ValveState
from wire.p1 import MBusReading, Telegram

ObisCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]-[0-9]:[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}$",
        description="such as 0-1:24.2.1",
    ),
]


def _reading(device: Device) -> float:
    """What its register shows, as a number of its unit."""
    register = device.identity.kind.registers[0]
    scaler_unit = register.row.scaler_unit
    assert scaler_unit is not None
    return float(scaler_unit.decimal(counting.reading(register, device.counts)))


def _has(bit: Status) -> Callable[[Device], object]:
    return lambda device: bool(device.status & bit)


ITEMS: Final[dict[str, Callable[[Device], object]]] = {
    "reading": _reading,
    "display": lambda device: device.shown,
    "mode": lambda device: device.mode,
    "address": lambda device: device.state.address,
    "valve": lambda device: ValveState(device.state.valve).name.lower(),
    "has_key": lambda device: device.state.user_key != NO_KEY,
    "clock_error": lambda device: device.state.clock_offset_s,
    "frame_counter": lambda device: device.state.frame_counter,
    **{name.lower(): _has(bit) for name, bit in Status.__members__.items()},
}
"""What can be seen of a device by those who may open it."""


class DeviceValue(AtDevice, Bounds):
    """A device itself, as who may open it sees it."""

    item: Annotated[str, Known("item of a device", ITEMS)]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.item} of device {self.device}"


class DisplayText(AtMeter):
    """The device that an E-meter's display offers: the last 7 digits of its number."""

    equals: Annotated[
        str, Field(pattern="^([0-9]{7})?$", description="empty: it offers none")
    ]

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"display of meter {self.meter}"

    def print(self) -> str:
        """What it should show, for a person."""
        return repr(self.equals)


class P1Line(AtMeter, Bounds):
    """A line of the newest telegram; of what is measured its number, as it is printed."""

    line: ObisCode

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"{self.line} on P1 of meter {self.meter}"


def printed(telegram: Telegram | None, line: str) -> object:
    """What a line says, as a file can say it; None when there is no such line."""
    value = None if telegram is None else telegram.values.get(line)
    match value:
        case MBusReading():
            return value.value_milli / 1000
        case int() | Decimal():
            assert telegram is not None
            number, _, _ = telegram.lines[line][1:-1].partition("*")
            return float(number) if "." in number else int(number)
        case bytes():
            return value.decode("ascii", "replace")
        case datetime():
            return print_instant(value)
        case tuple():
            return [failure.duration_s for failure in value]
    return value


class Stored(AtMeter):
    """Readings that the head-end keeps; `min` and `max` are for the newest, in its unit."""

    object: ObisCode | None = None
    channel: Annotated[
        int | None, Field(ge=1, le=4, description="all objects of that M-Bus channel")
    ] = None
    times: Annotated[
        int | None, Field(ge=0, description="so many readings; else at least one")
    ] = None
    min: Real | None = None
    max: Real | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_of(self, ("object", "channel"))
        in_order(self.min, self.max)
        return self

    @property
    def group(self) -> str:
        """What the OBIS codes that count begin with."""
        return f"0-{self.channel}:" if self.object is None else f"{self.object}."

    @property
    def subject(self) -> str:
        """What is looked at, for a person."""
        return f"stored {self.group.rstrip('.:')} of meter {self.meter}"

    def hold(self, values: Sequence[float]) -> bool:
        """Whether these, oldest first, are what was wanted."""
        if self.times is not None and len(values) != self.times:
            return False
        if self.times is None and not values:
            return False
        return lies_between(values[-1] if values else 0.0, self.min, self.max)

    def print(self) -> str:
        """What is wanted, for a person."""
        wanted = "any" if self.times is None else f"{self.times} ×"
        bounds = between(self.min, self.max)
        return f"{wanted} and {bounds}" if bounds else wanted
