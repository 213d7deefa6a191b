"""Event logs: rows in order, the oldest forgotten, kept over a restart."""

from __future__ import annotations

import json

import pytest

from meters.behaviour import events
from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from wire.cosem.events import CHANNELS, LAYOUTS, LOG_OF, Event, Log, MBusEvent, name_of
from wire.errors import ConfigError


def rows(meter: Meter, log: Log) -> tuple[tuple[int, ...], ...]:
    """The rows of a log, oldest first."""
    return meter.state.logs.rows(log) if meter.state.logs is not None else ()


def test_each_event_but_255_has_one_log() -> None:
    of_channels = {event.on(channel) for event in MBusEvent for channel in CHANNELS}
    assert set(LOG_OF) == set(Event) - {Event.LOG_CLEARED} | of_channels


def test_a_device_has_the_codes_and_logs_of_its_channel() -> None:
    assert MBusEvent.NEW_DEVICE_DISCOVERED.on(3) == 125
    assert name_of(125) == "new_device_discovered_channel_3"
    assert LOG_OF[125] is Log.MBUS
    assert MBusEvent.VALVE_ALARM.on(2) == 174
    assert LOG_OF[174] is Log.MBUS_CONTROL_2
    assert (name_of(2), name_of(107), name_of(None)) == ("power_up", None, None)


def test_a_row_has_the_meters_own_time_and_what_its_log_captures() -> None:
    meter = make_meter()
    meter.state.clock_offset_s = 5
    events.record(meter, Event.POWER_DOWN)
    events.record(meter, Event.LIMITER_THRESHOLD_CHANGED, 4000)
    assert rows(meter, Log.STANDARD) == ((NOW_S + 5, 1),)
    assert rows(meter, Log.CONTROL) == ((NOW_S + 5, 67, 4000),)
    assert rows(meter, Log.FRAUD) == ()
    assert meter.state.unsaved


def test_a_full_log_forgets_its_oldest_row() -> None:
    meter = make_meter()
    for second in range(LAYOUTS[Log.FRAUD].entries + 3):
        meter.advance(NOW_S + second)
        events.record(meter, Event.CONFIGURATION_CHANGED)
    kept = rows(meter, Log.FRAUD)
    assert len(kept) == 30
    assert kept[0] == (NOW_S + 3, 47)


def test_the_same_tamper_event_is_logged_once_in_15_minutes() -> None:
    meter = make_meter()
    for second, event in (
        (0, Event.TERMINAL_COVER_REMOVED),
        (5, Event.TERMINAL_COVER_CLOSED),
        (10, Event.TERMINAL_COVER_REMOVED),
        (899, Event.TERMINAL_COVER_REMOVED),
        (900, Event.TERMINAL_COVER_REMOVED),
    ):
        meter.advance(NOW_S + second)
        meter.state.errors = 0
        events.record(meter, event)
        closed = event is Event.TERMINAL_COVER_CLOSED
        assert bool(meter.state.errors) is not closed, "the bit is set each time"
    assert rows(meter, Log.FRAUD) == (
        (NOW_S, 40),
        (NOW_S + 5, 41),
        (NOW_S + 900, 40),
    )


def test_a_cleared_log_begins_with_255() -> None:
    meter = make_meter()
    events.record(meter, Event.POWER_UP)
    events.record(meter, Event.FAILED_LOGIN)
    events.clear(meter, Log.STANDARD)
    events.record(meter, Event.POWER_UP)
    assert [row[1] for row in rows(meter, Log.STANDARD)] == [255, 2]
    assert [row[1] for row in rows(meter, Log.FRAUD)] == [46]


def test_logs_outlive_the_process() -> None:
    meter = make_meter()
    events.record(meter, Event.POWER_UP)
    events.clear(meter, Log.CONTROL)
    again = from_json(json.loads(json.dumps(to_json(meter.state))))
    assert again.logs is not None
    for log in Log:
        assert again.logs.rows(log) == rows(meter, log)


@pytest.mark.parametrize(
    "logs",
    [
        {"no_such_log": []},
        {"standard_event_log": [[1]]},
        {"standard_event_log": [[NOW_S, "2"]]},
        {"standard_event_log": [[NOW_S, -1]]},
        {"standard_event_log": [[NOW_S, 256]]},
        {"standard_event_log": [[1 << 32, 2]]},
        {"standard_event_log": [[NOW_S, 2, 3]]},
        {"disconnector_control_log": [[NOW_S, 62]]},
        {"power_failure_log": [[1 << 32, 400]]},
        {"power_failure_log": [[1, 400]]},
        {"disconnector_control_log": [[NOW_S, 62, 0]] * 11},
        {"standard_event_log": 7},
        [],
    ],
)
def test_rows_that_no_log_has_are_told(logs: object) -> None:
    saved = {**to_json(make_meter().state), "logs": logs}
    with pytest.raises(ConfigError):
        from_json(saved)
