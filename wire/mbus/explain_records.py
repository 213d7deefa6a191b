"""Data records as a person reads them: names, values with their units, and where they break off."""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag
from typing import Any

from wire.errors import WireError
from wire.mbus import rows
from wire.mbus.records import EXTENSION, IDLE_FILLER, Function, Record, split
from wire.node import Node
from wire.quantities import ScalerUnit, Unit

# Quantities of EN 13757-3, table 10, by the VIF without its low three bits, which count up the
# scaler from that of 0: for records that DSMR has no row for.
_QUANTITIES = {
    0x00: ("energy", -3, Unit.WATT_HOUR),
    0x08: ("energy", 0, Unit.JOULE),
    0x10: ("volume", -6, Unit.CUBIC_METRE),
    0x28: ("power", -3, Unit.WATT),
}
_SCALER_BITS = 7
_KEYS = ("key_low", "key_high", "key_transfer")


def explain_records(octets: bytes) -> tuple[tuple[Node, ...], bool]:
    """A node for each record, and whether all could be read; the last one says why not."""
    nodes = []
    whole = True
    end = 0
    try:
        for at, head, data in split(octets):
            end = at + len(head) + len(data)
            try:
                (record,) = rows.decode(head + data)
                nodes.append(_record(record))
            except WireError as error:
                nodes.append(Node("error", error.rule, head + data))
                whole = False
    except WireError as error:
        rest = octets[end:].lstrip(bytes((IDLE_FILLER,)))
        nodes.append(Node("error", error.rule, rest))
        whole = False
    return tuple(nodes), whole


def _record(record: Record) -> Node:
    octets = record.encode()
    name, scaler_unit = _meaning(record)
    shown = name.replace("_", "-")
    if record.selection:
        return Node("selection", shown, octets)
    if name in _KEYS:
        # What a key is enciphered with is not known here, so nothing of it is repeated.
        return Node(shown, f"{len(record.data)} octets of an enciphered key")
    parts = [_value(record.value, scaler_unit), *_qualifiers(record)]
    return Node(shown, ", ".join(parts), octets)


def _meaning(record: Record) -> tuple[str, ScalerUnit | None]:
    """A name, and the unit of an integer; a record that is known to nobody is named so."""
    if record.row is not None:
        return record.name, record.row.scaler_unit
    vif = record.vif[0] if len(record.head) > 1 else EXTENSION
    known = _QUANTITIES.get(vif & ~_SCALER_BITS)
    if known is None or not isinstance(record.value, int):
        return "record", None
    name, scaler, unit = known
    return name, ScalerUnit(scaler + (vif & _SCALER_BITS), unit)


def _value(value: Any, scaler_unit: ScalerUnit | None) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex(" ") or "empty"
    if isinstance(value, IntFlag):
        names = [flag.name for flag in type(value) if flag & value and flag.name]
        return ", ".join(map(_words, names)) or "nothing set"
    if scaler_unit is not None:
        return f"{scaler_unit.decimal(value):f} {scaler_unit.unit.symbol}"
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() else ascii(value)
    return _words(value.name) if hasattr(value, "name") else str(value)


def _qualifiers(record: Record) -> list[str]:
    """What the DIF and its extensions add: which storage, function, tariff and unit."""
    told = []
    if record.function is not Function.INSTANTANEOUS:
        told.append(_words(record.function.name))
    told += [
        f"{name} {number}"
        for name, number in (
            ("storage", record.storage),
            ("tariff", record.tariff),
            ("unit", record.unit),
        )
        if number
    ]
    return told


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
