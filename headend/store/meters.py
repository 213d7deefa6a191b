"""The meters that the head-end knows, and where they are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from headend.store import tables
from wire.errors import ConfigError

_METERS = tables.meters
_ONE = select(_METERS).where(_METERS.c.id == bindparam("meter_id"))


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as its shipment names it.

    `equipment_id` is printed on it (17 characters); `logical_device` is the SAP, so the
    wrapper port, of its management logical device; `system_title` its 8 octets. `p1_host`
    and `p1_port` are where its P1 port is offered, if it is. `cell` is the part of the network
    that it shares with others; without one its host counts as that.
    """

    id: int
    equipment_id: str
    standard: str
    host: str
    port: int
    logical_device: int
    system_title: bytes
    p1_host: str | None
    p1_port: int | None
    cell: str | None = None


def add(connection: Connection, facts: Sequence[Mapping[str, object]]) -> list[Meter]:
    """Takes new meters over, each from its fields without `id`; in no order."""
    if not facts:
        return []
    rows = connection.execute(insert(_METERS).returning(*_METERS.c), list(facts))
    return [_meter(row) for row in rows]


def change(connection: Connection, meter: Meter, facts: Mapping[str, object]) -> Meter:
    """Takes over what is now said about a meter."""
    of_meter = update(_METERS).where(_METERS.c.id == meter.id)
    connection.execute(of_meter.values(dict(facts)))
    return get(connection, meter.id)


def find(connection: Connection, equipment_id: str) -> Meter:
    """The meter with that equipment identifier; `ConfigError` when there is none."""
    wanted = select(_METERS).where(_METERS.c.equipment_id == equipment_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise ConfigError(
            f"meter {equipment_id!r} is not known; take it over with headend import"
        )
    return _meter(row)


def get(connection: Connection, meter_id: int) -> Meter:
    """The meter of a row; `ConfigError` when there is none."""
    row = connection.execute(_ONE, {"meter_id": meter_id}).first()
    if row is None:
        raise ConfigError(f"there is no meter with number {meter_id}")
    return _meter(row)


def every(connection: Connection) -> list[Meter]:
    """All meters, by equipment identifier."""
    rows = connection.execute(select(_METERS).order_by(_METERS.c.equipment_id))
    return [_meter(row) for row in rows]


def _meter(row: Row[tuple[object, ...]]) -> Meter:
    return Meter(**row._mapping)
