"""Tests at a time that the central system sets: nothing has failed, but it is told (SMR 5).

A phase outage test is an event and an alarm, and so is a last gasp test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters.behaviour import events, wakeup
from meters.behaviour.task import NEVER
from wire.cosem.dsmr.trials import LAST_GASP_TEST, PHASE_OUTAGE_TEST
from wire.cosem.events import Event

if TYPE_CHECKING:
    from meters.meter import Meter

TRIALS = {
    PHASE_OUTAGE_TEST: Event.PHASE_OUTAGE_TEST,
    LAST_GASP_TEST: Event.LAST_GASP_TEST,
}


def due(meter: Meter, after_s: int) -> int:
    """When the next test is."""
    return min(_due(meter, name, after_s) for name in TRIALS)


def run(meter: Meter) -> None:
    """Tests what is to be tested now."""
    at_s = meter.state.at_s
    for name, event in TRIALS.items():
        if _due(meter, name, at_s - 1) == at_s:
            events.record(meter, event)


def _due(meter: Meter, name: str, after_s: int) -> int:
    settings = meter.state.settings
    execution_time = settings and settings.get((name, "execution_time"))
    return wakeup.coming(meter, execution_time, after_s) if execution_time else NEVER
