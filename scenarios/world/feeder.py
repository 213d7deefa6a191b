"""The premises at the transformer, quarter by quarter, and what its DALI box makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headend.dali import COLUMNS, FeederSample, read_feeder, read_feeder_lines
from headend.dali_layout import NATIVE
from headend.dali_mapping import read_mapping
from scenarios.event_log import print_instant
from scenarios.world.transformer import NO_LOAD, NOMINAL_DV, QUARTER_S, dali_row
from wire.instants import from_epoch
from wire.quantities import PerPhase

DAY_S = 86_400
_HEADER = ",".join(("time", *COLUMNS))


class Feeder:
    """What the premises draw, from a CSV of quarter-hours; nothing without one.

    `mapping` is the file that says what stands where in it, when it is not a DALI box's.
    """

    def __init__(self, path: Path | None, mapping: Path | None = None) -> None:
        layout = NATIVE if mapping is None else read_mapping(mapping)
        samples = read_feeder(path, layout) if path is not None else ()
        self._samples = {int(s.time.timestamp()) // QUARTER_S: s for s in samples}

    def power_w(self, now_s: int) -> PerPhase:
        """The premises' load in this quarter, W per phase; nothing beyond the file."""
        sample = self._sample(now_s)
        return NO_LOAD if sample is None else sample.power_w

    def voltage_dv(self, now_s: int) -> PerPhase:
        """The voltage in this quarter, 0.1 V per phase."""
        sample = self._sample(now_s)
        return NOMINAL_DV if sample is None else sample.voltage_dv

    def before(self, now_s: int) -> list[FeederSample]:
        """The two days of the file before this instant."""
        first, end = (now_s - 2 * DAY_S) // QUARTER_S, now_s // QUARTER_S
        slots = range(first, end)
        return [self._samples[slot] for slot in slots if slot in self._samples]

    def measure(self, begin_s: int, total_w: Sequence[float]) -> FeederSample:
        """The quarter that began then as the head-end gets it: a row of CSV, read again.

        `total_w` is the mean load per phase, cars included, which draw no reactive power.
        """
        sample, base_w = self._sample(begin_s), self.power_w(begin_s)
        voltage_dv = self.voltage_dv(begin_s)
        l1, l2, l3 = (round(power) for power in total_w)
        base_va = NO_LOAD
        if sample is not None:
            v1, v2, v3 = (
                volts * amps // 100
                for volts, amps in zip(sample.voltage_dv, sample.current_da)
            )
            base_va = (v1, v2, v3)
        a1, a2, a3 = (
            max(abs(total), va + total - base)
            for va, total, base in zip(base_va, (l1, l2, l3), base_w)
        )
        row = dali_row(
            print_instant(from_epoch(begin_s)), voltage_dv, (a1, a2, a3), (l1, l2, l3)
        )
        return next(read_feeder_lines([_HEADER, row], "DALI"))

    def _sample(self, now_s: int) -> FeederSample | None:
        return self._samples.get(now_s // QUARTER_S)
