"""The clock and the tariff (P3, clock and tariff)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import P3
from wire.cosem.rows import RW, R, attr, data, method, row

ROWS = (
    row(
        8,
        "0-0:1.0.0",
        "clock",
        P3,
        attr(2, "time", "octet-string[12]", RW, R),
        attr(3, "time_zone", "long", RW),
        attr(4, "status", "unsigned"),
        attr(5, "daylight_savings_begin", "octet-string[12]", RW),
        attr(6, "daylight_savings_end", "octet-string[12]", RW),
        attr(7, "daylight_savings_deviation", "integer", value=60),
        attr(8, "daylight_savings_enabled", "boolean", RW),
        attr(9, "clock_base", "enum", value=1),
        method(1, "adjust_to_quarter"),
        method(2, "adjust_to_measuring_period"),
        method(3, "adjust_to_minute"),
        method(4, "adjust_to_preset_time"),
        method(5, "preset_adjusting_time", "structure"),
        method(6, "shift_time", "long"),
    ),
    data("0-0:96.14.0", "tariff", P3, "octet-string[2]"),
)
