"""What a household draws, when nothing else decides: a small curve, different per meter.

Not measured: the shape of a winter's day with its evening peak, scaled per household, with
appliances that come and go by the minute. It follows from the meter and the minute alone.
"""

from __future__ import annotations

from hashlib import blake2b

from wire.instants import from_epoch, local
from wire.quantities import PerPhase

# Mean W per hour of the day, local time.
_CURVE_W = (
    *(210, 180, 165, 160, 165, 200, 330, 470, 430, 380, 370, 390),
    *(420, 390, 370, 390, 500, 720, 880, 820, 720, 620, 450, 300),
)
_NOMINAL_DV = 2300


def premises_load(
    equipment_id: str, phases: int, clock_s: int
) -> tuple[PerPhase, PerPhase]:
    """W per phase and 0.1 V per phase in the minute of this instant (epoch seconds)."""
    minute = clock_s // 60
    noise = _octets(f"{equipment_id}/{minute}")
    house = _octets(equipment_id)
    civil = local(from_epoch(clock_s))
    mean_w = _CURVE_W[civil.hour] * (60 + house[0] // 2) // 100
    # An appliance of 1 to 2 kW runs in one minute of sixteen.
    total_w = mean_w * (70 + noise[0] // 4) // 100 + (1000 + 4 * noise[1]) * (
        noise[2] < 16
    )
    power_w = [total_w, 0, 0]
    if phases == 3:
        second, third = total_w * house[1] // 768, total_w * house[2] // 768
        power_w = [total_w - second - third, second, third]
    voltage_dv = [
        _NOMINAL_DV + noise[3 + phase] // 16 - 8 - power_w[phase] // 100
        for phase in range(3)
    ]
    return (power_w[0], power_w[1], power_w[2]), (
        voltage_dv[0],
        voltage_dv[1],
        voltage_dv[2],
    )


def _octets(text: str) -> bytes:
    return blake2b(text.encode("ascii"), digest_size=8).digest()
