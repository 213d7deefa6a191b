"""A shipment file: the meters that a manufacturer delivers, where they are, and their keys."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from headend.json_place import doubled_name, place
from headend.keys import KeyStore
from headend.shipment_entry import Entry
from headend.shipped_devices import import_devices
from headend.store import Connection, keys, meters
from headend.store.keys import KeyState
from headend.store.meters import Meter
from wire.errors import ConfigError

_MAX_OCTETS = 256 * 1024 * 1024


_SHIPMENT = TypeAdapter(list[Entry])


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment that was read; `warnings` are lines for the user."""

    path: Path
    text: str = ""
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()

    def complain(self, why: str, *at: int | str) -> ConfigError:
        """An error about the value at that path of indexes and names."""
        return ConfigError(why, str(self.path), *place(self.text, at))


@dataclass(frozen=True, slots=True)
class Imported:
    """What taking a shipment over did: how many meters it has, and which of them were news.

    `devices` is how many M-Bus devices were.
    """

    count: int
    added: int
    changed: int
    warnings: tuple[str, ...]
    devices: int = 0


def import_shipment(
    connection: Connection, keystore: KeyStore, path: Path, *, now_s: float
) -> Imported:
    """Takes over all meters of a file, or none; once more changes nothing.

    Raises `ConfigError` with file, line and column for what cannot be used.
    """
    shipment = read_shipment(path)
    known = {meter.equipment_id: meter for meter in meters.every(connection)}
    owners = {meter.system_title: meter.equipment_id for meter in known.values()}
    new: dict[str, Entry] = {}
    changed = 0
    for index, entry in enumerate(shipment.entries):
        owner = owners.get(entry.system_title, entry.equipment_id)
        if owner != entry.equipment_id:
            raise shipment.complain(
                f"meter {owner} has this system title", index, "system_title"
            )
        meter = known.get(entry.equipment_id)
        if meter is None:
            new[entry.equipment_id] = entry
        else:
            changed += _renew(connection, keystore, meter, entry, now_s)
    keystore.add_active(
        connection,
        (
            (meter, kind, octets)
            for meter in meters.add(connection, [each.facts() for each in new.values()])
            for kind, octets in new[meter.equipment_id].keys().items()
        ),
        now_s,
    )
    devices = import_devices(connection, keystore, shipment, now_s)
    return Imported(
        len(shipment.entries), len(new), changed, shipment.warnings, devices
    )


def read_shipment(path: Path) -> Shipment:
    """Reads and checks a file; see `import_shipment` for what it raises."""
    text, warnings = _read(path)
    try:
        document = json.loads(text, object_pairs_hook=_no_doubles)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not JSON: {error.msg}", str(path), error.lineno, error.colno
        ) from None
    except _Doubled:
        name, *where = doubled_name(text) or ("a name",)
        raise ConfigError(f"{name} stands twice", str(path), *where) from None
    except (RecursionError, ValueError):
        raise ConfigError("nested too deep, or a number too long", str(path)) from None
    shipment = Shipment(path, text)
    try:
        entries = tuple(_SHIPMENT.validate_python(document))
    except ValidationError as error:
        first, *others = error.errors(include_input=False, include_url=False)
        more = f" (and {len(others)} more)" if others else ""
        raise shipment.complain(_explain(first) + more, *first["loc"]) from None
    shipment = Shipment(path, text, entries, warnings)
    _check_unique(shipment, "equipment_id", lambda entry: entry.equipment_id)
    _check_unique(shipment, "system_title", lambda entry: entry.system_title)
    _check_unique(
        shipment, "port", lambda entry: (entry.host, entry.port, entry.logical_device)
    )
    return Shipment(path, text, entries, warnings + _shared_keys(entries))


def _renew(
    connection: Connection,
    keystore: KeyStore,
    meter: Meter,
    entry: Entry,
    now_s: float,
) -> bool:
    """Takes over what is said about a known meter; whether that was anything new."""
    facts = entry.facts()
    changed = any(getattr(meter, name) != value for name, value in facts.items())
    if changed:
        meters.change(connection, meter, facts)
    for kind, octets in entry.keys().items():
        key = keystore.put(connection, meter, kind, octets, now_s)
        # One that expired was replaced since this shipment; the meter has the later one.
        if key.state is KeyState.NEW:
            keys.move(connection, key.id, KeyState.ACTIVE)
            changed = True
    return changed


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            octets = file.read(_MAX_OCTETS + 1)
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", str(path)) from None
    if len(octets) > _MAX_OCTETS:
        raise ConfigError("larger than a shipment can be", str(path))
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text", str(path), line) from None
    if mode & 0o077:
        return text, (
            f"{path}: holds keys and can be read by others (mode {mode:04o}); chmod 600",
        )
    return text, ()


class _Doubled(Exception):
    """A name stands twice in one object; `doubled_name` finds it."""


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Doubled
    return members


def _explain(error: Any) -> str:
    if not error["loc"]:
        return "a shipment is a list of meters"
    name = ".".join(str(step) for step in error["loc"][1:])
    if not name:
        return "a meter is an object with its fields"
    what = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if error["type"] == "missing":
        return f"{name} is missing"
    if error["type"] == "extra_forbidden":
        return f"{name} is not known here"
    if name == "equipment_id":
        what = "should be 17 letters and digits"
    return f"{name}: {what}"


def _check_unique(
    shipment: Shipment, name: str, identity: Callable[[Entry], Hashable]
) -> None:
    seen: dict[Hashable, int] = {}
    for index, entry in enumerate(shipment.entries):
        first = seen.setdefault(identity(entry), index)
        if first != index:
            line, _ = place(shipment.text, (first, name))
            raise shipment.complain(
                f"{name} is that of the meter at line {line}", index, name
            )


def _shared_keys(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Two meters under one encryption key: the head-end's nonces are the same at both."""
    owners: dict[bytes, str] = {}
    sharing = [
        entry.equipment_id
        for entry in entries
        if owners.setdefault(entry.encryption_key, entry.equipment_id)
        != entry.equipment_id
    ]
    if not sharing:
        return ()
    return (
        f"{len(sharing)} meters, {sharing[0]} first, have the encryption key of another"
        " one; nonces repeat under it, so they are safe for trials only",
    )
