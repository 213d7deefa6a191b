"""The load profiles as objects: their columns, rows and what is defined of them.

The combined daily and monthly profiles of DSMR 4 also have two columns for each of the four
M-Bus channels. Nothing is bound to a channel yet: its value is 0, of the type that the object
has, and its capture time not specified. It is not null-data, which P3 keeps for what can be
told from the row before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from meters.behaviour import profiles
from meters.behaviour.captures import (
    DAYS,
    DEFINABLE,
    INTERVALS,
    MONTHS,
    Definable,
    Profile,
    key_of,
)
from meters.behaviour.loadprofile import STAMP, LoadProfile
from meters.behaviour.periods import can_be
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from meters.objects.buffers import CLOCK, NO_OBJECT, attach, definition
from wire.cosem.rows import SMR5
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult

BEHAVIOUR = Behaviour.empty()

_EMPTY = LoadProfile(0, ())
_FIFO, _SORTED_LARGEST = 1, 3


class Shown:
    """The rows of a profile as its buffer: each column, and what of a row stands in it."""

    def __init__(
        self,
        meter: Meter,
        profile: Profile,
        columns: Sequence[Data],
        sources: Sequence[int | bytes],
    ) -> None:
        self.columns = columns
        self._sources = sources
        self._rows = profiles.rows_of(meter, profile) or _EMPTY
        self._zone = meter.zone

    def __len__(self) -> int:
        return len(self._rows)

    def between(self, from_s: float, to_s: float) -> range:
        return self._rows.between(from_s, to_s)

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        sources = [self._sources[column] for column in columns]
        return self._rows.encode(places, sources, self._zone)


Layout = tuple[tuple[Data, ...], tuple[int | bytes, ...]]

_STATUS = definition(1, "0-0:96.10.2"), 1
_REGISTERS = tuple(
    (definition(3, code), place)
    for place, code in enumerate(
        ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"), start=2
    )
)
_NO_VALUE = axdr.encode(axdr.double_long_unsigned(0))
_NO_TIME = axdr.encode(axdr.octet_string(bytes.fromhex("ffffffffffffffffff8000ff")))
_MBUS = tuple(
    (definition(4, f"0-{channel}:24.2.1", attribute), octets)
    for channel in range(1, 5)
    for attribute, octets in ((2, _NO_VALUE), (5, _NO_TIME))
)


def _layout(*columns: tuple[Data, int | bytes]) -> Layout:
    """Columns with their sources, the clock before them."""
    objects, sources = zip((CLOCK, STAMP), *columns, strict=True)
    return objects, sources


INTERVAL_LAYOUT = _layout(
    _STATUS, (definition(3, "1-0:1.8.0"), 2), (definition(3, "1-0:2.8.0"), 3)
)
_COMBINED = {
    DAYS.name: _layout(_STATUS, *_REGISTERS, *_MBUS),
    MONTHS.name: _layout(*_REGISTERS, *_MBUS),
}
# In SMR 5 an M-Bus device has profiles of its own.
_OWN = {
    DAYS.name: _layout((definition(1, "0-0:96.10.4"), 1), *_REGISTERS),
    MONTHS.name: _layout((definition(1, "0-0:96.10.6"), 1), *_REGISTERS),
}


def _intervals(meter: Meter) -> Shown:
    return Shown(meter, INTERVALS, *INTERVAL_LAYOUT)


def _billing(profile: Profile, meter: Meter) -> Shown:
    layouts = _OWN if meter.model.standard in SMR5 else _COMBINED
    return Shown(meter, profile, *layouts[profile.name])


def _defined(profile: Definable, meter: Meter) -> Shown:
    columns = meter.setting(profile.name, "capture_objects").value
    return Shown(meter, profile, columns, range(len(columns)))


def _can_capture(meter: Meter, data: Data) -> bool:
    """The clock, then numbers that the meter can capture, whole attributes, each once."""
    first, *others = data.value or (NO_OBJECT,)
    return (
        first == CLOCK
        and len(set(others)) == len(others)
        and all(
            not column.value[3].value and key_of(column) in meter.model.numbers
            for column in others
        )
    )


def _capture(profile: Profile, meter: Meter, link: Link, data: Data) -> ActionOutcome:
    profiles.capture_now(meter, profile)
    meter.changed()
    return ActionOutcome(ActionResult.SUCCESS)


def _resize(profile: Profile, meter: Meter) -> None:
    rows = profiles.rows_of(meter, profile)
    if rows is not None:
        rows.resize(profile.capacity(meter))


def _sort_object(name: str, meter: Meter) -> Data:
    """The clock if rows are sorted by it, else none (P3, 6.3)."""
    method = meter.setting(name, "sort_method").value
    return CLOCK if method == _SORTED_LARGEST else NO_OBJECT


def _attach_definable(profile: Definable) -> None:
    name = profile.name

    def read_sort_object(meter: Meter, link: Link) -> bytes:
        return axdr.encode(_sort_object(name, meter))

    def write_sort_object(meter: Meter, link: Link, data: Data) -> DataAccessResult:
        """It follows from the sort method: another one is none to sort by."""
        same = data == _sort_object(name, meter)
        return DataAccessResult.SUCCESS if same else LOGICAL_ERROR

    reset = partial(profiles.reset, profile=profile)
    attach(BEHAVIOUR, name, partial(_defined, profile), reset)
    BEHAVIOUR.readers[name, "sort_object"] = read_sort_object
    BEHAVIOUR.writers[name, "sort_object"] = write_sort_object
    BEHAVIOUR.checks.update(
        {
            (name, "capture_objects"): _can_capture,
            (name, "capture_period"): (
                lambda meter, data: data.value == 0 or can_be(data.value)
            ),
            (name, "sort_method"): (
                lambda meter, data: data.value in (_FIFO, _SORTED_LARGEST)
            ),
        }
    )
    # Rows of other columns, or of another period, cannot stand in one buffer.
    BEHAVIOUR.effects[name, "capture_objects"] = reset
    BEHAVIOUR.effects[name, "capture_period"] = reset
    BEHAVIOUR.effects[name, "profile_entries"] = partial(_resize, profile)


attach(
    BEHAVIOUR,
    INTERVALS.name,
    _intervals,
    partial(profiles.reset, profile=INTERVALS),
)
for _profile in (DAYS, MONTHS):
    attach(
        BEHAVIOUR,
        _profile.name,
        partial(_billing, _profile),
        partial(profiles.reset, profile=_profile),
    )
for _definable in DEFINABLE:
    _attach_definable(_definable)
_CHOSEN, *_ = DEFINABLE
BEHAVIOUR.doers[_CHOSEN.name, "capture"] = partial(_capture, _CHOSEN)
BEHAVIOUR.numbers.update(
    {
        ("amr_profile_status", "value"): partial(profiles.status, profile=INTERVALS),
        ("amr_profile_status_daily", "value"): partial(profiles.status, profile=DAYS),
        ("amr_profile_status_monthly", "value"): partial(
            profiles.status, profile=MONTHS
        ),
    }
)
