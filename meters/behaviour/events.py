"""Recording events: a row in the log that the code belongs to (P3, 4.2)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from meters.behaviour import alarms, amr
from wire.cosem.events import LAYOUTS, LOG_OF, Event, Log
from wire.dlms.data import INTEGER_BOUNDS

if TYPE_CHECKING:
    from meters.meter import Meter

# The same tamper event is logged once in 15 minutes (DSMR-M 4.5.46).
REPEATED_S = 900
_TAMPER = frozenset(
    event
    for event, log in LOG_OF.items()
    if log is Log.FRAUD and event is not Event.CONFIGURATION_CHANGED
)

LOG_CLEARED = {Log.AUXILIARY: Event.AUXILIARY_LOG_CLEARED}

# The clock (UTC epoch seconds), and what the log captures beside it: mostly a code first.
EventRow = tuple[int, ...]


class EventLogs:
    """The rows of all event logs, oldest first; each log forgets its oldest beyond its size.

    A log is one flat array of its rows' numbers, for the largest keeps 2190 rows.
    """

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: dict[Log, array[int]] = {}

    def rows(self, log: Log) -> tuple[EventRow, ...]:
        """The rows of a log, oldest first."""
        numbers = iter(self._numbers.get(log, ()))
        return tuple(zip(*[numbers] * _width(log), strict=True))

    def append(self, log: Log, row: EventRow) -> None:
        """Adds a row."""
        numbers = self._numbers.setdefault(log, array("I"))
        numbers.extend(row)
        if len(numbers) > LAYOUTS[log].entries * len(row):
            del numbers[: len(row)]

    def repeats(self, log: Log, row: EventRow, within_s: int) -> bool:
        """Whether a row of the same code stands in a log already, and is no older than that."""
        return any(
            code == row[1] and 0 <= row[0] - stamp_s < within_s
            for stamp_s, code, *_ in self.rows(log)
        )

    def clear(self, log: Log) -> None:
        """Forgets all rows of a log."""
        self._numbers.pop(log, None)

    def to_json(self) -> dict[str, Any]:
        """The rows as JSON can hold them."""
        return {log.value: list(self.rows(log)) for log in self._numbers}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> EventLogs:
        """The rows that were kept; raises what Python does for content that is not them."""
        logs = cls()
        for name, rows in saved.items():
            log = Log(name)
            if len(rows) > LAYOUTS[log].entries:
                raise ValueError(f"{log} cannot have {len(rows)} rows")
            for row in rows:
                logs.append(log, _judged(log, row))
        return logs


def _width(log: Log) -> int:
    return 1 + len(LAYOUTS[log].captured)


def _judged(log: Log, saved: Sequence[Any]) -> EventRow:
    """The clock fits in 32 bits until 2106, what is captured in its type."""
    row = tuple(saved)
    most = [
        0xFFFF_FFFF,
        *(INTEGER_BOUNDS[item.tag][1] for item in LAYOUTS[log].captured),
    ]
    if len(row) != len(most) or not all(
        type(part) is int and 0 <= part <= high
        for part, high in zip(row, most, strict=True)
    ):
        raise ValueError(f"no row of {log}: {str(row)[:40]}")
    return row


def record(meter: Meter, event: int, *captured: int) -> None:
    """Writes an event into its log, now, with what that log captures beside the code.

    A tamper event that repeats itself is not written again so soon. Its bits in the error and
    alarm registers are set all the same, and what they mean for the interval.
    """
    logs = logs_of(meter)
    row = (meter.clock_s, event, *captured)
    if event not in _TAMPER or not logs.repeats(LOG_OF[event], row, REPEATED_S):
        logs.append(LOG_OF[event], row)
    alarms.notice(meter, event)
    meter.state.interval_flags |= amr.fault_bits(meter.state.errors)
    meter.changed()


def clear(meter: Meter, log: Log) -> None:
    """Empties a log; where rows have codes, 255 is the first that it has then (P3, 4.2.1).

    The auxiliary log has codes of 16 bits, and 65535 for it.

    What else the log captures is shown as 0 beside it.
    """
    logs = logs_of(meter)
    logs.clear(log)
    if log is not Log.POWER_FAILURE:
        more = len(LAYOUTS[log].captured) - 1
        code = LOG_CLEARED.get(log, Event.LOG_CLEARED)
        logs.append(log, (meter.clock_s, int(code), *(0,) * more))
    meter.changed()


def logs_of(meter: Meter) -> EventLogs:
    """The logs of a meter, which has none until its first event."""
    state = meter.state
    if state.logs is None:
        state.logs = EventLogs()
    return state.logs
