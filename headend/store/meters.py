"""The meters that the head-end knows, and where they are reached."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from headend.store import tables
from wire.errors import ConfigError

_METERS = tables.meters


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as its shipment names it.

    `equipment_id` is printed on it (17 characters); `logical_device` is the SAP, so the
    wrapper port, of its management logical device; `system_title` its 8 octets. `p1_host`
    and `p1_port` are where its P1 port is offered, if it is.
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


def put(
    connection: Connection,
    *,
    equipment_id: str,
    standard: str,
    host: str,
    port: int,
    logical_device: int,
    system_title: bytes,
    p1_host: str | None = None,
    p1_port: int | None = None,
) -> Meter:
    """Takes a meter over, or takes over what changed about it.

    Raises `ConfigError` when another meter has its system title: both would use the same
    nonces.
    """
    facts = {
        "equipment_id": equipment_id,
        "standard": standard,
        "host": host,
        "port": port,
        "logical_device": logical_device,
        "system_title": system_title,
        "p1_host": p1_host,
        "p1_port": p1_port,
    }
    of_title = select(_METERS.c.equipment_id).where(
        _METERS.c.system_title == system_title
    )
    other = connection.execute(of_title).scalar()
    if other not in (None, equipment_id):
        raise ConfigError(
            f"{equipment_id} has the system title {system_title.hex()} of meter {other}"
        )
    found = _find(connection, equipment_id)
    if found is None:
        connection.execute(insert(_METERS).values(facts))
    elif found != _meter_with(found.id, facts):
        connection.execute(
            update(_METERS).where(_METERS.c.id == found.id).values(facts)
        )
    return find(connection, equipment_id)


def find(connection: Connection, equipment_id: str) -> Meter:
    """The meter with that equipment identifier; `ConfigError` when there is none."""
    meter = _find(connection, equipment_id)
    if meter is None:
        raise ConfigError(
            f"meter {equipment_id!r} is not known; take it over with headend import"
        )
    return meter


def get(connection: Connection, meter_id: int) -> Meter:
    """The meter of a row; `ConfigError` when there is none."""
    row = connection.execute(select(_METERS).where(_METERS.c.id == meter_id)).first()
    if row is None:
        raise ConfigError(f"there is no meter with number {meter_id}")
    return _meter(row)


def every(connection: Connection) -> list[Meter]:
    """All meters, by equipment identifier."""
    rows = connection.execute(select(_METERS).order_by(_METERS.c.equipment_id))
    return [_meter(row) for row in rows]


def _find(connection: Connection, equipment_id: str) -> Meter | None:
    row = connection.execute(
        select(_METERS).where(_METERS.c.equipment_id == equipment_id)
    ).first()
    return None if row is None else _meter(row)


def _meter(row: Row[tuple[object, ...]]) -> Meter:
    return Meter(**row._mapping)


def _meter_with(meter_id: int, facts: dict[str, object]) -> Meter:
    return Meter(id=meter_id, **facts)  # type: ignore[arg-type]
