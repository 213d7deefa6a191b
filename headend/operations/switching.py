"""Breaker and limiter: connecting, thresholds, code red (P3 4.0.6, 5.10 and 5.11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from headend import rendering
from headend.dlms.engine import Engine
from headend.operations import disconnecting, together
from headend.operations.disconnecting import CONNECT, DISCONNECT
from headend.operations.plan import (
    Operation,
    Plan,
    instant,
    number,
    only,
    truth,
)
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.errors import ConfigError
from wire.instants import encode_date_time
from wire.obis import Obis

BREAKER = "0-0:96.3.10"
SCHEDULER = "0-0:15.0.1"
LIMITER = "0-0:17.0.0"
_SCRIPT_TABLE = Obis.parse("0-0:10.0.106")
_OFF_W = 999_999
_MOST = 0xFFFF_FFFF
_NEVER = bytes.fromhex("ffffffffffffffffff8000ff")
_THRESHOLDS = {
    "normal_w": (4, _OFF_W),
    "emergency_w": (5, _OFF_W),
    "over_s": (6, _MOST),
    "under_s": (7, _MOST),
}


def prepare_breaker(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. `closed`, `state` and `mode` of the breaker."""
    only(arguments, set(), set())

    async def run(meter: Engine) -> Any:
        return await disconnecting.state(meter, BREAKER, standard)

    return run


def prepare_disconnect(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. The breaker opens, now."""
    return _now(standard, arguments, DISCONNECT)


def prepare_connect(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. The breaker closes, now, or may be closed by hand: the mode decides."""
    return _now(standard, arguments, CONNECT)


def prepare_schedule(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`at`, when the breaker is to `connect` (true) or disconnect (false).

    The meter has one appointment: a new one takes the place of the one before, and one that
    the meter refuses leaves none.
    """
    given = only(arguments, {"at", "connect"}, set())
    at = instant(given, "at")
    assert at is not None
    at = at.replace(microsecond=0)
    script = CONNECT if truth(given, "connect") else DISCONNECT
    items = disconnecting.appointment(SCHEDULER, _SCRIPT_TABLE, script, at, standard)

    async def run(meter: Engine) -> Any:
        for item in items:
            await together.write(meter, [item])
        return {"result": "success", "at": rendering.iso(at)}

    return run


def prepare_limiter(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`normal_w` and `emergency_w` (999999: no limit), `over_s` and `under_s`, how long the
    load must be beyond the threshold; those that are said are set, with none all are read.
    """
    given = only(arguments, set(), set(_THRESHOLDS))
    items = [
        (
            together.attribute(LIMITER, place, standard),
            axdr.double_long_unsigned(number(given, name, 0, most)),
        )
        for name, (place, most) in _THRESHOLDS.items()
        if name in given
    ]
    places = {"active_w": 3, **{name: p for name, (p, _) in _THRESHOLDS.items()}}
    places |= {"emergency_active": 10}
    wanted = [together.attribute(LIMITER, place, standard) for place in places.values()]

    async def run(meter: Engine) -> Any:
        if items:
            await together.write(meter, items)
            return {"result": "success", "written": sorted(given)}
        found = await together.read(meter, wanted)
        return dict(zip(places, map(axdr.to_json, found), strict=True))

    return run


def prepare_code_red(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """An emergency: `id`, `from` and `duration_s`; or `end` (true) before its time.

    `groups` are the identifiers that the meter is to listen to, if they are to be set too;
    it obeys when the emergency threshold is below the normal one.
    """
    given = only(arguments, set(), {"id", "from", "duration_s", "end", "groups"})
    items: list[together.Item] = []
    if "groups" in given:
        items.append((together.attribute(LIMITER, 9, standard), _groups(given)))
    profile = _emergency(given)
    if profile is not None:
        items.append((together.attribute(LIMITER, 8, standard), profile))
    if not items:
        raise ConfigError("say id, from and duration_s, or end, or groups")

    async def run(meter: Engine) -> Any:
        await together.write(meter, items)
        return {"result": "success", "written": sorted(given)}

    return run


def _emergency(given: Mapping[str, Any]) -> Data | None:
    """The emergency profile; without identifier and duration for its end."""
    said = given.keys() - {"groups"}
    if said == {"end"} and truth(given, "end"):
        return _profile(0, None, 0)
    if said == {"id", "from", "duration_s"}:
        return _profile(
            number(given, "id", 0, 0xFFFF),
            instant(given, "from"),
            number(given, "duration_s", 1, _MOST),
        )
    if said:
        raise ConfigError("an emergency has id, from and duration_s; or it ends")
    return None


def _profile(profile_id: int, begin: datetime | None, duration_s: int) -> Data:
    octets = _NEVER if begin is None else encode_date_time(begin)
    return axdr.structure(
        axdr.long_unsigned(profile_id),
        axdr.octet_string(octets),
        axdr.double_long_unsigned(duration_s),
    )


def _groups(given: Mapping[str, Any]) -> Data:
    groups = given["groups"]
    if not isinstance(groups, list):
        raise ConfigError("groups is a list of identifiers")
    return axdr.array(
        axdr.long_unsigned(number({"a group": each}, "a group", 0, 0xFFFF))
        for each in groups
    )


def _now(standard: Standard | str, arguments: Mapping[str, Any], method: int) -> Plan:
    only(arguments, set(), set())

    async def run(meter: Engine) -> Any:
        await disconnecting.act(meter, BREAKER, method, standard)
        return {"result": "success"}

    return run


ROWS = {
    "breaker": Operation(
        prepare_breaker, "where the breaker is", "4.0.6, 5.10", (BREAKER,)
    ),
    "disconnect": Operation(
        prepare_disconnect, "open the breaker now", "4.0.6, 5.10", (BREAKER,), once=True
    ),
    "connect": Operation(
        prepare_connect, "close the breaker now", "4.0.6, 5.10", (BREAKER,), once=True
    ),
    "schedule_breaker": Operation(
        prepare_schedule, "open or close the breaker later", "4.0.6, 5.10", (SCHEDULER,)
    ),
    "limiter": Operation(
        prepare_limiter, "the thresholds of the limiter", "4.0.6, 5.11", (LIMITER,)
    ),
    "code_red": Operation(
        prepare_code_red,
        "lower the threshold in an emergency",
        "4.0.6, 5.11",
        (LIMITER,),
    ),
}
