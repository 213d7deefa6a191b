"""The meters that the head-end knows."""

from __future__ import annotations

import pytest

from headend.store import Store, meters
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, SurroundingsError


def test_a_meter_is_found_by_its_equipment_identifier(store: Store) -> None:
    added = add_meters(store, 3)
    with store.read() as connection:
        assert meters.find(connection, "E0000000000000001") == added[1]
        assert meters.get(connection, added[2].id) == added[2]
    assert added[1].port == 4060 and added[1].system_title == b"DSM00001"


def test_an_unknown_meter_is_said_to_be_unknown(store: Store) -> None:
    with store.read() as connection:
        with pytest.raises(ConfigError, match="'E1' is not known.*headend import"):
            meters.find(connection, "E1")
        with pytest.raises(ConfigError, match="number 7"):
            meters.get(connection, 7)


def test_a_change_is_of_one_meter_only(store: Store) -> None:
    first, second = add_meters(store, 2)
    with store.begin() as connection:
        changed = meters.change(
            connection, first, {"port": 9, "p1_host": "h", "p1_port": 2}
        )
        assert (changed.port, changed.p1_host, changed.p1_port) == (9, "h", 2)
        assert meters.get(connection, second.id) == second


def test_two_meters_never_share_a_system_title(store: Store) -> None:
    first, second = add_meters(store, 2)
    with pytest.raises(SurroundingsError):
        with store.begin() as connection:
            meters.change(connection, first, {"system_title": second.system_title})
