"""What the consumer port and the display show, as lists of objects (P3, 5.11 and 5.15)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import p3
from wire.cosem.rows import RW, Right, Row, X, attr, method, row
from wire.obis import Obis

_ENERGY = ("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2")
_POWER = ("1-0:1.7.0", "1-0:2.7.0")
_DISPLAY = p3("5.15")
_Entry = tuple[int, bytes, int, int]


def _entries(class_id: int, *codes: str) -> tuple[_Entry, ...]:
    """The value, attribute 2, of objects of one class."""
    return tuple((class_id, Obis.parse(code).octets, 2, 0) for code in codes)


def _readout(
    number: int, name: str, source: str, *shown: _Entry, reset: Right = X
) -> Row:
    return row(
        7,
        f"0-0:21.0.{number}",
        name,
        source,
        attr(2, "buffer", "array"),
        attr(3, "capture_objects", "capture_objects[64]", RW, default=shown),
        attr(4, "capture_period", "double-long-unsigned", value=10),
        attr(5, "sort_method", "enum", value=1),
        attr(6, "sort_object", "structure"),
        attr(7, "entries_in_use", "double-long-unsigned"),
        attr(8, "profile_entries", "double-long-unsigned", value=1),
        method(1, "reset", "integer", reset),
        method(2, "capture"),
        version=1,
    )


# P3 leaves it to its annex B what is listed at first: here what a consumer asks about most.
ROWS = (
    _readout(
        *(0, "p1_readout", p3("5.11")),
        *_entries(8, "0-0:1.0.0"),
        *_entries(1, "0-0:96.1.1"),
        *_entries(3, *_ENERGY),
        *_entries(1, "0-0:96.14.0"),
        *_entries(3, *_POWER),
        *_entries(1, "0-0:96.13.0"),
        reset=Right.NONE,
    ),
    _readout(1, "display_readout", _DISPLAY, *_entries(3, *_ENERGY)),
    _readout(2, "alternate_display_readout", _DISPLAY, *_entries(3, *_ENERGY, *_POWER)),
    _readout(
        3, "service_display_readout", _DISPLAY, *_entries(1, "1-0:0.2.0", "0-0:96.1.1")
    ),
)
