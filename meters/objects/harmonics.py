"""Distortion of the current as objects: what is measured, counted and set (SMR 5.2, THD)."""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour import harmonics
from meters.meter import Meter
from meters.model import Behaviour, Reader
from wire.dlms import axdr

BEHAVIOUR = Behaviour.empty()

# A fingerprint begins with the second harmonic. An injection distorts by the third alone.
_HARMONICS = range(2, 16)
_DISTORTING = 3


def _number(part: str, phase: int) -> Callable[[Meter], int]:
    def number(meter: Meter) -> int:
        seen = meter.state.harmonics
        return 0 if seen is None else getattr(seen, part)[phase]

    return number


def _fingerprint(phase: int) -> Reader:
    measured = _number("measured", phase)
    return lambda meter, link: axdr.encode(
        axdr.array(
            axdr.long_unsigned(measured(meter) if order == _DISTORTING else 0)
            for order in _HARMONICS
        )
    )


for _phase in range(3):
    for _name, _part in (
        ("current_thd", "measured"),
        ("current_thd_over_limits", "counters"),
        ("current_thd_magnitude", "last"),
    ):
        BEHAVIOUR.numbers[f"{_name}_l{_phase + 1}", "value"] = _number(_part, _phase)
    _key = f"current_thd_fingerprint_l{_phase + 1}", "value"
    BEHAVIOUR.readers[_key] = _fingerprint(_phase)
for _name in (
    *("thd_value_threshold", "thd_value_hysteresis"),
    *("thd_time_to_over", "thd_time_to_normal", "thd_time_threshold"),
):
    BEHAVIOUR.effects[_name, "value"] = harmonics.watch
