"""What a breaker and a valve have in common: their state, moving them now, and later (P3 4.0.6).

Both are a disconnect control (class 70), moved later by a single action schedule (class 22)
that executes a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import OutcomeUnknown
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.errors import ConfigError, TransportError
from wire.instants import DEVIATION_NOT_SPECIFIED, DateTime, encode_date_time
from wire.obis import Obis

DISCONNECT, CONNECT = 1, 2
_STATES = ("disconnected", "connected", "ready_for_reconnection")


async def state(meter: Engine, code: str, standard: Standard | str) -> dict[str, Any]:
    """`closed` (whether what it controls can flow), `state` and `mode`."""
    wanted = [together.attribute(code, place, standard) for place in (2, 3, 4)]
    output, control, mode = await together.read(meter, wanted)
    known = type(control.value) is int and 0 <= control.value < len(_STATES)
    return {
        "closed": axdr.to_json(output),
        "state": _STATES[control.value] if known else axdr.to_json(control),
        "mode": axdr.to_json(mode),
    }


async def act(meter: Engine, code: str, method: int, standard: Standard | str) -> None:
    """Moves it, now; raises `OutcomeUnknown` when the answer is lost."""
    try:
        await meter.action(together.method(code, method, standard), axdr.integer(0))
    except TransportError as error:
        raise OutcomeUnknown(
            f"{error}; it may have moved: look before asking again"
        ) from None


def appointment(
    scheduler: str,
    script_table: Obis,
    script: int,
    at: datetime,
    standard: Standard | str,
) -> Sequence[together.Item]:
    """What is written, one after the other, so that a script is executed at a time.

    Raises `ConfigError` for a time that a schedule cannot tell: it keeps the date apart from
    the time, without a deviation.
    """
    octets = encode_date_time(at)
    shown = replace(
        DateTime.decode(octets), deviation_min=DEVIATION_NOT_SPECIFIED, status=0
    )
    if shown.instant() != at:
        raise ConfigError(
            "at is in the first of the two hours that autumn has at one time;"
            " a meter's schedule cannot tell it from the second"
        )
    time, date = octets[5:9], octets[:5]
    what = together.attribute(scheduler, 2, standard)
    when = together.attribute(scheduler, 4, standard)
    return [
        # First, so that the time of the one before never stands beside the script of the new.
        (when, axdr.array([])),
        (
            what,
            axdr.structure(
                axdr.octet_string(script_table.octets), axdr.long_unsigned(script)
            ),
        ),
        (
            when,
            axdr.array(
                [axdr.structure(axdr.octet_string(time), axdr.octet_string(date))]
            ),
        ),
    ]
