"""The scheduler of the disconnect control (P3 4.0.6, 5.10): one script, at one instant."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from meters.behaviour import breaker
from meters.behaviour.disconnect import Cause
from meters.behaviour.task import NEVER
from wire.cosem.dsmr.switching import CONNECT_SCRIPT, DISCONNECT_SCRIPT
from wire.cosem.types import Fit, type_of
from wire.dlms.data import Data
from wire.errors import WireError
from wire.instants import (
    DEVIATION_NOT_SPECIFIED,
    NOT_SPECIFIED,
    DateTime,
)
from wire.zones import Zone

if TYPE_CHECKING:
    from meters.meter import Meter

SCRIPTS = {
    DISCONNECT_SCRIPT: Cause.REMOTE_DISCONNECT,
    CONNECT_SCRIPT: Cause.REMOTE_CONNECT,
}
"""What the scripts of the table ask for, whoever but the limiter executes them."""

_NAME = "disconnect_control_scheduler"
_EXECUTION_TIME = type_of("execution_time[1]")


def instant_of(execution_time: Data, zone: Zone) -> int | None:
    """The epoch second of a Blue Book array of one local time and date (ed. 10, 4.5.7).

    None when it is not exactly one, or has a wildcard. The hundredths and the day of the week
    may be left out; the hour that autumn has twice is taken in winter time, and so is the one
    that spring leaves out.
    """
    if _EXECUTION_TIME.fit(execution_time) is not Fit.GOOD or not execution_time.value:
        return None
    time, date = (part.value for part in execution_time.value[0].value)
    if (len(time), len(date)) != (4, 5):
        return None
    year, month, day, day_of_week = struct.unpack(">HBBB", date)
    hour, minute, second, hundredths = time
    written = DateTime(
        *(year, month, day, day_of_week, hour, minute, second, hundredths),
        deviation_min=DEVIATION_NOT_SPECIFIED,
        status=0,
    )
    try:
        fits = written.weekday_fits and hundredths in (0, NOT_SPECIFIED)
        return int(zone.instant(written).timestamp()) if fits else None
    except WireError:
        return None


def _shown(execution_time: Data, clock_s: int, zone: Zone) -> bool:
    """Whether the clock ever shows that time: spring leaves an hour out."""
    time, _ = execution_time.value[0].value
    return zone.local(clock_s).hour == int(time.value[0])


def schedule(meter: Meter, execution_time: Data) -> bool:
    """Sets when the script is executed, or that it is not; whether that can be done."""
    if not can_be(meter, execution_time):
        return False
    breaker.used(meter).scheduled = bool(execution_time.value)
    return True


def can_be(meter: Meter, execution_time: Data) -> bool:
    """Whether it is no time, or one to come that the meter's clock will show."""
    zone = meter.zone
    clock_s = instant_of(execution_time, zone)
    return not execution_time.value or (
        clock_s is not None
        and clock_s >= meter.clock_s
        and _shown(execution_time, clock_s, zone)
    )


def due(meter: Meter, after_s: int) -> int:
    """When the script is executed; at once where the time passed meanwhile."""
    kept = meter.state.breaker
    if kept is None or not kept.scheduled:
        return NEVER
    clock_s = instant_of(meter.setting(_NAME, "execution_time"), meter.zone)
    if clock_s is None:
        return NEVER
    return max(clock_s - meter.state.clock_offset_s, after_s + 1)


def execute(meter: Meter) -> None:
    """Executes the script, once; what the mode does not let it do is left undone."""
    breaker.used(meter).scheduled = False
    meter.changed()
    _, selector = meter.setting(_NAME, "executed_script").value
    breaker.operate(meter, SCRIPTS[selector.value])


def power_up(meter: Meter) -> None:
    """What fell due without supply is done now."""
    at_s = meter.state.at_s
    if due(meter, at_s - 1) == at_s:
        execute(meter)
