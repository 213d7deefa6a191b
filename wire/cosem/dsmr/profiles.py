"""Load profiles and their status (P3, load profiles)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import P3
from wire.cosem.rows import R, Right, X, attr, data, method, row

ROWS = (
    data("0-0:96.10.2", "amr_profile_status", P3, "unsigned", R, R),
    row(
        7,
        "1-0:99.1.0",
        "load_profile",
        P3,
        attr(2, "buffer", "array"),
        attr(3, "capture_objects", "array"),
        attr(4, "capture_period", "double-long-unsigned", value=900),
        attr(5, "sort_method", "enum", value=1),
        attr(6, "sort_object", "structure"),
        attr(7, "entries_in_use", "double-long-unsigned"),
        attr(8, "profile_entries", "double-long-unsigned", value=960),
        method(1, "reset", "integer", X),
        method(2, "capture", "integer", Right.NONE),
        version=1,
    ),
)
