"""The rule by which `scenarios/data/solar_feeder.csv` is made of January's measurements.

Two days of the feeder, 4 and 5 February 2024, whose premises have got heat pumps and panels;
the sun is that of a clear day in March.
"""

from __future__ import annotations

import csv
from math import hypot, sqrt
from pathlib import Path

from headend.dali import COLUMNS, FeederSample, read_feeder
from scenarios.world.transformer import PHASES, dali_row
from wire.instants import local

DATA = Path(__file__).resolve().parents[3] / "scenarios" / "data"
DAYS = ("2024-02-04", "2024-02-05")
ROOFS_PER_PHASE, ROOF_PEAK_W = 16, 3600
SUN_TENTHS = 25
PUMPS_PER_PHASE, PUMP_W = 6, 2000
# How many of four quarters each heat pump runs, by the hour on Dutch clocks.
DUTY = {**dict.fromkeys(range(24), 1), **dict.fromkeys((6, 7, 8), 2)}
DUTY |= dict.fromkeys(range(17, 22), 3)


def solar_feeder() -> str:
    """The file's text: a DALI box's CSV."""
    rows = [",".join(("time", *COLUMNS))]
    with (DATA / "premises_profiles_january.csv").open() as file:
        sun = {row["time"]: row for row in csv.DictReader(file)}
    for quarter, sample in enumerate(read_feeder(DATA / "lv_feeder_january.csv")):
        time = f"{sample.time:%Y-%m-%dT%H:%M:%SZ}"
        if time.startswith(DAYS):
            rows.append(_row(time, quarter, sample, sun[time]))
    return "\n".join(rows) + "\n"


def _row(time: str, quarter: int, sample: FeederSample, sun: dict[str, str]) -> str:
    """The premises' own load and its reactive power, less what roofs give, and heat pumps."""
    duty = DUTY[local(sample.time).hour]
    running = sum((quarter + pump) % 4 < duty for pump in range(PUMPS_PER_PHASE))
    power_w, apparent_va = [], []
    for phase in PHASES:
        own_w = sample.power_w[phase]
        own_va = sample.voltage_dv[phase] * sample.current_da[phase] / 100
        permille = int(sun[f"pv{phase + 1}_permille"]) * SUN_TENTHS // 10
        roof_w = min(permille, 1000) * ROOF_PEAK_W // 1000
        watt = own_w + running * PUMP_W - ROOFS_PER_PHASE * roof_w
        power_w.append(watt)
        reactive_var = sqrt(max(0.0, own_va**2 - own_w**2))
        apparent_va.append(round(hypot(watt, reactive_var)))
    l1, l2, l3 = power_w
    a1, a2, a3 = apparent_va
    return dali_row(time, sample.voltage_dv, (a1, a2, a3), (l1, l2, l3))
