"""Activity calendar, special days and tariff, as a person's file writes them (P3, 5.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from headend import rendering
from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import Operation, Plan, instant, number, only, text
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.errors import ConfigError
from wire.instants import encode_date_time
from wire.obis import Obis

CALENDAR = "0-0:13.0.0"
SPECIAL_DAYS = "0-0:11.0.0"
TARIFF = "0-0:96.14.0"
_SCRIPTS = Obis.parse("0-0:10.0.100")
_MOST_PARTS, _MOST_SPECIAL_DAYS, _MOST_SWITCHES = 4, 30, 24
_ANY_YEAR, _ANY_WEEKDAY = b"\xff\xff", b"\xff"
# From 00:00 of the day on, whatever the deviation then is.
_MIDNIGHT = bytes.fromhex("00000000800000")
_WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_LEAP_YEAR = 2024


def prepare_calendar(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. The active and the passive calendar, each as the meter has it."""
    only(arguments, set(), set())
    names = ("name", "seasons", "weeks", "days")
    wanted = [together.attribute(CALENDAR, place, standard) for place in range(2, 11)]

    async def run(meter: Engine) -> Any:
        found = [axdr.to_json(each) for each in await together.read(meter, wanted)]
        return {
            "active": dict(zip(names, found[:4], strict=True)),
            "passive": dict(zip(names, found[4:8], strict=True)),
            "activate": found[8],
        }

    return run


def prepare_set_calendar(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`name`, `seasons` ({name, start: MM-DD, week}), `weeks` ({name, monday: DAY, …}), `days`
    ({id, switches: [{at: HH:MM, rate}]}) and `activate`: `now`, or a time in ISO 8601.

    It becomes the passive calendar, all of it, and then the active one.
    """
    given = only(arguments, {"name", "seasons", "weeks", "days", "activate"}, set())
    seasons = _list(given, "seasons", _MOST_PARTS, _season)
    weeks = _list(given, "weeks", _MOST_PARTS, _week)
    days = _list(given, "days", _MOST_PARTS, _day)
    _check_names(given)
    at = None if given["activate"] == "now" else instant(given, "activate")
    items = [
        (together.attribute(CALENDAR, place, standard), value)
        for place, value in (
            (6, axdr.octet_string(_name(given, "name"))),
            (7, axdr.array(seasons)),
            (8, axdr.array(weeks)),
            (9, axdr.array(days)),
        )
    ]
    activate_at = together.attribute(CALENDAR, 10, standard)
    activate = together.method(CALENDAR, 1, standard)

    async def run(meter: Engine) -> Any:
        await together.write(meter, items)
        if at is None:
            await meter.action(activate, axdr.integer(0))
            return {"result": "success", "activate": "now"}
        await meter.set(activate_at, axdr.octet_string(encode_date_time(at)))
        return {"result": "success", "activate": rendering.iso(at)}

    return run


def prepare_special_days(
    standard: Standard | str, arguments: Mapping[str, Any]
) -> Plan:
    """`days`, a list of {date: MM-DD for every year or YYYY-MM-DD, day: DAY}; left out, they
    are read. All that were there before are replaced.
    """
    given = only(arguments, set(), {"days"})
    wanted = together.attribute(SPECIAL_DAYS, 2, standard)
    entries = None
    if "days" in given:
        days = _list(given, "days", _MOST_SPECIAL_DAYS, _special_day, least=0)
        entries = axdr.array(
            axdr.structure(axdr.long_unsigned(index), *day.value)
            for index, day in enumerate(days, 1)
        )
        if len({day.value[0].value for day in days}) != len(days):
            raise ConfigError("a date is in days twice")

    async def run(meter: Engine) -> Any:
        if entries is not None:
            await meter.set(wanted, entries)
            return {"result": "success", "days": len(entries.value)}
        return {"days": axdr.to_json(await meter.get(wanted))}

    return run


def prepare_tariff(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. `rate`, 1 (low) or 2 (normal), as 0-0:96.14.0 has it."""
    only(arguments, set(), set())
    wanted = together.attribute(TARIFF, 2, standard)

    async def run(meter: Engine) -> Any:
        value = (await meter.get(wanted)).value
        digits = value.hex() if isinstance(value, bytes) else str(value)
        return {"rate": int(digits) if digits.isdecimal() else digits}

    return run


def _list(
    given: Mapping[str, Any],
    name: str,
    most: int,
    make: Callable[[Mapping[str, Any]], Data],
    least: int = 1,
) -> list[Data]:
    """Each item of a list made a value; what is wrong is told with its place."""
    items = given[name]
    if not isinstance(items, list) or not least <= len(items) <= most:
        raise ConfigError(f"{name} is a list of {least} to {most}")
    made = []
    for place, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            raise ConfigError(f"{name}, item {place}: not a mapping")
        try:
            made.append(make(item))
        except ConfigError as error:
            raise ConfigError(f"{name}, item {place}: {error.why}") from None
    return made


def _season(item: Mapping[str, Any]) -> Data:
    given = only(item, {"name", "start", "week"}, set())
    start = _ANY_YEAR + _month_and_day(text(given, "start")) + _ANY_WEEKDAY + _MIDNIGHT
    return axdr.structure(
        axdr.octet_string(_name(given, "name")),
        axdr.octet_string(start),
        axdr.octet_string(_name(given, "week")),
    )


def _week(item: Mapping[str, Any]) -> Data:
    given = only(item, {"name", *_WEEKDAYS}, set())
    return axdr.structure(
        axdr.octet_string(_name(given, "name")),
        *(axdr.unsigned(number(given, day, 0, 255)) for day in _WEEKDAYS),
    )


def _day(item: Mapping[str, Any]) -> Data:
    given = only(item, {"id", "switches"}, set())
    switches = _list(given, "switches", _MOST_SWITCHES, _switch)
    return axdr.structure(
        axdr.unsigned(number(given, "id", 0, 255)), axdr.array(switches)
    )


def _switch(item: Mapping[str, Any]) -> Data:
    given = only(item, {"at", "rate"}, set())
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text(given, "at"), re.ASCII)
    if match is None:
        raise ConfigError(f"at is {given['at']!r}, not a time such as 07:00")
    return axdr.structure(
        axdr.octet_string(bytes((int(match[1]), int(match[2]), 0, 0))),
        axdr.octet_string(_SCRIPTS.octets),
        axdr.long_unsigned(number(given, "rate", 1, 2)),
    )


