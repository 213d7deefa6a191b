"""Events, by their codes, and the logs that they go to (P3 4.2.2, 4.2.1).

Each code belongs to exactly one log. The codes of M-Bus devices, 100 and up, follow from the
channel; those of the valve, 160 to 163, are as 4.0.6 had them. Those of SMR 5 are as a running
central system reads them.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple

from wire.dlms.data import Tag


class Log(StrEnum):
    """The event logs, by the names that their objects have in the table."""

    STANDARD = "standard_event_log"
    FRAUD = "fraud_detection_log"
    CONTROL = "disconnector_control_log"
    MBUS = "mbus_event_log"
    SESSION = "communication_session_log"
    POWER_QUALITY = "power_quality_event_log"
    POWER_FAILURE = "power_failure_log"
    AUXILIARY = "auxiliary_event_log"
    SAG_AND_SWELL = "power_quality_extended_event_log"
    THD = "power_quality_thd_event_log"
    MBUS_CONTROL_1 = "mbus_control_log_1"
    MBUS_CONTROL_2 = "mbus_control_log_2"
    MBUS_CONTROL_3 = "mbus_control_log_3"
    MBUS_CONTROL_4 = "mbus_control_log_4"


CHANNELS = (1, 2, 3, 4)
"""The channels for M-Bus devices that an E-meter has."""


def control_log(channel: int) -> Log:
    """The log of the valve behind a channel."""
    return Log(f"mbus_control_log_{channel}")


class Event(IntEnum):
    """What a log may tell of, by the code that stands in its row."""

    POWER_DOWN = 1
    POWER_UP = 2
    DST_SWITCHED = 3
    CLOCK_ADJUSTED_OLD_TIME = 4
    CLOCK_ADJUSTED_NEW_TIME = 5
    CLOCK_INVALID = 6
    REPLACE_BATTERY = 7
    BATTERY_VOLTAGE_LOW = 8
    TARIFF_ACTIVATED = 9
    ERROR_REGISTER_CLEARED = 10
    ALARM_REGISTER_CLEARED = 11
    PROGRAM_MEMORY_ERROR = 12
    RAM_ERROR = 13
    NV_MEMORY_ERROR = 14
    WATCHDOG_RESET = 15
    MEASUREMENT_SYSTEM_ERROR = 16
    FIRMWARE_READY = 17
    FIRMWARE_ACTIVATED = 18
    PASSIVE_TARIFF_CHANGED = 19
    SELF_CHECK_PASSED = 20
    ALARM_REGISTER_2_CLEARED = 24
    LAST_GASP_TEST = 25
    TERMINAL_COVER_REMOVED = 40
    TERMINAL_COVER_CLOSED = 41
    STRONG_DC_FIELD = 42
    STRONG_DC_FIELD_GONE = 43
    METER_COVER_REMOVED = 44
    METER_COVER_CLOSED = 45
    FAILED_LOGIN = 46
    CONFIGURATION_CHANGED = 47
    THD_OVER_LIMIT_L1 = 51
    THD_OVER_LIMIT_L2 = 52
    THD_OVER_LIMIT_L3 = 53
    THD_NORMAL_L1 = 54
    THD_NORMAL_L2 = 55
    THD_NORMAL_L3 = 56
    THD_LONG_OVER_LIMIT_L1 = 57
    THD_LONG_OVER_LIMIT_L2 = 58
    THD_LONG_OVER_LIMIT_L3 = 59
    MANUALLY_DISCONNECTED = 60
    MANUALLY_CONNECTED = 61
    REMOTELY_DISCONNECTED = 62
    REMOTELY_CONNECTED = 63
    LOCALLY_DISCONNECTED = 64
    LIMITER_THRESHOLD_EXCEEDED = 65
    LIMITER_THRESHOLD_OK = 66
    LIMITER_THRESHOLD_CHANGED = 67
    SESSION_METER_MAINTENANCE = 71
    SESSION_GRID_MAINTENANCE = 72
    SESSION_READINGS_E = 73
    SESSION_READINGS_G = 74
    SESSION_INTERVALS_E = 75
    SESSION_INTERVALS_G = 76
    UNDER_VOLTAGE_L1 = 77
    UNDER_VOLTAGE_L2 = 78
    UNDER_VOLTAGE_L3 = 79
    OVER_VOLTAGE_L1 = 80
    OVER_VOLTAGE_L2 = 81
    OVER_VOLTAGE_L3 = 82
    VOLTAGE_NORMAL_L1 = 83
    VOLTAGE_NORMAL_L2 = 84
    VOLTAGE_NORMAL_L3 = 85
    PHASE_OUTAGE_L1 = 86
    PHASE_OUTAGE_L2 = 87
    PHASE_OUTAGE_L3 = 88
    PHASE_OUTAGE_TEST = 89
    PHASE_RETURNED_L1 = 90
    PHASE_RETURNED_L2 = 91
    PHASE_RETURNED_L3 = 92
    VOLTAGE_SAG_L1 = 93
    VOLTAGE_SAG_L2 = 94
    VOLTAGE_SAG_L3 = 95
    VOLTAGE_SWELL_L1 = 96
    VOLTAGE_SWELL_L2 = 97
    VOLTAGE_SWELL_L3 = 98
    LAST_GASP = 99
    LOG_CLEARED = 255
    AUXILIARY_LOG_CLEARED = 0xFFFF


class MBusEvent(IntEnum):
    """What a log may tell of the M-Bus device on channel 1, by the code; see `on`."""

    COMMUNICATION_ERROR = 100
    COMMUNICATION_OK = 101
    REPLACE_BATTERY = 102
    FRAUD_ATTEMPT = 103
    CLOCK_ADJUSTED = 104
    NEW_DEVICE_DISCOVERED = 105
    PERMANENT_ERROR = 106
    VALVE_MANUALLY_CLOSED = 160
    VALVE_MANUALLY_OPENED = 161
    VALVE_REMOTELY_CLOSED = 162
    VALVE_REMOTELY_OPENED = 163
    VALVE_ALARM = 164

    def on(self, channel: int) -> int:
        """The code for a channel: ten further for each after the first."""
        return int(self) + 10 * (channel - 1)


def name_of(code: object) -> str | None:
    """The name of an event by its code: `power_up`, `new_device_discovered_channel_2`."""
    return _NAMES.get(code) if isinstance(code, int) else None


# The first and the last code of each stretch of them, and its log.
_RANGES = (
    (Event.POWER_DOWN, Event.LAST_GASP_TEST, Log.STANDARD),
    (Event.LAST_GASP, Event.LAST_GASP, Log.STANDARD),
    (Event.TERMINAL_COVER_REMOVED, Event.CONFIGURATION_CHANGED, Log.FRAUD),
    (Event.MANUALLY_DISCONNECTED, Event.LIMITER_THRESHOLD_CHANGED, Log.CONTROL),
    (Event.SESSION_METER_MAINTENANCE, Event.SESSION_INTERVALS_G, Log.SESSION),
    (Event.UNDER_VOLTAGE_L1, Event.PHASE_RETURNED_L3, Log.POWER_QUALITY),
    (Event.VOLTAGE_SAG_L1, Event.VOLTAGE_SWELL_L3, Log.SAG_AND_SWELL),
    (Event.THD_OVER_LIMIT_L1, Event.THD_LONG_OVER_LIMIT_L3, Log.THD),
    (Event.AUXILIARY_LOG_CLEARED, Event.AUXILIARY_LOG_CLEARED, Log.AUXILIARY),
)
LOG_OF: dict[int, Log] = {
    **{
        event: log
        for event in Event
        for first, last, log in _RANGES
        if first <= event <= last
    },
    **{
        event.on(channel): (
            Log.MBUS if event <= MBusEvent.PERMANENT_ERROR else control_log(channel)
        )
        for event in MBusEvent
        for channel in CHANNELS
    },
}
"""The log of each event; `LOG_CLEARED` goes to whichever other log was cleared."""

_NAMES = {
    **{int(event): event.name.lower() for event in Event},
    **{
        event.on(channel): f"{event.name.lower()}_channel_{channel}"
        for event in MBusEvent
        for channel in CHANNELS
    },
}


class Captured(NamedTuple):
    """An attribute that a log captures: its object's class and code, and its type."""

    class_id: int
    code: str
    attribute: int
    tag: Tag


