"""Registers of energy, power, voltage and current (P3, 6.2 and 6.4)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import D406, D422, SMR, p3
from wire.cosem.rows import DSMR4, RW, SMR5, R, Row, per_phase, register
from wire.quantities import Unit

_DLU, _LU = "double-long-unsigned", "long-unsigned"
_ENERGY, _VALUES = p3("6.2"), p3("6.4")
_BEFORE_422 = p3("6.4", "4.0.7")

ENERGY = (
    register("1-0:1.8.0", "energy_import", _ENERGY, _DLU, Unit.WATT_HOUR),
    register("1-0:1.8.1", "energy_import_rate_1", _ENERGY, _DLU, Unit.WATT_HOUR),
    register("1-0:1.8.2", "energy_import_rate_2", _ENERGY, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.0", "energy_export", _ENERGY, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.1", "energy_export_rate_1", _ENERGY, _DLU, Unit.WATT_HOUR),
    register("1-0:2.8.2", "energy_export_rate_2", _ENERGY, _DLU, Unit.WATT_HOUR),
)

POWER = (
    register("1-0:1.7.0", "power_import", _VALUES, _DLU, Unit.WATT, standards=DSMR4),
    register("1-0:1.7.0", "power_import", SMR, _LU, Unit.WATT, standards=SMR5),
    register(
        "1-0:2.7.0", "power_export", _BEFORE_422, _LU, Unit.WATT, standards=D406 | SMR5
    ),
    register("1-0:2.7.0", "power_export", _VALUES, _DLU, Unit.WATT, standards=D422),
    *per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{21 + offset}.7.0",
            f"power_import_{phase}",
            _VALUES,
            _LU,
            Unit.WATT,
            polyphase_only=polyphase,
        )
    ),
    *per_phase(
        lambda offset, phase, polyphase: register(
            f"1-0:{22 + offset}.7.0",
            f"power_export_{phase}",
            _VALUES,
            _LU,
            Unit.WATT,
            polyphase_only=polyphase,
        )
    ),
)


def _instantaneous(
    first_c: int, name: str, unit: Unit, smr5_scaler: int
) -> tuple[Row, ...]:
    """V and A per phase: whole units and a scaler to write in DSMR 4, a finer one in SMR 5."""
    return tuple(
        made
        for source, scaler, access, standards in (
            (_VALUES, 0, RW, DSMR4),
            (SMR, smr5_scaler, R, SMR5),
        )
        for made in per_phase(
            lambda offset, phase, polyphase: register(
                f"1-0:{first_c + offset}.7.0",
                f"{name}_{phase}",
                source,
                _LU,
                unit,
                scaler,
                scaler_access=access,
                standards=standards,
                polyphase_only=polyphase,
            )
        )
    )


VOLTAGE = _instantaneous(32, "voltage", Unit.VOLT, -1)
CURRENT = _instantaneous(31, "current", Unit.AMPERE, -2)


def _mean(
    c: int, d_smr5: int, name: str, unit: Unit, smr5_scaler: int = 0
) -> tuple[Row, ...]:
    """Means over ten minutes per phase; SMR 5 has those of power at D = 4."""
    return tuple(
        made
        for source, d, scaler, standards in (
            (_VALUES, 24, 0, DSMR4),
            (SMR, d_smr5, smr5_scaler, SMR5),
        )
        for made in per_phase(
            lambda offset, phase, polyphase: register(
                f"1-0:{c + offset}.{d}.0",
                f"average_{name}_{phase}",
                source,
                _LU,
                unit,
                scaler,
                standards=standards,
                polyphase_only=polyphase,
            )
        )
    )


AVERAGES = (
    *_mean(32, 24, "voltage", Unit.VOLT, -1),
    *_mean(31, 24, "current", Unit.AMPERE, -2),
    *_mean(21, 4, "power_import", Unit.WATT),
    *_mean(22, 4, "power_export", Unit.WATT),
    *_mean(23, 4, "reactive_power_import", Unit.VAR),
    *_mean(24, 4, "reactive_power_export", Unit.VAR),
)
TOTALS = (
    register("1-0:90.7.0", "current", _VALUES, _LU, Unit.AMPERE, standards=DSMR4),
    register("1-0:90.7.0", "current", SMR, _LU, Unit.AMPERE, -2, standards=SMR5),
    register(
        *("1-0:16.7.0", "power_net", _VALUES, "double-long", Unit.WATT),
        standards=D422 | SMR5,
    ),
)

ROWS = (*ENERGY, *POWER, *VOLTAGE, *CURRENT, *AVERAGES, *TOTALS)
