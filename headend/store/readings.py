"""Readings, narrow: meter, register, instant, integer value, status.

The same reading may be read twice; the later one stands, unless only the earlier one came with
its status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, text

from headend.store import tables

_REGISTERS, _READINGS = tables.registers, tables.readings
_UPSERT = (
    "ON CONFLICT (meter_id, register_id, time_s)"
    " DO UPDATE SET value = excluded.value, status = excluded.status"
)
_IGNORE = "ON CONFLICT (meter_id, register_id, time_s) DO NOTHING"
_INSERT_SQLITE = "INSERT INTO readings VALUES (?, ?, ?, ?, ?) "
# The driver of PostgreSQL sends the rows of an executemany one by one; whole columns as
# arrays are as fast as COPY into a staging table, and need none.
_INSERT_POSTGRESQL = (
    "INSERT INTO readings SELECT * FROM unnest("
    " CAST(:meters AS int[]), CAST(:registers AS int[]), CAST(:times AS bigint[]),"
    " CAST(:values AS bigint[]), CAST(:statuses AS smallint[])) "
)
_COLUMNS = ("meters", "registers", "times", "values", "statuses")
_AT_ONCE = 10_000


class Register(NamedTuple):
    """What a value is: the COSEM attribute, and `value * 10**scaler` in `unit` (table 4)."""

    class_id: int
    obis: str
    attribute: int
    scaler: int
    unit: int


class Reading(NamedTuple):
    """One value at one instant; `status` is the AMR profile status, 0 when all is well."""

    meter_id: int
    register_id: int
    time_s: int
    value: int
    status: int = 0


# Made once: making it takes several times as long as the answer.
_NUMBER = select(_REGISTERS.c.id).where(
    *(_REGISTERS.c[name] == bindparam(name) for name in Register._fields)
)


def register_id(connection: Connection, register: Register) -> int:
    """The number of a register, which it is given when it is first seen."""
    row = register._asdict()
    found = connection.execute(_NUMBER, row).scalar()
    if found is None:
        found = connection.execute(
            insert(_REGISTERS).returning(_REGISTERS.c.id), row
        ).scalar_one()
    return int(found)


def registers(connection: Connection) -> dict[int, Register]:
    """Every register by its number."""
    rows = connection.execute(select(_REGISTERS).order_by(_REGISTERS.c.id))
    return {number: Register(*facts) for number, *facts in rows}


def put(
    connection: Connection, readings: Iterable[Reading], *, replace: bool = True
) -> int:
    """Stores readings, replacing those of the same meter, register and instant, or not.

    Returns how many different ones there were. Many at a time cost little each.
    """
    rows = {reading[:3]: reading for reading in readings}
    unique = list(rows.values())
    known = _UPSERT if replace else _IGNORE
    for start in range(0, len(unique), _AT_ONCE):
        part = unique[start : start + _AT_ONCE]
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_INSERT_SQLITE + known, part)
        else:
            connection.execute(text(_INSERT_POSTGRESQL + known), _arrays(part))
    return len(unique)


def between(
    connection: Connection, meter_id: int, register: int, from_s: int, to_s: int
) -> list[Reading]:
    """The readings with `from_s` <= time < `to_s`, in order of time."""
    rows = connection.execute(
        select(_READINGS)
        .where(
            _READINGS.c.meter_id == meter_id,
            _READINGS.c.register_id == register,
            _READINGS.c.time_s >= from_s,
            _READINGS.c.time_s < to_s,
        )
        .order_by(_READINGS.c.time_s)
    )
    return [Reading(*row) for row in rows]


def _arrays(readings: list[Reading]) -> dict[str, str]:
    """Each column as an array literal of PostgreSQL."""
    columns = zip(*readings, strict=True)
    return {
        name: "{" + ",".join(map(str, column)) + "}"
        for name, column in zip(_COLUMNS, columns, strict=True)
    }
