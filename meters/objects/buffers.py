"""Class 7, profile generic, whatever its rows are: reading whole, by range, by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from wire.cosem.types import Fit, type_of
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data, Tag
from wire.dlms.descriptors import (
    ActionResult,
    DataAccessResult,
    GetResult,
    Selection,
)
from wire.errors import WireError
from wire.instants import DateTime
from wire.obis import Obis
from wire.zones import Zone

SELECTORS = BY_RANGE, BY_ENTRY = 1, 2
_DEFINITION = type_of("capture_object_definition")
_DATE_TIMES = (Tag.OCTET_STRING, Tag.DATE_TIME)


class Buffer(Protocol):
    """The rows of one profile as it is read now; a place counts from 0, the oldest row."""

    @property
    def columns(self) -> Sequence[Data]:
        """The capture_object_definition of each column."""

    def __len__(self) -> int: ...

    def between(self, from_s: float, to_s: float) -> range:
        """The places of the rows stamped from one instant to the other, both included."""

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        """The A-XDR array of the rows at these places, with these columns of theirs."""


def definition(class_id: int, code: str, attribute: int = 2) -> Data:
    """A capture_object_definition: a whole attribute of one object."""
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(code).octets),
        axdr.integer(attribute),
        axdr.long_unsigned(0),
    )


CLOCK = definition(8, "0-0:1.0.0")
NO_OBJECT = axdr.structure(
    axdr.long_unsigned(0),
    axdr.octet_string(bytes(6)),
    axdr.integer(0),
    axdr.long_unsigned(0),
)


def attach(
    behaviour: Behaviour,
    name: str,
    buffer: Callable[[Meter], Buffer],
    reset: Callable[[Meter], None],
) -> None:
    """Makes the profile of this name show a buffer, and `reset` empty it."""

    def whole(meter: Meter, link: Link) -> bytes:
        rows = buffer(meter)
        return rows.encode(range(len(rows)), range(len(rows.columns)))

    def selected(meter: Meter, selection: Selection) -> GetResult:
        return select(buffer(meter), selection, meter.zone)

    def capture_objects(meter: Meter, link: Link) -> bytes:
        return axdr.encode(axdr.array(buffer(meter).columns))

    def clear(meter: Meter, link: Link, data: Data) -> ActionOutcome:
        reset(meter)
        meter.changed()
        return ActionOutcome(ActionResult.SUCCESS)

    behaviour.readers[name, "buffer"] = whole
    behaviour.selectors[name, "buffer"] = selected
    behaviour.readers[name, "capture_objects"] = capture_objects
    behaviour.readers[name, "sort_object"] = lambda meter, link: _SORT_OBJECT
    behaviour.numbers[name, "entries_in_use"] = lambda meter: len(buffer(meter))
    behaviour.doers[name, "reset"] = clear


_SORT_OBJECT = axdr.encode(NO_OBJECT)


def select(buffer: Buffer, selection: Selection, zone: Zone) -> GetResult:
    """The rows asked for; an empty range is an empty array, a wrong one a logical error.

    A bound without a deviation is local time in the meter's zone.
    """
    try:
        if selection.selector == BY_RANGE:
            return _by_range(buffer, selection.parameters, zone)
        if selection.selector == BY_ENTRY:
            return _by_entry(buffer, selection.parameters)
    except WireError:
        return LOGICAL_ERROR
    return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED


def _by_range(buffer: Buffer, parameters: Data, zone: Zone) -> GetResult:
    """range_descriptor: both bounds included, compared as UTC, columns of choice.

    A bound without deviation is the meter's local time.

    The rows are restricted by their time. A client that has read the sort object may name that
    instead of the clock: class 0, no object (gurux-dlms does, with an attribute 2 of it).
    """
    parts = parameters.value
    if parameters.tag is not Tag.STRUCTURE or len(parts) != 4:
        return DataAccessResult.TYPE_UNMATCHED
    restricting, begin, end, selected = parts
    if (
        _DEFINITION.fit(restricting) is not Fit.GOOD
        or begin.tag not in _DATE_TIMES
        or end.tag not in _DATE_TIMES
        or selected.tag is not Tag.ARRAY
        or any(_DEFINITION.fit(item) is not Fit.GOOD for item in selected.value)
    ):
        return DataAccessResult.TYPE_UNMATCHED
    from_s = zone.instant(DateTime.decode(begin.value)).timestamp()
    to_s = zone.instant(DateTime.decode(end.value)).timestamp()
    columns = [
        index for index, column in enumerate(buffer.columns) if column in selected.value
    ]
    if (
        (restricting != CLOCK and restricting.value[0].value)
        or to_s < from_s
        or len(columns) != len(selected.value)
    ):
        return LOGICAL_ERROR
    places = buffer.between(from_s, to_s)
    return buffer.encode(places, columns or range(len(buffer.columns)))


def _by_entry(buffer: Buffer, parameters: Data) -> GetResult:
    """entry_descriptor: rows and columns counted from 1, 0 standing for the last."""
    parts = parameters.value
    tags = (Tag.DOUBLE_LONG_UNSIGNED,) * 2 + (Tag.LONG_UNSIGNED,) * 2
    if parameters.tag is not Tag.STRUCTURE or tuple(part.tag for part in parts) != tags:
        return DataAccessResult.TYPE_UNMATCHED
    first, last, first_column, last_column = (part.value for part in parts)
    rows, columns = len(buffer), len(buffer.columns)
    last = last or max(first, rows)
    last_column = last_column or columns
    if not 1 <= first <= last or not 1 <= first_column <= last_column <= columns:
        return LOGICAL_ERROR
    stop = min(last, rows)
    places = range(first - 1, stop) if first <= stop else range(0)
    return buffer.encode(places, range(first_column - 1, last_column))