def _special_day(item: Mapping[str, Any]) -> Data:
    given = only(item, {"date", "day"}, set())
    written = text(given, "date")
    year = _ANY_YEAR
    if len(written) == len("2024-01-01"):
        try:
            year = date.fromisoformat(written).year.to_bytes(2, "big")
        except ValueError:
            raise ConfigError(f"date is {written!r}, which is no day") from None
        written = written[5:]
    return axdr.structure(
        axdr.octet_string(year + _month_and_day(written) + _ANY_WEEKDAY),
        axdr.unsigned(number(given, "day", 0, 255)),
    )


def _month_and_day(written: str) -> bytes:
    try:
        day = date.fromisoformat(f"{_LEAP_YEAR}-{written}")
    except ValueError:
        raise ConfigError(f"{written!r} is not a day such as 12-25") from None
    return bytes((day.month, day.day))


def _name(given: Mapping[str, Any], name: str) -> bytes:
    written = text(given, name)
    if not written.isascii() or not 0 < len(written) <= 8:
        raise ConfigError(f"{name} is 1 to 8 ASCII characters")
    return written.encode()


def _check_names(given: Mapping[str, Any]) -> None:
    """Half a calendar is none: every week and day that is named must be there."""
    weeks = [week["name"] for week in given["weeks"]]
    days = [day["id"] for day in given["days"]]
    for season in given["seasons"]:
        if season["week"] not in weeks:
            raise ConfigError(f"week {season['week']!r} of a season is not in weeks")
    for week in given["weeks"]:
        for weekday in _WEEKDAYS:
            if week[weekday] not in days:
                raise ConfigError(f"day {week[weekday]} of a week is not in days")


ROWS = {
    "calendar": Operation(
        prepare_calendar, "the activity calendars", "5.4", (CALENDAR,)
    ),
    "set_calendar": Operation(
        prepare_set_calendar, "set an activity calendar", "5.4", (CALENDAR,)
    ),
    "special_days": Operation(
        prepare_special_days,
        "the days that go before the calendar",
        "5.4",
        (SPECIAL_DAYS,),
    ),
    "tariff": Operation(prepare_tariff, "the rate that counts now", "5.4", (TARIFF,)),
}
