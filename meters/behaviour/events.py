"""Recording events: a row in the log that the code belongs to (P3, event logs)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wire.cosem.events import ENTRIES, LOG_OF, Event, Log

if TYPE_CHECKING:
    from meters.meter import Meter

# The clock (UTC epoch seconds), the event's code, and what the log captures beside it.
EventRow = tuple[int, ...]


class EventLogs:
    """The rows of all event logs, oldest first; each log forgets its oldest beyond its size."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[Log, deque[EventRow]] = {}

    def rows(self, log: Log) -> tuple[EventRow, ...]:
        """The rows of a log, oldest first."""
        return tuple(self._rows.get(log, ()))

    def append(self, log: Log, row: EventRow) -> None:
        """Adds a row."""
        rows = self._rows.get(log)
        if rows is None:
            rows = self._rows[log] = deque(maxlen=ENTRIES[log])
        rows.append(row)

    def clear(self, log: Log, row: EventRow) -> None:
        """Forgets all rows of a log; the first one after that says so."""
        self._rows.pop(log, None)
        self.append(log, row)

    def to_json(self) -> dict[str, Any]:
        """The rows as JSON can hold them."""
        return {log.value: list(rows) for log, rows in self._rows.items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> EventLogs:
        """The rows that were kept; raises what Python does for content that is not them."""
        logs = cls()
        for name, rows in saved.items():
            log = Log(name)
            if len(rows) > ENTRIES[log]:
                raise ValueError(f"{log} has {ENTRIES[log]} rows, not {len(rows)}")
            for row in rows:
                logs.append(log, _row(row))
        return logs


def _row(saved: Iterable[Any]) -> EventRow:
    row = tuple(saved)
    if len(row) < 2 or not all(
        type(part) is int and 0 <= part < 1 << 33 for part in row
    ):
        raise ValueError(f"no row of an event log: {str(row)[:40]}")
    return row


def record(meter: Meter, event: Event, *captured: int) -> None:
    """Writes an event into its log, now, with what that log captures beside the code."""
    _logs(meter).append(LOG_OF[event], (meter.clock_s, int(event), *captured))
    meter.changed()


def clear(meter: Meter, log: Log, *captured: int) -> None:
    """Empties a log; 255 is the first row that it has then (P3, event codes)."""
    _logs(meter).clear(log, (meter.clock_s, int(Event.LOG_CLEARED), *captured))
    meter.changed()


def _logs(meter: Meter) -> EventLogs:
    state = meter.state
    if state.logs is None:
        state.logs = EventLogs()
    return state.logs
