"""What the head-end keeps of one meter, for whoever talks with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headend.keys import KeyStore
from headend.store import Connection, Store
from headend.store.call import Call, Result
from headend.store.meters import Meter


@dataclass(frozen=True, slots=True)
class Ring:
    """A part of the store that is about one meter; a change is committed before it is told.

    `now` gives epoch seconds.
    """

    store: Store
    key_store: KeyStore
    meter: Meter
    call: Call
    now: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    async def _read(self, function: Callable[[Connection], Result]) -> Result:
        def run() -> Result:
            with self.store.read() as connection:
                return function(connection)

        return await self.call(run)

    async def _write(self, function: Callable[[Connection], Result]) -> Result:
        def run() -> Result:
            with self.store.begin() as connection:
                return function(connection)

        return await self.call(run)
