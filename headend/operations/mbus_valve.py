"""The valve of a gas meter of DSMR 4.0 (P3 4.0.6, 7.6): 4.0.7 took it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import rendering
from headend.operations import disconnecting, together
from headend.operations.channels import CHANNELS
from headend.operations.disconnecting import CONNECT, DISCONNECT
from headend.operations.mbus import Which
from headend.operations.plan import Operation, Plan, Preparing, instant, only, truth
from headend.visit import Visit
from wire.cosem.dsmr.mbus import connect_script
from wire.cosem.rows import Standard
from wire.obis import Obis

_VALVE, _FIRST = "0-{}:24.4.0", "0-1:24.4.0"
_SCHEDULER, _SCRIPT_TABLE = "0-1:15.0.1", Obis.parse("0-1:10.0.106")
_ANY = {"device", "channel"}
_CLAUSE = "4.0.6, 7.6"


def prepare_valve(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`. `open` (that gas can flow), `state` and `mode` of the valve."""
    which = Which(only(arguments, set(), _ANY))

    async def run(visit: Visit) -> Any:
        place = await which.number(visit, standard)
        found = await disconnecting.state(visit, _VALVE.format(place), standard)
        # The circuit of a breaker is closed where a valve is open.
        return {"open": found.pop("closed"), **found}

    return run


def _now(method: int) -> Preparing:
    def prepare(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
        """`device` or `channel`. Refused where there is no valve that can be used; else the
        meter tells the device when it can be spoken to next. What is let through may then have
        to be opened by hand, with the button of the device.
        """
        which = Which(only(arguments, set(), _ANY))

        async def run(visit: Visit) -> Any:
            place = await which.number(visit, standard)
            await disconnecting.act(visit, _VALVE.format(place), method, standard)
            return {"result": "success", "channel": place}

        return run

    return prepare


def prepare_schedule(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`device` or `channel`, and `at`, when its valve is to `connect` (true) or disconnect.

    A meter has one appointment for all its valves: a new one takes the place of the one before.
    """
    given = only(arguments, {"at", "connect"}, _ANY)
    which = Which(given)
    at = instant(given, "at")
    assert at is not None
    at = at.replace(microsecond=0)
    later = 0 if truth(given, "connect") else 1
    items = {
        place: disconnecting.appointment(
            _SCHEDULER, _SCRIPT_TABLE, connect_script(place) + later, at, standard
        )
        for place in CHANNELS
    }

    async def run(visit: Visit) -> Any:
        place = await which.number(visit, standard)
        for item in items[place]:
            await together.write(visit, [item])
        return {"result": "success", "channel": place, "at": rendering.iso(at)}

    return run


ROWS = {
    "mbus_valve": Operation(prepare_valve, "where a valve is", _CLAUSE, (_FIRST,)),
    "mbus_disconnect": Operation(
        _now(DISCONNECT), "close a valve now", _CLAUSE, (_FIRST,), once=True
    ),
    "mbus_connect": Operation(
        _now(CONNECT), "release a valve now", _CLAUSE, (_FIRST,), once=True
    ),
    "mbus_schedule_valve": Operation(
        prepare_schedule, "close or release a valve later", _CLAUSE, (_SCHEDULER,)
    ),
}
