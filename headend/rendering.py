"""COSEM values as JSON for people and programs: octets, times, numbers with their units."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wire.cosem.rows import Attribute
from wire.dlms.axdr import Data, Tag
from wire.dlms.data import to_json
from wire.errors import WireError
from wire.instants import decode_date_time
from wire.quantities import ScalerUnit, Unit

DATE_TIME_OCTETS = 12
_SCALERS = range(-128, 128)


def iso(instant: datetime) -> str:
    """An instant as `2019-01-07T10:15:00Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def scaler_unit_of(data: object) -> ScalerUnit | None:
    """The scaler and unit in a register's attribute 3; None when they are not to be had."""
    if not isinstance(data, Data) or data.tag is not Tag.STRUCTURE:
        return None
    if len(data.value) != 2:
        return None
    scaler, unit = (item.value for item in data.value)
    if not isinstance(scaler, int) or not isinstance(unit, int):
        return None
    if scaler not in _SCALERS:
        return None
    try:
        return ScalerUnit(scaler, Unit(unit))
    except ValueError:
        return None


def value(
    data: Data, known: Attribute | None, quantity: ScalerUnit | None
) -> dict[str, Any]:
    """`value` as it came, and what it means as far as that is known.

    `scaler`, `unit` and `text` for a quantity; `time` for a date-time that names an instant;
    `text` for octets that are printable ASCII.
    """
    shown: dict[str, Any] = {"value": to_json(data)}
    raw = data.value
    if quantity is not None and isinstance(raw, int):
        shown |= {"scaler": quantity.scaler, "unit": quantity.unit.symbol}
        text = f"{quantity.decimal(raw):f} {quantity.unit.symbol}"
        shown["text"] = text.rstrip()
    elif data.tag is Tag.OCTET_STRING:
        is_time = (
            known is not None and known.type == f"octet-string[{DATE_TIME_OCTETS}]"
        )
        time = instant(raw) if is_time else None
        if time is not None:
            shown["time"] = iso(time)
        elif raw.isascii() and raw.decode("ascii").isprintable():
            shown["text"] = raw.decode("ascii")
    return shown


def instant(octets: object) -> datetime | None:
    """The UTC instant of a date-time's octets; None when they name none."""
    if not isinstance(octets, bytes) or len(octets) != DATE_TIME_OCTETS:
        return None
    try:
        return decode_date_time(octets)
    except WireError:
        return None
