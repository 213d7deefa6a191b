"""Distortion of the current by harmonics (SMR 5.2, THD), per phase in whole percent.

The profiles of a running central system give no value that a threshold begins with: those
here are ours, and so is what stands in a fingerprint, the percentage of each harmonic.
"""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR_52
from wire.cosem.rows import RW, SMR52, Row, attr, data, method, per_phase, register, row
from wire.quantities import ScalerUnit, Unit

_LU, _DLU = "long-unsigned", "double-long-unsigned"


def _setting(obis: str, name: str, type_name: str, unit: Unit, default: int) -> Row:
    return row(
        *(3, obis, name, SMR_52),
        attr(2, "value", type_name, RW, default=default),
        attr(3, "scaler_unit", "scal_unit_type", value=ScalerUnit(0, unit)),
        method(1, "reset"),
        standards=SMR52,
    )


def _registers(d: int, name: str, unit: Unit) -> tuple[Row, ...]:
    return per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{31 + offset}.{d}.124",
            f"{name}_{phase}",
            *(SMR_52, _LU, unit),
            standards=SMR52,
            polyphase_only=polyphase,
        )
    )


ROWS = (
    _setting("1-0:11.35.124", "thd_value_threshold", _LU, Unit.PERCENT, 20),
    _setting("0-1:94.31.21", "thd_value_hysteresis", _LU, Unit.PERCENT, 2),
    _setting("0-1:94.31.22", "thd_time_to_over", _DLU, Unit.SECOND, 60),
    _setting("0-1:94.31.23", "thd_time_to_normal", _DLU, Unit.SECOND, 60),
    _setting("1-0:11.44.124", "thd_time_threshold", _DLU, Unit.SECOND, 3600),
    *_registers(7, "current_thd", Unit.PERCENT),
    *_registers(36, "current_thd_over_limits", Unit.NONE),
    *_registers(38, "current_thd_magnitude", Unit.PERCENT),
    *per_phase(
        lambda offset, phase, polyphase: data(
            f"0-1:94.31.{24 + offset // 20}",
            f"current_thd_fingerprint_{phase}",
            *(SMR_52, "array of long-unsigned"),
            standards=SMR52,
            polyphase_only=polyphase,
        )
    ),
)
