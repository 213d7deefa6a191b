"""The load profile as an object: buffer, capture objects, selective access (Blue Book 4.3.6)."""

from __future__ import annotations

from meters.behaviour import amr
from meters.behaviour.loadprofile import PERIOD_S, LoadProfile
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
from wire.instants import decode_date_time
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

BY_RANGE, BY_ENTRY = 1, 2
_DEFINITION = type_of("capture_object_definition")


def _definition(class_id: int, code: str) -> Data:
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(code).octets),
        axdr.integer(2),
        axdr.long_unsigned(0),
    )


COLUMNS = (
    _definition(8, "0-0:1.0.0"),
    _definition(1, "0-0:96.10.2"),
    _definition(3, "1-0:1.8.0"),
    _definition(3, "1-0:2.8.0"),
)
_ALL_COLUMNS = tuple(range(len(COLUMNS)))
_CLOCK = COLUMNS[0]
_NO_OBJECT = axdr.structure(
    axdr.long_unsigned(0),
    axdr.octet_string(bytes(6)),
    axdr.integer(0),
    axdr.long_unsigned(0),
)
_CAPTURE_OBJECTS = axdr.encode(axdr.array(COLUMNS))
_SORT_OBJECT = axdr.encode(_NO_OBJECT)
_EMPTY = LoadProfile(0)


def _profile(meter: Meter) -> LoadProfile:
    return meter.state.profile or _EMPTY


def _buffer(meter: Meter, link: Link) -> bytes:
    profile = _profile(meter)
    return profile.encode(range(len(profile)))


def _select(meter: Meter, selection: Selection) -> GetResult:
    """The rows asked for; an empty range is an empty array, a wrong one a logical error."""
    try:
        if selection.selector == BY_RANGE:
            return _by_range(_profile(meter), selection.parameters)
        if selection.selector == BY_ENTRY:
            return _by_entry(_profile(meter), selection.parameters)
    except WireError:
        return LOGICAL_ERROR
    return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED


def _by_range(profile: LoadProfile, parameters: Data) -> GetResult:
    """range_descriptor: both bounds included, compared as UTC, columns of choice."""
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
    from_s = decode_date_time(begin.value).timestamp()
    to_s = decode_date_time(end.value).timestamp()
    columns = tuple(
        index for index, column in enumerate(COLUMNS) if column in selected.value
    )
    if restricting != _CLOCK or to_s < from_s or len(columns) != len(selected.value):
        return LOGICAL_ERROR
    places = profile.between(int(-(-from_s // PERIOD_S)), int(to_s // PERIOD_S))
    return profile.encode(places, columns or _ALL_COLUMNS)


_DATE_TIMES = (Tag.OCTET_STRING, Tag.DATE_TIME)


def _by_entry(profile: LoadProfile, parameters: Data) -> GetResult:
    """entry_descriptor: rows and columns counted from 1, 0 standing for the last."""
    parts = parameters.value
    tags = (Tag.DOUBLE_LONG_UNSIGNED,) * 2 + (Tag.LONG_UNSIGNED,) * 2
    if parameters.tag is not Tag.STRUCTURE or tuple(part.tag for part in parts) != tags:
        return DataAccessResult.TYPE_UNMATCHED
    first, last, first_column, last_column = (part.value for part in parts)
    last = last or max(first, len(profile))
    last_column = last_column or len(COLUMNS)
    if not 1 <= first <= last or not 1 <= first_column <= last_column <= len(COLUMNS):
        return LOGICAL_ERROR
    stop = min(last, len(profile))
    places = range(first - 1, stop) if first <= stop else range(0)
    return profile.encode(places, range(first_column - 1, last_column))


def _reset(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    if meter.state.profile is not None:
        meter.state.profile.clear()
    meter.state.unsaved = True
    return ActionOutcome(ActionResult.SUCCESS)


def _amr_status(meter: Meter) -> int:
    """The status that the row of the running interval has so far."""
    return meter.state.interval_flags | amr.summer_bit(int(meter.clock().timestamp()))


BEHAVIOUR.readers["load_profile", "buffer"] = _buffer
BEHAVIOUR.selectors["load_profile", "buffer"] = _select
BEHAVIOUR.readers["load_profile", "capture_objects"] = lambda m, link: _CAPTURE_OBJECTS
BEHAVIOUR.readers["load_profile", "sort_object"] = lambda m, link: _SORT_OBJECT
BEHAVIOUR.numbers["load_profile", "entries_in_use"] = lambda m: len(_profile(m))
BEHAVIOUR.doers["load_profile", "reset"] = _reset
BEHAVIOUR.numbers["amr_profile_status", "value"] = _amr_status
