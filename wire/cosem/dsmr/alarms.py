"""The error and alarm registers, and the monitor that tells of alarms (P3, 5.6 and 9.1.2)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR_52, SMR_55, p3
from wire.cosem.rows import RW, SMR52, SMR55, Row, Standard, attr, data, row
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.obis import Obis

_DLU = "double-long-unsigned"
_ALARM_REGISTER = "0-0:97.98.0"
PUSH_SCRIPTS = Obis.parse("0-0:10.0.108").octets

NO_SCRIPT = bytes(6)
"""In an action_item: it does nothing. P3 prints null, the Blue Book's type has no such choice."""


def action_item(script_table: bytes, selector: int) -> Data:
    """An action of a register monitor: a script (Blue Book ed. 10, 4.5.6)."""
    return axdr.structure(axdr.octet_string(script_table), axdr.long_unsigned(selector))


# Upward: script 2, the push of alarms; downward: nothing.
_PUSH_ALARM = axdr.structure(action_item(PUSH_SCRIPTS, 2), action_item(NO_SCRIPT, 0))


def _later(number: int, source: str, standards: frozenset[Standard]) -> tuple[Row, Row]:
    """One more alarm register, and its filter."""
    return (
        data(
            f"0-0:97.98.{number - 1}",
            f"alarm_register_{number}",
            source,
            *(_DLU, RW),
            standards=standards,
        ),
        row(
            *(1, f"0-0:97.98.{number + 9}", f"alarm_filter_{number}", source),
            attr(2, "value", _DLU, RW, default=0),
            standards=standards,
        ),
    )


ROWS = (
    data("0-0:97.97.0", "error_register", p3("5.6"), _DLU, RW),
    data(_ALARM_REGISTER, "alarm_register", p3("5.6"), _DLU, RW),
    row(
        *(1, "0-0:97.98.10", "alarm_filter", p3("5.6")),
        attr(2, "value", _DLU, RW, default=0),
    ),
    row(
        21,
        "0-0:16.1.0",
        "alarm_monitor",
        p3("9.1.2"),
        attr(2, "thresholds", "array", value=(axdr.double_long_unsigned(0),)),
        attr(
            3,
            "monitored_value",
            "value_definition",
            value=(1, Obis.parse(_ALARM_REGISTER).octets, 2),
        ),
        attr(4, "actions", "array", RW, default=(_PUSH_ALARM,)),
    ),
    *_later(2, SMR_52, SMR52),
    *_later(3, SMR_55, SMR55),
)
