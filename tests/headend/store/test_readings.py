"""Readings, many at a time and more than once."""

from __future__ import annotations

import pytest

from headend.store import Store, readings
from headend.store.readings import Reading, Register
from tests.headend.store.rows import add_meters
from wire.errors import SurroundingsError

IMPORT_T1 = Register(3, "1-0:1.8.1", 2, 0, 30)


def test_a_register_is_numbered_once(store: Store) -> None:
    with store.begin() as connection:
        first = readings.register_id(connection, IMPORT_T1)
        other = readings.register_id(connection, IMPORT_T1._replace(obis="1-0:1.8.2"))
        assert readings.register_id(connection, IMPORT_T1) == first != other
        assert readings.registers(connection)[first] == IMPORT_T1


def test_the_later_of_two_readings_stands(store: Store) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection:
        register = readings.register_id(connection, IMPORT_T1)
        rows = [Reading(meter.id, register, 900 * n, 10 * n, 0) for n in range(5)]
        assert readings.put(connection, rows) == 5
        assert readings.put(connection, rows) == 5
        again = Reading(meter.id, register, 900, 2**40, 0x80)
        # In one batch too.
        assert readings.put(connection, [rows[1], again]) == 1
        assert readings.between(connection, meter.id, register, 0, 2000) == [
            rows[0],
            again,
            rows[2],
        ]


def test_many_are_stored_in_parts(store: Store) -> None:
    [meter] = add_meters(store)
    with store.begin() as connection:
        register = readings.register_id(connection, IMPORT_T1)
        rows = [Reading(meter.id, register, n, -n) for n in range(10_003)]
        assert readings.put(connection, iter(rows)) == 10_003
        assert readings.between(connection, meter.id, register, 0, 10_003) == rows


def test_nothing_is_stored_of_nothing(store: Store) -> None:
    with store.begin() as connection:
        assert readings.put(connection, []) == 0


def test_a_meter_that_is_not_there_has_no_readings(store: Store) -> None:
    with pytest.raises(SurroundingsError):
        with store.begin() as connection:
            register = readings.register_id(connection, IMPORT_T1)
            readings.put(connection, [Reading(99, register, 0, 0)])
