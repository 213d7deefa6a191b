"""The breaker and the limiter of DSMR 4.0.6 (P3 4.0.6, 5.10 and 5.11).

4.0.7 took both out; its release notes (chapter 5, 9 and 10) print the clauses it removed.
"""

from __future__ import annotations

from wire.cosem.dsmr.sources import D406, p3
from wire.cosem.rows import RW, X, attr, method, row
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.obis import Obis

_DLU = "double-long-unsigned"
_BREAKER, _SCRIPTS = Obis.parse("0-0:96.3.10"), Obis.parse("0-0:10.0.106")
_POWER_IMPORT = Obis.parse("1-0:1.7.0")
DISCONNECT_SCRIPT, CONNECT_SCRIPT = 1, 2
NO_SCRIPT = (bytes(6), 0)
LIMITER_OFF_W = 999_999
"""A threshold that no load exceeds."""

_EXECUTE = 2


def disconnector_script(number: int, control: Obis, method_number: int) -> Data:
    """A script that invokes one method of a disconnect control."""
    action = axdr.structure(
        axdr.enum(_EXECUTE),
        axdr.long_unsigned(70),
        axdr.octet_string(control.octets),
        axdr.integer(method_number),
        axdr.integer(0),
    )
    return axdr.structure(axdr.long_unsigned(number), axdr.array((action,)))


ROWS = (
    row(
        70,
        _BREAKER.short,
        "disconnect_control",
        p3("5.10", "4.0.6"),
        attr(2, "output_state", "boolean"),
        attr(3, "control_state", "enum"),
        attr(4, "control_mode", "enum", RW, default=4, bounds=(0, 6)),
        method(1, "remote_disconnect", "integer", X),
        method(2, "remote_connect", "integer", X),
        standards=D406,
    ),
    row(
        9,
        _SCRIPTS.short,
        "disconnector_script_table",
        p3("5.10", "4.0.6"),
        attr(
            2,
            "scripts",
            "array[2]",
            value=(
                disconnector_script(DISCONNECT_SCRIPT, _BREAKER, 1),
                disconnector_script(CONNECT_SCRIPT, _BREAKER, 2),
            ),
        ),
        method(1, "execute", "long-unsigned", X),
        standards=D406,
    ),
    row(
        22,
        "0-0:15.0.1",
        "disconnect_control_scheduler",
        p3("5.10", "4.0.6"),
        attr(
            2,
            "executed_script",
            "script",
            RW,
            default=(_SCRIPTS.octets, DISCONNECT_SCRIPT),
        ),
        attr(3, "type", "enum", value=1),
        attr(4, "execution_time", "execution_time[1]", RW, default=()),
        standards=D406,
    ),
    row(
        71,
        "0-0:17.0.0",
        "limiter",
        p3("5.11", "4.0.6"),
        attr(
            2, "monitored_value", "value_definition", value=(3, _POWER_IMPORT.octets, 2)
        ),
        attr(3, "threshold_active", _DLU),
        attr(
            4,
            "threshold_normal",
            _DLU,
            RW,
            default=LIMITER_OFF_W,
            bounds=(0, LIMITER_OFF_W),
        ),
        attr(
            5,
            "threshold_emergency",
            _DLU,
            RW,
            default=LIMITER_OFF_W,
            bounds=(0, LIMITER_OFF_W),
        ),
        attr(6, "min_over_threshold_duration", _DLU, RW, default=30),
        attr(7, "min_under_threshold_duration", _DLU, RW, default=0),
        attr(
            8,
            "emergency_profile",
            "emergency_profile_type",
            RW,
            default=(0, b"\xff" * 12, 0),
        ),
        attr(
            9,
            "emergency_profile_group_id_list",
            "array of long-unsigned",
            RW,
            default=(),
        ),
        attr(10, "emergency_profile_active", "boolean"),
        attr(
            11,
            "actions",
            "action_set",
            RW,
            default=((_SCRIPTS.octets, DISCONNECT_SCRIPT), NO_SCRIPT),
        ),
        standards=D406,
    ),
)
