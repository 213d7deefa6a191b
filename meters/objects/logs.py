"""The event logs as objects: their columns and rows, and the code that was last (P3, 4.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from meters.behaviour import events
from meters.meter import Meter
from meters.model import Behaviour, Reader
from meters.objects.buffers import CLOCK, attach, definition
from wire.cosem.events import LAYOUTS, Event, Layout, Log
from wire.dlms import axdr
from wire.dlms.data import Data, Tag
from wire.dlms.scalars import PACK

BEHAVIOUR = Behaviour.empty()


def _columns(layout: Layout) -> tuple[Data, ...]:
    captured = (
        definition(item.class_id, item.code, item.attribute) for item in layout.captured
    )
    return CLOCK, *captured


_COLUMNS = {log: _columns(layout) for log, layout in LAYOUTS.items()}


class _Rows:
    """One event log as a buffer, made for one reading of it."""

    def __init__(self, log: Log, meter: Meter) -> None:
        self.columns = _COLUMNS[log]
        self._tags = [item.tag for item in LAYOUTS[log].captured]
        self._rows = _rows(log, meter)
        self._zone = meter.zone

    def __len__(self) -> int:
        return len(self._rows)

    def between(self, from_s: float, to_s: float) -> range:
        """Narrows this reading to the range: where the clock ran back it is not in one piece."""
        self._rows = tuple(row for row in self._rows if from_s <= row[0] <= to_s)
        return range(len(self._rows))

    def encode(self, places: range, columns: Sequence[int]) -> bytes:
        head = bytes((2,)) + axdr.encode_length(len(columns))
        rows = (
            head + b"".join(self._cell(row, column) for column in columns)
            for row in self._rows[places.start : places.stop]
        )
        return b"\x01" + axdr.encode_length(len(places)) + b"".join(rows)

    def _cell(self, row: events.EventRow, column: int) -> bytes:
        if column == 0:
            return b"\x09\x0c" + self._zone.encode(row[0])
        tag = self._tags[column - 1]
        return PACK[tag](tag, row[column])


def _rows(log: Log, meter: Meter) -> tuple[events.EventRow, ...]:
    logs = meter.state.logs
    return () if logs is None else logs.rows(log)


def _newest(log: Log, column: int) -> Callable[[Meter], int]:
    """What the newest row of a log has in this column; 0 before there is one."""

    def number(meter: Meter) -> int:
        rows = _rows(log, meter)
        return rows[-1][column] if rows else 0

    return number


def _counter(event: Event) -> Reader:
    """How often the association that asks has taken such a reading."""
    pack, tag = PACK[Tag.LONG_UNSIGNED], Tag.LONG_UNSIGNED
    return lambda meter, link: pack(tag, min(link.readings.get(event, 0), 0xFFFF))


for _log in Log:
    attach(BEHAVIOUR, _log.value, partial(_Rows, _log), partial(events.clear, log=_log))
for _name, _log, _column in (
    ("standard_event_code", Log.STANDARD, 1),
    ("fraud_detection_event_code", Log.FRAUD, 1),
    ("mbus_event_code", Log.MBUS, 1),
    ("communication_session_event_code", Log.SESSION, 1),
    ("communication_session_event_counter", Log.SESSION, 2),
    ("power_quality_event_code", Log.POWER_QUALITY, 1),
    ("auxiliary_event_code", Log.AUXILIARY, 1),
    ("power_quality_extended_event_code", Log.SAG_AND_SWELL, 1),
    ("power_quality_extended_event_magnitude", Log.SAG_AND_SWELL, 2),
    ("power_quality_extended_event_duration", Log.SAG_AND_SWELL, 3),
    ("power_quality_thd_event_code", Log.THD, 1),
    ("power_quality_thd_event_magnitude", Log.THD, 2),
):
    BEHAVIOUR.numbers[_name, "value"] = _newest(_log, _column)
for _event in (
    Event.SESSION_READINGS_E,
    Event.SESSION_READINGS_G,
    Event.SESSION_INTERVALS_E,
    Event.SESSION_INTERVALS_G,
):
    BEHAVIOUR.readers[_event.name.lower(), "value"] = _counter(_event)
