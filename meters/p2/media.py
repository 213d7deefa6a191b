"""What can hang on P2: a row for each medium and size (P2 companion standard 4.0.7, 6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wire.errors import LocalError
from wire.mbus import rows
from wire.mbus.headers import DeviceType
from wire.mbus.records import Row

DIGITS = 8
"""All registers are BCD with so many digits, and begin again at 0 behind the last."""


class Medium(StrEnum):
    """What a device measures."""

    GAS = "gas"
    WATER = "water"
    HEAT = "heat"
    COLD = "cold"
    ELECTRICITY = "electricity"


@dataclass(frozen=True, slots=True)
class Register:
    """A number that a device counts and sends, as `row` has it.

    Its last digit goes up by one for so much of rate times seconds as `divisor` says.
    `unconverted` is the row of the volume before the conversion to base temperature, if this
    one is behind it.
    """

    row: Row
    divisor: int
    unconverted: Row | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A medium and size. What flows is at most `max_rate`; below `min_rate` it is counted all
    the same, outside the limits of error (EN 1359, MID annex MI-002).

    Rates are in `rate_unit`. `may_have_valve`: a gas meter above G6 has none (DSMR-M 4.3.67).
    """

    medium: Medium
    size: str
    device_type: DeviceType
    rate_unit: str
    min_rate: int
    max_rate: int
    registers: tuple[Register, ...]
    may_have_valve: bool = False


_HOUR_S = 3600
# Water that cools by 30 K gives 4186 J/kg/K of heat: so many J for each dm³.
_J_PER_DM3 = 30 * 4186

_G4_VOLUME = Register(rows.VOLUME, _HOUR_S, rows.UNCONVERTED_VOLUME)
_G10_VOLUME = Register(rows.COARSE_VOLUME, 10 * _HOUR_S, rows.UNCONVERTED_COARSE_VOLUME)
_WATER_VOLUME = Register(rows.VOLUME, _HOUR_S)
_THERMAL_VOLUME = Register(rows.VOLUME, _J_PER_DM3)
_HEAT = Register(rows.HEAT, 10_000_000)
_COLD = Register(rows.COLD, 10_000_000)
_ENERGY = Register(rows.ENERGY, _HOUR_S)


def _gas(
    size: str, min_rate: int, max_rate: int, volume: Register, valve: bool = False
) -> Kind:
    of_gas = (DeviceType.GAS, "dm3/h", min_rate, max_rate, (volume,))
    return Kind(Medium.GAS, size, *of_gas, may_have_valve=valve)


# Gas as EN 1359 has it, G4 as on the Itron meter's plate; of the other media a common size.
KINDS = (
    _gas("G4", 40, 6_000, _G4_VOLUME, valve=True),
    _gas("G6", 60, 10_000, _G4_VOLUME, valve=True),
    _gas("G10", 100, 16_000, _G10_VOLUME),
    _gas("G16", 160, 25_000, _G10_VOLUME),
    _gas("G25", 250, 40_000, _G10_VOLUME),
    Kind(
        *(Medium.WATER, "Q2.5", DeviceType.WATER, "dm3/h", 16, 3_125),
        (_WATER_VOLUME,),
    ),
    Kind(
        *(Medium.HEAT, "Q1.5", DeviceType.HEAT_FLOW, "W", 500, 52_000),
        (_HEAT, _THERMAL_VOLUME),
    ),
    Kind(
        *(Medium.COLD, "Q1.5", DeviceType.COOLING_FLOW, "W", 500, 52_000),
        (_COLD, _THERMAL_VOLUME),
    ),
    Kind(
        *(Medium.ELECTRICITY, "25A", DeviceType.ELECTRICITY, "W", 29, 5_750),
        (_ENERGY,),
    ),
)


def kind_of(medium: Medium, size: str = "") -> Kind:
    """The row of a medium and size, the medium's first one without a size.

    Raises `LocalError` when there is none.
    """
    of_medium = [kind for kind in KINDS if kind.medium is medium]
    for kind in of_medium:
        if size in ("", kind.size):
            return kind
    sizes = ", ".join(kind.size for kind in of_medium)
    raise LocalError(f"a {medium} meter has size {sizes}, not {size!r}")
