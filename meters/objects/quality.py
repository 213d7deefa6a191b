"""Power failures, voltage sags and swells as objects (P3, 5.9 and 6.5)."""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour import quality, supply
from meters.meter import Meter
from meters.model import Behaviour
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()

_SAG, _SWELL = "voltage_sag_threshold", "voltage_swell_threshold"


def _counter(name: str, phase: int) -> Callable[[Meter], int]:
    def number(meter: Meter) -> int:
        seen = meter.state.quality
        return 0 if seen is None else getattr(seen, name)[phase]

    return number


def _below_swell(meter: Meter, data: Data) -> bool:
    return bool(data.value < meter.setting(_SWELL, "value").value)


def _above_sag(meter: Meter, data: Data) -> bool:
    return bool(data.value > meter.setting(_SAG, "value").value)


BEHAVIOUR.numbers.update(
    {
        ("power_failures", "value"): lambda meter: meter.state.failures,
        ("long_power_failures", "value"): lambda meter: meter.state.long_failures,
        ("power_failure_duration", "value"): supply.failing_s,
    }
)
for _phase in range(3):
    for _name in ("sags", "swells"):
        _key = f"voltage_{_name}_l{_phase + 1}", "value"
        BEHAVIOUR.numbers[_key] = _counter(_name, _phase)
        for _what, _part in (("magnitude", "dv"), ("duration", "ds")):
            _key = f"voltage_{_name[:-1]}_{_what}_l{_phase + 1}", "value"
            BEHAVIOUR.numbers[_key] = _counter(f"{_name}_{_part}", _phase)
BEHAVIOUR.checks[_SAG, "value"] = _below_swell
BEHAVIOUR.checks[_SWELL, "value"] = _above_sag
for _name in (_SAG, _SWELL, "voltage_sag_time", "voltage_swell_time"):
    BEHAVIOUR.effects[_name, "value"] = quality.watch
