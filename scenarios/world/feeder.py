"""The premises at the transformer, quarter by quarter, as a CSV has them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import hypot, sqrt
from pathlib import Path

from headend.dali import Fault, FeederSample, judge_feeder
from headend.dali_layout import NATIVE
from headend.dali_mapping import read_mapping
from scenarios.playing.event_log import print_instant
from scenarios.world.transformer import (
    NO_LOAD,
    NOMINAL_DV,
    PHASES,
    QUARTER_S,
    dali_row,
)
from wire.errors import ConfigError
from wire.instants import from_epoch
from wire.quantities import PerPhase

DAY_S = 86_400


class Feeder:
    """What the premises draw, from a CSV of quarter-hours; nothing without one.

    `mapping` is the file that says what stands where in it, when it is not a DALI box's. A
    file with a fault is refused unless the fault is to be played: then the premises go on as
    in the good row before, or at first as in the one after.
    """

    def __init__(
        self,
        path: Path | None,
        mapping: Path | None = None,
        *,
        play_faults: bool = False,
    ) -> None:
        layout = NATIVE if mapping is None else read_mapping(mapping)
        self._samples: dict[int, FeederSample] = {}
        self._faults: dict[int, list[Fault]] = {}
        for found in judge_feeder(path, layout) if path is not None else ():
            if isinstance(found, FeederSample):
                self._samples[_slot(found.time.timestamp())] = found
            elif not play_faults:
                raise found.error
            else:
                at = _slot(found.time.timestamp()) if found.time else 0
                self._faults.setdefault(at, []).append(found)
        if self._faults and not self._samples:
            raise ConfigError("has no row that can be true", str(path))
        self._slots = sorted(self._samples)
        told = [*self._slots, *filter(None, self._faults)]
        self._first, self._last = min(told, default=0), max(told, default=-1)

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
        slots = range(_slot(now_s - 2 * DAY_S), _slot(now_s))
        return [self._samples[slot] for slot in slots if slot in self._samples]

    def is_measured(self, now_s: int) -> bool:
        """Whether the file has this quarter, or nothing about any instant from then on."""
        slot = _slot(now_s)
        return slot in self._samples or not self._covers(slot)

    def faults(self, now_s: int) -> Iterator[Fault]:
        """What is wrong in the file with this quarter; those before all times come first."""
        for slot in (0, _slot(now_s)):
            yield from self._faults.pop(slot, ())

    def row(self, begin_s: int, total_w: Sequence[float]) -> str:
        """The quarter that began then as the transformer's box measures it: a line of CSV.

        `total_w` is the mean load per phase, cars included, which draw no reactive power.
        """
        sample, base_w = self._sample(begin_s), self.power_w(begin_s)
        l1, l2, l3 = (round(power) for power in total_w)
        reactive_var = [0.0, 0.0, 0.0]
        if sample is not None:
            for phase in PHASES:
                apparent_va = sample.voltage_dv[phase] * sample.current_da[phase] / 100
                square = apparent_va**2 - base_w[phase] ** 2
                reactive_var[phase] = sqrt(max(0.0, square))
        a1, a2, a3 = (
            round(hypot(total, reactive))
            for total, reactive in zip((l1, l2, l3), reactive_var)
        )
        time = print_instant(from_epoch(begin_s))
        return dali_row(time, self.voltage_dv(begin_s), (a1, a2, a3), (l1, l2, l3))

    def _covers(self, slot: int) -> bool:
        return self._first <= slot <= self._last

    def _sample(self, now_s: int) -> FeederSample | None:
        slot = _slot(now_s)
        sample = self._samples.get(slot)
        if sample is None and self._covers(slot):
            before = bisect_right(self._slots, slot) - 1
            return self._samples[self._slots[max(0, before)]]
        return sample


def _slot(instant_s: float) -> int:
    return int(instant_s) // QUARTER_S
