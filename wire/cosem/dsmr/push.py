"""How a meter calls the central system: push setups, what sets them off (P3, chapter 9)."""

from __future__ import annotations

from wire.cosem.dsmr.sources import SMR, SMR_52, SMR_55, p3
from wire.cosem.rows import (
    DSMR4,
    RW,
    SMR5,
    SMR52,
    SMR55,
    Row,
    Standard,
    X,
    attr,
    method,
    row,
)
from wire.obis import Obis

PUSH_CLASS, PUSH_METHOD = 40, 1
SETUPS = tuple(Obis.parse(f"0-{number}:25.9.0") for number in range(4))
"""By the push script table's scripts, which count from 1: schedule, alarm, call.

The last one, of SMR 5.5, has no script: it sends a datagram when the meter gasps.
"""

SETUP_NAMES = (
    *("push_setup_scheduler", "push_setup_alarm", "push_setup_sms"),
    "push_setup_udp",
)
SCRIPTS, UDP_SETUP = 3, 3
SCRIPT_TABLE = Obis.parse("0-0:10.0.108")
SCHEDULER = Obis.parse("0-0:15.0.4")
AUTO_ANSWER, MESSAGE_HANDLER = Obis.parse("0-0:2.2.0"), Obis.parse("0-0:2.3.0")
EQUIPMENT_ID, ALARMS = Obis.parse("0-0:96.1.1"), Obis.parse("0-0:97.98.0")
LATER_ALARMS = Obis.parse("0-0:97.98.1"), Obis.parse("0-0:97.98.2")

EXECUTE = 2
"""The service of a script's action that invokes a method (Blue Book ed. 10, 4.5.2)."""

TCP, UDP = 0, 1
WAKE_UP, XDLMS = 128, 0
"""How a message is made (attribute 3): as DSMR 4 has it, as an APDU in A-XDR."""

MESSAGES = {standard: WAKE_UP if standard in DSMR4 else XDLMS for standard in Standard}
_MOST_CALLERS = 32

_Listed = tuple[tuple[int, bytes, int, int], ...]
_IDENTIFIER = (1, EQUIPMENT_ID.octets, 2, 0)
_ALARM_REGISTER = (1, ALARMS.octets, 2, 0)
_SECOND, _THIRD = ((1, code.octets, 2, 0) for code in LATER_ALARMS)


def _setup(
    number: int,
    message: int,
    source: str,
    standards: frozenset[Standard],
    listed: _Listed,
) -> Row:
    """A push setup (class 40); a message has what is listed, one after the other."""
    return row(
        PUSH_CLASS,
        SETUPS[number].short,
        SETUP_NAMES[number],
        source,
        attr(2, "push_object_list", "push_object_list", RW, default=listed),
        attr(
            3,
            "send_destination_and_method",
            "send_destination_and_method",
            RW,
            default=(UDP if number == UDP_SETUP else TCP, b"", message),
        ),
        attr(4, "communication_window", "communication_window", RW, default=()),
        attr(
            *(5, "randomisation_start_interval", "long-unsigned", RW),
            default=5 if number == UDP_SETUP else 0,
        ),
        attr(6, "number_of_retries", "unsigned", RW, default=0),
        attr(7, "repetition_delay", "long-unsigned", RW, default=0),
        method(1, "push", "integer", X),
        standards=standards,
    )


def _name_of(class_id: int, code: Obis) -> tuple[int, bytes, int, int]:
    return class_id, code.octets, 1, 0


def _setups() -> tuple[Row, ...]:
    """DSMR 4 names what woke the meter up, SMR 5 the setup; then the alarms, if it is them.

    A later release has more registers of alarms to tell.
    """
    woken_by = (
        _name_of(22, SCHEDULER),
        _ALARM_REGISTER,
        _name_of(60, MESSAGE_HANDLER),
    )
    rows = []
    for number, told in enumerate(woken_by):
        rows.append(_setup(number, WAKE_UP, p3("9.3"), DSMR4, (_IDENTIFIER, told)))
    alarms = (
        (SMR, SMR5 - SMR52, (_ALARM_REGISTER,)),
        (SMR_52, SMR52 - SMR55, (_ALARM_REGISTER, _SECOND)),
        (SMR_55, SMR55, (_ALARM_REGISTER, _SECOND, _THIRD)),
    )
    for number, source, standards, registers in (
        (0, SMR, SMR5, ()),
        *((1, *told) for told in alarms),
        (2, SMR, SMR5, ()),
        (UDP_SETUP, *alarms[-1]),
    ):
        listed = _IDENTIFIER, _name_of(PUSH_CLASS, SETUPS[number]), *registers
        rows.append(_setup(number, XDLMS, source, standards, listed))
    return tuple(rows)


ROWS = (
    *_setups(),
    row(
        9,
        SCRIPT_TABLE.short,
        "push_script_table",
        p3("9.2"),
        attr(
            2,
            "scripts",
            "push_scripts[3]",
            RW,
            default=tuple(
                (script, ((EXECUTE, PUSH_CLASS, code.octets, PUSH_METHOD, 0),))
                for script, code in enumerate(SETUPS[:SCRIPTS], 1)
            ),
        ),
        method(1, "execute", "long-unsigned", X),
    ),
    row(
        22,
        SCHEDULER.short,
        "push_scheduler",
        p3("9.1.1"),
        attr(2, "executed_script", "script", RW, default=(SCRIPT_TABLE.octets, 1)),
        attr(3, "type", "enum", RW, default=1, bounds=(1, 5)),
        attr(4, "execution_time", "execution_time", RW, default=()),
    ),
    row(
        28,
        AUTO_ANSWER.short,
        "auto_answer",
        p3("9.1.3"),
        attr(2, "mode", "enum", value=200),
        attr(3, "listening_window", "communication_window", RW, default=()),
        attr(4, "status", "enum"),
        attr(5, "number_of_calls", "unsigned", value=0),
        attr(6, "number_of_rings", "number_of_rings", value=(1, 1)),
        attr(7, "list_of_allowed_callers", "array[0]", value=()),
        attr(
            8,
            "list_of_callers_and_actions",
            f"callers[{_MOST_CALLERS}]",
            RW,
            default=(),
        ),
        version=1,
    ),
    row(
        60,
        MESSAGE_HANDLER.short,
        "message_handler",
        p3("9.1.4"),
        attr(2, "listening_window", "communication_window", RW, default=()),
        attr(3, "list_of_allowed_senders", "array", value=()),
        attr(
            4,
            "list_of_senders_and_actions",
            f"callers[{_MOST_CALLERS}]",
            RW,
            default=(),
        ),
    ),
)
