"""Distortion of the current: when it is over the limit, and for long (SMR 5.2, THD).

A phase goes over when its distortion was above the threshold for the time that this takes,
and back to normal when it was at or below the threshold less the hysteresis for the other
time. One that has been over for as long as the time threshold is told of once more. Only an
injection distorts the current of a simulated meter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from meters.behaviour import events, phases
from meters.behaviour.task import NEVER
from wire.cosem.events import Event
from wire.cosem.rows import SMR52
from wire.errors import LocalError

if TYPE_CHECKING:
    from meters.meter import Meter

_MOST = 0xFFFF
_LATEST_S = 1 << 33


class Harmonics:
    """Per phase, what distorts its current and what a meter has made of it.

    `measured` is in percent, until `until_s`; `over` says that a phase is over the limit,
    `told_long` that it is known to be so for long. `crossing_s` is when it began to cross the
    limit, up or down, and `over_s` when it went over; 0 for a phase that does not, or is not.
    All times are true time (epoch seconds). `peaks` is the most since it began to cross upward;
    `counters` and `last` are how often a phase was over, and the peak of the last time.
    """

    __slots__ = (
        *("measured", "until_s", "over", "told_long", "crossing_s", "over_s"),
        *("peaks", "counters", "last"),
    )

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, [0, 0, 0])

    measured: list[int]
    until_s: list[int]
    over: list[int]
    told_long: list[int]
    crossing_s: list[int]
    over_s: list[int]
    peaks: list[int]
    counters: list[int]
    last: list[int]

    def begun_anew(self) -> Harmonics:
        """The same distortion, of which nothing is recorded yet."""
        harmonics = Harmonics()
        harmonics.measured, harmonics.until_s = self.measured, self.until_s
        return harmonics

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Harmonics:
        """What was kept; raises what Python does for content that is not it."""
        harmonics = cls()
        for name in cls.__slots__:
            most = 1 if name in ("over", "told_long") else _MOST
            most = _LATEST_S if name.endswith("_s") else most
            setattr(harmonics, name, phases.restored(name, saved[name], most))
        return harmonics


def begin(meter: Meter, phase: int, percent: int, duration_s: int) -> None:
    """Distorts the current of a phase, counted from 0, from now on and for so long.

    Raises `LocalError` when the meter does not have that phase, or does not measure it.
    """
    if meter.identity.standard not in SMR52:
        raise LocalError(f"a meter of {meter.identity.standard} measures no harmonics")
    if not 0 <= phase < meter.identity.phases:
        raise LocalError(f"the meter has no L{phase + 1}")
    harmonics = meter.state.harmonics = meter.state.harmonics or Harmonics()
    harmonics.measured[phase] = percent
    harmonics.until_s[phase] = meter.state.at_s + duration_s
    watch(meter)
    meter.changed()


def watch(meter: Meter) -> None:
    """Looks at the distortion and its limit, of which something is not as it was."""
    harmonics = meter.state.harmonics
    if harmonics is None:
        return
    limit, hysteresis = (
        meter.setting(f"thd_value_{name}", "value").value
        for name in ("threshold", "hysteresis")
    )
    for phase, percent in enumerate(harmonics.measured):
        over = harmonics.over[phase]
        crosses = percent <= max(0, limit - hysteresis) if over else percent > limit
        if not crosses:
            harmonics.crossing_s[phase] = 0
        elif not harmonics.crossing_s[phase]:
            harmonics.crossing_s[phase] = meter.state.at_s
            if not over:
                harmonics.peaks[phase] = 0
        harmonics.peaks[phase] = max(harmonics.peaks[phase], percent)
    judge(meter)


def judge(meter: Meter) -> None:
    """Does what has become due, on each phase."""
    at_s, harmonics = meter.state.at_s, meter.state.harmonics
    if harmonics is None:
        return
    ended = [phase for phase in range(3) if 0 < harmonics.until_s[phase] <= at_s]
    for phase in ended:
        harmonics.measured[phase] = harmonics.until_s[phase] = 0
    if ended:
        watch(meter)
    while pending := [item for item in _pending(meter, harmonics) if item[0] <= at_s]:
        _, phase, act = pending[0]
        act(meter, harmonics, phase)
    meter.changed()


def due(meter: Meter, after_s: int) -> int:
    """When a distortion ends, or has lasted as long as it must."""
    harmonics = meter.state.harmonics
    if harmonics is None:
        return NEVER
    instants = [due_s for due_s, *_ in _pending(meter, harmonics)]
    later = (due_s for due_s in (*harmonics.until_s, *instants) if due_s > after_s)
    return min(later, default=NEVER)


def forget(meter: Meter) -> None:
    """The supply has failed: what was over the limit is so no more, and nobody saw it end."""
    harmonics = meter.state.harmonics
    if harmonics is not None:
        for name in ("over", "told_long", "crossing_s", "over_s", "peaks"):
            setattr(harmonics, name, [0, 0, 0])


_Act = Callable[["Meter", Harmonics, int], None]


def _pending(meter: Meter, harmonics: Harmonics) -> Iterator[tuple[int, int, _Act]]:
    """When what becomes of which phase."""
    for phase in range(3):
        over = harmonics.over[phase]
        if over and not harmonics.told_long[phase]:
            time_s = meter.setting("thd_time_threshold", "value").value
            yield harmonics.over_s[phase] + time_s, phase, _tell_long
        if harmonics.crossing_s[phase]:
            way, act = ("normal", _return) if over else ("over", _go_over)
            time_s = meter.setting(f"thd_time_to_{way}", "value").value
            yield harmonics.crossing_s[phase] + time_s, phase, act


def _go_over(meter: Meter, harmonics: Harmonics, phase: int) -> None:
    harmonics.over[phase] = 1
    harmonics.over_s[phase] = meter.state.at_s
    harmonics.crossing_s[phase] = harmonics.told_long[phase] = 0
    harmonics.counters[phase] = min(harmonics.counters[phase] + 1, _MOST)
    _record(meter, harmonics, phase, Event.THD_OVER_LIMIT_L1)


def _tell_long(meter: Meter, harmonics: Harmonics, phase: int) -> None:
    harmonics.told_long[phase] = 1
    _record(meter, harmonics, phase, Event.THD_LONG_OVER_LIMIT_L1)


def _return(meter: Meter, harmonics: Harmonics, phase: int) -> None:
    harmonics.over[phase] = harmonics.over_s[phase] = harmonics.crossing_s[phase] = 0
    harmonics.last[phase] = harmonics.peaks[phase]
    _record(meter, harmonics, phase, Event.THD_NORMAL_L1)


def _record(meter: Meter, harmonics: Harmonics, phase: int, first: Event) -> None:
    """An event of the THD log, beside it the most that there was of it so far."""
    events.record(meter, Event(first + phase), harmonics.peaks[phase])
