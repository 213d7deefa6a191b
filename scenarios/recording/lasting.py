"""What of an answer is the same whenever it is asked: what was set, not what is measured.

The rest depends on load, time, keys or the very meter: a play gives its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from headend import references
from scenarios.expecting.bounds import part_of
from scenarios.recording import secrets
from scenarios.recording.yaml_lines import flow
from wire.cosem.rows import Attribute, Right, Row, Standard
from wire.errors import ConfigError

LONGEST = 4000
"""Characters of an answer that is to be compared."""

# Settings that events, time or devices change: registers of alarms, the clock, M-Bus channels.
_CHANGING_CLASSES: Final = {72}
_CHANGING: Final = {
    "clock.time",
    "alarm_register.value",
    "alarm_register_2.value",
    "alarm_register_3.value",
    "error_register.value",
}
_ALL = ("",)
_NONE: tuple[str, ...] = ()

ITEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "get": _NONE,
    "set": _NONE,
    "action": _NONE,
    "message": _NONE,
    "actual": _NONE,
    "interval": _NONE,
    "daily": _NONE,
    "monthly": _NONE,
    "outages": _NONE,
    "power_quality": _NONE,
    "events": _NONE,
    "objects": _NONE,
    "all": _NONE,
    "clock": (
        "time_zone",
        "daylight_savings_begin",
        "daylight_savings_end",
        "daylight_savings_enabled",
    ),
    "set_clock": _NONE,
    "configure_clock": _NONE,
    "calendar": _ALL,
    "set_calendar": _NONE,
    "special_days": ("days",),
    "tariff": _NONE,
    "alarms": ("registers.0.filter", "registers.1.filter", "registers.2.filter"),
    "clear_alarms": _NONE,
    "filter_alarms": ("filter",),
    "configuration": _ALL,
    "configure": _NONE,
    "administrative": ("status",),
    "definable_profile": _NONE,
    "push": _ALL,
    "firmware": _ALL,
    "update_firmware": _NONE,
    "breaker": ("mode",),
    "disconnect": _NONE,
    "connect": _NONE,
    "schedule_breaker": _NONE,
    "limiter": ("normal_w", "emergency_w", "over_s", "under_s"),
    "code_red": _NONE,
    "rotate_keys": ("replaced",),
    "recover_keys": ("waiting",),
    "mbus_scan": _NONE,
    "mbus_install": _NONE,
    "mbus_couple": ("device", "channel"),
    "mbus_decouple": ("device", "channel"),
    "mbus_set_key": ("device", "channel"),
    "mbus_key_status": ("device", "channel"),
    "mbus_capture": _NONE,
    "mbus_reset_alarm": _NONE,
    "mbus_synchronize_clock": _NONE,
    "mbus_clear_status": _NONE,
    "mbus_actual": _NONE,
    "mbus_hourly": _NONE,
    "mbus_daily": _NONE,
    "mbus_monthly": _NONE,
    "mbus_identity": _NONE,
    "mbus_valve": ("mode",),
    "mbus_disconnect": _NONE,
    "mbus_connect": _NONE,
    "mbus_schedule_valve": _NONE,
    "bundle": _NONE,
}
"""The places in the answer of each operation; one for all of it is empty."""


def is_setting(row: Row, attribute: Attribute) -> bool:
    """Whether an attribute keeps the value that the standard or the head-end gives it."""
    if attribute.value is not None:
        return True
    return (
        bool(attribute.management & Right.W)
        and row.class_id not in _CHANGING_CLASSES
        and f"{row.name}.{attribute.name}" not in _CHANGING
    )


def attribute_lasts(standard: Standard | str, object_: str) -> bool:
    """Whether reading OBJECT[:ATTR] gives the same again; never for a secret."""
    try:
        wanted = references.attribute(object_, standard)
        secret = secrets.is_asked(standard, object_)
    except ConfigError:
        return False
    return (
        not secret and wanted.known is not None and is_setting(wanted.row, wanted.known)
    )


def items(
    operation: str, standard: Standard | str, arguments: Mapping[str, Any], result: Any
) -> Iterator[tuple[str, object]]:
    """The items of an operation's answer that last, by their places, as far as it has them."""
    if operation == "bundle":
        yield from _of_bundle(standard, arguments, result)
        return
    places = ITEMS.get(operation, _NONE)
    if operation == "get" and attribute_lasts(standard, arguments["object"]):
        places = ("value",)
    for place in places:
        value = part_of(result, place) if place else result
        if value is not None and len(flow(value)) <= LONGEST:
            yield place, value


def _of_bundle(
    standard: Standard | str, arguments: Mapping[str, Any], result: Any
) -> Iterator[tuple[str, object]]:
    answers = result.get("operations", []) if isinstance(result, Mapping) else []
    for number, (asked, told) in enumerate(zip(arguments["operations"], answers)):
        before = f"operations.{number}"
        if told.get("refused") is not None:
            yield f"{before}.refused", told["refused"]
        given, answer = asked.get("arguments", {}), told.get("result")
        for place, value in items(asked["operation"], standard, given, answer):
            yield f"{before}.result{'.' if place else ''}{place}", value
