"""Load profiles and their status (P3, 4.1 and 4.2.5)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR, p3
from wire.cosem.rows import (
    ALL,
    DSMR4,
    RW,
    SMR5,
    Attribute,
    R,
    Right,
    Row,
    Standard,
    X,
    attr,
    data,
    method,
    row,
)
from wire.obis import Obis

# What a definable profile leaves the factory with: the clock as its only column.
_CLOCK = 8, Obis.parse("0-0:1.0.0").octets, 2, 0
_FIFO, _SORTED_LARGEST = 1, 3


def _profile(
    obis: str,
    name: str,
    source: str,
    *members: Attribute,
    capture: Right = Right.NONE,
    standards: frozenset[Standard] = ALL,
) -> Row:
    """A profile generic: what is captured, how often and how much of it are its members."""
    return row(
        7,
        obis,
        name,
        source,
        attr(2, "buffer", "array"),
        *members,
        attr(7, "entries_in_use", "double-long-unsigned"),
        method(1, "reset", "integer", X),
        method(2, "capture", "integer", capture),
        version=1,
        standards=standards,
    )


def fixed_profile(
    obis: str,
    name: str,
    source: str,
    period_s: int,
    entries: int,
    standards: frozenset[Standard] = ALL,
) -> Row:
    """One that the standard leaves nothing of to choose; unsorted, so first in, first out."""
    return _profile(
        obis,
        name,
        source,
        attr(3, "capture_objects", "array"),
        attr(4, "capture_period", "double-long-unsigned", value=period_s),
        attr(5, "sort_method", "enum", value=_FIFO),
        attr(6, "sort_object", "structure"),
        attr(8, "profile_entries", "double-long-unsigned", value=entries),
        standards=standards,
    )


_CAPTURE_OBJECTS = attr(3, "capture_objects", "capture_objects", RW, default=(_CLOCK,))
_ENTRIES = attr(
    8, "profile_entries", "double-long-unsigned", RW, default=960, bounds=(1, 960)
)


def _power_quality(obis: str, name: str, period_s: int, entries: int) -> Row:
    return _profile(
        obis,
        name,
        SMR,
        _CAPTURE_OBJECTS,
        attr(4, "capture_period", "double-long-unsigned", value=period_s),
        attr(5, "sort_method", "enum", value=_FIFO),
        attr(6, "sort_object", "structure"),
        attr(8, "profile_entries", "double-long-unsigned", value=entries),
        standards=SMR5,
    )


ROWS = (
    data("0-0:96.10.2", "amr_profile_status", p3("4.2.5"), "unsigned", R, R),
    data("0-0:96.10.4", "amr_profile_status_daily", SMR, "unsigned", standards=SMR5),
    data("0-0:96.10.6", "amr_profile_status_monthly", SMR, "unsigned", standards=SMR5),
    fixed_profile("1-0:99.1.0", "load_profile", p3("6.3"), 900, 960),
    fixed_profile("1-0:99.2.0", "daily_load_profile", p3("6.3"), 86_400, 40),
    fixed_profile("0-0:98.1.0", "monthly_profile", p3("5.5"), 0, 13, DSMR4),
    fixed_profile("1-0:98.1.0", "monthly_profile", SMR, 0, 13, SMR5),
    _profile(
        "0-1:94.31.6",
        "definable_load_profile",
        p3("8.6"),
        _CAPTURE_OBJECTS,
        attr(4, "capture_period", "double-long-unsigned", RW, default=86_400),
        attr(5, "sort_method", "enum", RW, default=_SORTED_LARGEST),
        attr(6, "sort_object", "capture_object_definition", RW),
        _ENTRIES,
        capture=X,
        standards=DSMR4,
    ),
    _profile(
        "0-1:94.31.6",
        "definable_load_profile",
        SMR,
        _CAPTURE_OBJECTS,
        attr(4, "capture_period", "double-long-unsigned", RW, default=900),
        attr(5, "sort_method", "enum", value=_FIFO),
        attr(6, "sort_object", "structure"),
        _ENTRIES,
        capture=X,
        standards=SMR5,
    ),
    _power_quality("1-0:99.1.1", "power_quality_profile_1", 900, 960),
    _power_quality("1-0:99.1.2", "power_quality_profile_2", 600, 1440),
)
