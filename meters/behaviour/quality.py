"""Voltage sags and swells, per phase (P3, 6.5).

A voltage that is below or above its threshold for as long as the time that goes with it has
sagged or swollen: that is counted once, when the time is over. A phase without voltage is
part of a power failure instead. SMR 5 has a log of all this; SMR 5.2 also tells how far and
how long, once it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from meters.behaviour import alarms, events, phases
from meters.behaviour.task import NEVER
from wire.cosem.events import Event
from wire.cosem.rows import SMR5, SMR52

if TYPE_CHECKING:
    from meters.meter import Meter

# Below 5 % of 230 V there is no voltage (EN 50160, interruption).
OUTAGE_DV = 115
_MOST = 0xFFFF
_MOST_DV = 10**6


class Condition(IntEnum):
    """What a phase's voltage is."""

    NORMAL = 0
    SAG = 1
    SWELL = 2
    OUTAGE = 3


_TIMES = {Condition.SAG: "voltage_sag_time", Condition.SWELL: "voltage_swell_time"}
# The event of L1; those of L2 and L3 follow it.
_COUNTED = {
    Condition.SAG: Event.UNDER_VOLTAGE_L1,
    Condition.SWELL: Event.OVER_VOLTAGE_L1,
}
_OVER = {
    Condition.SAG: Event.VOLTAGE_SAG_L1,
    Condition.SWELL: Event.VOLTAGE_SWELL_L1,
}
_FURTHER = {Condition.SAG: min, Condition.SWELL: max}


class Quality:
    """What a meter has seen of its voltages, per phase: counters, and how each is now.

    `since_s` is true time (epoch seconds); `counted` says that what a phase is was counted.
    `extremes_dv` is the lowest voltage of the sag, or the highest of the swell, that runs; the
    last ones that were counted and are over went to `sags_dv` and `swells_dv`, both in 0.1 V,
    and lasted for `sags_ds` and `swells_ds`, in 0.1 s.
    """

    __slots__ = (
        *("sags", "swells", "conditions", "since_s", "counted", "extremes_dv"),
        *("sags_dv", "sags_ds", "swells_dv", "swells_ds"),
    )

    def __init__(self) -> None:
        self.sags = [0, 0, 0]
        self.swells = [0, 0, 0]
        self.conditions = [0, 0, 0]
        self.since_s = [0, 0, 0]
        self.counted = [0, 0, 0]
        self.extremes_dv = [0, 0, 0]
        self.sags_dv = [0, 0, 0]
        self.sags_ds = [0, 0, 0]
        self.swells_dv = [0, 0, 0]
        self.swells_ds = [0, 0, 0]

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Quality:
        """What was kept; raises what Python does for content that is not it."""
        quality = cls()
        for name, most in (
            ("sags", _MOST),
            ("swells", _MOST),
            ("conditions", max(Condition)),
            ("since_s", 1 << 33),
            ("counted", 1),
            ("extremes_dv", _MOST_DV),
            ("sags_dv", _MOST),
            ("sags_ds", _MOST),
            ("swells_dv", _MOST),
            ("swells_ds", _MOST),
        ):
            setattr(quality, name, phases.restored(name, saved[name], most))
        return quality


def outage(meter: Meter) -> bool:
    """Whether a phase that the meter has is without voltage."""
    return min(_voltages_dv(meter)) < OUTAGE_DV


def watch(meter: Meter) -> None:
    """Looks at the voltages and the thresholds, of which something is not as it was."""
    sag_v = meter.setting("voltage_sag_threshold", "value").value
    swell_v = meter.setting("voltage_swell_threshold", "value").value
    voltages_dv, quality = _voltages_dv(meter), meter.state.quality
    if quality is None:
        low_dv, high_dv = max(OUTAGE_DV, 10 * sag_v), 10 * swell_v
        if low_dv <= min(voltages_dv) and max(voltages_dv) <= high_dv:
            return
        quality = meter.state.quality = Quality()
    for phase, voltage_dv in enumerate(voltages_dv):
        condition = _condition(voltage_dv, sag_v, swell_v)
        if condition != quality.conditions[phase]:
            _become(meter, quality, phase, condition)
        elif further := _FURTHER.get(condition):
            extreme_dv = quality.extremes_dv[phase]
            quality.extremes_dv[phase] = further(extreme_dv, voltage_dv)
    count(meter)


