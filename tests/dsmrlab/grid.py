"""Two meters behind proxies, which see and stop what a service says to them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headend.store import Store, counters, jobs, keys, meters, open_store
from headend.store.job import Job
from headend.store.keys import KeyKind
from tests.dsmrlab.commands import Service, free_base_port, process
from tests.dsmrlab.proxy import Proxy
from wire.dlms.security import Cipher

SERVE = ("headend", "serve", "--listen", "127.0.0.1:0", "--json", "--log", "json")


def store_of(home: Path) -> Store:
    return open_store(f"sqlite:///{home / 'headend.sqlite'}")


@dataclass(frozen=True)
class Grid:
    """Two meters behind proxies, served by a process, and the head-end that knows them."""

    home: Path
    store: Store
    proxies: list[Proxy]
    meters: list[int]

    def hand_in(self, meter_id: int, operation: str, **arguments: Any) -> int:
        with self.store.begin() as connection:
            return jobs.enqueue(
                connection,
                meter_id,
                operation,
                arguments,
                now_s=time.time(),
                max_attempts=30,
            )

    def jobs(self) -> list[Job]:
        with self.store.read() as connection:
            return jobs.listing(connection, limit=1000)[::-1]

    def check_counters(self) -> None:
        """Each was used once, in frames each higher than the one before."""
        for proxy in self.proxies:
            assert proxy.frames == sorted(proxy.frames)
            used = proxy.frames + proxy.proofs
            assert len(used) == len(set(used)), "a nonce was used twice"


@contextmanager
def grid_of(folder: Path) -> Iterator[Grid]:
    """A grid with its files in that folder."""
    fleet_folder, home, count = folder / "fleet", folder / "home", 2
    port = free_base_port(count)
    make = ("fleet", "create", fleet_folder, "--meters", count, "--base-port", port)
    assert process(home, *make, "--standard", "dsmr-4.2.2").code == 0
    shipment = fleet_folder / "shipment.json"
    entries = json.loads(shipment.read_text())
    proxies = []
    for entry in entries:
        encryption, authentication = (
            bytes.fromhex(entry[kind])
            for kind in ("encryption_key", "authentication_key")
        )
        proxies.append(Proxy(entry["port"], Cipher(encryption, authentication)))
        entry["port"] = proxies[-1].port
    at_proxies = folder / "shipment.json"
    at_proxies.write_text(json.dumps(entries))
    at_proxies.chmod(0o600)
    fleet = Service(home, "meters", "serve", fleet_folder, "--json", "--p1", "none")
    try:
        fleet.event("ready")
        assert process(home, "headend", "import", at_proxies).code == 0
        store = store_of(home)
        with store.read() as connection:
            known = [meter.id for meter in meters.every(connection)]
        with store.begin() as connection:
            # They were talked with before, so no public client asks for their counters first.
            for meter_id in known:
                key = keys.active(connection, meter_id, KeyKind.ENCRYPTION)
                assert key is not None
                counters.raise_to(connection, meter_id, key.id, counters.FIRST)
        yield Grid(home, store, proxies, known)
        store.close()
    finally:
        for proxy in proxies:
            proxy.close()
        fleet.end()
