"""The A-XDR types that the object tables name, and whether a value fits one.

A type name is one of Data's choices as the standards write it (`double-long-unsigned`), with
a maximum length in brackets for a string, or the name of an attribute type of the Blue Book.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from wire.dlms import axdr
from wire.dlms.axdr import Data, Tag
from wire.errors import LocalError
from wire.quantities import ScalerUnit


class Fit(Enum):
    """What a value is to a type; a wrong type and a logical error have different results."""

    GOOD = "fits"
    WRONG_TYPE = "has another type"
    TOO_LONG = "is too long"


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its tag, the longest string or array, the parts of a structure, the element.

    A structure without `parts` and an array without `element` are not looked into. In place of
    an `optional` value there may be null-data, which is None as a plain value.
    """

    name: str
    tag: Tag
    longest: int | None = None
    parts: tuple[Type, ...] = ()
    element: Type | None = None
    optional: bool = False

    def fit(self, data: Data) -> Fit:
        """Whether a value is of this type and no longer than it may be."""
        if data.tag is not self.tag:
            absent = self.optional and data.tag is Tag.NULL_DATA
            return Fit.GOOD if absent else Fit.WRONG_TYPE
        inner: Sequence[tuple[Type, Data]] = ()
        if self.parts:
            if len(data.value) != len(self.parts):
                return Fit.WRONG_TYPE
            inner = tuple(zip(self.parts, data.value, strict=True))
        elif self.element is not None:
            inner = tuple((self.element, item) for item in data.value)
        for part, item in inner:
            if (fit := part.fit(item)) is not Fit.GOOD:
                return fit
        if self.longest is not None and len(data.value) > self.longest:
            return Fit.TOO_LONG
        return Fit.GOOD

    def encode(self, value: object) -> bytes:
        """The octets of a plain value: a number, octets, a scaler and unit, nested tuples."""
        return axdr.encode(self.data(value))

    def data(self, value: Any) -> Data:
        """The plain value with its types; raises `LocalError` when it has other parts."""
        if value is None and self.optional:
            return axdr.null_data()
        if isinstance(value, ScalerUnit):
            value = (value.scaler, value.unit)
        if self.parts:
            if len(value) != len(self.parts):
                raise LocalError(
                    f"{self.name} has {len(self.parts)} parts, not {len(value)}"
                )
            pairs = zip(self.parts, value, strict=True)
            return Data(self.tag, tuple(part.data(item) for part, item in pairs))
        if self.element is not None:
            return Data(self.tag, tuple(self.element.data(item) for item in value))
        return Data(self.tag, value)


def _structure(name: str, *parts: Type) -> Type:
    return Type(name, Tag.STRUCTURE, parts=parts)


def _array(name: str, element: Type, longest: int | None = None) -> Type:
    return Type(name, Tag.ARRAY, longest, element=element)


def _plain(name: str) -> Type:
    return Type(name, Tag[name.replace("-", "_").upper()])


_INTEGER, _ENUM, _UNSIGNED = _plain("integer"), _plain("enum"), _plain("unsigned")
_LONG_UNSIGNED, _OCTETS = _plain("long-unsigned"), _plain("octet-string")
_DOUBLE_LONG_UNSIGNED = _plain("double-long-unsigned")

