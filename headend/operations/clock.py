"""The clock read, set, and told its time zone and seasons (P3, 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import rendering
from headend.operations import together
from headend.operations.plan import Operation, Plan, instant, number, only, truth
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.errors import ConfigError, WireError
from wire.instants import (
    DateTime,
    decode_date_time,
    encode_date_time,
    from_epoch,
)

CLOCK = "0-0:1.0.0"
_TIME, _ZONE, _BEGIN, _END, _ENABLED = 2, 3, 5, 6, 8
_MOST_ZONE_MIN = 840
_SEASONS = ("daylight_savings_begin", "daylight_savings_end")


def prepare_clock(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. `time`, how far it is ahead of ours, and how it keeps the seasons."""
    only(arguments, set(), set())
    wanted = [
        together.attribute(CLOCK, each, standard)
        for each in (_TIME, _ZONE, _BEGIN, _END, _ENABLED)
    ]

    async def run(visit: Visit) -> Any:
        time, zone, begin, end, enabled = await together.read(visit, wanted)
        if not isinstance(time.value, bytes):
            raise WireError("the meter does not tell its time")
        shown = decode_date_time(time.value)
        return {
            "time": rendering.iso(shown),
            "ahead_s": int(shown.timestamp()) - int(visit.now_s),
            "status": DateTime.decode(time.value).status,
            "time_zone": axdr.to_json(zone),
            "daylight_savings_begin": axdr.to_json(begin),
            "daylight_savings_end": axdr.to_json(end),
            "daylight_savings_enabled": axdr.to_json(enabled),
        }

    return run


def prepare_set_clock(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`time` in ISO 8601; left out, the time is ours at the moment of sending.

    It goes as local time with its deviation and the bit of the season.
    """
    given = only(arguments, set(), {"time"})
    wanted = instant(given, "time")
    clock = together.attribute(CLOCK, _TIME, standard)

    async def run(visit: Visit) -> Any:
        time = wanted or from_epoch(int(visit.now_s))
        await visit.set(clock, axdr.octet_string(encode_date_time(time)))
        return {"result": "success", "time": rendering.iso(time)}

    return run


def prepare_configure_clock(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """Any of `time_zone` (minutes from local winter time to UTC, -60 in the Netherlands),
    `daylight_savings_begin` and `_end` (24 hexadecimal digits) and `daylight_savings_enabled`.
    """
    given = only(arguments, set(), {"time_zone", *_SEASONS, "daylight_savings_enabled"})
    values: list[tuple[int, Data]] = []
    if "time_zone" in given:
        zone = number(given, "time_zone", -_MOST_ZONE_MIN, _MOST_ZONE_MIN)
        values.append((_ZONE, axdr.long(zone)))
    for name, place in zip(_SEASONS, (_BEGIN, _END)):
        if name in given:
            values.append((place, axdr.octet_string(_date_time(given[name], name))))
    if "daylight_savings_enabled" in given:
        enabled = truth(given, "daylight_savings_enabled")
        values.append((_ENABLED, axdr.boolean(enabled)))
    if not values:
        raise ConfigError("nothing is said about the clock")
    items = [
        (together.attribute(CLOCK, place, standard), value) for place, value in values
    ]

    async def run(visit: Visit) -> Any:
        await together.write(visit, items)
        return {"result": "success", "written": sorted(given)}

    return run


def _date_time(written: Any, name: str) -> bytes:
    digits = written.get("hex") if isinstance(written, dict) else written
    try:
        octets = bytes.fromhex(digits if isinstance(digits, str) else "")
    except ValueError:
        octets = b""
    if len(octets) != rendering.DATE_TIME_OCTETS:
        raise ConfigError(f"{name} is a date-time of 24 hexadecimal digits")
    return octets


ROWS = {
    "clock": Operation(prepare_clock, "the clock and its seasons", "5.3", (CLOCK,)),
    "set_clock": Operation(
        prepare_set_clock,
        "set the clock, to our time if none is said",
        "5.3",
        (CLOCK,),
    ),
    "configure_clock": Operation(
        prepare_configure_clock, "time zone and daylight saving", "5.3", (CLOCK,)
    ),
}
