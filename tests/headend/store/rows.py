"""Rows that several tests begin with."""

from __future__ import annotations

from headend.store import Store, keys, meters
from headend.store.keys import KeyKind, KeyState, NewKey
from headend.store.meters import Meter


def add_meters(store: Store, count: int = 1) -> list[Meter]:
    """So many meters, with numbers for names."""
    facts = [
        {
            "equipment_id": f"E{number:016}",
            "standard": "dsmr-4.2.2",
            "host": "127.0.0.1",
            "port": 4059 + number,
            "logical_device": 1,
            "system_title": b"DSM%05d" % number,
            "p1_host": None,
            "p1_port": None,
        }
        for number in range(count)
    ]
    with store.begin() as connection:
        meters.add(connection, facts)
        return meters.every(connection)


def add_key(store: Store, meter: Meter) -> int:
    """An encryption key of that meter; its octets are nobody's."""
    new = NewKey(meter.id, KeyKind.ENCRYPTION, KeyState.NEW, b"sealed", "wrapped", 0.0)
    with store.begin() as connection:
        return keys.add(connection, [new])[0]
