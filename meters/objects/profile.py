"""The load profiles as objects: their columns, rows and what is defined of them.

The combined daily and monthly profiles of DSMR 4 also have columns for the M-Bus channels (see
`meters.objects.mbus_profiles`).
"""

from __future__ import annotations

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
from meters.behaviour.periods import can_be
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from meters.objects import mbus_profiles
from meters.objects.buffers import CLOCK, NO_OBJECT, attach, definition
from meters.objects.rows import Shown, layout
from wire.cosem.rows import SMR5
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult

BEHAVIOUR = Behaviour.empty()

_FIFO, _SORTED_LARGEST = 1, 3


_STATUS = definition(1, "0-0:96.10.2"), 1
_REGISTERS = tuple(
    (definition(3, code), place)
    for place, code in enumerate(
        ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"), start=2
    )
)
INTERVAL_LAYOUT = layout(
    _STATUS, (definition(3, "1-0:1.8.0"), 2), (definition(3, "1-0:2.8.0"), 3)
)
# In SMR 5 an M-Bus device has profiles of its own.
_OWN = {
    DAYS.name: layout((definition(1, "0-0:96.10.4"), 1), *_REGISTERS),
    MONTHS.name: layout((definition(1, "0-0:96.10.6"), 1), *_REGISTERS),
}
_COMBINED = {
    DAYS.name: layout(_STATUS, *_REGISTERS),
    MONTHS.name: layout(*_REGISTERS),
}
_KIND = {DAYS.name: "daily", MONTHS.name: "monthly"}
"""The profiles of a channel whose rows stand beside those of a combined profile."""


def _intervals(meter: Meter) -> Shown:
    return Shown(meter, INTERVALS, *INTERVAL_LAYOUT)


def _billing(profile: Profile, meter: Meter) -> Shown:
    if meter.model.standard in SMR5:
        return Shown(meter, profile, *_OWN[profile.name])
    columns, sources = _COMBINED[profile.name]
    beside = mbus_profiles.sources(meter, _KIND[profile.name])
    return Shown(meter, profile, columns + mbus_profiles.COLUMNS, (*sources, *beside))


def _reset_billing(profile: Profile, meter: Meter) -> None:
    profiles.reset(meter, profile)
    if meter.model.standard not in SMR5:
        mbus_profiles.reset(meter, _KIND[profile.name])


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
        partial(_reset_billing, _profile),
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
