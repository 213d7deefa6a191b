"""The clock, and how far it may be set in silence (P3, 5.3)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import p3
from wire.cosem.rows import RW, R, attr, method, row
from wire.quantities import ScalerUnit, Unit
from wire.zones import (
    DAYLIGHT_SAVING_MIN,
    DEVIATIONS_MIN,
    SUMMER_BEGINS,
    SUMMER_ENDS,
    TIME_ZONE_MIN,
)

ROWS = (
    row(
        8,
        "0-0:1.0.0",
        "clock",
        p3("5.3"),
        attr(2, "time", "octet-string[12]", RW, R),
        attr(3, "time_zone", "long", RW, default=TIME_ZONE_MIN, bounds=DEVIATIONS_MIN),
        attr(4, "status", "unsigned"),
        attr(
            5,
            "daylight_savings_begin",
            "octet-string[12]",
            RW,
            default=SUMMER_BEGINS,
        ),
        attr(
            6,
            "daylight_savings_end",
            "octet-string[12]",
            RW,
            default=SUMMER_ENDS,
        ),
        attr(7, "daylight_savings_deviation", "integer", value=DAYLIGHT_SAVING_MIN),
        attr(8, "daylight_savings_enabled", "boolean", RW, default=True),
        attr(9, "clock_base", "enum", value=1),
        method(1, "adjust_to_quarter"),
        method(2, "adjust_to_measuring_period"),
        method(3, "adjust_to_minute"),
        method(4, "adjust_to_preset_time"),
        method(5, "preset_adjusting_time", "structure"),
        method(6, "shift_time", "long"),
    ),
    row(
        3,
        "1-0:0.9.11",
        "clock_time_shift_limit",
        p3("5.3"),
        attr(2, "value", "unsigned", RW, default=60),
        attr(3, "scaler_unit", "scal_unit_type", value=ScalerUnit(0, Unit.SECOND)),
        method(1, "reset"),
    ),
)