class Layout(NamedTuple):
    """How many rows a log keeps, and what stands in each beside the clock."""

    entries: int
    captured: tuple[Captured, ...]


def _codes(entries: int, code: str, *more: Captured) -> Layout:
    return Layout(entries, (Captured(1, code, 2, Tag.UNSIGNED), *more))


# P3 4.2.2, 4.2.2 and 5.10. The third column of the session log is printed there as 0-1:94.31.x,
# the counter of whichever code stands in the row; a central system reads it as one object.
LAYOUTS = {
    Log.STANDARD: _codes(100, "0-0:96.11.0"),
    Log.FRAUD: _codes(30, "0-0:96.11.1"),
    Log.CONTROL: _codes(
        10,
        "0-0:96.11.2",
        Captured(71, "0-0:17.0.0", 3, Tag.DOUBLE_LONG_UNSIGNED),
    ),
    Log.MBUS: _codes(30, "0-0:96.11.3"),
    Log.SESSION: _codes(
        2190, "0-0:96.11.4", Captured(1, "0-0:96.15.4", 2, Tag.LONG_UNSIGNED)
    ),
    Log.POWER_QUALITY: _codes(100, "0-0:96.11.5"),
    Log.POWER_FAILURE: Layout(
        10, (Captured(3, "0-0:96.7.19", 2, Tag.DOUBLE_LONG_UNSIGNED),)
    ),
    Log.AUXILIARY: Layout(80, (Captured(1, "0-0:96.11.6", 2, Tag.LONG_UNSIGNED),)),
    Log.SAG_AND_SWELL: _codes(
        20,
        "0-0:96.11.7",
        Captured(1, "0-0:96.11.20", 2, Tag.LONG_UNSIGNED),
        Captured(1, "0-0:96.11.21", 2, Tag.LONG_UNSIGNED),
    ),
    Log.THD: _codes(
        100, "0-0:96.11.8", Captured(1, "0-0:96.11.22", 2, Tag.LONG_UNSIGNED)
    ),
    **{control_log(n): _codes(10, f"0-{n}:96.11.4") for n in CHANNELS},
}
