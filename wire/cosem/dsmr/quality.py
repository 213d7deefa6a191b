"""Power failures, voltage sags and swells (P3, 5.9 and 6.5)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR_52, p3
from wire.cosem.rows import RW, SMR52, Row, attr, data, method, per_phase, register, row
from wire.quantities import ScalerUnit, Unit

_LU = "long-unsigned"
_FAILURE, _VOLTAGE = p3("5.9"), p3("6.5")


def _threshold(obis: str, name: str, source: str, unit: Unit, default: int) -> Row:
    return row(
        3,
        obis,
        name,
        source,
        attr(2, "value", _LU, RW, default=default),
        attr(3, "scaler_unit", "scal_unit_type", value=ScalerUnit(0, unit)),
        method(1, "reset"),
    )


def _counters(first_d: int, name: str) -> tuple[Row, ...]:
    return per_phase(
        lambda offset, phase, polyphase: data(
            f"1-0:{32 + offset}.{first_d}.0",
            f"{name}_{phase}",
            _VOLTAGE,
            _LU,
            polyphase_only=polyphase,
        )
    )


def _last(d: int, name: str, unit: Unit) -> tuple[Row, ...]:
    """What the last sag or swell was; one phase has all three, as the profiles have it."""
    return per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{32 + offset}.{d}.0",
            f"{name}_{phase}",
            *(SMR_52, _LU, unit, -1),
            standards=SMR52,
        )
    )


FAILURES = (
    data("0-0:96.7.21", "power_failures", _FAILURE, _LU),
    data("0-0:96.7.9", "long_power_failures", _FAILURE, _LU),
    _threshold(
        "0-0:96.7.20", "long_power_failure_threshold", _FAILURE, Unit.SECOND, 180
    ),
    register(
        "0-0:96.7.19",
        "power_failure_duration",
        _FAILURE,
        "double-long-unsigned",
        Unit.SECOND,
    ),
)
VOLTAGE = (
    _threshold("1-0:12.31.0", "voltage_sag_threshold", _VOLTAGE, Unit.VOLT, 207),
    _threshold("1-0:12.43.0", "voltage_sag_time", _VOLTAGE, Unit.SECOND, 30),
    _threshold("1-0:12.35.0", "voltage_swell_threshold", _VOLTAGE, Unit.VOLT, 253),
    _threshold("1-0:12.44.0", "voltage_swell_time", _VOLTAGE, Unit.SECOND, 30),
    *_counters(32, "voltage_sags"),
    *_counters(36, "voltage_swells"),
)

LAST = (
    *_last(34, "voltage_sag_magnitude", Unit.VOLT),
    *_last(38, "voltage_swell_magnitude", Unit.VOLT),
    *_last(33, "voltage_sag_duration", Unit.SECOND),
    *_last(37, "voltage_swell_duration", Unit.SECOND),
)

ROWS = (*FAILURES, *VOLTAGE, *LAST)
