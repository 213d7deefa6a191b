"""The event logs and the codes that they capture (P3, 4.2)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import D406, D422, SMR, SMR_51, SMR_52, p3
from wire.cosem.events import LAYOUTS, Log
from wire.cosem.rows import (
    ALL,
    DSMR4,
    SMR5,
    SMR52,
    R,
    Right,
    Row,
    Standard,
    X,
    attr,
    data,
    method,
    row,
)

# These tell management's sessions apart by what was read.
SESSIONS = D422 | SMR5
_CODES = p3("4.2.1")


def _log(log: Log, obis: str, source: str, standards: frozenset[Standard] = ALL) -> Row:
    return row(
        7,
        obis,
        log.value,
        source,
        attr(2, "buffer", "array"),
        attr(3, "capture_objects", "array"),
        attr(4, "capture_period", "double-long-unsigned", value=0),
        attr(5, "sort_method", "enum", value=1),
        attr(6, "sort_object", "structure"),
        attr(7, "entries_in_use", "double-long-unsigned"),
        attr(8, "profile_entries", "double-long-unsigned", value=LAYOUTS[log].entries),
        method(1, "reset", "integer", X),
        method(2, "capture", "integer"),
        version=1,
        standards=standards,
    )


def _code(
    log: Log, name: str, source: str, standards: frozenset[Standard]
) -> tuple[Row, ...]:
    """A code can be read in SMR 5; in DSMR 4 it only stands in the log."""
    obis = LAYOUTS[log].captured[0].code
    sides = ((source, Right.NONE, DSMR4), (SMR, R, SMR5))
    return tuple(
        data(obis, name, cited, "unsigned", right, standards=standards & side)
        for cited, right, side in sides
        if standards & side
    )


LOGS = (
    _log(Log.STANDARD, "0-0:99.98.0", p3("5.7")),
    _log(Log.FRAUD, "0-0:99.98.1", p3("5.8")),
    _log(Log.CONTROL, "0-0:99.98.2", p3("5.10", "4.0.6"), D406),
    _log(Log.MBUS, "0-0:99.98.3", p3("7.5")),
    _log(Log.SESSION, "0-0:99.98.4", p3("5.10"), SESSIONS),
    _log(Log.POWER_QUALITY, "0-0:99.98.5", SMR, SMR5),
    _log(Log.POWER_FAILURE, "1-0:99.97.0", p3("5.9")),
    _log(Log.AUXILIARY, "0-0:99.98.6", SMR_51, SMR52),
    _log(Log.SAG_AND_SWELL, "0-0:99.98.7", SMR_52, SMR52),
    _log(Log.THD, "0-0:99.98.8", SMR_52, SMR52),
)

CODES = (
    *_code(Log.STANDARD, "standard_event_code", _CODES, ALL),
    *_code(Log.FRAUD, "fraud_detection_event_code", _CODES, ALL),
    *_code(Log.CONTROL, "disconnector_control_event_code", p3("4.2.1", "4.0.6"), D406),
    *_code(Log.MBUS, "mbus_event_code", _CODES, ALL),
    *_code(Log.SESSION, "communication_session_event_code", p3("5.10"), SESSIONS),
    *_code(Log.POWER_QUALITY, "power_quality_event_code", SMR, SMR5),
    data(
        "0-0:96.15.4",
        "communication_session_event_counter",
        SMR,
        "long-unsigned",
        standards=SMR5,
    ),
    *(
        data(code, name, source, type_name, standards=SMR52)
        for code, name, source, type_name in (
            ("0-0:96.11.6", "auxiliary_event_code", SMR_51, "long-unsigned"),
            ("0-0:96.11.7", "power_quality_extended_event_code", SMR_52, "unsigned"),
            (
                *("0-0:96.11.20", "power_quality_extended_event_magnitude", SMR_52),
                "long-unsigned",
            ),
            (
                *("0-0:96.11.21", "power_quality_extended_event_duration", SMR_52),
                "long-unsigned",
            ),
            ("0-0:96.11.8", "power_quality_thd_event_code", SMR_52, "unsigned"),
            (
                *("0-0:96.11.22", "power_quality_thd_event_magnitude", SMR_52),
                "long-unsigned",
            ),
        )
    ),
)

# The readings that the association took so far, of each kind that is counted.
COUNTERS = tuple(
    data(obis, name, p3("8.7"), "long-unsigned", standards=D422)
    for obis, name in (
        ("0-1:94.31.7", "session_readings_e"),
        ("0-1:94.31.8", "session_readings_g"),
        ("0-1:94.31.9", "session_intervals_e"),
        ("0-1:94.31.10", "session_intervals_g"),
    )
)

ROWS = (*LOGS, *CODES, *COUNTERS)