# Blue Book ed. 10: 4.3.2 (scal_unit_type), 4.3.6 (profile generic), 4.4.3 (association),
# 4.4.4 (SAP), 4.4.6 (security), 4.5.2 (script), 4.5.7 (single action schedule), 4.5.9 (limiter).
_ACCESS_ITEM = _structure(
    "attribute_access_item",
    _INTEGER,
    _ENUM,
    Type("access_selectors", Tag.ARRAY, element=_INTEGER, optional=True),
)
_METHOD_ITEM = _structure("method_access_item", _INTEGER, _ENUM)
_SCRIPT = _structure("script", _OCTETS, _LONG_UNSIGNED)
# More group identifiers than a central system has groups, so that a meter stays small.
_MAX_GROUPS = 255
_OBJECT_IDENTIFIER = (
    *(_UNSIGNED, _UNSIGNED, _LONG_UNSIGNED),
    *(_UNSIGNED, _UNSIGNED, _UNSIGNED, _UNSIGNED),
)
# 4.5.2 (scripts), 4.5.4 (special days), 4.5.5 (calendar), 4.3.5 (register activation).
_SCRIPT_DEFINITION = Type(
    "script_definition",
    Tag.STRUCTURE,
    parts=(
        _LONG_UNSIGNED,
        _array(
            "actions",
            _structure("", _ENUM, _LONG_UNSIGNED, _OCTETS, _INTEGER, _OCTETS),
        ),
    ),
    optional=True,
)
_SPECIAL_DAY = _structure("spec_day_entry", _LONG_UNSIGNED, _OCTETS, _UNSIGNED)
_REGISTER = _structure("object_definition", _LONG_UNSIGNED, _OCTETS)
_REGISTER_MASK = _structure("register_act_mask", _OCTETS, _array("", _UNSIGNED))
_CAPTURE_OBJECT = _structure(
    "capture_object_definition", _LONG_UNSIGNED, _OCTETS, _INTEGER, _LONG_UNSIGNED
)
# P3, annex C (push, who may wake it up); Blue Book ed. 10, 4.5.2 (scripts).
_PUSH_SCRIPT = _structure(
    "push_script",
    _LONG_UNSIGNED,
    _array(
        "actions",
        _structure("action", _ENUM, _LONG_UNSIGNED, _OCTETS, _INTEGER, _INTEGER),
    ),
)
# So many entries of a list that the standard gives no end, so that a meter stays small.
_ENTRIES = 16
_NAMED = {
    named.name: named
    for named in (
        _structure("scal_unit_type", _INTEGER, _ENUM),
        _SCRIPT,
        _structure("action_set", _SCRIPT, _SCRIPT),
        _structure("value_definition", _LONG_UNSIGNED, _OCTETS, _INTEGER),
        _structure(
            "emergency_profile_type",
            _LONG_UNSIGNED,
            Type("octet-string", Tag.OCTET_STRING, 12),
            _plain("double-long-unsigned"),
        ),
        _array(
            "execution_time",
            _structure(
                "execution_time_date",
                Type("octet-string", Tag.OCTET_STRING, 4),
                Type("octet-string", Tag.OCTET_STRING, 5),
            ),
            _ENTRIES,
        ),
        _array("array of long-unsigned", _LONG_UNSIGNED, _MAX_GROUPS),
        _array("asslist_type", _structure("asslist_item", _LONG_UNSIGNED, _OCTETS)),
        _structure("associated_partners_type", _INTEGER, _LONG_UNSIGNED),
        _structure("application_context_name", *_OBJECT_IDENTIFIER),
        _structure("mechanism_name", *_OBJECT_IDENTIFIER),
        _structure(
            "xDLMS_context_type",
            Type("bit-string", Tag.BIT_STRING),
            _LONG_UNSIGNED,
            _LONG_UNSIGNED,
            _UNSIGNED,
            _INTEGER,
            _OCTETS,
        ),
        _array(
            "objlist_type",
            _structure(
                "object_list_element",
                _LONG_UNSIGNED,
                _UNSIGNED,
                _OCTETS,
                _structure(
                    "access_right",
                    _array("attribute_access_descriptor", _ACCESS_ITEM),
                    _array("method_access_descriptor", _METHOD_ITEM),
                ),
            ),
        ),
        # P3, 8.3 and 8.4; the randomisation as a central system writes it.
        _structure(
            "configuration_object_type", _ENUM, Type("bit-string", Tag.BIT_STRING)
        ),
        _structure("GPRS_network_information_type", _INTEGER, _INTEGER, _OCTETS),
        _structure(
            "randomisation_settings_type",
            _DOUBLE_LONG_UNSIGNED,
            _LONG_UNSIGNED,
            _LONG_UNSIGNED,
        ),
        # Blue Book ed. 10, class 18.
        _structure("image_transfer_initiate_type", _OCTETS, _DOUBLE_LONG_UNSIGNED),
        _structure("image_block_transfer_type", _DOUBLE_LONG_UNSIGNED, _OCTETS),
        _array(
            "image_to_activate_info_type",
            _structure(
                "image_to_activate_info_element",
                _DOUBLE_LONG_UNSIGNED,
                _OCTETS,
                _OCTETS,
            ),
        ),
        # Blue Book ed. 10, classes 42 (IPv4), 44 (PPP) and 45 (GPRS modem); diagnostics.
        _array("IP_address_list_type", _DOUBLE_LONG_UNSIGNED, 16),
        _array(
            "IP_options_type",
            _structure("IP_options_element", _UNSIGNED, _UNSIGNED, _OCTETS),
            16,
        ),
        Type("LCP_options_type", Tag.ARRAY, 16),
        Type("IPCP_options_type", Tag.ARRAY, 16),
        Type("PPP_auth_type", Tag.STRUCTURE, parts=(_OCTETS, _OCTETS), optional=True),
        _structure(
            "quality_of_service_type",
            _structure("default", *(_UNSIGNED,) * 5),
            _structure("requested", *(_UNSIGNED,) * 5),
        ),
        _structure(
            "cell_info_type", _LONG_UNSIGNED, _LONG_UNSIGNED, _UNSIGNED, _UNSIGNED
        ),
        _array(
            "adjacent_cells_type",
            _structure("adjacent_cell_info", _LONG_UNSIGNED, _UNSIGNED),
        ),
        _array("key_transfer_type", _structure("key_transfer_data", _ENUM, _OCTETS), 3),
        _array("push_object_list", _CAPTURE_OBJECT, _ENTRIES),
        _structure("send_destination_and_method", _ENUM, _OCTETS, _ENUM),
        _array("communication_window", _structure("", _OCTETS, _OCTETS), _ENTRIES),
        _array("push_scripts", _PUSH_SCRIPT),
        _structure("number_of_rings", _UNSIGNED, _UNSIGNED),
        _array("callers", _structure("caller", _OCTETS, _SCRIPT)),
        _CAPTURE_OBJECT,
        # Blue Book ed. 10, class 72.
        _array(
            "capture_definition",
            _structure("capture_definition_element", _OCTETS, _OCTETS),
        ),
        # The clock and at most 20 more (P3, 8.6).
        _array("capture_objects", _CAPTURE_OBJECT, 21),
        _array("season_profile", _structure("season", _OCTETS, _OCTETS, _OCTETS)),
        _array("week_profile_table", _structure("", _OCTETS, *(_UNSIGNED,) * 7)),
        _array(
            "day_profile_table",
            _structure(
                "day_profile",
                _UNSIGNED,
                _array(
                    "day_schedule",
                    _structure("", _OCTETS, *_SCRIPT.parts),
                ),
            ),
        ),
        _SPECIAL_DAY,
        _array("special_days", _SPECIAL_DAY),
        _array("script_table", _SCRIPT_DEFINITION),
        _REGISTER,
        _array("register_assignment", _REGISTER),
        _REGISTER_MASK,
        _array("mask_list", _REGISTER_MASK),
    )
}


@lru_cache(maxsize=256)
def type_of(name: str) -> Type:
    """The type of this name; raises `LocalError` when a table names one that there is not."""
    base, bracket, rest = name.partition("[")
    try:
        longest = int(rest.removesuffix("]")) if bracket else None
        if named := _NAMED.get(base):
            return named if longest is None else replace(named, longest=longest)
        return Type(base, Tag[base.replace("-", "_").upper()], longest)
    except (KeyError, ValueError):
        raise LocalError(f"{name!r} is not an A-XDR type") from None
