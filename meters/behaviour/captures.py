"""What each profile of a meter captures, how often, and how many rows it keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Protocol

from meters.behaviour.energy import export_wh, import_wh
from meters.behaviour.periods import DAY_S, MONTH, Period, every
from meters.mbus import captures as mbus
from wire.dlms.data import Data, Tag
from wire.dlms.descriptors import AttributeDescriptor
from wire.obis import Obis

if TYPE_CHECKING:
    from meters.meter import Meter
    from meters.model import Model, Number

    # The types of a row's values, and what gives each; None where the status stands.
    Plan = tuple[tuple[Tag, ...], tuple[Number | None, ...]]

Row = Sequence[int]


class Profile(Protocol):
    """One profile, of any meter that has it."""

    @property
    def name(self) -> str: ...

    @property
    def delay_s(self) -> int:
        """How long after the end of its period a row is captured."""

    def period(self, meter: Meter) -> Period | None:
        """When rows are captured; None if never without being asked."""

    def capacity(self, meter: Meter) -> int:
        """How many rows it keeps."""

    def tags(self, meter: Meter) -> tuple[Tag, ...]:
        """The types of a row's values."""

    def row(self, meter: Meter, end_s: int, status: int) -> Row:
        """The values as they are now, for the period that ended then, with this status."""


@dataclass(frozen=True, slots=True)
class Registers:
    """A profile whose rows are the AMR profile status and energy registers (Wh)."""

    name: str
    fixed: Period
    rows: int
    energy_wh: Callable[[Meter], Row]
    types: tuple[Tag, ...]

    delay_s: ClassVar[int] = 0

    def period(self, meter: Meter) -> Period | None:
        return self.fixed

    def capacity(self, meter: Meter) -> int:
        return self.rows

    def tags(self, meter: Meter) -> tuple[Tag, ...]:
        return self.types

    def row(self, meter: Meter, end_s: int, status: int) -> Row:
        return status, *self.energy_wh(meter)


@dataclass(frozen=True, slots=True)
class Definable:
    """A profile whose columns the operator chooses: any number that management may read.

    As it leaves the factory it has the clock alone: then there is nothing to capture in time.
    """

    name: str

    delay_s: ClassVar[int] = 0

    def period(self, meter: Meter) -> Period | None:
        columns = meter.setting(self.name, "capture_objects").value
        period_s = meter.setting(self.name, "capture_period").value
        return every(period_s) if len(columns) > 1 and period_s else None

    def capacity(self, meter: Meter) -> int:
        entries: int = meter.setting(self.name, "profile_entries").value
        return entries

    def tags(self, meter: Meter) -> tuple[Tag, ...]:
        return self._plan(meter)[0]

    def row(self, meter: Meter, end_s: int, status: int) -> Row:
        numbers = self._plan(meter)[1]
        return [number(meter) if number else status for number in numbers]

    def _plan(self, meter: Meter) -> Plan:
        return _plan(meter.model, meter.setting(self.name, "capture_objects"))


# The status is not what its object shows at the time: it says all of the row's own period.
_STATUSES = {
    AttributeDescriptor(1, Obis.parse(code), 2).encode()
    for code in ("0-0:96.10.2", "0-0:96.10.4", "0-0:96.10.6")
}


def key_of(column: Data) -> bytes:
    """The descriptor of what a capture_object_definition captures."""
    class_id, code, attribute, _ = (part.value for part in column.value)
    key: bytes = class_id.to_bytes(2, "big") + code + (attribute & 0xFF).to_bytes(1)
    return key


@lru_cache(maxsize=256)
def _plan(model: Model, objects: Data) -> Plan:
    """What a list of capture objects makes of a row; the first is the clock, its stamp."""
    keys = [key_of(column) for column in objects.value[1:]]
    tags = tuple(model.numbers[key][0] for key in keys)
    numbers = [None if key in _STATUSES else model.numbers[key][1] for key in keys]
    return tags, tuple(numbers)


def _total_wh(meter: Meter) -> Row:
    return import_wh(meter.state), export_wh(meter.state)


def _per_rate_wh(meter: Meter) -> Row:
    return meter.state.energy_wh


_TOTALS = Tag.UNSIGNED, *(Tag.DOUBLE_LONG_UNSIGNED,) * 2
_RATES = Tag.UNSIGNED, *(Tag.DOUBLE_LONG_UNSIGNED,) * 4

INTERVALS = Registers("load_profile", every(900), 960, _total_wh, _TOTALS)
DAYS = Registers("daily_load_profile", every(DAY_S), 40, _per_rate_wh, _RATES)
MONTHS = Registers("monthly_profile", MONTH, 13, _per_rate_wh, _RATES)
FIXED = INTERVALS.fixed, DAYS.fixed, MONTHS.fixed
"""The periods of the profiles that every meter has."""

DEFINABLE = (
    Definable("definable_load_profile"),
    Definable("power_quality_profile_1"),
    Definable("power_quality_profile_2"),
)


def profiles_of(meter: Meter) -> tuple[Profile, ...]:
    """The profiles that a meter has in use; the intervals first."""
    own = _own(meter.model)
    return own if meter.state.mbus is None else (*own, *mbus.in_use(meter))


def known_profiles(model: Model) -> tuple[Profile, ...]:
    """All that meters of a kind can have rows of."""
    return *_own(model), *mbus.ALL


@lru_cache(maxsize=None)
def definable_of(model: Model) -> tuple[Definable, ...]:
    """The profiles of the operator's choice that meters of a kind have."""
    names = {row.name for row in model.rows}
    return tuple(profile for profile in DEFINABLE if profile.name in names)


@lru_cache(maxsize=None)
def _own(model: Model) -> tuple[Profile, ...]:
    return INTERVALS, DAYS, MONTHS, *definable_of(model)