def count(meter: Meter) -> None:
    """Counts what has lasted as long as it must."""
    for phase, due_s in _pending(meter):
        quality = meter.state.quality
        if due_s <= meter.state.at_s and quality is not None:
            condition = Condition(quality.conditions[phase])
            counters = quality.sags if condition is Condition.SAG else quality.swells
            counters[phase] = min(counters[phase] + 1, _MOST)
            quality.counted[phase] = 1
            _record(meter, _COUNTED[condition], phase)
            meter.changed()


def due(meter: Meter, after_s: int) -> int:
    """When the next sag or swell has lasted its time."""
    instants = (due_s for _, due_s in _pending(meter) if due_s > after_s)
    return min(instants, default=NEVER)


def forget(meter: Meter) -> None:
    """The supply has failed: what the voltages were is over, and nobody saw how it ended.

    An outage of one phase is part of it now; one that is still there afterwards is a new one.
    """
    quality = meter.state.quality
    if quality is not None:
        quality.conditions = [0, 0, 0]
        quality.counted = [0, 0, 0]
        alarms.mend(meter, alarms.PHASE_OUTAGES)


def _voltages_dv(meter: Meter) -> tuple[int, ...]:
    return meter.state.voltage_dv[: meter.identity.phases]


def _condition(voltage_dv: int, sag_v: int, swell_v: int) -> Condition:
    if voltage_dv < OUTAGE_DV:
        return Condition.OUTAGE
    if voltage_dv < 10 * sag_v:
        return Condition.SAG
    return Condition.SWELL if voltage_dv > 10 * swell_v else Condition.NORMAL


def _pending(meter: Meter) -> Iterator[tuple[int, int]]:
    """Phases whose sag or swell is not counted yet, and when it is to be."""
    quality = meter.state.quality
    if quality is not None:
        for phase, condition in enumerate(quality.conditions):
            name = _TIMES.get(Condition(condition))
            if name is not None and not quality.counted[phase]:
                time_s = meter.setting(name, "value").value
                yield phase, quality.since_s[phase] + time_s


def _become(meter: Meter, quality: Quality, phase: int, condition: Condition) -> None:
    before, counted = Condition(quality.conditions[phase]), quality.counted[phase]
    if counted:
        _record(meter, Event.VOLTAGE_NORMAL_L1, phase)
        _tell(meter, quality, phase, before)
    quality.conditions[phase] = condition
    quality.since_s[phase] = meter.state.at_s
    quality.counted[phase] = 0
    quality.extremes_dv[phase] = meter.state.voltage_dv[phase]
    if meter.identity.phases > 1:
        if before is Condition.OUTAGE:
            _record(meter, Event.PHASE_RETURNED_L1, phase)
        if condition is Condition.OUTAGE:
            _record(meter, Event.PHASE_OUTAGE_L1, phase)
    meter.changed()


def _tell(meter: Meter, quality: Quality, phase: int, was: Condition) -> None:
    """How far and how long a sag or swell went that was counted and is over."""
    magnitudes_dv, durations_ds = (
        (quality.sags_dv, quality.sags_ds)
        if was is Condition.SAG
        else (quality.swells_dv, quality.swells_ds)
    )
    lasted_s = meter.state.at_s - quality.since_s[phase]
    magnitudes_dv[phase] = min(quality.extremes_dv[phase], _MOST)
    durations_ds[phase] = min(10 * lasted_s, _MOST)
    if meter.identity.standard in SMR52:
        event = Event(_OVER[was] + phase)
        events.record(meter, event, magnitudes_dv[phase], durations_ds[phase])


def _record(meter: Meter, first: Event, phase: int) -> None:
    """An event of the power quality log, which SMR 5 has."""
    if meter.identity.standard in SMR5:
        events.record(meter, Event(first + phase))
