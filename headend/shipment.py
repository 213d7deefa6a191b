"""A shipment file: the meters that a manufacturer delivers, where they are, and their keys."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
)

from headend.json_place import doubled_name, place
from headend.keys import KeyStore
from headend.store import Connection, keys, meters
from headend.store.keys import KeyKind, KeyState
from headend.store.meters import Meter
from wire.errors import ConfigError

_MAX_OCTETS = 256 * 1024 * 1024


def _octets(least: int, most: int) -> PlainValidator:
    """Hexadecimal digits of so many octets; the value itself never reaches an error."""
    many = str(least) if least == most else f"{least} to {most}"

    def parse(value: object) -> bytes:
        if not isinstance(value, str) or not re.fullmatch("[0-9A-Fa-f]*", value):
            raise ValueError(f"should be hexadecimal digits of {many} octets")
        if len(value) % 2 or not least <= len(value) // 2 <= most:
            raise ValueError(
                f"should be {many} octets, so {2 * least} hexadecimal digits"
                f"{'' if least == most else ' or more'}, not {len(value)}"
            )
        return bytes.fromhex(value)

    return PlainValidator(parse)


_Key = Annotated[bytes, _octets(16, 16)]
_Host = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[^\s/\x00-\x1f\x7f]+$")
]
_Port = Annotated[int, Field(ge=1, le=65535)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True
    )


class P1Address(_Model):
    """Where the P1 port of a meter is offered."""

    host: _Host
    port: _Port


class Entry(_Model):
    """One meter of a shipment."""

    equipment_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{17}$")]
    standard: Literal["dsmr-4.0.6", "dsmr-4.2.2", "smr-5.0", "smr-5.2", "smr-5.5"]
    host: _Host
    port: _Port
    logical_device: Annotated[int, Field(ge=1, le=0x3FFF)]
    system_title: Annotated[bytes, _octets(8, 8)]
    master_key: Annotated[_Key, Field(repr=False)]
    encryption_key: Annotated[_Key, Field(repr=False)]
    authentication_key: Annotated[_Key, Field(repr=False)]
    # HLS 3 and 4 hash it after the challenge, so it has no fixed length (P3, 5.1, note 3).
    hls_secret: Annotated[bytes, _octets(16, 64), Field(repr=False)]
    p1: P1Address | None = None
    cell: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")] | None = None

    def facts(self) -> dict[str, object]:
        """The fields of `Meter`, without its number."""
        return {
            "equipment_id": self.equipment_id,
            "standard": self.standard,
            "host": self.host,
            "port": self.port,
            "logical_device": self.logical_device,
            "system_title": self.system_title,
            "p1_host": self.p1.host if self.p1 else None,
            "p1_port": self.p1.port if self.p1 else None,
            "cell": self.cell,
        }

    def keys(self) -> dict[KeyKind, bytes]:
        """The keys that the meter left the factory with."""
        return {
            KeyKind.MASTER: self.master_key,
            KeyKind.ENCRYPTION: self.encryption_key,
            KeyKind.AUTHENTICATION: self.authentication_key,
            KeyKind.HLS_SECRET: self.hls_secret,
        }


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
    """What taking a shipment over did: how many meters it has, and which of them were news."""

    count: int
    added: int
    changed: int
    warnings: tuple[str, ...]


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
    return Imported(len(shipment.entries), len(new), changed, shipment.warnings)


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
