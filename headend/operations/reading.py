"""Profiles and logs read by range; their readings are stored (P3, 4.1 and 4.2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headend import profiles
from headend.operations import together
from headend.operations.plan import Operation, Plan, Preparing, instant, one_of, only
from headend.visit import Visit
from wire.cosem.events import name_of
from wire.cosem.rows import Standard
from wire.errors import ConfigError

_INTERVAL = "1-0:99.1.0"
_DAILY = "1-0:99.2.0"
# SMR 5 has it under another group A.
_MONTHLY = ("0-0:98.1.0", "1-0:98.1.0")
_OUTAGES = "1-0:99.97.0"
_POWER_QUALITY = {
    "definable": ("0-1:94.31.6",),
    "1": ("1-0:99.1.1",),
    "2": ("1-0:99.1.2",),
}
_LOGS = {
    "standard": ("0-0:99.98.0",),
    "fraud": ("0-0:99.98.1",),
    "control": ("0-0:99.98.2",),
    "mbus": ("0-0:99.98.3",),
    "session": ("0-0:99.98.4",),
    "power_quality": ("0-0:99.98.5",),
    "auxiliary": ("0-0:99.98.6",),
    "power_quality_extended": ("0-0:99.98.7",),
    "thd": ("0-0:99.98.8",),
}


def _profile(*codes: str) -> Preparing:
    """Reads the one of these profiles that the standard has."""

    def prepare(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
        """`from` and `to`, ISO 8601, both included; a time without an offset is Dutch."""
        return by_range(codes, standard, only(arguments, set(), {"from", "to"}))

    return prepare


def prepare_power_quality(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`profile`, one of 1, 2 (SMR 5) and definable, the default; `from` and `to`."""
    given = dict(only(arguments, set(), {"profile", "from", "to"}))
    given.setdefault("profile", "definable")
    if type(given["profile"]) is int:
        given["profile"] = str(given["profile"])
    codes = one_of(given, "profile", _POWER_QUALITY)
    return by_range(codes, standard, given)


def prepare_events(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`log`, the standard one unless told otherwise; `from` and `to`, both included.

    Each row has the code and, as far as it is known, its name.
    """
    given = dict(only(arguments, set(), {"log", "from", "to"}))
    given.setdefault("log", "standard")
    read = by_range(one_of(given, "log", _LOGS), standard, given)

    async def run(visit: Visit) -> Any:
        found = await read(visit)
        for row in found["rows"]:
            code = row["values"][0] if row["values"] else None
            row["event"] = name_of(code)
        return found

    return run


def by_range(
    codes: tuple[str, ...], standard: Standard | str, given: Mapping[str, Any]
) -> Plan:
    present = [code for code in codes if together.has(code, standard)]
    if not present:
        raise ConfigError(f"{standard} has no object {codes[0]}")
    buffer = together.attribute(present[0], 2, standard)
    begin, end = instant(given, "from"), instant(given, "to")
    profiles.by_range(begin, end)

    async def run(visit: Visit) -> Any:
        table = await profiles.read(visit, standard, buffer, begin, end)
        await visit.keep(table.measured())
        return {"object": str(buffer.obis)} | table.to_json()

    return run


ROWS = {
    "interval": Operation(_profile(_INTERVAL), "15-minute values", "6.3", (_INTERVAL,)),
    "daily": Operation(_profile(_DAILY), "daily values", "6.3", (_DAILY,)),
    "monthly": Operation(_profile(*_MONTHLY), "monthly values", "5.5"),
    "outages": Operation(
        _profile(_OUTAGES), "power failures, long ones", "5.9", (_OUTAGES,)
    ),
    "power_quality": Operation(
        prepare_power_quality, "the profile of power quality", "8.6"
    ),
    "events": Operation(prepare_events, "an event log", "4.2.2"),
}
