"""Registers: energy, power, voltage and current."""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour import averages, energy
from meters.meter import Meter
from meters.model import Behaviour
from wire.cosem.rows import SMR5
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()

# The finest scalers that the measurement gives: 0.1 V and 0.01 A.
_VOLTAGE_SCALER, _CURRENT_SCALER = -1, -2


def _energy(register: int) -> Callable[[Meter], int]:
    return lambda meter: meter.state.energy_wh[register]


def _power(phase: int, sign: int) -> Callable[[Meter], int]:
    return lambda meter: max(0, sign * meter.state.power_w[phase])


def _current(meter: Meter) -> int:
    """The sum of the currents in all phases, at the scaler of the standard's table."""
    total_ca = sum(map(meter.current_ca, range(meter.identity.phases)))
    return total_ca if meter.identity.standard in SMR5 else (total_ca + 50) // 100


BEHAVIOUR.numbers.update(
    {
        ("energy_import", "value"): lambda meter: energy.import_wh(meter.state),
        ("energy_import_rate_1", "value"): _energy(0),
        ("energy_import_rate_2", "value"): _energy(1),
        ("energy_export", "value"): lambda meter: energy.export_wh(meter.state),
        ("energy_export_rate_1", "value"): _energy(2),
        ("energy_export_rate_2", "value"): _energy(3),
        ("power_import", "value"): lambda meter: max(0, meter.state.net_w),
        ("power_export", "value"): lambda meter: max(0, -meter.state.net_w),
        ("power_net", "value"): lambda meter: meter.state.net_w,
        ("current", "value"): _current,
    }
)


def _electrical(name: str, finest: int, measured: Callable[[Meter], int]) -> None:
    """Attaches a voltage or current: the value at its scaler, and the scaler, to write too."""

    def value(meter: Meter) -> int:
        scaler, _ = meter.setting(name, "scaler_unit").value
        step: int = 10 ** (scaler.value - finest)
        return (measured(meter) + step // 2) // step

    def check(meter: Meter, data: Data) -> bool:
        scaler, unit = data.value
        _, ours = meter.model.defaults[name, "scaler_unit"].value
        return bool(unit == ours and finest <= scaler.value <= 0)

    BEHAVIOUR.numbers[name, "value"] = value
    BEHAVIOUR.checks[name, "scaler_unit"] = check


def _mean(name: str, quantity: int, finest: int = 0) -> None:
    """Attaches a mean over ten minutes, at the scaler that the standard's table has."""

    def value(meter: Meter) -> int:
        kept = meter.state.averages
        scaler = finest if meter.identity.standard in SMR5 else 0
        return kept.mean(quantity, 10 ** (scaler - finest)) if kept is not None else 0

    BEHAVIOUR.numbers[name, "value"] = value


def _attach(phase: int) -> None:
    name = f"l{phase + 1}"
    BEHAVIOUR.numbers[f"power_import_{name}", "value"] = _power(phase, 1)
    BEHAVIOUR.numbers[f"power_export_{name}", "value"] = _power(phase, -1)
    _electrical(
        f"voltage_{name}", _VOLTAGE_SCALER, lambda meter: meter.state.voltage_dv[phase]
    )
    _electrical(
        f"current_{name}", _CURRENT_SCALER, lambda meter: meter.current_ca(phase)
    )
    _mean(f"average_voltage_{name}", averages.VOLTAGE + phase, _VOLTAGE_SCALER)
    _mean(f"average_current_{name}", averages.CURRENT + phase, _CURRENT_SCALER)
    _mean(f"average_power_import_{name}", averages.IMPORT + phase)
    _mean(f"average_power_export_{name}", averages.EXPORT + phase)
    _mean(f"average_reactive_power_import_{name}", averages.REACTIVE_IMPORT + phase)
    _mean(f"average_reactive_power_export_{name}", averages.REACTIVE_EXPORT + phase)


for _phase in range(3):
    _attach(_phase)
