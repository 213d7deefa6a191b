"""Means over ten minutes of the clock: voltage, current and power per phase (P3, 6.4).

What flows only changes when the load does, so that is when it is added up.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meters.meter import Meter

PERIOD_S = 600
# Three phases each of 0.1 V, 0.01 A, W and var, imported and exported.
VOLTAGE, CURRENT, IMPORT, EXPORT, REACTIVE_IMPORT, REACTIVE_EXPORT = range(0, 18, 3)
_QUANTITIES = 18


class Averages:
    """Each quantity times seconds, of the ten minutes that run and of those before.

    `since_s` is up to when the running ones are added up, in true time.
    """

    __slots__ = ("since_s", "_measured_s", "_sums", "_last_s", "_last")

    def __init__(self, since_s: int) -> None:
        self.since_s = since_s
        self._measured_s = self._last_s = 0
        # What was is never added to, so meters without share it.
        self._sums, self._last = _nothing(), _NONE

    def add(self, meter: Meter, duration_s: int) -> None:
        """The load held so long."""
        state, sums = meter.state, self._sums
        self._measured_s += duration_s
        for phase in range(meter.identity.phases):
            sums[VOLTAGE + phase] += max(0, state.voltage_dv[phase]) * duration_s
            power_w, reactive_var = state.power_w[phase], state.reactive_var[phase]
            if power_w or reactive_var:
                sums[CURRENT + phase] += meter.current_ca(phase) * duration_s
            if power_w:
                way = IMPORT if power_w > 0 else EXPORT
                sums[way + phase] += abs(power_w) * duration_s
            if reactive_var:
                way = REACTIVE_IMPORT if reactive_var > 0 else REACTIVE_EXPORT
                sums[way + phase] += abs(reactive_var) * duration_s

    def end(self) -> None:
        """The ten minutes are over."""
        self._last, self._last_s = self._sums, self._measured_s
        self._sums, self._measured_s = _nothing(), 0

    def mean(self, quantity: int, step: int = 1) -> int:
        """The mean of the last ten minutes, rounded, in steps of the unit; 0 without any."""
        divisor = self._last_s * step
        return (self._last[quantity] + divisor // 2) // divisor if divisor else 0

    def to_json(self) -> dict[str, Any]:
        """The sums as JSON can hold them."""
        return {
            "since_s": self.since_s,
            "measured_s": [self._measured_s, self._last_s],
            "sums": self._sums.tolist(),
            "last": self._last.tolist(),
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Averages:
        """The sums that were kept; raises what Python does for content that is not them."""
        averages = cls(saved["since_s"])
        averages._measured_s, averages._last_s = saved["measured_s"]
        averages._sums = array("Q", saved["sums"])
        averages._last = array("Q", saved["last"])
        times_s = averages.since_s, averages._measured_s, averages._last_s
        if not all(type(time_s) is int and 0 <= time_s < 1 << 33 for time_s in times_s):
            raise ValueError(f"no times of averages: {str(times_s)[:40]}")
        if len(averages._sums) != _QUANTITIES or len(averages._last) != _QUANTITIES:
            raise ValueError(f"there are {_QUANTITIES} averages")
        if max(*averages._sums, *averages._last) >> 62:
            raise ValueError("an average cannot be that high")
        return averages


def _nothing() -> array[int]:
    return array("Q", bytes(8 * _QUANTITIES))


_NONE = _nothing()


def due(meter: Meter, after_s: int) -> int:
    """The next tenth minute of the meter's clock, in true time."""
    offset_s = meter.state.clock_offset_s
    return ((after_s + offset_s) // PERIOD_S + 1) * PERIOD_S - offset_s


def capture(meter: Meter) -> None:
    """The ten minutes end now."""
    state = meter.state
    if state.averages is None:
        state.averages = Averages(state.at_s - PERIOD_S)
    count(meter).end()


def count(meter: Meter) -> Averages:
    """Adds up what flowed until now; before the load changes, or the supply fails.

    A meter that never did so had one load since the ten minutes began.
    """
    state = meter.state
    averages = state.averages
    if averages is None:
        begin_s = state.at_s - meter.clock_s % PERIOD_S
        averages = state.averages = Averages(begin_s)
    if state.powered and state.at_s > averages.since_s:
        averages.add(meter, state.at_s - averages.since_s)
    averages.since_s = state.at_s
    return averages


def resume(meter: Meter) -> None:
    """The supply is back: while it was away nothing was measured."""
    if meter.state.averages is not None:
        meter.state.averages.since_s = meter.state.at_s
